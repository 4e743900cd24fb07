package import Boards
package import VirtualTime

/// Every limit of a gateway, and which of them bind a call.
package struct BudgetBook: Sendable {
  /// Why a call may not go ahead.
  package struct Refusal: Sendable, Equatable {
    package enum Kind: Sendable { case budget, requests, tokens }
    package var kind: Kind
    /// Until the limit begins anew.
    package var until: Duration
  }

  /// Limits of one owner.
  private struct Owner: Sendable {
    var budget: PeriodicLimit?
    var requests: PeriodicLimit?
    var tokens: PeriodicLimit?
  }

  private var owners: [Owner] = []
  /// For each virtual key, the owners that bind it: itself, then accounts from the nearest on.
  private let binding: [[Int]]
  private let firstAccount: Int
  private let firstProvider: Int

  package init(_ profile: GatewayProfile) {
    let startsAt = profile.isCalendarAligned ? profile.startsAt : nil
    func budget(_ profile: BudgetProfile?) -> PeriodicLimit? {
      profile.map { PeriodicLimit($0.limit.microUnits, every: $0.every, alignedTo: startsAt) }
    }
    func owner(_ money: BudgetProfile?, _ rate: RateLimitProfile?) -> Owner {
      func limit(_ count: Int?) -> PeriodicLimit? {
        guard let rate, let count else { return nil }
        return PeriodicLimit(Int64(count), every: rate.every, alignedTo: startsAt)
      }
      return Owner(
        budget: budget(money), requests: limit(rate?.requests), tokens: limit(rate?.tokens))
    }
    owners = profile.virtualKeys.map { owner($0.budget, $0.rateLimit) }
    let firstAccount = owners.count
    self.firstAccount = firstAccount
    owners += profile.accounts.map { owner($0.budget, $0.rateLimit) }
    firstProvider = owners.count
    owners += profile.providers.map { owner($0.budget, nil) }
    binding = profile.bindings.enumerated().map { key, accounts in
      [key] + accounts.map { firstAccount + $0 }
    }
  }

  private func owners(of key: Int?) -> [Int] { key.map { binding[$0] } ?? [] }

  /// Looks at everything that binds a key: rates first, then budgets, nearest first.
  package mutating func refusal(of key: Int?, at now: Instant) -> Refusal? {
    let bound = owners(of: key)
    for index in bound {
      if owners[index].requests?.isUsedUp(at: now) == true {
        return Refusal(kind: .requests, until: owners[index].requests!.remaining(at: now))
      }
      if owners[index].tokens?.isUsedUp(at: now) == true {
        return Refusal(kind: .tokens, until: owners[index].tokens!.remaining(at: now))
      }
    }
    for index in bound where owners[index].budget?.isUsedUp(at: now) == true {
      return Refusal(kind: .budget, until: owners[index].budget!.remaining(at: now))
    }
    return nil
  }

  /// Counts a request, with the tokens that it used, against all that bind its key.
  package mutating func count(tokens: Int, of key: Int?, at now: Instant) {
    for index in owners(of: key) {
      owners[index].requests?.charge(1, at: now)
      owners[index].tokens?.charge(Int64(tokens), at: now)
    }
  }

  /// Charges a key, all that bind it, and the provider.
  package mutating func charge(_ cost: Int64, of key: Int?, provider: Int, at now: Instant) {
    for index in owners(of: key) { owners[index].budget?.charge(cost, at: now) }
    owners[firstProvider + provider].budget?.charge(cost, at: now)
  }

  /// Sets a cost aside in every budget that binds; in none when one of them cannot hold it.
  package mutating func reserve(
    _ cost: Int64, of key: Int?, provider: Int, at now: Instant
  ) -> Refusal? {
    for index in owners(of: key) where owners[index].budget?.holds(cost, at: now) == false {
      return Refusal(kind: .budget, until: owners[index].budget!.remaining(at: now))
    }
    if owners[firstProvider + provider].budget?.holds(cost, at: now) == false {
      return Refusal(
        kind: .budget, until: owners[firstProvider + provider].budget!.remaining(at: now))
    }
    charge(cost, of: key, provider: provider, at: now)
    return nil
  }

  /// Gives back what was set aside at `then` and not billed.
  package mutating func release(
    _ cost: Int64, of key: Int?, provider: Int, reservedAt then: Instant, at now: Instant
  ) {
    for index in owners(of: key) {
      owners[index].budget?.refund(cost, chargedAt: then, at: now)
    }
    owners[firstProvider + provider].budget?.refund(cost, chargedAt: then, at: now)
  }

  /// Whether a provider's own budget is used up.
  package mutating func isUsedUp(provider: Int, at now: Instant) -> Bool {
    owners[firstProvider + provider].budget?.isUsedUp(at: now) ?? false
  }

  /// What is used of a virtual key's budget in the current period; nil without one.
  package func used(virtualKey: Int) -> Int64? { owners[virtualKey].budget?.used }
  package func used(account: Int) -> Int64? { owners[firstAccount + account].budget?.used }
}
