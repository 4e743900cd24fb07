import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct PortkeyTests {
  static func profile(_ names: [String], retries: Int) throws -> GatewayProfile {
    var profile = try GatewayFixture.profile(
      "portkey", providers: names.map { GatewayFixture.provider($0) })
    profile.rules.retry.most = retries
    return profile
  }

  @Test("five retries wait 1, 2, 4, 8 and 16 s")
  func backoff() throws {
    let (answer, _, _) = GatewayFixture.answer(
      try Self.profile(["a"], retries: 5), [ProviderIncident(.serverError(status: 502))])
    let pauses = (1..<6).map { answer.trail[$0].began - answer.trail[$0 - 1].ended }
    #expect(pauses == [1, 2, 4, 8, 16].map { .seconds($0) })
  }

  @Test("a request time-out is 408, and 408 is not tried again")
  func timeout() throws {
    var profile = try Self.profile(["a"], retries: 5)
    profile.rules.attemptTimeout = TimeSpan(nanoseconds: 2_000_000_000)
    let (answer, at, _) = GatewayFixture.answer(profile, [ProviderIncident(.hanging)])
    #expect(answer.status == 408)
    #expect(answer.trail.count == 1)
    #expect(at == .zero + .seconds(2))
  }

  @Test(
    "429 and 5xx are tried again, 401 and 402 are not",
    arguments: [
      (.rateLimited(retryAfter: nil), 3), (.serverError(status: 500), 3),
      (.serverError(status: 504), 3), (.wrongKey, 1), (.quotaExhausted, 1), (.refusing, 3),
    ] as [(ProviderIncident.Kind, Int)])
  func retried(kind: ProviderIncident.Kind, attempts: Int) throws {
    let (answer, _, _) = GatewayFixture.answer(
      try Self.profile(["a"], retries: 2), [ProviderIncident(kind)])
    #expect(answer.trail.count == attempts)
  }

  @Test("whatever is not 2xx goes to the next target, and the last one's error is returned")
  func fallback() throws {
    let profile = try Self.profile(["a", "b"], retries: 0)
    let (answer, _, _) = GatewayFixture.answer(
      profile,
      [
        ProviderIncident(.wrongKey, provider: 0),
        ProviderIncident(.serverError(status: 503), provider: 1),
      ])
    #expect(answer.status == 503)
    #expect(answer.trail.map(\.status) == [401, 503])
  }

  @Test("on_status_codes confines fallbacks to those statuses")
  func statusCodes() throws {
    var profile = try Self.profile(["a", "b"], retries: 0)
    profile.rules.fallbackOn = [429]
    let (refused, _, _) = GatewayFixture.answer(
      profile, [ProviderIncident(.serverError(status: 503))])
    #expect(refused.trail.map(\.provider) == [0])
    let (limited, _, _) = GatewayFixture.answer(
      profile, [ProviderIncident(.rateLimited(retryAfter: nil))])
    #expect(limited.trail.map(\.provider) == [0, 1])
  }

  @Test("a Retry-After is heeded only when asked for, and 60 s in all are too long")
  func retryAfter() throws {
    var profile = try Self.profile(["a"], retries: 3)
    let incident = ProviderIncident(.rateLimited(retryAfter: .seconds(25)))
    let (plain, _, _) = GatewayFixture.answer(profile, [incident])
    #expect(plain.trail[1].began - plain.trail[0].ended == .seconds(1))
    profile.rules.retry.retryAfter = TimeSpan(nanoseconds: 60_000_000_000)
    let (heeded, _, _) = GatewayFixture.answer(profile, [incident])
    // 25 and 25 s; another 25 would be 75.
    #expect(heeded.trail.count == 3)
    #expect(heeded.trail[2].began - heeded.trail[1].ended == .seconds(25))
  }

  @Test("a client that gives up while the gateway succeeds pays for an answer that it never saw")
  func doubleSpend() throws {
    let profile = try Self.profile(["a"], retries: 0)
    var gateway = Gateway(profile, seed: 1)
    gateway.impose(ProviderIncident(.slow(factor: 50)), at: .zero)
    var run = FarEndRun()
    // The same work, asked for again after 2 s.
    run.submit(Call(id: 1, idempotencyKey: 7), to: &gateway, at: .zero)
    run.at(.zero + .seconds(2), .abandon(1))
    run.at(.zero + .seconds(2), .call(Call(id: 2, idempotencyKey: 7)))
    run.finish(&gateway)
    #expect(gateway.ledger.wastedCost == 1_000_000)
    #expect(gateway.ledger.total.cost == 2_000_000)
    #expect(gateway.ledger.duplicates == 1)
    #expect(gateway.ledger.duplicateCost == 1_000_000)
  }
}
