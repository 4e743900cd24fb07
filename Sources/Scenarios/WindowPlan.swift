/// Which stretches of a recording become one input each: window k is
/// [origin + k·stride, origin + k·stride + length), in microseconds on the recording's clock.
package struct WindowPlan: Equatable, Sendable {
  package let origin: Int64
  package let length: Int64
  /// From one window's start to the next one's; below `length` windows overlap, above it they
  /// leave gaps.
  package let stride: Int64

  package init(origin: Int64, length: Int64, stride: Int64) {
    precondition(length > 0 && stride > 0)
    self.origin = origin
    self.length = length
    self.stride = stride
  }

  package func start(of index: Int) -> Int64 { origin + Int64(index) * stride }
  package func end(of index: Int) -> Int64 { start(of: index) + length }

  /// The last window that holds `time`; nil before the first window and in a gap.
  package func lastWindow(holding time: Int64) -> Int? {
    guard time >= origin else { return nil }
    let (index, offset) = (time - origin).quotientAndRemainder(dividingBy: stride)
    return offset < length ? Int(index) : nil
  }
}

/// When one input ends and the next begins.
package enum WindowRule: Equatable, Sendable {
  case time(WindowPlan)
  /// Window k holds the events k·stride up to k·stride + count of those from `origin` on that the
  /// device could store. It closes with its last event; what is left at the end is in no window.
  /// Below `count`, `stride` makes windows overlap, above it they leave gaps.
  case events(origin: Int64, count: Int, stride: Int)
  /// Windows without gaps, short where much happens: one closes with its event number `count`, but
  /// no sooner than `shortest` µs and no later than `longest` µs after it began.
  case adaptive(origin: Int64, count: Int, shortest: Int64, longest: Int64)

  /// Where the device's clock begins, in microseconds on the recording's clock.
  package var origin: Int64 {
    switch self {
    case .time(let plan): plan.origin
    case .events(let origin, _, _), .adaptive(let origin, _, _, _): origin
    }
  }
}
