import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct LiteLLMTests {
  /// One group of providers a, b, …, and fallbacks after it.
  static func profile(group: Int, fallbacks: Int = 0) throws -> GatewayProfile {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    let providers = names.prefix(group + fallbacks).map { GatewayFixture.provider($0) }
    var profile = try GatewayFixture.profile("litellm", providers: providers)
    profile.chain = [Array(0..<group)] + (0..<fallbacks).map { [group + $0] }
    return profile
  }

  @Test("two retries are the default, with a back-off where no other deployment is healthy")
  func alone() throws {
    let (answer, _, _) = GatewayFixture.answer(
      try Self.profile(group: 1), [ProviderIncident(.serverError(status: 500))])
    #expect(answer.trail.count == 3)
    for (number, base) in [500.0, 1000].enumerated() {
      let pause = answer.trail[number + 1].began - answer.trail[number].ended
      #expect(pause.inMilliseconds >= base && pause.inMilliseconds <= base + 750)
    }
  }

  @Test("with another healthy deployment a retry comes at once")
  func others() throws {
    let (answer, _, _) = GatewayFixture.answer(
      try Self.profile(group: 2),
      [
        ProviderIncident(.serverError(status: 500), provider: 0),
        ProviderIncident(.serverError(status: 500), provider: 1),
      ])
    #expect(answer.trail.count == 3)
    #expect(answer.trail[1].began == answer.trail[0].ended)
  }

  @Test("a deployment that answers 429 rests 5 s, and the group's other one takes over")
  func rateLimited() throws {
    let profile = try Self.profile(group: 2)
    var gateway = Gateway(profile, seed: 1)
    gateway.impose(ProviderIncident(.rateLimited(retryAfter: nil), provider: 0), at: .zero)
    var run = FarEndRun()
    for index in 0..<40 {
      run.submit(
        Call(id: index), to: &gateway, at: .zero + .milliseconds(Int64(index) * 100))
    }
    run.finish(&gateway)
    #expect((0..<40).allSatisfy { run.answers[$0]!.answer.status == 200 })
    // Asked once, then left alone for five of four seconds.
    #expect(gateway.ledger.provider(0).attempts == 1)
  }

  @Test("a network outage leaves every deployment healthy: each call goes through all its retries")
  func networkOutage() throws {
    let profile = try Self.profile(group: 2)
    var gateway = Gateway(profile, seed: 1)
    for provider in 0..<2 {
      gateway.impose(ProviderIncident(.refusing, provider: provider), at: .zero)
    }
    var run = FarEndRun()
    for index in 0..<100 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    run.finish(&gateway)
    #expect(gateway.ledger.total.attempts == 300)
    #expect((0..<100).allSatisfy { run.answers[$0]!.answer.error == .providerConnectionFailed })
    #expect((0..<100).allSatisfy { run.answers[$0]!.answer.status == 500 })
    let cooled = gateway.metrics(at: .zero).first {
      $0.name == "litellm_deployment_cooled_down_total"
    }
    #expect(cooled?.samples.map(\.value) == [0, 0])
  }

  @Test("when all are cooling down the answer is 429, no deployments available")
  func allCooled() throws {
    let profile = try Self.profile(group: 2)
    var gateway = Gateway(profile, seed: 1)
    for provider in 0..<2 {
      gateway.impose(ProviderIncident(.wrongKey, provider: provider), at: .zero)
    }
    var run = FarEndRun()
    run.submit(Call(id: 0), to: &gateway, at: .zero)
    run.submit(Call(id: 1), to: &gateway, at: .zero + .seconds(1))
    run.submit(Call(id: 2), to: &gateway, at: .zero + .seconds(7))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.status == 429)
    #expect(run.answers[1]?.answer.error == .providersUnavailable)
    #expect(run.answers[1]?.answer.trail.isEmpty == true)
    // It fails at once instead of waiting for the first cool-down to end.
    #expect(run.answers[1]?.at == .zero + .seconds(1))
    #expect(run.answers[2]?.answer.trail.isEmpty == false)
  }

  @Test("twenty-five failures alone leave a deployment in rotation")
  func stays() throws {
    let profile = try Self.profile(group: 1)
    var gateway = Gateway(profile, seed: 1)
    gateway.impose(ProviderIncident(.serverError(status: 500)), at: .zero)
    var run = FarEndRun()
    for index in 0..<25 { run.submit(Call(id: index), to: &gateway, at: .zero) }
    run.finish(&gateway)
    #expect(gateway.ledger.provider(0).attempts == 75)
  }

  @Test("a Retry-After of a lone deployment is waited for")
  func retryAfter() throws {
    let (answer, _, _) = GatewayFixture.answer(
      try Self.profile(group: 1), [ProviderIncident(.rateLimited(retryAfter: .seconds(7)))])
    #expect(answer.trail.map(\.status) == [429, 429, 429])
    #expect(answer.trail[1].began - answer.trail[0].ended == .seconds(7))
  }

  @Test("five fallbacks are tried at most")
  func fallbacks() throws {
    let profile = try Self.profile(group: 1, fallbacks: 7)
    let incidents = (0..<8).map { ProviderIncident(.quotaExhausted, provider: $0) }
    let (answer, _, _) = GatewayFixture.answer(profile, incidents)
    #expect(answer.trail.map(\.provider) == [0, 1, 2, 3, 4, 5])
    #expect(answer.status == 402)
  }

  @Test("a budget that is used up is answered 422, a time-out 408")
  func statuses() throws {
    var profile = try Self.profile(group: 1)
    profile.virtualKeys = [VirtualKeyFixture.key("k", limit: 1)]
    profile.bindings = [[]]
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    run.submit(Call(id: 0, virtualKey: 0), to: &gateway, at: .zero)
    run.submit(Call(id: 1, virtualKey: 0), to: &gateway, at: .zero + .seconds(1))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.status == 422)
    profile.rules.attemptTimeout = TimeSpan(nanoseconds: 1_000_000_000)
    profile.rules.retry.most = 0
    let (answer, _, _) = GatewayFixture.answer(profile, [ProviderIncident(.hanging)])
    #expect(answer.status == 408)
  }
}
