import Boards
import Testing
import Uplink
import VirtualTime

/// Random gateways, calls and incidents.
@Suite struct GatewayPropertyTests {
  static func random(
    _ preset: String, _ random: inout SeededRandom
  ) throws -> GatewayProfile {
    var providers: [ProviderProfile] = []
    for name in ["a", "b", "c"].prefix(Int.random(in: 1...3, using: &random)) {
      var provider = GatewayFixture.provider(
        name, keys: Int.random(in: 1...3, using: &random),
        milliseconds: Int.random(in: 50...1500, using: &random))
      provider.latency.p99.nanoseconds *= Int.random(in: 1...4, using: &random)
      provider.errors = .init(
        internalError: 0.05, unavailable: 0.05, hanging: 0.03, connection: 0.05)
      provider.limits = .init(requestsPerMinute: Int.random(in: 20...200, using: &random))
      provider.tokens = .init(input: 85, output: 20)
      provider.price = .init(
        request: Money(microUnits: Int64.random(in: 100...2_000_000, using: &random)))
      if Bool.random(using: &random) {
        provider.budget = BudgetProfile(limit: Money(microUnits: 30_000_000), every: .named("1m")!)
      }
      providers.append(provider)
    }
    var profile = try GatewayFixture.profile(preset, providers: providers)
    profile.rules.attemptTimeout = TimeSpan(nanoseconds: 2_000_000_000)
    profile.rules.retry.most = Int.random(in: 0...3, using: &random)
    profile.rules.queue = QueueRules(concurrency: 5, buffer: 10)
    if Bool.random(using: &random) { profile.rules.cache = GatewayPartsTests.cacheRules }
    if Bool.random(using: &random), providers.count > 1 {
      profile.chain = [[0, 1]] + (providers.count > 2 ? [[2]] : [])
    }
    profile.accounts = [
      AccountFixture.account("plant", .customer, limit: 60_000_000),
      AccountFixture.account("line", .team, limit: 25_000_000),
      AccountFixture.account("anna", .person, limit: 12_000_000),
    ]
    profile.accounts[1].budget?.every = .named("1m")!
    profile.parents = [nil, 0, nil]
    profile.virtualKeys = [
      VirtualKeyFixture.key("k", limit: 9_000_000, requests: 400), VirtualKeyFixture.key("l"),
      VirtualKeyFixture.key("m", isActive: false),
    ]
    profile.bindings = [[2, 1, 0], [1, 0], [0]]
    return profile
  }

  static func run(
    _ profile: GatewayProfile, _ random: inout SeededRandom, watch: (inout Gateway) -> Void
  ) -> (FarEndRun, Gateway, abandoned: Set<Int>) {
    var gateway = Gateway(profile, seed: random.next())
    var run = FarEndRun()
    var abandoned: Set<Int> = []
    var time = Instant.zero
    for index in 0..<300 {
      time = time + .milliseconds(Int64.random(in: 0...800, using: &random))
      if Int.random(in: 0..<25, using: &random) == 0 {
        let kinds: [ProviderIncident.Kind] = [
          .serverError(status: 502), .rateLimited(retryAfter: .seconds(3)), .slow(factor: 5),
          .hanging, .wrongKey, .quotaExhausted, .badTLS, .refusing,
        ]
        let incident = ProviderIncident(
          kinds.randomElement(using: &random)!,
          provider: Int.random(in: 0..<profile.providers.count, using: &random))
        run.at(time, .impose(incident))
        run.at(time + .seconds(10), .lift(incident))
      }
      let call = Call(
        id: index, bytes: 100, imageHash: UInt64.random(in: 0..<60, using: &random) << 40,
        station: Int.random(in: 0..<4, using: &random),
        virtualKey: [nil, 0, 0, 1, 1, 2, 9].randomElement(using: &random)!,
        deadline: time + .seconds(2),
        idempotencyKey: Int.random(in: 0..<250, using: &random))
      run.submit(call, to: &gateway, at: time)
      if Int.random(in: 0..<12, using: &random) == 0, run.answers[index] == nil {
        run.at(time + .milliseconds(1), .abandon(index))
        abandoned.insert(index)
      }
      watch(&gateway)
    }
    run.finish(&gateway)
    return (run, gateway, abandoned)
  }

  @Test(
    "every call ends exactly once, and everything adds up",
    arguments: ["bifrost", "litellm", "portkey", "preflash"])
  func addsUp(preset: String) throws {
    var random = SeededRandom(seed: 4, stream: preset)
    for _ in 0..<25 {
      let profile = try Self.random(preset, &random)
      let (run, gateway, abandoned) = Self.run(profile, &random) { _ in }
      let ledger = gateway.ledger
      #expect(gateway.pending == 0)
      #expect(ledger.total.calls == 300)
      #expect(run.answers.count + ledger.abandoned == 300)
      #expect(
        Set(run.answers.keys).isDisjoint(with: abandoned) || ledger.abandoned < abandoned.count)
      #expect(
        ledger.total.answered + ledger.errors.reduce(0, +) + ledger.abandoned == ledger.total.calls)
      let sum = { (rows: [Ledger.Row]) in rows.reduce(into: Ledger.Row()) { $0 += $1 } }
      #expect(sum(ledger.byVirtualKey) == ledger.total)
      #expect(sum(ledger.byStation) == ledger.total)
      let keys = ledger.byKey.joined()
      #expect(keys.reduce(0) { $0 + $1.attempts } == ledger.total.attempts)
      #expect(keys.reduce(0) { $0 + $1.cost } == ledger.total.cost)
      for row in keys {
        #expect(row.successes + row.failures.reduce(0) { $0 + $1.count } == row.attempts)
      }
      // Accounts hold what the keys bound to them do.
      for account in profile.accounts.indices {
        let bound = profile.bindings.indices.filter { profile.bindings[$0].contains(account) }
        #expect(sum(bound.map { ledger.byVirtualKey[$0] }) == ledger.byAccount[account])
      }
      #expect(ledger.callsByAttempts.reduce(0, +) == 300)
      for answer in run.answers.values {
        #expect(answer.answer.trail.allSatisfy { $0.began <= $0.ended && $0.ended <= answer.at })
      }
    }
  }

  @Test("two runs with the same seed are the same")
  func deterministic() throws {
    for preset in ["bifrost", "litellm", "portkey", "preflash"] {
      var a = SeededRandom(seed: 6, stream: preset)
      var b = a
      let (first, one, _) = Self.run(try Self.random(preset, &a), &a) { _ in }
      let (second, two, _) = Self.run(try Self.random(preset, &b), &b) { _ in }
      #expect(first.order == second.order)
      #expect(one.ledger == two.ledger)
      let end = Instant.zero + .seconds(10_000)
      #expect(one.metrics(at: end).map(\.text) == two.metrics(at: end).map(\.text))
    }
  }

  @Test("with reservation no budget is overshot at any time, by what is billed or set aside")
  func reserved() throws {
    var random = SeededRandom(seed: 5, stream: "budgets")
    var tight = 0
    for _ in 0..<60 {
      let profile = try Self.random("preflash", &random)
      let limits = profile.accounts.map { $0.budget!.limit.microUnits }
      let (_, gateway, _) = Self.run(profile, &random) { gateway in
        #expect(gateway.budgets.used(virtualKey: 0)! <= 9_000_000)
        for account in limits.indices {
          #expect(gateway.budgets.used(account: account)! <= limits[account])
        }
      }
      // The customer's month is longer than the run: all that was billed, seen or not.
      #expect(gateway.ledger.byAccount[0].cost <= limits[0])
      #expect(gateway.ledger.byVirtualKey[0].cost <= 9_000_000)
      if gateway.ledger.byVirtualKey[0].cost > 7_000_000 { tight += 1 }
    }
    // Else nothing would have been tested.
    #expect(tight > 10)
  }

  @Test("without reservation the same calls overshoot")
  func unreserved() throws {
    var random = SeededRandom(seed: 5, stream: "budgets")
    var overshot = 0
    for _ in 0..<30 {
      let profile = try Self.random("bifrost", &random)
      let (_, gateway, _) = Self.run(profile, &random) { _ in }
      if gateway.ledger.byVirtualKey[0].cost > 9_000_000 { overshot += 1 }
    }
    #expect(overshot > 5)
  }

  @Test("metrics have each gateway's own names and add up to the ledger")
  func metrics() throws {
    let names = [
      "bifrost": "bifrost_upstream_requests_total",
      "litellm": "litellm_deployment_total_requests_total", "preflash": "preflash_attempts_total",
      "portkey": "request_count",
    ]
    for preset in ["bifrost", "litellm", "portkey", "preflash"] {
      var random = SeededRandom(seed: 8, stream: preset)
      let (_, gateway, _) = Self.run(try Self.random(preset, &random), &random) { _ in }
      let families = gateway.metrics(at: .zero + .seconds(1000))
      let attempts = try #require(families.first { $0.name == names[preset] })
      let cancelled = gateway.ledger.byKey.joined().reduce(0) { sum, row in
        sum + row.failures.filter { $0.failure == .cancelled }.reduce(0) { $0 + $1.count }
      }
      let expected = gateway.ledger.total.attempts - (preset == "portkey" ? cancelled : 0)
      #expect(attempts.samples.reduce(0) { $0 + $1.value } == Double(expected))
      #expect(Set(families.map(\.name)).count == families.count)
    }
  }

  @Test("the text of a metric is what Prometheus reads")
  func text() {
    let family = MetricFamily(
      "x_total", .counter, "A \"help\"\nof two lines",
      [.init([.init("name", "a\"b\\c\nd"), .init("k", "v")], 3), .init([], 0.25)])
    #expect(
      family.text == """
        # HELP x_total A "help"\\nof two lines
        # TYPE x_total counter
        x_total{name="a\\"b\\\\c\\nd",k="v"} 3
        x_total 0.25

        """)
  }
}
