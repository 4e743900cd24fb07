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
