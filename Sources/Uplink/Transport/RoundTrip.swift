import VirtualTime

/// Smoothed round-trip time and the retransmission time-out: RFC 6298 with Linux's floor, RFC 9002.
///
/// Linux bounds the variance term below by 200 ms (TCP_RTO_MIN) instead of the sum by 1 s, and the sum
/// above by 120 s.
struct RoundTrip: Sendable {
  static let longestTimeout: Int64 = 120_000_000_000

  private let rules: TransportRules

  /// Nanoseconds; 0 before the first sample.
  private(set) var smoothed: Int64 = 0
  private(set) var least = Int64.max
  private var deviation: Int64 = 0
  private var variance: Int64 = 0

  init(_ rules: TransportRules) { self.rules = rules }

  var isMeasured: Bool { smoothed > 0 }

  /// Nanoseconds, before back-off.
  var timeout: Int64 {
    isMeasured
      ? min(smoothed + variance + rules.addedTimeout, Self.longestTimeout)
      : rules.initialTimeout
  }

  mutating func sample(_ nanoseconds: Int64) {
    let sample = max(1, nanoseconds)
    least = min(least, sample)
    if smoothed == 0 {
      smoothed = sample
      deviation = sample / 2
      variance = max(rules.leastVariance, 4 * deviation)
      return
    }
    let error = sample - smoothed
    smoothed += error / 8
    let magnitude = abs(error)
    // A shorter sample than before must not widen the time-out as fast (tcp_rtt_estimator).
    deviation += (magnitude - deviation) / (error < 0 && magnitude > deviation ? 32 : 4)
    variance = max(rules.leastVariance, 4 * deviation)
  }
}
