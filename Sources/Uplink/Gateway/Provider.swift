package import Boards
package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// A provider at work: what becomes of each attempt, and when.
///
/// Everything is drawn when an attempt begins, so that an attempt that is given up disturbs none
/// after it.
package struct Provider: Sendable {
  /// What becomes of an attempt.
  package struct Reply: Sendable, Equatable {
    /// Time from the attempt's beginning; nil when nothing ever comes back.
    package var delay: Duration?
    /// 0 when the connection failed.
    package var status: Int
    package var failure: FailureClass?
    package var retryAfter: Duration?
    /// What is billed, also when nobody waits for the reply any more; in micro-units.
    package var cost: Int64 = 0
    package var bytes = 0
  }

  package let profile: ProviderProfile
  private var random: SeededRandom
  private var usage: [KeyUsage]
  private var incidents: [ProviderIncident] = []
  /// Logarithm of the latency in seconds.
  private let mu: Double
  private let sigma: Double

  /// Bytes of an answer that is an error: a small JSON object.
  package static let errorBytes = 200
  /// The standard normal's 99th percentile.
  private static let normal99 = 2.3263478740408408

  package init(_ profile: ProviderProfile, seed: UInt64) {
    self.profile = profile
    random = SeededRandom(seed: seed, stream: "provider.\(profile.name)")
    usage = profile.allKeys.map { _ in KeyUsage(profile.limits) }
    mu = log(Double(profile.latency.median.nanoseconds) / 1e9)
    sigma =
      log(
        Double(profile.latency.p99.nanoseconds) / Double(profile.latency.median.nanoseconds))
      / Self.normal99
  }

  package mutating func impose(_ incident: ProviderIncident) { incidents.append(incident) }

  /// Ends one incident equal to the given one.
  package mutating func lift(_ incident: ProviderIncident) {
    if let index = incidents.firstIndex(of: incident) { incidents.remove(at: index) }
  }

  /// Begins an attempt.
  ///
  /// - Parameter key: Index among the profile's keys.
  package mutating func reply(withKey key: Int, at now: Instant) -> Reply {
    // Always the same draws, so that an incident does not shift what comes after it.
    let luck = random.uniform()
    let latency = drawLatency()
    var slowness = 1.0
    for incident in incidents where incident.key == nil || incident.key == key {
      if case .slow(let factor) = incident.kind {
        slowness *= factor
      } else {
        return reply(during: incident.kind)
      }
    }
    if let wait = usage[key].refuse(tokens: profile.allTokens, at: now) {
      return error(429, retryAfter: profile.limits?.sendsRetryAfter ?? true ? wait : nil)
    }
    if let failed = ordinaryFailure(luck) { return failed }
    let nanoseconds = min(Double(latency.nanoseconds) * slowness, Self.longest)
    return Reply(
      delay: Duration(nanoseconds: Int64(nanoseconds)), status: 200, failure: nil,
      cost: profile.costOfCall, bytes: profile.responseBytes?.bytes ?? 800)
  }

  /// A day: nothing waits longer.
  private static let longest = 86_400e9

  private mutating func drawLatency() -> Duration {
    let u = max(random.uniform(), 0x1p-53)
    let angle = 2 * Double.pi * random.uniform()
    guard sigma > 0 else { return Duration(nanoseconds: Int64(profile.latency.median.nanoseconds)) }
    let normal = (-2 * log(u)).squareRoot() * cos(angle)
    return Duration(nanoseconds: Int64(min(exp(mu + sigma * normal) * 1e9, Self.longest)))
  }

  private func ordinaryFailure(_ luck: Double) -> Reply? {
    guard let errors = profile.errors else { return nil }
    var share = errors.internalError ?? 0
    if luck < share { return error(500) }
    share += errors.unavailable ?? 0
    if luck < share { return error(503) }
    share += errors.hanging ?? 0
    if luck < share { return Reply(delay: nil, status: 0, failure: .timeout) }
    share += errors.connection ?? 0
    return luck < share ? refusal : nil
  }

  private func reply(during kind: ProviderIncident.Kind) -> Reply {
    switch kind {
    case .serverError(let status): error(status)
    case .rateLimited(let retryAfter): error(429, retryAfter: retryAfter)
    case .hanging: Reply(delay: nil, status: 0, failure: .timeout)
    case .wrongKey: error(401)
    case .quotaExhausted: error(402)
    case .badTLS, .refusing, .slow: refusal
    }
  }

  private func error(_ status: Int, retryAfter: Duration? = nil) -> Reply {
    Reply(
      delay: errorLatency, status: status, failure: FailureClass(status: status),
      retryAfter: retryAfter, bytes: Self.errorBytes)
  }

  private var refusal: Reply { Reply(delay: errorLatency, status: 0, failure: .connection) }

  private var errorLatency: Duration {
    Duration(nanoseconds: Int64(profile.errorLatency?.nanoseconds ?? 50_000_000))
  }
}
