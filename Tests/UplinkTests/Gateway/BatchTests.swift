import Boards
import Bytes
import TestSupport
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

@Suite struct BatchFileTests {
  static func parse(_ text: String) throws -> (BatchPlan, GatewayProfile) {
    let bytes = Array(text.utf8)
    let file = try BatchFile(parsing: bytes, file: "b.json5")
    do throws(InputError) {
      let preset = try GatewayProfile(
        parsing: GatewayFixture.bytes(file.gateway), file: file.gateway,
        preset: GatewayFixture.bytes)
      return try file.plan(preset)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes).inFile("b.json5")
    }
  }

  @Test("the committed batch scores its images within its budget, through 22 minutes of 429")
  func example() throws {
    let bytes = try SharedData.own("rehearsals/batches/calibration.json5")
    let file = try BatchFile(parsing: bytes, file: "calibration")
    let (plan, gateway) = try Self.parse(String(decoding: bytes, as: UTF8.self))
    // A tenth of it, so that it takes a moment.
    var part = plan
    part.images = 8_000
    part.virtualKey = plan.virtualKey
    var run = BatchRun(part, gateway, seed: file.randomSeed)
    run.finish()
    #expect(run.result.scored == 8_000)
    #expect(run.gateway.ledger.total.cost <= 4_000_000)
  }

  static let body = """
    {
      name: "b", gateway: "preflash",
      providers: [{ name: "a", latency: { median: "1s", p99: "2s" } }],
      INSERT
    }
    """

  @Test(
    "what a batch cannot be is refused in one line, with the line",
    arguments: [
      ("images: 0,", "b.json5: line 4: images: expected 1 to 10000000, found 0"),
      (
        "images: 5, budget: 0,",
        "b.json5: line 4: budget: expected more than 0, found a ceiling of zero"
      ),
      ("images: 5,\n  inFlight: -1,", "b.json5: line 5: inFlight: expected 1 to 10000, found -1"),
      (
        "images: 5,\n\n  virtualKey: \"k\",",
        "b.json5: line 6: virtualKey: expected a virtual key of the gateway, found ‘k’"
      ),
      (
        "images: 5, incidents: [{ at: \"1s\", for: \"1s\", kind: \"link-down\" }],",
        "b.json5: line 4: incidents[0].kind: expected an incident of a provider, found link-down; a batch has no link of its own: see preflash rehearse gateway"
      ),
      (
        "imags: 5,",
        "b.json5: line 2: images: expected a value, found none (the object begins on line 1); is ‘imags’ meant to be it?"
      ),
    ])
  func refused(insertion: String, message: String) {
    let text = Self.body.split(separator: "INSERT", maxSplits: 1).joined(separator: insertion)
    let error = #expect(throws: InputError.self) { try Self.parse(text) }
    let line = error?.description ?? ""
    // A value that is missing has no line of its own: that of the object.
    #expect(line == message || (insertion.hasPrefix("imags") && line.hasSuffix("meant to be it?")))
  }

  @Test("a corrupted batch file is an error or a batch, never a trap")
  func survives() throws {
    var mutator = Mutator(seed: 3)
    let bytes = try SharedData.own("rehearsals/batches/calibration.json5")
    var loaded = 0
    for _ in 0..<1_500 {
      let text = String(decoding: mutator.mutated(bytes), as: UTF8.self)
      if (try? Self.parse(text)) != nil { loaded += 1 }
    }
    #expect(loaded > 0 && loaded < 1_500)
  }
}
