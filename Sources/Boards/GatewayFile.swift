import Bytes

/// A gateway file as it states things, before anything is checked.
struct GatewayFile: Decodable {
  var name: String
  var title: String
  var source: String?
  var preset: String?
  var dialect: GatewayRules.Dialect
  var retry: RetryRules
  var attemptTimeout: TimeSpan
  var overallTimeout: TimeSpan?
  var overhead: TimeSpan
  var mostFallbacks: Int?
  var fallbackOn: [Int]?
  var finalError: GatewayRules.FinalError
  var charging: GatewayRules.Charging
  var statuses: GatewayStatuses
  var queue: QueueRules?
  var cooldown: CooldownRules?
  var breaker: BreakerRules?
  var hedge: HedgeRules?
  var cache: CacheRules?
  var meetsDeadlines: Bool?
  var idempotency: TimeSpan?

  var currency: String?
  var providers: [ProviderProfile]?
  /// Groups of providers that share the load, by name.
  var groups: [String: [String]]?
  /// The provider or group that calls go to first; the first provider when absent.
  var route: String?
  /// Where to go on when a provider or group has failed.
  var fallbacks: [String: [String]]?
  var accounts: [AccountProfile]?
  var virtualKeys: [VirtualKeyProfile]?
  var requiresVirtualKey: Bool?
  var calendarAligned: Bool?
  var startsAt: String?

  /// The classes that rules may name.
  static let failureClasses = [
    "connection", "timeout", "server_error", "rate_limit", "credential", "quota", "model_access",
    "model_gone", "caller_fault", "cancelled",
  ]

  func checked() throws(InputError) -> GatewayProfile {
    let rules = GatewayRules(
      dialect: dialect, retry: retry, attemptTimeout: attemptTimeout,
      overallTimeout: overallTimeout, overhead: overhead, mostFallbacks: mostFallbacks,
      fallbackOn: fallbackOn, finalError: finalError, charging: charging, statuses: statuses,
      queue: queue, cooldown: cooldown, breaker: breaker, hedge: hedge, cache: cache,
      meetsDeadlines: meetsDeadlines ?? false, idempotency: idempotency)
    try rules.check()
    let providers = providers ?? []
    var names: Set<String> = []
    for (index, provider) in providers.enumerated() {
      try provider.check("providers[\(index)]")
      guard names.insert(provider.name).inserted else {
        throw InputError(at: .key("providers[\(index)].name"), "‘\(provider.name)’ occurs twice")
      }
    }
    let accounts = accounts ?? []
    let parents = try AccountTree.parents(accounts)
    let keys = virtualKeys ?? []
    return GatewayProfile(
      name: name, title: title, rules: rules, currency: currency ?? "USD", providers: providers,
      chain: try chain(providers.map(\.name)), accounts: accounts, parents: parents,
      virtualKeys: keys, bindings: try AccountTree.bindings(keys, accounts, parents),
      requiresVirtualKey: requiresVirtualKey ?? false, isCalendarAligned: calendarAligned ?? false,
      startsAt: try Calendar.seconds(startsAt ?? "2026-06-01T00:00:00Z"))
  }

  /// The route and its fallbacks, depth first, each provider or group once.
  private func chain(_ providers: [String]) throws(InputError) -> [[Int]] {
    guard let first = providers.first else { return [] }
    let groups = groups ?? [:]
    for name in groups.keys.sorted() {
      guard !providers.contains(name) else {
        throw InputError(at: .key("groups.\(name)"), "a provider has the same name")
      }
      guard groups[name]?.isEmpty == false else {
        throw InputError(at: .key("groups.\(name)"), "expected at least one provider")
      }
      for (index, member) in groups[name]!.enumerated() where !providers.contains(member) {
        throw unknown(member, among: providers, at: "groups.\(name)[\(index)]")
      }
    }
    let known = providers + groups.keys.sorted()
    let start = route ?? first
    guard known.contains(start) else { throw unknown(start, among: known, at: "route") }
    for name in (fallbacks ?? [:]).keys.sorted() {
      guard known.contains(name) else {
        throw unknown(name, among: known, at: "fallbacks.\(name)")
      }
      for (index, target) in fallbacks![name]!.enumerated() where !known.contains(target) {
        throw unknown(target, among: known, at: "fallbacks.\(name)[\(index)]")
      }
    }
    try refuseCycles()
    var order: [String] = []
    var waiting = [start]
    while let name = waiting.popLast() {
      guard !order.contains(name) else { continue }
      order.append(name)
      waiting += (fallbacks?[name] ?? []).reversed()
    }
    return order.map { name in
      (groups[name] ?? [name]).compactMap { providers.firstIndex(of: $0) }
    }
  }

  private func unknown(
    _ name: String, among known: [String], at path: String
  ) -> InputError {
    InputError(
      at: .key(path), "expected a provider or group of this file, found ‘\(name)’",
      advice: name.closest(in: known).map { "did you mean ‘\($0)’?" }
        ?? "known here: \(known.joined(separator: ", "))")
  }

  /// Depth first from each name; a name met again on the way down closes a cycle.
  private func refuseCycles() throws(InputError) {
    let fallbacks = fallbacks ?? [:]
    var finished: Set<String> = []
    for start in fallbacks.keys.sorted() where !finished.contains(start) {
      var path: [(name: String, next: Int)] = [(start, 0)]
      while let (name, next) = path.last {
        let targets = fallbacks[name] ?? []
        guard next < targets.count else {
          finished.insert(name)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let target = targets[next]
        if let begin = path.firstIndex(where: { $0.name == target }) {
          let cycle = (path[begin...].map(\.name) + [target]).joined(separator: " → ")
          throw InputError(
            at: .key("fallbacks.\(name)[\(next)]"), "fallbacks go round in a circle: \(cycle)")
        }
        if !finished.contains(target) { path.append((target, 0)) }
      }
    }
  }
}

extension GatewayRules {
  func check() throws(InputError) {
    func fail(_ key: String, _ problem: String) -> InputError {
      InputError(at: .key(key), problem)
    }
    guard attemptTimeout.nanoseconds > 0 else {
      throw fail("attemptTimeout", "expected more than 0")
    }
    guard overallTimeout.map({ $0.nanoseconds > 0 }) ?? true else {
      throw fail("overallTimeout", "expected more than 0")
    }
    let day = 86_400_000_000_000
    for (key, span, days) in [
      ("attemptTimeout", attemptTimeout, 1), ("overallTimeout", overallTimeout, 1),
      ("overhead", overhead, 1), ("retry.backoff.first", retry.backoff.first, 1),
      ("retry.backoff.cap", retry.backoff.cap, 1),
      ("retry.backoff.spread", retry.backoff.spread, 1), ("retry.retryAfter", retry.retryAfter, 1),
      ("cooldown.lasts", cooldown?.lasts, 1), ("breaker.open", breaker?.open, 1),
      ("cache.ttl", cache?.ttl, 366), ("idempotency", idempotency, 366),
    ] as [(String, TimeSpan?, Int)] {
      guard span.map({ $0.nanoseconds <= days * day }) ?? true else {
        throw fail(key, "expected at most \(days * 24) h")
      }
    }
    try checkRetries()
    guard (0...64).contains(mostFallbacks ?? 0) else {
      throw fail("mostFallbacks", "expected 0 to 64, found \(mostFallbacks!)")
    }
    if let queue {
      guard (1...1_000_000).contains(queue.concurrency) else {
        throw fail("queue.concurrency", "expected 1 to 1,000,000, found \(queue.concurrency)")
      }
      guard (0...1_000_000).contains(queue.buffer) else {
        throw fail("queue.buffer", "expected 0 to 1,000,000, found \(queue.buffer)")
      }
    }
    try checkHealth()
    if let cache {
      guard (0...16).contains(cache.distance) else {
        throw fail("cache.distance", "expected 0 to 16 bits, found \(cache.distance)")
      }
      guard cache.ttl.nanoseconds > 0 else { throw fail("cache.ttl", "expected more than 0") }
      guard (1...10_000_000).contains(cache.most ?? 1) else {
        throw fail("cache.most", "expected 1 to 10,000,000 entries")
      }
    }
  }

  private func checkRetries() throws(InputError) {
    func fail(_ key: String, _ problem: String) -> InputError {
      InputError(at: .key("retry.\(key)"), problem)
    }
    let most = retry.ceiling ?? 100
    guard (0...min(most, 100)).contains(retry.most) else {
      throw fail("most", "expected 0 to \(min(most, 100)) retries, found \(retry.most)")
    }
    guard (1...10).contains(retry.backoff.factor) else {
      throw fail("backoff.factor", "expected 1 to 10, found \(retry.backoff.factor)")
    }
    if let jitter = retry.backoff.jitter {
      guard jitter.count == 2, jitter[0] >= 0, jitter[0] <= jitter[1], jitter[1] <= 10 else {
        throw fail("backoff.jitter", "expected the smallest and largest factor, from 0 to 10")
      }
    }
    for name in retry.actions.keys.sorted() where !GatewayFile.failureClasses.contains(name) {
      throw Self.unknownClass(name, at: "retry.actions.\(name)")
    }
  }

  private func checkHealth() throws(InputError) {
    if let cooldown {
      for (key, names) in [
        ("immediate", cooldown.immediate), ("never", cooldown.never),
        ("immediateInGroups", cooldown.immediateInGroups ?? []),
      ] {
        for (index, name) in names.enumerated() where !GatewayFile.failureClasses.contains(name) {
          throw Self.unknownClass(name, at: "cooldown.\(key)[\(index)]")
        }
      }
      guard (0...1).contains(cooldown.share ?? 0) else {
        throw InputError(at: .key("cooldown.share"), "expected a share from 0 to 1")
      }
    }
    if let breaker {
      guard (1...1_000_000).contains(breaker.failures) else {
        throw InputError(at: .key("breaker.failures"), "expected at least 1")
      }
      guard (1...1000).contains(breaker.probes) else {
        throw InputError(at: .key("breaker.probes"), "expected 1 to 1,000")
      }
    }
    if let hedge {
      guard (0.5..<1).contains(hedge.quantile) else {
        throw InputError(at: .key("hedge.quantile"), "expected at least 0.5 and less than 1")
      }
      guard (0...1).contains(hedge.share) else {
        throw InputError(at: .key("hedge.share"), "expected a share from 0 to 1")
      }
    }
  }

  private static func unknownClass(_ name: String, at path: String) -> InputError {
    InputError(
      at: .key(path), "expected a failure class, found ‘\(name)’",
      advice: name.closest(in: GatewayFile.failureClasses).map { "did you mean ‘\($0)’?" }
        ?? "classes are \(GatewayFile.failureClasses.joined(separator: ", "))")
  }
}
