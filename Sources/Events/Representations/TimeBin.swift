/// The bin of a window that a time falls into, and the times that share it.
struct TimeBin {
  let index: Int
  /// On the recording's clock.
  let first: Int64
  let length: UInt64

  /// - Parameter edges: The first elapsed time of every bin, then one past the last. Bins may be
  ///   empty, so it is the last bin that starts there.
  /// - Returns: Nil for a time that is not in the window.
  @inline(never)
  init?(of time: Int64, start: Int64, _ edges: [Int64]) {
    let (elapsed, overflows) = time.subtractingReportingOverflow(start)
    guard !overflows, elapsed >= 0, elapsed < edges[edges.count - 1] else { return nil }
    var bin = edges.count - 2
    while edges[bin] > elapsed { bin -= 1 }
    index = bin
    first = start &+ edges[bin]
    length = UInt64(edges[bin + 1] - edges[bin])
  }
}
