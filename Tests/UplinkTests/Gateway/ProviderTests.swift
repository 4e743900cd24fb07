import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct ProviderTests {
  static func profile(_ name: String = "p") -> ProviderProfile {
    ProviderProfile(
      name: name,
      latency: .init(
        median: TimeSpan(nanoseconds: 900_000_000), p99: TimeSpan(nanoseconds: 3_000_000_000)))
  }

  @Test("latencies have the median and the 99th percentile of the profile")
  func latencies() throws {
    var provider = Provider(Self.profile(), seed: 1)
    let delays = (0..<20_000).map { _ in provider.reply(withKey: 0, at: .zero).delay! }.sorted()
    #expect(abs(delays[10_000].inMilliseconds / 900 - 1) < 0.02)
    #expect(abs(delays[19_800].inMilliseconds / 3_000 - 1) < 0.06)
  }

  @Test("the same seed gives the same replies, also after an incident has come and gone")
  func deterministic() {
    var quiet = Provider(Self.profile(), seed: 7)
    var troubled = Provider(Self.profile(), seed: 7)
    let incident = ProviderIncident(.serverError(status: 503))
    for index in 0..<30 {
      if index == 10 { troubled.impose(incident) }
      if index == 20 { troubled.lift(incident) }
      let (a, b) = (quiet.reply(withKey: 0, at: .zero), troubled.reply(withKey: 0, at: .zero))
      #expect((a == b) == !(10..<20).contains(index))
    }
  }

  @Test(
    "each incident has its status and class",
    arguments: [
      (.serverError(status: 500), 500, .serverError),
      (.rateLimited(retryAfter: nil), 429, .rateLimit),
      (.hanging, 0, .timeout), (.wrongKey, 401, .credential), (.quotaExhausted, 402, .quota),
      (.badTLS, 0, .connection), (.refusing, 0, .connection), (.slow(factor: 3), 200, nil),
    ] as [(ProviderIncident.Kind, Int, FailureClass?)])
  func incidents(kind: ProviderIncident.Kind, status: Int, failure: FailureClass?) {
    var provider = Provider(Self.profile(), seed: 1)
    provider.impose(ProviderIncident(kind))
    let reply = provider.reply(withKey: 0, at: .zero)
    #expect(reply.status == status)
    #expect(reply.failure == failure)
    #expect((reply.delay == nil) == (kind == .hanging))
  }

  @Test("an incident confined to a key leaves the others alone")
  func oneKey() {
    var profile = Self.profile()
    profile.keys = [.init(name: "a"), .init(name: "b")]
    var provider = Provider(profile, seed: 1)
    provider.impose(ProviderIncident(.wrongKey, key: 1))
    #expect(provider.reply(withKey: 0, at: .zero).status == 200)
    #expect(provider.reply(withKey: 1, at: .zero).status == 401)
  }

  @Test("a slow provider takes the factor longer")
  func slow() {
    var plain = Provider(Self.profile(), seed: 3)
    var slowed = Provider(Self.profile(), seed: 3)
    slowed.impose(ProviderIncident(.slow(factor: 4)))
    let (a, b) = (
      plain.reply(withKey: 0, at: .zero).delay!, slowed.reply(withKey: 0, at: .zero).delay!
    )
    #expect(abs(b.nanoseconds - 4 * a.nanoseconds) <= 4)
  }

  @Test("beyond the requests a minute comes 429 with the time until the next is free")
  func requestLimit() {
    var profile = Self.profile()
    profile.limits = .init(requestsPerMinute: 60)
    var provider = Provider(profile, seed: 1)
    for _ in 0..<60 { #expect(provider.reply(withKey: 0, at: .zero).status == 200) }
    let refused = provider.reply(withKey: 0, at: .zero)
    #expect(refused.status == 429)
    #expect(refused.retryAfter == .seconds(1))
    let later = Instant.zero + .seconds(1)
    #expect(provider.reply(withKey: 0, at: later).status == 200)
    #expect(provider.reply(withKey: 0, at: later).status == 429)
  }

  @Test("the day's quota is free again at midnight")
  func dailyQuota() {
    var profile = Self.profile()
    profile.limits = .init(requestsPerDay: 2)
    var provider = Provider(profile, seed: 1)
    let evening = Instant.zero + .seconds(86_390)
    _ = provider.reply(withKey: 0, at: evening)
    _ = provider.reply(withKey: 0, at: evening)
    #expect(provider.reply(withKey: 0, at: evening).retryAfter == .seconds(10))
    #expect(provider.reply(withKey: 0, at: evening + .seconds(10)).status == 200)
  }

  @Test("ordinary errors come as often as the profile says")
  func ordinaryErrors() {
    var profile = Self.profile()
    profile.errors = .init(internalError: 0.1, unavailable: 0.05, hanging: 0.02, connection: 0.03)
    var provider = Provider(profile, seed: 5)
    var counts: [Int: Int] = [:]
    var hanging = 0
    for _ in 0..<20_000 {
      let reply = provider.reply(withKey: 0, at: .zero)
      counts[reply.status, default: 0] += 1
      if reply.delay == nil { hanging += 1 }
    }
    #expect(abs(counts[500]! - 2_000) < 150)
    #expect(abs(counts[503]! - 1_000) < 110)
    #expect(abs(hanging - 400) < 80)
    #expect(abs(counts[0]! - 1_000) < 110)
  }

  @Test("prices of tokens and of the request add up, in whole micro-units")
  func price() {
    var profile = Self.profile()
    profile.tokens = .init(input: 2_833, output: 100)
    profile.price = .init(
      request: Money(microUnits: 10), inputPerMillion: Money(microUnits: 150_000),
      outputPerMillion: Money(microUnits: 600_000))
    // 10 + 424.95 + 60, rounded up.
    #expect(profile.costOfCall == 495)
  }

  @Test("without a gateway every call is answered once, after the provider's time")
  func direct() {
    var far = DirectProvider(Self.profile(), seed: 1)
    var run = FarEndRun()
    for index in 0..<50 {
      run.submit(Call(id: index), to: &far, at: .zero + .milliseconds(Int64(index)))
    }
    run.finish(&far)
    #expect(run.answers.count == 50)
    #expect(run.answers.values.allSatisfy { $0.answer.status == 200 && $0.answer.trail.count == 1 })
    #expect(run.answers.values.allSatisfy { $0.at == $0.answer.trail[0].ended })
  }

  @Test("a call whose caller has hung up is not answered")
  func abandoned() {
    var far = DirectProvider(Self.profile(), seed: 1)
    var run = FarEndRun()
    run.submit(Call(id: 1), to: &far, at: .zero)
    run.submit(Call(id: 2), to: &far, at: .zero)
    far.abandon(call: 1, at: .zero, into: &run.effects)
    run.finish(&far)
    #expect(run.answers.keys.sorted() == [2])
  }
}
