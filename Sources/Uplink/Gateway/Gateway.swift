package import Boards
package import VirtualTime

/// A gateway between callers and providers: keys, retries, fallbacks, limits, budgets, a cache.
///
///     var gateway = Gateway(profile, seed: 1)
///     gateway.submit(call, at: now, into: &effects)   // later: gateway.wake(token, at: …)
///
/// What distinguishes one gateway from another is in the profile's rules.
package struct Gateway: FarEnd {
  /// What the gateway knows about one provider.
  struct Upstream: Sendable {
    var provider: Provider
    var keys: KeyRing
    var cooldown: Cooldown?
    var breaker: Breaker?
    var latencies: RecentLatencies
    var running = 0
    /// Flights that wait for their turn, by slot and number.
    var queue: [(flight: Int, number: Int)] = []
    var queueStart = 0

    var waiting: Int { queue.count - queueStart }
  }

  /// An answer that repetitions of its call share.
  struct Shared: Sendable {
    /// The slot of the flight under way; nil once it is answered.
    var flight: Int?
    var answer: Answer?
    var until: Instant
  }

  package let profile: GatewayProfile
  package internal(set) var ledger: Ledger
  package internal(set) var budgets: BudgetBook
  let policy: RetryPolicy
  var upstreams: [Upstream]
  var cache: SemanticCache?
  var agenda = WakingAgenda<GatewayEvent>()
  var flights: [Flight?] = []
  var freeSlots: [Int] = []
  /// Slots of calls not yet answered.
  var slots: [Int: Int] = [:]
  var flightsMade = 0
  var shared: [Int: Shared] = [:]
  /// Keys of `shared` in the order in which they lapse.
  var lapsing: [Int] = []
  var lapsed = 0
  /// Calls that wait for an equal one's answer.
  var followers = 0
  /// Idempotency keys of calls that have been billed, and until when they are remembered: long after
  /// their deadlines, when no attempt for them is under way any more.
  var paid: Set<Int> = []
  var paidUntil: [(key: Int, until: Instant)] = []
  var forgotten = 0
  static let paidFor = Duration.seconds(3_600)
  var routing: SeededRandom
  var keyChoice: SeededRandom
  var jitter: SeededRandom

  /// - Parameter profile: With at least one provider.
  package init(_ profile: GatewayProfile, seed: UInt64) {
    precondition(!profile.chain.isEmpty, "a gateway without providers answers nobody")
    self.profile = profile
    let rules = profile.rules
    policy = RetryPolicy(rules.retry)
    upstreams = profile.providers.map { provider in
      Upstream(
        provider: Provider(provider, seed: seed), keys: KeyRing(provider.allKeys),
        cooldown: rules.cooldown.map { Cooldown($0) }, breaker: rules.breaker.map { Breaker($0) },
        latencies: RecentLatencies(quantile: rules.hedge?.quantile ?? 0.95))
    }
    cache = rules.cache.map { SemanticCache($0) }
    budgets = BudgetBook(profile)
    ledger = Ledger(
      virtualKeys: profile.virtualKeys.count, accounts: profile.accounts.count,
      providerKeys: profile.providers.map(\.allKeys.count))
    routing = SeededRandom(seed: seed, stream: "gateway.routing")
    keyChoice = SeededRandom(seed: seed, stream: "gateway.keys")
    jitter = SeededRandom(seed: seed, stream: "gateway.jitter")
  }

  package mutating func submit(_ call: Call, at now: Instant, into effects: inout [Effect]) {
    flightsMade += 1
    let known = call.virtualKey.flatMap { profile.virtualKeys.indices.contains($0) ? $0 : nil }
    let flight = Flight(number: flightsMade, call: call, virtualKey: known)
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      flights[slot] = flight
    } else {
      slot = flights.count
      flights.append(flight)
    }
    slots[call.id] = slot
    if profile.rules.overhead.nanoseconds > 0 {
      let begin = now + Duration(nanoseconds: Int64(profile.rules.overhead.nanoseconds))
      _ = agenda.schedule(.begin(flight: slot, number: flightsMade), at: begin)
    } else {
      admit(slot, now, &effects)
    }
    agenda.ask(at: now, into: &effects)
  }

  package mutating func wake(_ token: Int, at now: Instant, into effects: inout [Effect]) {
    while let event = agenda.next(dueAt: now) { take(event, now, &effects) }
    agenda.ask(at: now, into: &effects)
  }

  package mutating func abandon(call: Int, at now: Instant, into effects: inout [Effect]) {
    guard let slot = slots[call] else {
      abandonFollower(call, now)
      return
    }
    ledger.abandoned += 1
    end(slot, nil, now, &effects)
    agenda.ask(at: now, into: &effects)
  }

  package mutating func impose(_ incident: ProviderIncident, at now: Instant) {
    upstreams[incident.provider].provider.impose(incident)
  }

  package mutating func lift(_ incident: ProviderIncident, at now: Instant) {
    upstreams[incident.provider].provider.lift(incident)
  }

  /// Calls not yet answered.
  package var pending: Int { slots.count }

  private mutating func take(_ event: GatewayEvent, _ now: Instant, _ effects: inout [Effect]) {
    switch event {
    case .begin(let slot, let number):
      if flights[slot]?.number == number { admit(slot, now, &effects) }
    case .attemptEnds(let slot, let number, let isHedge):
      if flights[slot]?.number == number { attemptEnds(slot, isHedge: isHedge, now, &effects) }
    case .pauseEnds(let slot, let number, let rotates):
      guard flights[slot]?.number == number else { return }
      flights[slot]!.pause = nil
      tryAgain(slot, rotates: rotates, now, &effects)
    case .hedge(let slot, let number):
      if flights[slot]?.number == number { beginHedge(slot, now, &effects) }
    case .overallTimeout(let slot, let number):
      guard flights[slot]?.number == number else { return }
      flights[slot]!.overallTimer = nil
      let problem = Flight.Problem(
        status: profile.rules.statuses.deadline, error: .providerTimeout,
        provider: flights[slot]!.provider)
      fail(slot, problem, now, &effects)
    }
  }
}
