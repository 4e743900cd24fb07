import Boards
import VirtualTime

/// From the end of an attempt to the next one, or to the answer.
extension Gateway {
  mutating func attemptEnds(
    _ slot: Int, isHedge: Bool, _ now: Instant, _ effects: inout [Effect]
  ) {
    let running = isHedge ? flights[slot]!.hedge! : flights[slot]!.running!
    if isHedge { flights[slot]!.hedge = nil } else { flights[slot]!.running = nil }
    let failure = running.timesOut ? .timeout : running.reply.failure
    close(slot, running, failure, now)
    let provider = flights[slot]!.trail[running.attempt].provider
    if failure == nil {
      if isHedge { ledger.hedgesWon += 1 }
      if flights[slot]!.trail[running.attempt].fallback > 0 { ledger.fallbacksWon += 1 }
      succeed(slot, running, provider, now, &effects)
    } else if isHedge {
      if let undecided = flights[slot]!.undecided {
        flights[slot]!.undecided = nil
        decide(slot, undecided.failure, undecided.retryAfter, now, &effects)
      }
    } else {
      agenda.cancel(flights[slot]!.hedgeTimer)
      flights[slot]!.hedgeTimer = nil
      flights[slot]!.problem = problem(of: failure!, running, provider)
      if flights[slot]!.hedge != nil {
        flights[slot]!.undecided = (failure!, running.reply.retryAfter)
      } else {
        decide(slot, failure!, running.reply.retryAfter, now, &effects)
      }
    }
    passTurn(provider, now, &effects)
  }

  /// Writes down how an attempt has ended, and settles what it cost.
  private mutating func close(
    _ slot: Int, _ running: Flight.Running, _ failure: FailureClass?, _ now: Instant
  ) {
    var attempt = flights[slot]!.trail[running.attempt]
    attempt.ended = now
    attempt.failure = failure
    // A provider that answers after all bills for it, whether somebody waits or not.
    attempt.cost = running.reply.delay == nil ? 0 : running.reply.cost
    attempt.status = failure == .timeout || failure == .cancelled ? 0 : running.reply.status
    flights[slot]!.trail[running.attempt] = attempt
    ledger.add(attempt)
    let provider = attempt.provider
    upstreams[provider].running -= 1
    settle(flights[slot]!.virtualKey, attempt, now)
    let saysNothing = failure == .cancelled || failure == .callerFault
    upstreams[provider].breaker?.record(
      saysNothing ? nil : failure == nil, wasProbe: running.wasProbe, at: now)
    if failure != .cancelled {
      let hasOthers = profile.chain.contains { $0.contains(provider) && $0.count > 1 }
      upstreams[provider].cooldown?.record(failure, hasOthers: hasOthers, at: now)
    }
    if failure == nil { upstreams[provider].latencies.add(now - attempt.began) }
  }

  private mutating func settle(_ key: Int?, _ attempt: Attempt, _ now: Instant) {
    let provider = attempt.provider
    switch profile.rules.charging {
    case .reserve:
      let unspent = profile.providers[provider].costOfCall - attempt.cost
      if unspent > 0 {
        budgets.release(
          unspent, of: key, provider: provider, reservedAt: attempt.began, at: now)
      }
    case .after:
      // Only an answer tells what it cost: what is billed for one not waited for goes unseen.
      guard attempt.failure == nil else { return }
      budgets.charge(attempt.cost, of: key, provider: provider, at: now)
      budgets.count(tokens: profile.providers[provider].allTokens, of: key, at: now)
    }
  }

  private func problem(
    of failure: FailureClass, _ running: Flight.Running, _ provider: Int
  ) -> Flight.Problem {
    let statuses = profile.rules.statuses
    let status =
      switch failure {
      case .connection: statuses.connection
      case .timeout: statuses.timeout
      default: running.reply.status
      }
    return Flight.Problem(
      status: status, error: ErrorType(failure), provider: provider,
      retryAfter: running.reply.retryAfter)
  }

  /// Retries, turns to another key, or gives the provider up.
  private mutating func decide(
    _ slot: Int, _ failure: FailureClass, _ retryAfter: Duration?, _ now: Instant,
    _ effects: inout [Effect]
  ) {
    let action = policy.action(after: failure)
    let retriesLeft = flights[slot]!.retries < policy.rules.most
    switch action {
    case .stop: failStage(slot, flights[slot]!.problem!, now, &effects)
    case .bury: bury(slot, retriesLeft, now, &effects)
    case .same, .rotate:
      guard retriesLeft, let wait = pause(slot, action, retryAfter, now) else {
        failStage(slot, flights[slot]!.problem!, now, &effects)
        return
      }
      flights[slot]!.retries += 1
      ledger.retries += 1
      let event = GatewayEvent.pauseEnds(
        flight: slot, number: flights[slot]!.number, rotates: action == .rotate)
      flights[slot]!.pause = agenda.schedule(event, at: now + wait)
    }
  }

  /// How long to wait before a retry; nil when there is none.
  private mutating func pause(
    _ slot: Int, _ action: RetryAction, _ retryAfter: Duration?, _ now: Instant
  ) -> Duration? {
    let flight = flights[slot]!
    let others = profile.chain[flight.stage].filter { provider in
      provider != flight.provider && flight.deadProviders >> UInt64(provider) & 1 == 0
        && isHealthy(provider, now)
    }
    if policy.rules.scope == .group && action == .rotate && others.isEmpty { return nil }
    if policy.rules.backoff.skippedWhenOthers == true && !others.isEmpty { return .zero }
    guard
      let wait = policy.wait(
        flight.retries, retryAfter: retryAfter, waited: flight.waited, &jitter)
    else { return nil }
    if profile.rules.meetsDeadlines, let deadline = flight.call.deadline {
      let expected = upstreams[flight.provider].latencies.expected ?? .zero
      guard now + wait + expected <= deadline else {
        ledger.skippedForDeadline += 1
        return nil
      }
    }
    if retryAfter != nil { flights[slot]!.waited += wait }
    return wait
  }

  /// The key is dead for this request: another one at once, if there is one.
  private mutating func bury(
    _ slot: Int, _ retriesLeft: Bool, _ now: Instant, _ effects: inout [Effect]
  ) {
    let provider = flights[slot]!.provider
    if let key = flights[slot]!.lastKey { flights[slot]!.keys.bury(key) }
    guard !upstreams[provider].keys.isExhausted(flights[slot]!.keys) else {
      failStage(slot, exhausted(provider, flights[slot]!.problem), now, &effects)
      return
    }
    let isFree = policy.rules.buryingIsFree == true
    guard isFree || retriesLeft else {
      failStage(slot, flights[slot]!.problem!, now, &effects)
      return
    }
    if !isFree { flights[slot]!.retries += 1 }
    ledger.retries += 1
    tryProvider(slot, key: nil, now, &effects)
  }

  /// The pause before a retry is over.
  mutating func tryAgain(
    _ slot: Int, rotates: Bool, _ now: Instant, _ effects: inout [Effect]
  ) {
    if policy.rules.scope == .group {
      if rotates { flights[slot]!.deadProviders |= 1 << UInt64(flights[slot]!.provider) }
      chooseProvider(slot, now, &effects)
    } else if !isHealthy(flights[slot]!.provider, now) {
      failStage(slot, flights[slot]!.problem!, now, &effects)
    } else {
      tryProvider(slot, key: rotates ? nil : flights[slot]!.lastKey, now, &effects)
    }
  }

  /// The flight's group has failed: the next one, or the answer.
  mutating func failStage(
    _ slot: Int, _ problem: Flight.Problem, _ now: Instant, _ effects: inout [Effect]
  ) {
    let rules = profile.rules
    if flights[slot]!.primaryProblem == nil { flights[slot]!.primaryProblem = problem }
    let mayFallBack = rules.fallbackOn?.contains(problem.status) ?? true
    let next = flights[slot]!.stage + 1
    guard mayFallBack, next < profile.chain.count, next <= rules.mostFallbacks ?? .max else {
      let final = rules.finalError == .primary ? flights[slot]!.primaryProblem! : problem
      fail(slot, final, now, &effects)
      return
    }
    flights[slot]!.stage = next
    flights[slot]!.problem = nil
    beginStage(slot, now, &effects)
  }

  mutating func fail(
    _ slot: Int, _ problem: Flight.Problem, _ now: Instant, _ effects: inout [Effect]
  ) {
    let answer = Answer(
      status: problem.status, error: problem.error, bytes: Provider.errorBytes,
      provider: problem.provider, retryAfter: problem.retryAfter)
    end(slot, answer, now, &effects)
  }

  private mutating func succeed(
    _ slot: Int, _ running: Flight.Running, _ provider: Int, _ now: Instant,
    _ effects: inout [Effect]
  ) {
    let bytes = running.reply.bytes
    // Stored after the answer: equal calls under way at the same time all miss.
    cache?.store(flights[slot]!.call, bytes: bytes, of: provider, at: now)
    let answer = Answer(status: 200, bytes: bytes, provider: provider)
    end(slot, answer, now, &effects)
  }
}

// MARK: - The end of a call

extension Gateway {
  /// Ends a call: what still runs is cancelled, everything is counted, the answer goes out.
  ///
  /// - Parameter answer: Nil when the caller has hung up.
  mutating func end(
    _ slot: Int, _ answer: Answer?, _ now: Instant, _ effects: inout [Effect]
  ) {
    var freed: [Int] = []
    for running in [flights[slot]!.running, flights[slot]!.hedge] {
      guard let running else { continue }
      agenda.cancel(running.timer)
      close(slot, running, .cancelled, now)
      freed.append(flights[slot]!.trail[running.attempt].provider)
    }
    let flight = flights[slot]!
    agenda.cancel(flight.pause)
    agenda.cancel(flight.hedgeTimer)
    agenda.cancel(flight.overallTimer)
    forget(slot)
    var final = answer
    final?.trail = flight.trail
    write(flight.call, flight.virtualKey, final, flight.trail, now)
    if let final { effects.append(.answer(call: flight.call.id, final)) }
    share(flight, final, now, &effects)
    for provider in freed { passTurn(provider, now, &effects) }
  }

  /// Takes a flight out of the books without a word.
  mutating func forget(_ slot: Int) {
    slots[flights[slot]!.call.id] = nil
    flights[slot] = nil
    freeSlots.append(slot)
  }

  private mutating func write(
    _ call: Call, _ virtualKey: Int?, _ answer: Answer?, _ trail: [Attempt], _ now: Instant
  ) {
    var row = Ledger.Row()
    row.calls = 1
    row.attempts = trail.count
    row.bytesIn = call.bytes
    row.bytesOut = answer?.bytes ?? 0
    row.cost = trail.reduce(0) { $0 + $1.cost }
    if let answer {
      if let error = answer.error {
        ledger.errors[ErrorType.allCases.firstIndex(of: error)!] += 1
      } else {
        row.answered = 1
      }
    }
    ledger.add(
      row, virtualKey: virtualKey, accounts: virtualKey.map { profile.bindings[$0] } ?? [],
      station: call.station)
    guard let key = call.idempotencyKey, row.cost > 0 else { return }
    forgetPaid(now)
    if paid.insert(key).inserted {
      let patience = Instant(nanoseconds: .max - Self.paidFor.nanoseconds)
      paidUntil.append((key, min(call.deadline ?? patience, patience) + Self.paidFor))
    } else {
      ledger.duplicates += 1
      ledger.duplicateCost += row.cost
    }
  }

  /// Forgets calls that nobody repeats any more.
  private mutating func forgetPaid(_ now: Instant) {
    while forgotten < paidUntil.count, paidUntil[forgotten].until < now {
      paid.remove(paidUntil[forgotten].key)
      forgotten += 1
    }
    if forgotten > 4096 && forgotten * 2 > paidUntil.count {
      paidUntil.removeFirst(forgotten)
      forgotten = 0
    }
  }

  /// Gives the answer to equal calls that waited for it, and keeps it for those to come.
  private mutating func share(
    _ flight: Flight, _ answer: Answer?, _ now: Instant, _ effects: inout [Effect]
  ) {
    guard let key = flight.call.idempotencyKey, let held = shared[key], held.flight != nil,
      profile.rules.idempotency != nil
    else { return }
    guard let answer, answer.isSuccess else {
      // A failure is not kept: whoever waited, or comes again, tries anew.
      shared[key] = nil
      followers -= flight.followers.count
      for call in flight.followers { submit(call, at: now, into: &effects) }
      return
    }
    shared[key]!.flight = nil
    shared[key]!.answer = answer
    shared[key]!.answer!.trail = []
    followers -= flight.followers.count
    for call in flight.followers {
      ledger.shared += 1
      var copy = answer
      copy.trail = []
      write(call, known(call), copy, [], now)
      effects.append(.answer(call: call.id, copy))
    }
  }

  private func known(_ call: Call) -> Int? {
    call.virtualKey.flatMap { profile.virtualKeys.indices.contains($0) ? $0 : nil }
  }

  /// A call that waits for an equal one's answer hangs up.
  mutating func abandonFollower(_ call: Int, _ now: Instant) {
    guard followers > 0 else { return }
    for slot in flights.indices {
      guard let index = flights[slot]?.followers.firstIndex(where: { $0.id == call }) else {
        continue
      }
      let follower = flights[slot]!.followers.remove(at: index)
      followers -= 1
      ledger.abandoned += 1
      write(follower, known(follower), nil, [], now)
      return
    }
  }
}
