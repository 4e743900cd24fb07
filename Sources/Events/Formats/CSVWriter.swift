package import Bytes

/// Writes events as text: a header `t,x@640,y@480,p`, then an event a line with its time in µs.
package struct CSVWriter: TraceWriter {
  private let sensor: SensorSize?

  package init(sensor: SensorSize?) { self.sensor = sensor }

  package func header(comments: [String]) -> [UInt8] {
    guard let sensor else { return Array("t,x,y,p\n".utf8) }
    return Array("t,x@\(sensor.width),y@\(sensor.height),p\n".utf8)
  }

  /// Lines of events have no place for triggers.
  package func holds(_ trigger: Trigger) -> Bool { false }

  package func packets(
    of batch: EventBatch, triggers: [Trigger]
  ) throws(InputError) -> [UInt8] {
    // 18 digits are what the reader takes.
    for time in batch.times where time.magnitude >= 1_000_000_000_000_000_000 {
      throw InputError(at: .nowhere, "expected a time of at most 18 digits, found \(time) µs")
    }
    // A sign, 18 digits, two coordinates of five, a polarity and four delimiters.
    return [UInt8](unsafeUninitializedCapacity: batch.count * 36) { buffer, count in
      let text = buffer.baseAddress
      for index in 0..<batch.count {
        let text = text!
        if batch.times[index] < 0 {
          text[count] = UInt8(ascii: "-")
          count &+= 1
        }
        Self.append(batch.times[index].magnitude, UInt8(ascii: ","), text, &count)
        Self.append(UInt64(batch.xs[index]), UInt8(ascii: ","), text, &count)
        Self.append(UInt64(batch.ys[index]), UInt8(ascii: ","), text, &count)
        Self.append(UInt64(batch.polarities[index] & 1), UInt8(ascii: "\n"), text, &count)
      }
    }
  }

  @inline(__always)
  private static func append(
    _ number: UInt64, _ end: UInt8, _ text: UnsafeMutablePointer<UInt8>, _ count: inout Int
  ) {
    var digits = 1
    var limit = UInt64(10)
    while number >= limit {
      digits &+= 1
      limit &*= 10
    }
    var rest = number
    for place in stride(from: count &+ digits &- 1, through: count, by: -1) {
      text[place] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    text[count &+ digits] = end
    count &+= digits &+ 1
  }
}
