/// Room at the end of an `EventBatch`, as raw pointers for the one hot loop of each decoder.
struct EventOutput {
  let times: UnsafeMutablePointer<Int64>
  let xs: UnsafeMutablePointer<UInt16>
  let ys: UnsafeMutablePointer<UInt16>
  let polarities: UnsafeMutablePointer<UInt8>
  let capacity: Int
  var count = 0

  var room: Int { capacity - count }

  /// Requires `room > 0`.
  @inline(__always)
  mutating func append(_ time: Int64, _ x: UInt32, _ y: UInt32, _ polarity: UInt32) {
    times[count] = time
    xs[count] = UInt16(truncatingIfNeeded: x)
    ys[count] = UInt16(truncatingIfNeeded: y)
    polarities[count] = UInt8(truncatingIfNeeded: polarity)
    count &+= 1
  }
}

extension EventOutput {
  /// True when the events from `start` on never go back in time, from `last` on, and lie inside the
  /// sensor. One pass over a block costs far less than a test inside the loop that decodes it.
  func isPlausible(from start: Int, after last: Int64, width: UInt32, height: UInt32) -> Bool {
    guard start < count else { return true }
    var highestX = UInt16(0)
    var highestY = UInt16(0)
    for index in start..<count {
      highestX = max(highestX, xs[index])
      highestY = max(highestY, ys[index])
    }
    // The sign of a difference is all that counts, so the differences can share one accumulator.
    var differences = Int64(0)
    for index in start..<(count &- 1) { differences |= times[index &+ 1] &- times[index] }
    return differences >= 0 && times[start] >= last && UInt32(highestX) < width
      && UInt32(highestY) < height
  }
}

extension EventBatch {
  /// Lets `body` write up to `room` events behind the present ones, without clearing them first.
  mutating func extend<E: Error>(
    room: Int, _ body: (inout EventOutput) throws(E) -> Void
  ) throws(E) {
    var failure: E?
    times.append(addingCapacity: room) { newTimes in
      xs.append(addingCapacity: room) { newXs in
        ys.append(addingCapacity: room) { newYs in
          polarities.append(addingCapacity: room) { newPolarities in
            newTimes.withUnsafeMutableBufferPointer { times, timeCount in
              newXs.withUnsafeMutableBufferPointer { xs, xCount in
                newYs.withUnsafeMutableBufferPointer { ys, yCount in
                  newPolarities.withUnsafeMutableBufferPointer { polarities, polarityCount in
                    var output = EventOutput(
                      times: times.baseAddress!, xs: xs.baseAddress!, ys: ys.baseAddress!,
                      polarities: polarities.baseAddress!, capacity: room)
                    do throws(E) { try body(&output) } catch { failure = error }
                    (timeCount, xCount) = (output.count, output.count)
                    (yCount, polarityCount) = (output.count, output.count)
                  }
                }
              }
            }
          }
        }
      }
    }
    if let failure { throw failure }
  }
}
