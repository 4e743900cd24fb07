package import VirtualTime

/// What a device with one core does with windows that close while it is busy.
package enum QueuePolicy: Equatable, Sendable {
  /// Up to `depth` windows wait in line; one more is turned away.
  case queue(depth: Int)
  /// Nothing waits: a window that closes while the core is busy is turned away.
  case dropNewest
  /// Up to `depth` windows wait; one more pushes out the one that has waited longest.
  case dropOldest(depth: Int)

  var depth: Int {
    switch self {
    case .queue(let depth), .dropOldest(let depth): depth
    case .dropNewest: 0
    }
  }
}

/// One window that the device worked on, on the device's own clock.
package struct WindowRun: Equatable, Sendable {
  package var index: Int
  /// Bounds on the recording's clock, in microseconds.
  package var start: Int64
  package var end: Int64
  package var eventCount: Int
  package var closed: Instant
  package var began: Instant
  /// When the input tensor was ready and the window's events were let go.
  package var preprocessed: Instant
  package var finished: Instant
  /// When the earliest of its events happened; nil for an empty window.
  package var oldestEvent: Instant?

  package var latency: Duration { finished - closed }
  package var reaction: Duration? { oldestEvent.map { finished - $0 } }
}
