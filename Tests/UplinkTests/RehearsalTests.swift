import Boards
import Bytes
import Metrics
import TestSupport
import Testing
import Uplink
import VirtualTime

/// Plans for tests: one text with the parts that a test is about.
enum RehearsalText {
  static let provider = """
    providers: [{ name: "cloud", latency: { median: "300ms", p99: "600ms" },
                  price: { request: 0.001 } }]
    """

  static func plan(
    _ parts: String, stations: String = "[{ name: \"a\", \(requests) }]",
    provider: String = provider, duration: String = "\"60s\""
  ) throws(InputError) -> RehearsalPlan {
    let text = """
      { name: "test", link: "none", duration: \(duration), stations: \(stations),
        \(parts)\(parts.isEmpty ? "" : ",")
        \(provider) }
      """
    let file = try RehearsalFile(parsing: Array(text.utf8), file: "test.json5")
    return try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
  }

  static let requests = "requests: { every: \"1s\", arrivals: \"regular\", bytes: 15800 }"

  static func link(_ seed: UInt64) -> Link {
    Link(
      uplink: LinkDirection(
        capacity: .constant(3_500_000), delay: .constant(.microseconds(42_500)), seed: seed,
        stream: "uplink"),
      downlink: LinkDirection(
        capacity: .unlimited, delay: .constant(.microseconds(42_500)), seed: seed,
        stream: "downlink"))
  }

  static func run(_ plan: RehearsalPlan, jobs: Int = 1) throws(InputError) -> RehearsalOutcome {
    try NetworkRehearsal.run(plan, farEnd: .direct, link: link, jobs: jobs)
  }
}

@Suite struct RehearsalTests {
  @Test func `without incidents every request is answered in time`() throws {
    let outcome = try RehearsalText.run(RehearsalText.plan(""))
    let total = outcome.account.total
    #expect(total.requests == 60)
    #expect(total[.answered] + total[.abandoned] == 60 && total[.abandoned] <= 1)
    #expect(total.attempts == 60)
    #expect(total.bytesSent == 60 * 15_800)
    // The price of each answer, in micro-units.
    #expect(total.cost == Int64(total[.answered]) * 1_000)
    #expect(outcome.account.connectionsOpened == 1)
    #expect(outcome.account.lookups == 1)
    // A round trip, the upload at 3.5 Mbit/s and the provider's answer.
    let median = try #require(outcome.account.latency.quantile(0.5))
    #expect(median > .milliseconds(85 + 300) && median < .milliseconds(85 + 36 + 500))
  }

  @Test func `an outage ends requests by the deadline, and they are told apart`() throws {
    let plan = try RehearsalText.plan(
      "incidents: [{ at: \"20s\", for: \"17s\", kind: \"link-down\" }]")
    let total = try RehearsalText.run(plan).account.total
    #expect(total.requests == 60)
    #expect(total.fates.reduce(0, +) == 60)
    // From two seconds before its end on, a request may outlive the outage.
    #expect((16...19).contains(total.count(.timedOut)))
    #expect(total[.timedOutSending] > 0 && total[.timedOutConnecting] > 0)
  }

  @Test(arguments: [
    ("dns-failure", "answer: \"refused\"", Fate.notSentNoName),
    ("dns-failure", "answer: \"silent\"", .timedOutLookingUp),
    ("captive-portal", "", .notSentNoProof), ("clock-skew", "behind: \"2000h\"", .notSentNoProof),
    ("bad-tls", "", .notSentNoProof), ("wrong-key", "", .refusedUnauthorized),
    ("quota-exhausted", "", .refusedUnpaid), ("provider-429", "", .refusedTooMany),
    ("provider-error", "status: 503", .failedAtServer),
    ("provider-hanging", "", .timedOutWaiting), ("provider-refusing", "", .connectionLost),
    ("link-down", "", .timedOutLookingUp),
  ])
  func `each incident leaves its own fate`(_ kind: String, _ more: String, _ fate: Fate) throws {
    let plan = try RehearsalText.plan(
      """
      transport: { keepAlive: "500ms", nameLifetime: "0s" },
      incidents: [{ at: "20s", for: "20s", kind: "\(kind)"\(more.isEmpty ? "" : ", \(more)") }]
      """)
    let total = try RehearsalText.run(plan).account.total
    #expect(total.requests == 60)
    #expect(total[fate] >= 17, "\(kind): \(Fate.allCases.map { ($0.name, total[$0]) })")
    #expect(total[.answered] >= 36)
  }

  @Test func `on a slow link requests time out while they are sent`() throws {
    let plan = try RehearsalText.plan(
      "incidents: [{ at: \"20s\", for: \"20s\", kind: \"link-slow\", rate: 0.01 }]")
    let total = try RehearsalText.run(plan).account.total
    #expect(total.count(.timedOut) >= 17 && total[.timedOutSending] > 0)
    // What the queue still holds delays the first requests afterwards.
    #expect(total[.answered] >= 30)
  }

  @Test func `a new address costs TCP a connection and QUIC nothing`() throws {
    for (transport, connections) in [("http1", 2), ("http2", 2), ("http3", 1)] {
      let plan = try RehearsalText.plan(
        """
        transport: { protocol: "\(transport)" },
        incidents: [{ at: "20.5s", kind: "nat-rebinding" }]
        """)
      let outcome = try RehearsalText.run(plan)
      // A third when the first was waiting for its answer: then nothing resets it.
      let opened = outcome.account.connectionsOpened
      #expect(opened == connections || connections == 2 && opened == 3, "\(transport)")
      #expect(outcome.account.total[.answered] >= 59)
    }
  }

  @Test func `lossy and late links slow requests down`() throws {
    let calm = try RehearsalText.run(RehearsalText.plan("")).account.latency.quantile(0.5)
    for incident in ["kind: \"link-lossy\", loss: 0.2", "kind: \"link-latency\", delay: \"200ms\""]
    {
      let plan = try RehearsalText.plan(
        "deadline: \"10s\", incidents: [{ at: \"0s\", for: \"60s\", \(incident) }]")
      let median = try RehearsalText.run(plan).account.latency.quantile(0.5)
      let least = try #require(calm) + .milliseconds(100)
      #expect(try #require(median) > least)
    }
  }

  @Test func `an answer after the deadline is late, and billed`() throws {
    let plan = try RehearsalText.plan(
      "deadline: \"200ms\", transport: { timeouts: { overall: \"5s\" } }")
    let total = try RehearsalText.run(plan).account.total
    #expect(total[.answeredLate] >= 59 && total[.answered] == 0)
  }

  @Test func `what nobody waits for is billed as wasted`() throws {
    let plan = try RehearsalText.plan("deadline: \"250ms\"")
    let total = try RehearsalText.run(plan).account.total
    #expect(total.wastedCost > 0 && total.wastedCost <= total.cost)
    #expect(total[.timedOutWaiting] > 0)
  }

  @Test func `stations that share a link wait for each other`() throws {
    func p95(_ shared: Bool) throws -> Duration? {
      let plan = try RehearsalText.plan(
        "sharesLink: \(shared)",
        stations: "[{ name: \"a\", count: 12, \(RehearsalText.requests) }]")
      return try RehearsalText.run(plan).account.latency.quantile(0.95)
    }
    let (shared, own) = (try #require(try p95(true)), try #require(try p95(false)))
    #expect(shared > own)
  }
}

@Suite struct RehearsalDeterminismTests {
  @Test func `the same plan gives the same outcome, on one thread or several`() throws {
    let plan = try RehearsalText.plan(
      "incidents: [{ at: \"100s\", for: \"30s\", kind: \"link-lossy\", loss: 0.3 }]",
      stations: """
        [{ name: "a", count: 7, requests: { every: "700ms", bytes: 15800, bytesSpread: 0.3 } }]
        """, duration: "\"300s\"")
    let once = try RehearsalText.run(plan)
    #expect(try RehearsalText.run(plan) == once)
    for jobs in [2, 3, 16] { #expect(try RehearsalText.run(plan, jobs: jobs) == once) }
    #expect(once.account.total.requests > 2_500)
  }

  @Test func `an additional station disturbs none of the others`() throws {
    func tally(_ count: Int) throws -> Tally {
      let plan = try RehearsalText.plan(
        "",
        stations: """
          [{ name: "a", requests: { every: "700ms", bytes: 15800 } },
           { name: "b", count: \(count), requests: { every: "300ms", bytes: 15800 } }]
          """)
      return try RehearsalText.run(plan).account.tally { $0.station == 0 }
    }
    #expect(try tally(1) == tally(5))
  }
}
