/// Which time bin of a window an event falls into, and which channel its polarity counts in. The
/// rules give different tensors, so a model's card names the one that it was trained with.
///
/// With dt = t − t0, the window [t0, t0 + length] and B bins, all in whole µs:
package enum BinningRule: String, CaseIterable, Sendable {
  /// ⌊dt · (B−1) / length⌋: the last bin stays empty but for an event on the far edge.
  case scaledFloor = "scaled-floor"
  /// dt · (B−1) / length to the nearest, halves up: the first and the last bin are half as long.
  case scaledRound = "scaled-round"
  /// ⌊dt · B / length⌋: bins of equal length.
  case windowFloor = "window-floor"
  /// Bins as in `windowFloor`, but ON counts +1 and OFF −1 in one channel a bin.
  case windowFloorSigned = "window-floor-signed"
  /// Bins as in `windowFloor`, but ON and OFF both count +1 in one channel a bin.
  case windowFloorMerged = "window-floor-merged"
  /// max(0, ⌊B + log₂(dt / length)⌋), ON +1 and OFF −1: the last bin is the second half of the
  /// window, the one before the second quarter, and so on; the first takes what is left. A channel
  /// is the sum of its bin and all before. (RVT's mixed-density event stack.)
  case halving

  /// True when ON and OFF share a channel and cancel out.
  package var isSigned: Bool { self == .windowFloorSigned || self == .halving }

  /// True when a channel holds the sum of its bin and all bins before.
  package var isCumulative: Bool { self == .halving }

  /// Channels of a grid with `bins` bins.
  package func channels(bins: Int) -> Int {
    isSigned || self == .windowFloorMerged ? bins : 2 * bins
  }

  /// The bin of an event `elapsed` µs after the start, 0 ≤ `elapsed` ≤ `length`; an event on the far
  /// edge counts in the last bin.
  package func bin(elapsed: Int64, length: Int64, bins: Int) -> Int {
    let count = Int64(bins)
    let bin =
      switch self {
      case .scaledFloor: elapsed * (count - 1) / length
      case .scaledRound: (2 * elapsed * (count - 1) + length) / (2 * length)
      case .windowFloor, .windowFloorSigned, .windowFloorMerged: elapsed * count / length
      case .halving:
        // dt ≥ length / 2ⁿ, by as few halvings as possible; 40 of them leave nothing of a window.
        (1...40).first { elapsed << $0 >= length }.map { max(0, count - $0) } ?? 0
      }
    return Int(min(bin, count - 1))
  }

  /// The first elapsed time of every bin, then one past the last: bin k holds [k, k + 1).
  func edges(length: Int64, bins: Int) -> [Int64] {
    let count = Int64(bins)
    /// ⌈a / b⌉ for positive numbers: the least dt that the rule's floor takes to a bin.
    func up(_ a: Int64, _ b: Int64) -> Int64 { (a + b - 1) / b }
    let starts = (0..<count).map { bin in
      if bin == 0 { return Int64(0) }
      return switch self {
      case .scaledFloor: up(bin * length, count - 1)
      case .scaledRound: up((2 * bin - 1) * length, 2 * (count - 1))
      case .windowFloor, .windowFloorSigned, .windowFloorMerged: up(bin * length, count)
      case .halving: up(length, 1 << min(count - bin, 42))
      }
    }
    return starts + [length + 1]
  }
}
