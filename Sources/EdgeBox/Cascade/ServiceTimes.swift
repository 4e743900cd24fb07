import Metrics
import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// How long the box works on a frame: lognormal, by 65,536 equally likely quantiles, so that a draw is
/// 16 bits and a shift's latencies are counts of quantiles.
struct ServiceTimes: Sendable {
  static let count = 1 << 16
  /// Nanoseconds, ascending.
  let quantiles: [Int64]

  init(_ timing: CascadePlan.FrameTiming) {
    let median = Double(timing.median.nanoseconds)
    quantiles = (0..<Self.count).map { index in
      guard timing.jitter > 0 else { return timing.median.nanoseconds }
      let u = (Double(index) + 0.5) / Double(Self.count)
      return max(1, Int64((median * exp(timing.jitter * NormalDistribution.quantile(u))).rounded()))
    }
  }

  var longest: Int64 { quantiles[Self.count - 1] }
}

/// Draws of quantiles, four from each random number.
struct ServiceDraws: Sendable {
  private var random: SeededRandom
  private var bits: UInt64 = 0
  private var left = 0

  init(seed: UInt64, stream: String) { random = SeededRandom(seed: seed, stream: stream) }

  mutating func fill(_ draws: inout [UInt16], _ count: Int) {
    if draws.count < count { draws = Array(repeating: 0, count: count) }
    draws.withUnsafeMutableBufferPointer { draws in
      for index in 0..<count {
        if left == 0 {
          bits = random.next()
          left = 4
        }
        draws[index] = UInt16(truncatingIfNeeded: bits)
        bits >>= 16
        left &-= 1
      }
    }
  }
}
