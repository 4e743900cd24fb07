package import Bytes
package import Events

/// The events up to each of a row of instants, as a model's input: the window of a length that ends
/// there.
///
/// Events are read as they are needed and let go when no later window can hold them.
package struct EventWindows: Sendable {
  private var encoder: any WindowEncoder
  /// Of a window, in microseconds.
  private let length: Int64
  private let sensor: SensorSize
  private var held = EventBatch()
  /// Where the latest window begins and ends in `held`.
  private var start = 0
  private var end = 0
  private var isRead = false
  private var lastTime = Int64.min
  /// All events that were read.
  package private(set) var total = 0
  /// Events in no window: before the first, between two, or after the last.
  package private(set) var unusedCount = 0
  /// Events with a time before that of an event ahead of them, which no window gets.
  package private(set) var lateCount = 0
  /// Events outside the camera's pixels.
  package private(set) var outsideCount = 0
  /// Whether every event that is to come lies before the latest instant.
  package var isOver: Bool { isRead && end == held.count }
  /// Events of each window so far.
  package private(set) var eventCounts: [Int] = []

  package init(_ encoder: any WindowEncoder, length: Int64, sensor: SensorSize) {
    precondition(length > 0)
    self.encoder = encoder
    self.length = length
    self.sensor = sensor
  }

  /// The input for the window [instant - length, instant).
  ///
  /// - Parameter instant: In microseconds; later than the one before.
  package mutating func tensor(
    endingAt instant: Int64, _ reader: inout EventReader
  ) throws(InputError) -> [UInt8] {
    while !isRead, held.times.last.map({ $0 < instant }) ?? true { try read(&reader) }
    let first = instant - length
    while start < held.count, held.times[start] < first {
      if start >= end { unusedCount += 1 }
      start += 1
    }
    end = max(end, start)
    while end < held.count, held.times[end] < instant { end += 1 }
    eventCounts.append(end - start)
    return encoder.encode(held, start..<end, window: first..<instant)
  }

  /// Reads what is left of the recording: events after the last window are in none.
  package mutating func finish(_ reader: inout EventReader) throws(InputError) {
    repeat {
      unusedCount += held.count - max(start, end)
      held.removeAll()
      (start, end) = (0, 0)
      if !isRead { try read(&reader) }
    } while !isRead || !held.isEmpty
  }

  private mutating func read(_ reader: inout EventReader) throws(InputError) {
    var batch = EventBatch()
    do throws(InputError) {
      isRead = try !reader.next(into: &batch)
    } catch {
      throw error.inFile(reader.name)
    }
    total += batch.count
    held.removeFirst(start)
    (start, end) = (0, end - start)
    for index in 0..<batch.count {
      let event = batch[index]
      if event.x >= sensor.width || event.y >= sensor.height {
        outsideCount += 1
      } else if event.time < lastTime {
        lateCount += 1
      } else {
        lastTime = event.time
        held.append(event)
      }
    }
  }
}
