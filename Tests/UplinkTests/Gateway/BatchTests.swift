import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct BatchTests {
  static func profile(
    _ preset: String = "preflash", budget: Int64? = nil, requestsPerMinute: Int? = nil
  ) throws -> GatewayProfile {
    var provider = GatewayFixture.provider("a", milliseconds: 800)
    provider.price = .init(request: Money(microUnits: 1_000))
    provider.limits = requestsPerMinute.map { .init(requestsPerMinute: $0) }
    var profile = try GatewayFixture.profile(preset, providers: [provider])
    profile.virtualKeys = [VirtualKeyFixture.key("batch", limit: budget)]
    profile.virtualKeys[0].budget?.every = .named("1Y")!
    profile.bindings = [[]]
    return profile
  }

  static func run(_ plan: BatchPlan, _ profile: GatewayProfile) -> (BatchResult, Gateway) {
    var plan = plan
    plan.virtualKey = 0
    var run = BatchRun(plan, profile, seed: 1)
    run.finish()
    let result = run.result
    #expect(
      result.scored + result.failures + result.refused + result.unsent == plan.images)
    #expect(result.hourly.reduce(0, +) == result.scored)
    return (result, run.gateway)
  }

  @Test("without limits a batch takes as long as its calls, so many at once")
  func unlimited() throws {
    var plan = BatchPlan(images: 1_600)
    plan.roundTrip = .milliseconds(200)
    let (result, gateway) = try Self.run(plan, Self.profile())
    #expect(result.scored == 1_600)
    // 100 rounds of 16, a second each.
    #expect(result.took == .seconds(100))
    #expect(gateway.ledger.total.cost == 1_600_000)
  }

  @Test("a client that keeps to the provider's limit is never refused")
  func paced() throws {
    var plan = BatchPlan(images: 6_000)
    plan.inFlight = 64
    plan.requestsPerMinute = 600
    let (result, _) = try Self.run(plan, Self.profile(requestsPerMinute: 600))
    #expect(result.scored == 6_000)
    #expect(result.rateLimited == 0)
    // The first minute's worth at once, then ten a second.
    #expect(abs(result.took.inSeconds - 541) < 2)
  }

  @Test("a client that does not is told to wait, and still scores everything")
  func unpaced() throws {
    var plan = BatchPlan(images: 3_000)
    plan.inFlight = 64
    let (result, _) = try Self.run(plan, Self.profile(requestsPerMinute: 600))
    #expect(result.scored == 3_000)
    #expect(result.rateLimited > 0)
    #expect(result.took.inSeconds > 235 && result.took.inSeconds < 420)
  }

  @Test("a reserved budget is spent to the last call that it holds, and nothing beyond")
  func budget() throws {
    var plan = BatchPlan(images: 5_000)
    plan.inFlight = 64
    let (result, gateway) = try Self.run(plan, Self.profile(budget: 2_000_000))
    #expect(result.scored == 2_000)
    #expect(gateway.ledger.total.cost == 2_000_000)
    #expect(result.refused >= 1 && result.refused <= 64)
    #expect(result.unsent == 3_000 - result.refused)
  }

  @Test("a budget that is charged afterwards is overshot by what is under way")
  func overshoot() throws {
    var plan = BatchPlan(images: 5_000)
    plan.inFlight = 64
    let (_, gateway) = try Self.run(plan, Self.profile("bifrost", budget: 2_000_000))
    #expect(gateway.ledger.total.cost > 2_000_000)
    #expect(gateway.ledger.total.cost <= 2_064_000)
  }

  @Test("an outage delays a batch and is not charged to it")
  func outage() throws {
    var plan = BatchPlan(images: 2_000)
    plan.attempts = 20
    plan.incidents = [
      TimedProviderIncident(
        ProviderIncident(.serverError(status: 503)), start: .zero + .seconds(30),
        end: .zero + .seconds(330))
    ]
    let (result, gateway) = try Self.run(plan, Self.profile())
    #expect(result.scored == 2_000)
    #expect(result.took > .seconds(330))
    #expect(gateway.ledger.total.cost == 2_000_000)
  }

  @Test("an image whose attempts are used up has failed")
  func failed() throws {
    var plan = BatchPlan(images: 50)
    plan.attempts = 2
    plan.incidents = [
      TimedProviderIncident(
        ProviderIncident(.serverError(status: 503)), start: .zero, end: .zero + .seconds(100_000))
    ]
    let (result, _) = try Self.run(plan, Self.profile())
    #expect(result.failures == 50)
  }
}
