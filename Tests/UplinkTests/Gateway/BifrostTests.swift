import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct BifrostTests {
  static func profile(_ providers: [ProviderProfile], retries: Int = 0) throws -> GatewayProfile {
    var profile = try GatewayFixture.profile("bifrost", providers: providers)
    profile.rules.retry.most = retries
    return profile
  }

  @Test("by default nothing is tried twice")
  func noRetries() throws {
    let profile = try Self.profile([GatewayFixture.provider("a")])
    let (answer, _, _) = GatewayFixture.answer(
      profile, [ProviderIncident(.serverError(status: 503))])
    #expect(answer.status == 503)
    #expect(answer.error == .providerServerError)
    #expect(answer.trail.count == 1)
  }

  @Test(
    "broken connections, time-outs and 5xx are tried again with the same key, after a back-off",
    arguments: [
      ProviderIncident.Kind.refusing, .badTLS, .serverError(status: 500), .serverError(status: 502),
      .serverError(status: 503), .serverError(status: 504),
    ])
  func transient(kind: ProviderIncident.Kind) throws {
    let profile = try Self.profile([GatewayFixture.provider("a", keys: 3)], retries: 3)
    let (answer, _, _) = GatewayFixture.answer(profile, [ProviderIncident(kind)])
    #expect(answer.trail.count == 4)
    #expect(Set(answer.trail.map(\.key)).count == 1)
    for (number, base) in [500.0, 1000, 2000].enumerated() {
      let pause = answer.trail[number + 1].began - answer.trail[number].ended
      #expect(pause.inMilliseconds >= 0.8 * base && pause.inMilliseconds <= 1.2 * base)
    }
  }

  @Test("429 turns to the next key after a back-off, and all keys come before one comes again")
  func rateLimited() throws {
    let profile = try Self.profile([GatewayFixture.provider("a", keys: 3)], retries: 5)
    let (answer, _, _) = GatewayFixture.answer(
      profile, [ProviderIncident(.rateLimited(retryAfter: nil))])
    #expect(answer.status == 429)
    #expect(answer.trail.count == 6)
    #expect(Set(answer.trail[..<3].map(\.key)) == [0, 1, 2])
    #expect(Set(answer.trail[3...].map(\.key)) == [0, 1, 2])
    #expect(answer.trail[1].began - answer.trail[0].ended >= .milliseconds(400))
  }

  @Test("a Retry-After is not looked at")
  func retryAfterIgnored() throws {
    let profile = try Self.profile([GatewayFixture.provider("a")], retries: 1)
    let (answer, _, _) = GatewayFixture.answer(
      profile, [ProviderIncident(.rateLimited(retryAfter: .seconds(30)))])
    #expect(answer.trail[1].began - answer.trail[0].ended <= .milliseconds(600))
  }

  @Test(
    "401 and 402 kill the key for this request; the next is tried at once, also without retries",
    arguments: [ProviderIncident.Kind.wrongKey, .quotaExhausted])
  func deadKey(kind: ProviderIncident.Kind) throws {
    let profile = try Self.profile([GatewayFixture.provider("a", keys: 2)])
    for seed in 0..<20 {
      var gateway = Gateway(profile, seed: UInt64(seed))
      gateway.impose(ProviderIncident(kind, key: 0), at: .zero)
      var run = FarEndRun()
      run.submit(Call(id: 1), to: &gateway, at: .zero)
      run.finish(&gateway)
      let answer = run.answers[1]!.answer
      #expect(answer.status == 200)
      #expect(answer.trail.last?.key == 1)
      if answer.trail.count == 2 { #expect(answer.trail[1].began == answer.trail[0].ended) }
    }
  }

  @Test("when all keys are dead the answer is 502 upstream_credentials_exhausted")
  func exhausted() throws {
    let profile = try Self.profile([GatewayFixture.provider("a", keys: 3)])
    let (answer, _, _) = GatewayFixture.answer(profile, [ProviderIncident(.wrongKey)])
    #expect(answer.status == 502)
    #expect(answer.error == .providerCredentialsExhausted)
    #expect(answer.trail.count == 3)
  }

  @Test("a key is dead for one request only")
  func deadForOneRequest() throws {
    let profile = try Self.profile([GatewayFixture.provider("a", keys: 1)])
    var gateway = Gateway(profile, seed: 1)
    let incident = ProviderIncident(.wrongKey)
    gateway.impose(incident, at: .zero)
    var run = FarEndRun()
    run.submit(Call(id: 1), to: &gateway, at: .zero)
    run.finish(&gateway)
    gateway.lift(incident, at: .zero + .seconds(1))
    run.submit(Call(id: 2), to: &gateway, at: .zero + .seconds(1))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.status == 502)
    #expect(run.answers[2]?.answer.status == 200)
  }

  @Test("every fallback has its own full retry budget: (1 + F)(1 + m) attempts at most")
  func attempts() throws {
    let providers = ["a", "b", "c"].map { GatewayFixture.provider($0) }
    let profile = try Self.profile(providers, retries: 2)
    let incidents = (0..<3).map { ProviderIncident(.serverError(status: 500), provider: $0) }
    let (answer, _, _) = GatewayFixture.answer(profile, incidents)
    #expect(answer.trail.map(\.provider) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
    #expect(answer.trail.map(\.fallback) == [0, 0, 0, 1, 1, 1, 2, 2, 2])
  }

  @Test("when all fallbacks fail the primary's error is returned")
  func primaryError() throws {
    let profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    let (answer, _, _) = GatewayFixture.answer(
      profile,
      [
        ProviderIncident(.rateLimited(retryAfter: nil), provider: 0),
        ProviderIncident(.serverError(status: 500), provider: 1),
      ])
    #expect(answer.status == 429)
    #expect(answer.provider == 0)
    #expect(answer.trail.map(\.status) == [429, 500])
  }

  @Test("a fallback that answers is the one that the answer names")
  func fallback() throws {
    let profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    let (answer, at, gateway) = GatewayFixture.answer(
      profile, [ProviderIncident(.serverError(status: 503))])
    #expect(answer.status == 200)
    #expect(answer.provider == 1)
    #expect(at == .zero + .milliseconds(110))
    #expect(gateway.ledger.fallbacks == 1)
  }

  @Test("three retries of 2 s take the primary alone 4 × 2 s and the back-offs: no conveyor waits")
  func conveyor() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")], retries: 3)
    profile.rules.attemptTimeout = TimeSpan(nanoseconds: 2_000_000_000)
    profile.rules.retry.backoff.jitter = [1, 1]
    let (answer, at, _) = GatewayFixture.answer(profile, [ProviderIncident(.hanging)])
    #expect(answer.status == 504)
    #expect(at == .zero + .milliseconds(11_500))
  }

  @Test("a provider that hangs is given up after 30 s")
  func timeout() throws {
    let profile = try Self.profile([GatewayFixture.provider("a")])
    let (answer, at, _) = GatewayFixture.answer(profile, [ProviderIncident(.hanging)])
    #expect(answer.error == .providerTimeout)
    #expect(at == .zero + .seconds(30))
  }

  @Test("budgets are checked before and charged after: a doc's example ends at $6 of $5")
  func overshoot() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.virtualKeys = [
      VirtualKeyFixture.key("k", limit: 5_000_000)
    ]
    profile.bindings = [[]]
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    // $4 are used; two calls of $1 are under way at once.
    for index in 0..<4 {
      run.submit(Call(id: index, virtualKey: 0), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    run.submit(Call(id: 4, virtualKey: 0), to: &gateway, at: .zero + .seconds(10))
    run.submit(Call(id: 5, virtualKey: 0), to: &gateway, at: .zero + .seconds(10))
    run.submit(Call(id: 6, virtualKey: 0), to: &gateway, at: .zero + .seconds(11))
    run.finish(&gateway)
    #expect(gateway.budgets.used(virtualKey: 0) == 6_000_000)
    #expect(run.answers[6]?.answer.status == 402)
    #expect(run.answers[6]?.answer.error == .policyBudgetExceeded)
  }

  @Test("a full queue drops calls with 503")
  func queue() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.rules.queue = QueueRules(concurrency: 2, buffer: 3)
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<7 { run.submit(Call(id: index), to: &gateway, at: .zero) }
    run.finish(&gateway)
    let statuses = (0..<7).map { run.answers[$0]!.answer.status }
    #expect(statuses == [200, 200, 200, 200, 200, 503, 503])
    #expect(run.answers[5]?.answer.error == .gatewayDropped)
    // Two at a time.
    #expect(run.answers[4]?.at == .zero + .milliseconds(300))
  }

  @Test("without, with an unknown, and with a blocked virtual key: 401, 401, 403")
  func keys() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.requiresVirtualKey = true
    profile.virtualKeys = [VirtualKeyFixture.key("k", isActive: false)]
    profile.bindings = [[]]
    for (key, status) in [(nil, 401), (7, 401), (0, 403)] as [(Int?, Int)] {
      let (answer, _, _) = GatewayFixture.answer(profile, call: Call(id: 1, virtualKey: key))
      #expect(answer.status == status)
      #expect(answer.error == .policyAccessDenied)
    }
  }

  @Test("rates are looked at before budgets, the key's before its team's and customer's")
  func order() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.accounts = [
      AccountFixture.account("team", .team, limit: 500_000),
      AccountFixture.account("customer", .customer, limit: 100_000_000),
    ]
    profile.parents = [1, nil]
    profile.virtualKeys = [VirtualKeyFixture.key("k", limit: 500_000, requests: 2)]
    profile.bindings = [[0, 1]]
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<3 {
      run.submit(Call(id: index, virtualKey: 0), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    // The first is answered and uses both budgets up; the second meets them.
    run.finish(&gateway)
    #expect(run.answers[0]?.answer.status == 200)
    #expect(run.answers[1]?.answer.status == 402)
    #expect(gateway.budgets.used(account: 0) == 1_000_000)
    #expect(gateway.budgets.used(account: 1) == 1_000_000)
    var limited = profile
    limited.virtualKeys = [VirtualKeyFixture.key("k", limit: 500_000, requests: 1)]
    var second = Gateway(limited, seed: 1)
    var again = FarEndRun()
    again.submit(Call(id: 0, virtualKey: 0), to: &second, at: .zero)
    again.submit(Call(id: 1, virtualKey: 0), to: &second, at: .zero + .seconds(1))
    again.finish(&second)
    #expect(again.answers[1]?.answer.status == 429)
    #expect(again.answers[1]?.answer.error == .policyRateLimited)
  }

  @Test("a team's budget and a person's both bind")
  func bothBind() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.accounts = [
      AccountFixture.account("anna", .person, limit: 100_000_000),
      AccountFixture.account("line", .team, limit: 1_000_000),
    ]
    profile.parents = [nil, nil]
    profile.virtualKeys = [VirtualKeyFixture.key("k")]
    profile.bindings = [[0, 1]]
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<2 {
      run.submit(Call(id: index, virtualKey: 0), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    run.finish(&gateway)
    #expect((0..<2).map { run.answers[$0]!.answer.status } == [200, 402])
  }

  @Test("a provider whose own budget is used up is routed around")
  func providerBudget() throws {
    var first = GatewayFixture.provider("a")
    first.budget = BudgetProfile(limit: Money(microUnits: 2_000_000), every: .named("1d")!)
    let profile = try Self.profile([first, GatewayFixture.provider("b")])
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<4 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    run.finish(&gateway)
    #expect((0..<4).map { run.answers[$0]!.answer.provider } == [0, 0, 1, 1])
  }

  @Test("equal calls under way at once all miss: an answer is stored when it is there")
  func asynchronousWrite() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.rules.cache = GatewayPartsTests.cacheRules
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    run.submit(Call(id: 0, imageHash: 9), to: &gateway, at: .zero)
    run.submit(Call(id: 1, imageHash: 9), to: &gateway, at: .zero + .milliseconds(50))
    run.submit(Call(id: 2, imageHash: 9), to: &gateway, at: .zero + .milliseconds(150))
    run.submit(Call(id: 3, imageHash: 11), to: &gateway, at: .zero + .milliseconds(151))
    run.submit(Call(id: 4, label: 3, imageHash: 9), to: &gateway, at: .zero + .milliseconds(152))
    run.submit(Call(id: 5, variant: 1, imageHash: 9), to: &gateway, at: .zero + .milliseconds(153))
    run.finish(&gateway)
    let outcomes = (0..<6).map { run.answers[$0]!.answer.cache }
    #expect(outcomes == [.none, .none, .exact, .near, .falseHit, .none])
    #expect(run.answers[2]?.at == .zero + .milliseconds(150))
    let ledger = gateway.ledger
    #expect(
      [ledger.exactHits, ledger.nearHits, ledger.falseHits, ledger.misses] == [1, 1, 1, 3])
  }

  @Test("without the variant in the key, another variant's answer is a false hit")
  func variants() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.rules.cache = GatewayPartsTests.cacheRules
    profile.rules.cache?.variant = false
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    run.submit(Call(id: 0, variant: 0, imageHash: 9), to: &gateway, at: .zero)
    run.submit(Call(id: 1, variant: 1, imageHash: 9), to: &gateway, at: .zero + .seconds(1))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.cache == .falseHit)
  }
}

enum VirtualKeyFixture {
  static func key(
    _ name: String, limit: Int64? = nil, requests: Int? = nil, isActive: Bool? = nil
  ) -> VirtualKeyProfile {
    VirtualKeyProfile(
      name: name, isActive: isActive,
      budget: limit.map {
        BudgetProfile(limit: Money(microUnits: $0), every: .named("1d")!)
      },
      rateLimit: requests.map { RateLimitProfile(requests: $0, every: .named("1h")!) })
  }
}

enum AccountFixture {
  static func account(_ name: String, _ kind: AccountProfile.Kind, limit: Int64) -> AccountProfile {
    AccountProfile(
      name: name, kind: kind,
      budget: BudgetProfile(limit: Money(microUnits: limit), every: .named("1M")!))
  }
}
