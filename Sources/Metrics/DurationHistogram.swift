package import VirtualTime

/// Quantiles of any number of durations in constant memory: buckets whose widths grow with the values,
/// 512 for each doubling, so that a quantile is at most 0.2 % above the value that it stands for.
package struct DurationHistogram: Sendable, Equatable {
  private static let precision = 9
  private var counts: [Int] = []
  package private(set) var count = 0
  package private(set) var maximum = Duration.zero
  /// Of all durations.
  package private(set) var sum = Duration.zero

  package init() {}

  package mutating func add(_ duration: Duration, times: Int = 1) {
    guard times > 0 else { return }
    let index = Self.bucket(of: UInt64(max(0, duration.nanoseconds)))
    if index >= counts.count {
      counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
    }
    counts[index] += times
    count += times
    sum += duration * Int64(times)
    maximum = max(maximum, duration)
  }

  package mutating func add(_ other: DurationHistogram) {
    if other.counts.count > counts.count {
      counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
    }
    for (index, count) in other.counts.enumerated() { counts[index] += count }
    count += other.count
    sum += other.sum
    maximum = max(maximum, other.maximum)
  }

  package var mean: Duration? {
    count == 0 ? nil : Duration(nanoseconds: sum.nanoseconds / Int64(count))
  }

  /// The upper end of the bucket in which the ⌈q·n⌉-th smallest lies, or the maximum when that is less;
  /// nil without durations.
  ///
  /// - Parameter q: In [0, 1].
  package func quantile(_ q: Double) -> Duration? {
    guard count > 0 else { return nil }
    let rank = min(max(1, Int((q * Double(count) - 1e-9).rounded(.up))), count)
    var seen = 0
    for (index, held) in counts.enumerated() {
      seen += held
      if seen >= rank {
        return min(maximum, Duration(nanoseconds: Int64(Self.upperEnd(of: index))))
      }
    }
    return maximum
  }

  private static func bucket(of value: UInt64) -> Int {
    let shift = max(0, 64 - value.leadingZeroBitCount - (precision + 1))
    return shift << precision + Int(value >> UInt64(shift))
  }

  private static func upperEnd(of bucket: Int) -> UInt64 {
    let shift = max(0, bucket >> precision - 1)
    let mantissa = UInt64(bucket - shift << precision)
    return (mantissa + 1) << UInt64(shift) - 1
  }
}
