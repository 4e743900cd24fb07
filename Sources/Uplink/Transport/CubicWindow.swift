import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// Congestion window of Linux's CUBIC (RFC 9438) with HyStart, in segments.
struct CubicWindow: Sendable {
  /// RFC 6928.
  static let initial = 10
  private static let beta = 0.7
  private static let scale = 0.4

  private(set) var segments = initial
  private(set) var threshold = Int.max
  private var credit = 0
  private var lastMaximum = 0.0
  private var origin = 0.0
  private var epoch: Int64?
  private var timeToOrigin = 0.0
  private var friendly = 0.0
  private var hyStart = HyStart()

  var isInSlowStart: Bool { segments < threshold }

  /// - Parameters:
  ///   - count: Segments newly acknowledged.
  ///   - sample: Round-trip time of the newest of them in nanoseconds, if it has one.
  mutating func acknowledge(
    _ count: Int, at now: Instant, sample: Int64?, roundTrip: RoundTrip, isLimited: Bool,
    acknowledged: Int64, sent: Int64
  ) {
    if let sample, isInSlowStart,
      hyStart.shouldLeave(
        window: segments, at: now, sample: sample, least: roundTrip.least,
        acknowledged: acknowledged, sent: sent)
    {
      threshold = segments
    }
    guard isLimited else { return }
    var count = count
    if isInSlowStart {
      let grown = min(segments + count, threshold)
      count -= grown - segments
      segments = grown
    }
    if count > 0 { avoidCongestion(count, at: now, roundTrip: roundTrip) }
  }

  private mutating func avoidCongestion(_ count: Int, at now: Instant, roundTrip: RoundTrip) {
    let window = Double(segments)
    if epoch == nil {
      epoch = now.nanoseconds
      friendly = window
      if window < lastMaximum {
        timeToOrigin = cbrt((lastMaximum - window) / Self.scale)
        origin = lastMaximum
      } else {
        timeToOrigin = 0
        origin = window
      }
    }
    let elapsed = Double(now.nanoseconds - epoch! + roundTrip.least) / 1e9
    let distance = elapsed - timeToOrigin
    let target = origin + Self.scale * distance * distance * distance
    // Reno would have grown by 3(1−β)/(1+β) of a segment a window (RFC 9438 §4.3).
    friendly += 3 * (1 - Self.beta) / (1 + Self.beta) * Double(count) / window
    let aim = max(target, friendly)
    let perSegment = aim > window ? max(2, Int(window / (aim - window))) : 100 * segments
    credit += count
    if credit >= perSegment {
      segments += credit / perSegment
      credit %= perSegment
    }
  }

  /// The threshold after a loss.
  mutating func reduce() -> Int {
    let window = Double(segments)
    // Fast convergence: yield more when the last maximum was not reached again.
    lastMaximum = window < lastMaximum ? window * (1 + Self.beta) / 2 : window
    epoch = nil
    threshold = max(2, Int(window * Self.beta))
    return threshold
  }

  mutating func set(_ segments: Int) { self.segments = max(1, segments) }

  mutating func restore(segments: Int, threshold: Int) {
    self.segments = max(self.segments, segments)
    self.threshold = max(self.threshold, threshold)
  }

  /// After an idle time the window halves for each time-out that passed, down to the initial one
  /// (RFC 2861 as tcp_cwnd_restart has it).
  mutating func restart(afterIdle idle: Int64, timeout: Int64) {
    threshold = currentThreshold
    let floor = min(Self.initial, segments)
    var left = idle - timeout
    while left > 0 && segments > floor {
      segments >>= 1
      left -= timeout
    }
    segments = max(segments, floor)
    hyStart = HyStart()
    epoch = nil
  }

  /// A window that the application did not use for a time-out sinks towards what it used.
  mutating func shrink(used: Int) {
    let used = max(used, Self.initial)
    guard used < segments else { return }
    threshold = currentThreshold
    segments = (segments + used) / 2
  }

  private var currentThreshold: Int { max(threshold, segments / 2 + segments / 4) }
}

/// Leaves slow start before the first loss: when acknowledgements come as a train of half a round
/// trip, or when the round trip grows (Ha and Rhee 2011, with Linux's bounds).
private struct HyStart: Sendable {
  private static let lowWindow = 16
  private static let leastSamples = 8
  private static let trainSpacing: Int64 = 2_000_000
  private static let leastDelay: Int64 = 4_000_000
  private static let mostDelay: Int64 = 16_000_000

  private var roundEnd: Int64 = -1
  private var roundStart: Int64 = 0
  private var lastAcknowledgement: Int64 = 0
  private var leastOfRound = Int64.max
  private var samples = 0

  mutating func shouldLeave(
    window: Int, at now: Instant, sample: Int64, least: Int64, acknowledged: Int64, sent: Int64
  ) -> Bool {
    let time = now.nanoseconds
    if acknowledged > roundEnd {
      roundEnd = sent
      roundStart = time
      lastAcknowledgement = time
      leastOfRound = .max
      samples = 0
    }
    guard window >= Self.lowWindow else { return false }
    if time - lastAcknowledgement <= Self.trainSpacing {
      lastAcknowledgement = time
      if time - roundStart > least / 2 { return true }
    }
    leastOfRound = min(leastOfRound, sample)
    if samples < Self.leastSamples {
      samples += 1
      return false
    }
    return leastOfRound > least + min(max(least / 8, Self.leastDelay), Self.mostDelay)
  }
}
