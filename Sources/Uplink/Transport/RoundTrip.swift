import VirtualTime

/// Smoothed round-trip time and the retransmission time-out: RFC 6298 with Linux's floor.
///
/// Linux bounds the variance term below by 200 ms (TCP_RTO_MIN) instead of the sum by 1 s, and the sum
/// above by 120 s.
struct RoundTrip: Sendable {
  static let leastVariance: Int64 = 200_000_000
  static let longestTimeout: Int64 = 120_000_000_000
  static let initialTimeout: Int64 = 1_000_000_000

  /// Nanoseconds; 0 before the first sample.
  private(set) var smoothed: Int64 = 0
  private(set) var least = Int64.max
  private var deviation: Int64 = 0
  private var variance: Int64 = 0

  var isMeasured: Bool { smoothed > 0 }

  /// Nanoseconds, before back-off.
  var timeout: Int64 {
    isMeasured ? min(smoothed + variance, Self.longestTimeout) : Self.initialTimeout
  }

  mutating func sample(_ nanoseconds: Int64) {
    let sample = max(1, nanoseconds)
    least = min(least, sample)
    if smoothed == 0 {
      smoothed = sample
      deviation = sample / 2
      variance = max(Self.leastVariance, 4 * deviation)
      return
    }
    let error = sample - smoothed
    smoothed += error / 8
    let magnitude = abs(error)
    // A shorter sample than before must not widen the time-out as fast (tcp_rtt_estimator).
    deviation += (magnitude - deviation) / (error < 0 && magnitude > deviation ? 32 : 4)
    variance = max(Self.leastVariance, 4 * deviation)
  }
}
