import Boards
import VirtualTime

/// From a place in the fallback chain to an attempt under way.
extension Gateway {
  /// Turns to the group at the flight's place in the chain.
  mutating func beginStage(_ slot: Int, _ now: Instant, _ effects: inout [Effect]) {
    flights[slot]!.retries = 0
    flights[slot]!.waited = .zero
    flights[slot]!.deadProviders = 0
    if flights[slot]!.stage > 0 { ledger.fallbacks += 1 }
    chooseProvider(slot, now, &effects)
  }

  /// Draws one of the group's healthy providers and tries it.
  mutating func chooseProvider(_ slot: Int, _ now: Instant, _ effects: inout [Effect]) {
    let group = profile.chain[flights[slot]!.stage]
    let dead = flights[slot]!.deadProviders
    guard let provider = drawProvider(group, excluding: dead, now) else {
      let problem = Flight.Problem(
        status: profile.rules.statuses.unavailable, error: .providersUnavailable,
        provider: group.first)
      failStage(slot, problem, now, &effects)
      return
    }
    flights[slot]!.provider = provider
    flights[slot]!.keys = KeyRing.State()
    flights[slot]!.lastKey = nil
    tryProvider(slot, key: nil, now, &effects)
  }

  private mutating func drawProvider(
    _ group: [Int], excluding dead: UInt64, _ now: Instant
  ) -> Int? {
    var total = 0.0
    var healthy: [(provider: Int, weight: Double)] = []
    for provider in group where dead >> UInt64(provider) & 1 == 0 {
      guard isHealthy(provider, now), !budgets.isUsedUp(provider: provider, at: now) else {
        continue
      }
      let weight = profile.providers[provider].weight ?? 1
      total += weight
      healthy.append((provider, weight))
    }
    guard healthy.count > 1, total > 0 else { return healthy.first?.provider }
    var point = routing.uniform() * total
    for (provider, weight) in healthy {
      point -= weight
      if point < 0 { return provider }
    }
    return healthy.last?.provider
  }

  func isHealthy(_ provider: Int, _ now: Instant) -> Bool {
    let upstream = upstreams[provider]
    return upstream.cooldown?.isActive(at: now) != true
      && upstream.breaker?.allows(at: now) != false
  }

  /// Tries the flight's provider, with the given key or one that is drawn.
  mutating func tryProvider(
    _ slot: Int, key: Int?, _ now: Instant, _ effects: inout [Effect]
  ) {
    let provider = flights[slot]!.provider
    guard canMeetDeadline(slot, provider, now) else {
      ledger.skippedForDeadline += 1
      let problem = Flight.Problem(
        status: profile.rules.statuses.deadline, error: .providerTimeout, provider: provider)
      failStage(slot, flights[slot]!.problem ?? problem, now, &effects)
      return
    }
    flights[slot]!.lastKey = key
    if let queue = profile.rules.queue, upstreams[provider].running >= queue.concurrency {
      waitForTurn(slot, provider, queue, now, &effects)
      return
    }
    beginAttempt(slot, now, &effects)
  }

  /// Whether an answer can usually be had before the caller stops waiting.
  private func canMeetDeadline(_ slot: Int, _ provider: Int, _ now: Instant) -> Bool {
    guard profile.rules.meetsDeadlines, let deadline = flights[slot]!.call.deadline else {
      return true
    }
    return now < deadline && now + (upstreams[provider].latencies.expected ?? .zero) <= deadline
  }

  private mutating func waitForTurn(
    _ slot: Int, _ provider: Int, _ queue: QueueRules, _ now: Instant, _ effects: inout [Effect]
  ) {
    guard upstreams[provider].waiting < queue.buffer else {
      let problem = Flight.Problem(
        status: profile.rules.statuses.queueFull, error: .gatewayDropped, provider: provider)
      failStage(slot, problem, now, &effects)
      return
    }
    flights[slot]!.isWaitingForTurn = true
    upstreams[provider].queue.append((slot, flights[slot]!.number))
  }

  /// Lets the next of those who wait begin.
  mutating func passTurn(_ provider: Int, _ now: Instant, _ effects: inout [Effect]) {
    while let queue = profile.rules.queue, upstreams[provider].running < queue.concurrency,
      upstreams[provider].waiting > 0
    {
      let (slot, number) = upstreams[provider].queue[upstreams[provider].queueStart]
      upstreams[provider].queueStart += 1
      if upstreams[provider].queueStart == upstreams[provider].queue.count {
        upstreams[provider].queue.removeAll(keepingCapacity: true)
        upstreams[provider].queueStart = 0
      } else if upstreams[provider].queueStart > 4096 {
        upstreams[provider].queue.removeFirst(upstreams[provider].queueStart)
        upstreams[provider].queueStart = 0
      }
      guard flights[slot]?.number == number, flights[slot]!.isWaitingForTurn else { continue }
      flights[slot]!.isWaitingForTurn = false
      // It waited: what could meet the deadline then may not now.
      tryProvider(slot, key: flights[slot]!.lastKey, now, &effects)
    }
  }

  private mutating func beginAttempt(_ slot: Int, _ now: Instant, _ effects: inout [Effect]) {
    let provider = flights[slot]!.provider
    let kept = flights[slot]!.lastKey
    guard let key = kept ?? upstreams[provider].keys.draw(&flights[slot]!.keys, &keyChoice) else {
      failStage(slot, exhausted(provider, flights[slot]!.problem), now, &effects)
      return
    }
    if let problem = reserve(slot, provider, now) {
      failStage(slot, problem, now, &effects)
      return
    }
    flights[slot]!.lastKey = key
    flights[slot]!.running = start(slot, provider, key, isHedge: false, now)
    planHedge(slot, provider, now)
  }

  /// All keys are dead: an error of the gateway's own, where it has one.
  func exhausted(_ provider: Int, _ problem: Flight.Problem?) -> Flight.Problem {
    guard let status = profile.rules.statuses.credentialsExhausted else {
      return problem
        ?? Flight.Problem(
          status: profile.rules.statuses.unavailable, error: .providersUnavailable,
          provider: provider)
    }
    return Flight.Problem(
      status: status, error: .providerCredentialsExhausted, provider: provider)
  }

  /// Sets the cost of an attempt aside; nil when that is done or nobody asks for it.
  private mutating func reserve(
    _ slot: Int, _ provider: Int, _ now: Instant
  ) -> Flight.Problem? {
    guard profile.rules.charging == .reserve else { return nil }
    let cost = profile.providers[provider].costOfCall
    let key = flights[slot]!.virtualKey
    return budgets.reserve(cost, of: key, provider: provider, at: now).map { problem(of: $0) }
  }

  /// Begins an attempt; its end is known from here on.
  private mutating func start(
    _ slot: Int, _ provider: Int, _ key: Int, isHedge: Bool, _ now: Instant
  ) -> Flight.Running {
    let rules = profile.rules
    let reply = upstreams[provider].provider.reply(withKey: key, at: now)
    var limit = Duration(nanoseconds: Int64(rules.attemptTimeout.nanoseconds))
    if rules.meetsDeadlines, let deadline = flights[slot]!.call.deadline {
      limit = min(limit, deadline - now)
    }
    let timesOut = reply.delay.map { $0 > limit } ?? true
    let event = GatewayEvent.attemptEnds(
      flight: slot, number: flights[slot]!.number, isHedge: isHedge)
    let timer = agenda.schedule(event, at: now + (timesOut ? limit : reply.delay!))
    upstreams[provider].running += 1
    let wasProbe = upstreams[provider].breaker?.begin(at: now) ?? false
    let stage = flights[slot]!.stage
    flights[slot]!.trail.append(
      Attempt(
        provider: provider, key: key, began: now, ended: now, status: 0, failure: nil, cost: 0,
        fallback: stage, isHedge: isHedge))
    return Flight.Running(
      attempt: flights[slot]!.trail.count - 1, reply: reply, timesOut: timesOut,
      wasProbe: wasProbe, timer: timer)
  }
}

// MARK: - Hedging

extension Gateway {
  /// Sets when a second attempt is to begin, if this one takes long.
  private mutating func planHedge(_ slot: Int, _ provider: Int, _ now: Instant) {
    guard profile.rules.hedge != nil, !flights[slot]!.hasHedged,
      let patience = upstreams[provider].latencies.seldomExceeded
    else { return }
    let event = GatewayEvent.hedge(flight: slot, number: flights[slot]!.number)
    agenda.cancel(flights[slot]!.hedgeTimer)
    flights[slot]!.hedgeTimer = agenda.schedule(event, at: now + patience)
  }

  mutating func beginHedge(_ slot: Int, _ now: Instant, _ effects: inout [Effect]) {
    flights[slot]!.hedgeTimer = nil
    guard let hedge = profile.rules.hedge, flights[slot]!.running != nil,
      Double(ledger.hedges + 1) <= hedge.share * Double(flightsMade),
      let provider = hedgeProvider(slot, now), canMeetDeadline(slot, provider, now)
    else { return }
    var keys = KeyRing.State()
    guard let key = upstreams[provider].keys.draw(&keys, &keyChoice),
      reserve(slot, provider, now) == nil
    else { return }
    ledger.hedges += 1
    flights[slot]!.hasHedged = true
    flights[slot]!.hedge = start(slot, provider, key, isHedge: true, now)
  }

  /// A healthy provider other than the one that takes long: of the same group, else of the next.
  private func hedgeProvider(_ slot: Int, _ now: Instant) -> Int? {
    let flight = flights[slot]!
    for group in profile.chain[flight.stage...] {
      for provider in group where provider != flight.provider && isHealthy(provider, now) {
        let queue = profile.rules.queue
        if upstreams[provider].running < queue?.concurrency ?? .max { return provider }
      }
    }
    return nil
  }
}
