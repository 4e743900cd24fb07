import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct PreflashGatewayTests {
  static func profile(_ providers: [ProviderProfile]) throws -> GatewayProfile {
    try GatewayFixture.profile("preflash", providers: providers)
  }

  static let deadline = Instant.zero + .seconds(2)

  @Test("a back-off that cannot meet the deadline is skipped for the fallback")
  func skipsBackoff() throws {
    var profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    profile.rules.retry.backoff.first = TimeSpan(nanoseconds: 3_000_000_000)
    profile.rules.retry.backoff.cap = nil
    profile.rules.retry.backoff.jitter = [1, 1]
    let (answer, at, gateway) = GatewayFixture.answer(
      profile, [ProviderIncident(.serverError(status: 503))],
      call: Call(id: 1, deadline: Self.deadline))
    #expect(answer.status == 200)
    #expect(answer.provider == 1)
    #expect(at == .zero + .milliseconds(110))
    #expect(gateway.ledger.skippedForDeadline == 1)
  }

  @Test("nothing is answered after the deadline, whatever fails")
  func neverLate() throws {
    let providers = ["a", "b", "c"].map { GatewayFixture.provider($0, keys: 2, milliseconds: 700) }
    let kinds: [ProviderIncident.Kind] = [
      .hanging, .serverError(status: 500), .rateLimited(retryAfter: .seconds(20)),
      .slow(factor: 9), .refusing, .wrongKey,
    ]
    for (index, kind) in kinds.enumerated() {
      for seed in 0..<5 {
        var gateway = Gateway(try Self.profile(providers), seed: UInt64(seed))
        for provider in 0...(index % 3) {
          gateway.impose(ProviderIncident(kind, provider: provider), at: .zero)
        }
        var run = FarEndRun()
        for call in 0..<50 {
          let time = Instant.zero + .milliseconds(Int64(call) * 400)
          run.submit(Call(id: call, deadline: time + .seconds(2)), to: &gateway, at: time)
        }
        run.finish(&gateway)
        for call in 0..<50 {
          let time = Instant.zero + .milliseconds(Int64(call) * 400)
          #expect(run.answers[call]!.at <= time + .seconds(2))
        }
      }
    }
  }

  @Test("a provider that usually takes longer than what is left is not asked")
  func expected() throws {
    let profile = try Self.profile([
      GatewayFixture.provider("a", milliseconds: 900),
      GatewayFixture.provider("b", milliseconds: 90),
    ])
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<20 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    let late = Instant.zero + .seconds(30)
    run.submit(Call(id: 99, deadline: late + .milliseconds(500)), to: &gateway, at: late)
    run.finish(&gateway)
    #expect(run.answers[99]?.answer.provider == 1)
    #expect(run.answers[99]?.answer.trail.count == 1)
  }

  @Test("a call that takes unusually long is asked of a second provider, whose answer is taken")
  func hedges() throws {
    var profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    profile.rules.hedge = HedgeRules(quantile: 0.95, share: 1)
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<20 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    let later = Instant.zero + .seconds(30)
    run.at(later, .impose(ProviderIncident(.slow(factor: 10), provider: 0)))
    run.advance(&gateway, until: later)
    run.submit(Call(id: 99), to: &gateway, at: later)
    run.finish(&gateway)
    let (answer, at) = run.answers[99]!
    #expect(answer.provider == 1)
    // 100 ms of patience, then 100 ms of the second.
    #expect(at == later + .milliseconds(200))
    #expect(answer.trail.map(\.isHedge) == [false, true])
    #expect(answer.trail.map(\.failure) == [.cancelled, nil])
    // The one that was too slow bills as well.
    #expect(answer.cost == 2_000_000)
    #expect(gateway.ledger.hedgesWon == 1)
  }

  @Test("hedges stay within their share of calls")
  func hedgeShare() throws {
    var provider = GatewayFixture.provider("a")
    provider.latency.p99 = TimeSpan(nanoseconds: 1_000_000_000)
    var profile = try Self.profile([provider, GatewayFixture.provider("b")])
    profile.rules.hedge = HedgeRules(quantile: 0.5, share: 0.05)
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<1000 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    run.finish(&gateway)
    #expect(gateway.ledger.hedges > 40 && gateway.ledger.hedges <= 50)
  }

  @Test("when the first attempt fails and the hedge answers, that is the answer")
  func hedgeRescues() throws {
    var profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    profile.rules.hedge = HedgeRules(quantile: 0.95, share: 1)
    profile.rules.attemptTimeout = TimeSpan(nanoseconds: 150_000_000)
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    for index in 0..<20 {
      run.submit(Call(id: index), to: &gateway, at: .zero + .seconds(Int64(index)))
    }
    let later = Instant.zero + .seconds(30)
    run.at(later, .impose(ProviderIncident(.hanging, provider: 0)))
    run.advance(&gateway, until: later)
    run.submit(Call(id: 99), to: &gateway, at: later)
    run.finish(&gateway)
    #expect(run.answers[99]?.answer.status == 200)
    #expect(run.answers[99]?.answer.trail.map(\.failure) == [.timeout, nil])
    #expect(run.answers[99]?.at == later + .milliseconds(200))
  }

  @Test("a connection that fails cools the provider down: the next call does not try it")
  func connectionCooldown() throws {
    let profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    var gateway = Gateway(profile, seed: 1)
    gateway.impose(ProviderIncident(.refusing, provider: 0), at: .zero)
    var run = FarEndRun()
    run.submit(Call(id: 1), to: &gateway, at: .zero)
    run.submit(Call(id: 2), to: &gateway, at: .zero + .seconds(1))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.trail.map(\.provider) == [0, 1])
    #expect(run.answers[2]?.answer.trail.map(\.provider) == [1])
  }

  @Test("an open breaker sends calls elsewhere, and one probe finds the provider well again")
  func breaker() throws {
    var profile = try Self.profile([GatewayFixture.provider("a"), GatewayFixture.provider("b")])
    profile.rules.retry.most = 0
    var gateway = Gateway(profile, seed: 1)
    let incident = ProviderIncident(.serverError(status: 503), provider: 0)
    gateway.impose(incident, at: .zero)
    var run = FarEndRun()
    for index in 0..<20 {
      let time = Instant.zero + .seconds(Int64(index))
      if index == 12 { run.at(time, .lift(incident)) }
      run.submit(Call(id: index), to: &gateway, at: time)
    }
    run.finish(&gateway)
    let asked = (0..<20).map { run.answers[$0]!.answer.trail.first!.provider }
    // Five failures, ten seconds of rest, then well.
    #expect(
      asked == Array(repeating: 0, count: 5) + Array(repeating: 1, count: 10)
        + Array(repeating: 0, count: 5))
    #expect((0..<20).allSatisfy { run.answers[$0]!.answer.status == 200 })
  }

  @Test("repetitions of a call share one answer and are billed once")
  func idempotency() throws {
    let profile = try Self.profile([GatewayFixture.provider("a")])
    var gateway = Gateway(profile, seed: 1)
    var run = FarEndRun()
    run.submit(Call(id: 1, idempotencyKey: 7), to: &gateway, at: .zero)
    run.submit(Call(id: 2, idempotencyKey: 7), to: &gateway, at: .zero + .milliseconds(50))
    run.submit(Call(id: 3, idempotencyKey: 7), to: &gateway, at: .zero + .seconds(1))
    run.submit(Call(id: 4, idempotencyKey: 7), to: &gateway, at: .zero + .seconds(601))
    run.finish(&gateway)
    #expect([1, 2, 3, 4].allSatisfy { run.answers[$0]!.answer.status == 200 })
    #expect(run.answers[2]?.at == .zero + .milliseconds(100))
    #expect(run.answers[3]?.at == .zero + .seconds(1))
    // The fourth comes when the answer is forgotten.
    #expect(gateway.ledger.total.cost == 2_000_000)
    #expect(gateway.ledger.shared == 2)
  }

  @Test("when the first of equal calls fails, the others are tried anew")
  func idempotentFailure() throws {
    var profile = try Self.profile([GatewayFixture.provider("a")])
    profile.rules.retry.most = 0
    var gateway = Gateway(profile, seed: 1)
    let incident = ProviderIncident(.serverError(status: 500))
    gateway.impose(incident, at: .zero)
    var run = FarEndRun()
    run.submit(Call(id: 1, idempotencyKey: 7), to: &gateway, at: .zero)
    run.submit(Call(id: 2, idempotencyKey: 7), to: &gateway, at: .zero + .milliseconds(5))
    run.at(.zero + .milliseconds(6), .lift(incident))
    run.finish(&gateway)
    #expect(run.answers[1]?.answer.status == 500)
    #expect(run.answers[2]?.answer.status == 200)
  }
}
