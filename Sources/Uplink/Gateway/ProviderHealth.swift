package import Boards
package import VirtualTime

/// Whether a provider is left out for a while after failures: LiteLLM's cool-down.
package struct Cooldown: Sendable {
  private let rules: CooldownRules
  private let immediate: [FailureClass]
  private let immediateInGroups: [FailureClass]
  private let never: [FailureClass]
  private var until = Instant.zero
  private var minute: Int64 = -1
  private var successes = 0
  private var failures = 0
  /// Times that it began.
  package private(set) var count = 0

  package init(_ rules: CooldownRules) {
    self.rules = rules
    func classes(_ names: [String]?) -> [FailureClass] {
      (names ?? []).compactMap(FailureClass.init(rawValue:))
    }
    immediate = classes(rules.immediate)
    immediateInGroups = classes(rules.immediateInGroups)
    never = classes(rules.never)
  }

  package func isActive(at now: Instant) -> Bool { now < until }

  /// Counts the end of an attempt.
  ///
  /// - Parameter hasOthers: Whether the group has another provider.
  package mutating func record(_ failure: FailureClass?, hasOthers: Bool, at now: Instant) {
    let current = now.nanoseconds / 60_000_000_000
    if current != minute { (minute, successes, failures) = (current, 0, 0) }
    guard let failure else {
      successes += 1
      return
    }
    guard !never.contains(failure) else { return }
    failures += 1
    guard calls(for: failure, hasOthers) else { return }
    if !isActive(at: now) { count += 1 }
    until = now + Duration(nanoseconds: Int64(rules.lasts.nanoseconds))
  }

  private func calls(for failure: FailureClass, _ hasOthers: Bool) -> Bool {
    if immediate.contains(failure) && (hasOthers || !immediateInGroups.contains(failure)) {
      return true
    }
    if let allowed = rules.allowedFailures { return failures > allowed }
    let all = successes + failures
    if let fewest = rules.fewestAlone, successes == 0, all >= fewest { return true }
    guard let share = rules.share, hasOthers, all >= rules.fewest ?? 1 else { return false }
    return Double(failures) > share * Double(all)
  }
}

/// A circuit breaker.
package struct Breaker: Sendable {
  package enum State: Sendable, Equatable {
    case closed
    case open(until: Instant)
    /// Lets a few attempts through, to see.
    case halfOpen
  }

  private let rules: BreakerRules
  private var state = State.closed
  private var failures = 0
  private var probing = 0
  private var successes = 0
  /// Times that it opened.
  package private(set) var openings = 0

  package init(_ rules: BreakerRules) { self.rules = rules }

  package func state(at now: Instant) -> State {
    if case .open(let until) = state, now >= until { return .halfOpen }
    return state
  }

  package func allows(at now: Instant) -> Bool {
    switch state(at: now) {
    case .closed: true
    case .open: false
    case .halfOpen: probing < rules.probes
    }
  }

  /// An attempt begins; true when it is a probe, which `record` is to be told.
  package mutating func begin(at now: Instant) -> Bool {
    guard state(at: now) == .halfOpen else { return false }
    if state != .halfOpen { (state, probing, successes) = (.halfOpen, 0, 0) }
    probing += 1
    return true
  }

  /// An attempt has ended.
  ///
  /// - Parameter succeeded: Nil when it says nothing about the provider: cancelled, or the caller's
  ///   fault.
  package mutating func record(_ succeeded: Bool?, wasProbe: Bool, at now: Instant) {
    if wasProbe { probing = max(0, probing - 1) }
    guard let succeeded else { return }
    guard succeeded else {
      failures += 1
      if state(at: now) == .halfOpen || (state == .closed && failures >= rules.failures) {
        state = .open(until: now + Duration(nanoseconds: Int64(rules.open.nanoseconds)))
        openings += 1
        failures = 0
      }
      return
    }
    failures = 0
    guard case .halfOpen = state, wasProbe else { return }
    successes += 1
    if successes >= rules.probes { state = .closed }
  }
}

/// The latest latencies of a provider, for what may be expected of it.
package struct RecentLatencies: Sendable {
  private var ring: [Int64] = []
  private var next = 0
  private var added = 0
  private var median: Int64?
  private var upper: Int64?
  private let quantile: Double

  private static let length = 128
  /// Nothing is said about fewer.
  private static let fewest = 16

  package init(quantile: Double) { self.quantile = quantile }

  package mutating func add(_ latency: Duration) {
    if ring.count < Self.length {
      ring.append(latency.nanoseconds)
    } else {
      ring[next] = latency.nanoseconds
      next = (next + 1) % Self.length
    }
    added += 1
    guard added % Self.fewest == 0 else { return }
    let sorted = ring.sorted()
    median = sorted[sorted.count / 2]
    upper = sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
  }

  /// What an answer usually takes; nil until enough are known.
  package var expected: Duration? { median.map(Duration.init(nanoseconds:)) }
  /// What it seldom takes longer than.
  package var seldomExceeded: Duration? { upper.map(Duration.init(nanoseconds:)) }
}
