/// One brightness change at one pixel.
package struct Event: Equatable, Sendable {
  /// Microseconds on the recording's own clock, unshifted.
  package var time: Int64
  /// Column, counted from the left.
  package var x: UInt16
  /// Row, counted from the top.
  package var y: UInt16
  /// True when the pixel got brighter (ON).
  package var isOn: Bool

  package init(time: Int64, x: UInt16, y: UInt16, isOn: Bool) {
    self.time = time
    self.x = x
    self.y = y
    self.isOn = isOn
  }
}

/// Events in recording order, one array per field: what decoders fill and representations read.
package struct EventBatch: Sendable {
  package var times: [Int64] = []
  package var xs: [UInt16] = []
  package var ys: [UInt16] = []
  /// 1 for ON, 0 for OFF.
  package var polarities: [UInt8] = []

  package init() {}

  package var count: Int { times.count }
  package var isEmpty: Bool { times.isEmpty }

  package subscript(index: Int) -> Event {
    Event(time: times[index], x: xs[index], y: ys[index], isOn: polarities[index] != 0)
  }

  package mutating func append(_ event: Event) {
    times.append(event.time)
    xs.append(event.x)
    ys.append(event.y)
    polarities.append(event.isOn ? 1 : 0)
  }

  package mutating func append(contentsOf other: EventBatch) {
    times.append(contentsOf: other.times)
    xs.append(contentsOf: other.xs)
    ys.append(contentsOf: other.ys)
    polarities.append(contentsOf: other.polarities)
  }

  package mutating func reserveCapacity(_ count: Int) {
    times.reserveCapacity(count)
    xs.reserveCapacity(count)
    ys.reserveCapacity(count)
    polarities.reserveCapacity(count)
  }

  /// Keeps the memory for the next events.
  package mutating func removeAll() {
    times.removeAll(keepingCapacity: true)
    xs.removeAll(keepingCapacity: true)
    ys.removeAll(keepingCapacity: true)
    polarities.removeAll(keepingCapacity: true)
  }
}

/// The pixel array that a recording came from.
package struct SensorSize: Equatable, Sendable {
  package var width: Int
  package var height: Int
  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// A stretch of a recording in which one thing was shown: [start, end) in microseconds.
package struct TraceLabel: Equatable, Sendable {
  /// As numbered in the label file; DVS128 Gesture counts from 1.
  package var classNumber: Int
  package var start: Int64
  package var end: Int64
  package init(classNumber: Int, start: Int64, end: Int64) {
    self.classNumber = classNumber
    self.start = start
    self.end = end
  }
}
