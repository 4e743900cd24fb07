import Boards
import VirtualTime

/// Whether a call may go ahead, and whether its answer is known already.
extension Gateway {
  mutating func admit(_ slot: Int, _ now: Instant, _ effects: inout [Effect]) {
    if let problem = refusal(slot, now) {
      fail(slot, problem, now, &effects)
      return
    }
    if profile.rules.charging == .reserve {
      budgets.count(tokens: 0, of: flights[slot]!.virtualKey, at: now)
    }
    if shareAnswer(slot, now, &effects) { return }
    if findInCache(slot, now, &effects) { return }
    if let overall = profile.rules.overallTimeout {
      flights[slot]!.overallTimer = agenda.schedule(
        .overallTimeout(flight: slot, number: flights[slot]!.number),
        at: now + Duration(nanoseconds: Int64(overall.nanoseconds)))
    }
    beginStage(slot, now, &effects)
  }

  /// Identity, then rates, then budgets, as Bifrost's governance looks at them.
  private mutating func refusal(_ slot: Int, _ now: Instant) -> Flight.Problem? {
    let statuses = profile.rules.statuses
    let flight = flights[slot]!
    guard let key = flight.virtualKey else {
      guard flight.call.virtualKey == nil else {
        return Flight.Problem(status: statuses.unknownKey, error: .policyAccessDenied)
      }
      return profile.requiresVirtualKey
        ? Flight.Problem(status: statuses.noKey, error: .policyAccessDenied) : nil
    }
    guard profile.virtualKeys[key].isActive ?? true else {
      return Flight.Problem(status: statuses.blocked, error: .policyAccessDenied)
    }
    return budgets.refusal(of: key, at: now).map { problem(of: $0) }
  }

  func problem(of refusal: BudgetBook.Refusal) -> Flight.Problem {
    let statuses = profile.rules.statuses
    return refusal.kind == .budget
      ? Flight.Problem(
        status: statuses.budget, error: .policyBudgetExceeded, retryAfter: refusal.until)
      : Flight.Problem(
        status: statuses.rate, error: .policyRateLimited, retryAfter: refusal.until)
  }

  /// Waits for, or takes, the answer of an equal call; false when there is none.
  private mutating func shareAnswer(
    _ slot: Int, _ now: Instant, _ effects: inout [Effect]
  ) -> Bool {
    guard let keeps = profile.rules.idempotency, let key = flights[slot]!.call.idempotencyKey else {
      return false
    }
    let call = flights[slot]!.call
    dropLapsed(now)
    guard let held = shared[key], held.flight != nil || now < held.until else {
      let until = now + Duration(nanoseconds: Int64(keeps.nanoseconds))
      shared[key] = Shared(flight: slot, answer: nil, until: until)
      lapsing.append(key)
      return false
    }
    if let leader = held.flight {
      flights[leader]!.followers.append(call)
      followers += 1
      forget(slot)
      return true
    }
    let answer = held.answer!
    ledger.shared += 1
    end(slot, answer, now, &effects)
    return true
  }

  /// Forgets answers that are no longer shared.
  private mutating func dropLapsed(_ now: Instant) {
    while lapsed < lapsing.count {
      let key = lapsing[lapsed]
      if let held = shared[key] {
        guard held.flight == nil, now >= held.until else { break }
        shared[key] = nil
      }
      lapsed += 1
    }
    if lapsed > 4096 && lapsed * 2 > lapsing.count {
      lapsing.removeFirst(lapsed)
      lapsed = 0
    }
  }

  private mutating func findInCache(
    _ slot: Int, _ now: Instant, _ effects: inout [Effect]
  ) -> Bool {
    guard cache != nil else { return false }
    let call = flights[slot]!.call
    guard let (entry, distance) = cache!.find(call, at: now) else {
      ledger.misses += 1
      return false
    }
    let isTrue = entry.variant == call.variant && entry.label == call.label
    let outcome: Answer.Cache = !isTrue ? .falseHit : distance == 0 ? .exact : .near
    switch outcome {
    case .exact: ledger.exactHits += 1
    case .near: ledger.nearHits += 1
    default: ledger.falseHits += 1
    }
    let answer = Answer(status: 200, bytes: entry.bytes, cache: outcome, stored: entry.source)
    end(slot, answer, now, &effects)
    return true
  }
}
