import Boards
import Bytes
import Metrics
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct RehearsalFileTests {
  /// What is wrong with a plan, as a user reads it.
  static func complaint(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    do throws(InputError) {
      let file = try RehearsalFile(parsing: bytes, file: "r.json5")
      _ = try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
      return nil
    } catch {
      return ConfigurationFile.withLine(error, in: bytes).inFile("r.json5").description
    }
  }

  /// A good plan of one line a member.
  static let lines = [
    "{", "  name: \"test\",", "  link: \"good-lte\",", "  duration: \"1h\",", "  deadline: \"2s\",",
    "  providers: [{ name: \"p\", latency: { median: \"300ms\", p99: \"600ms\" } }],",
    "  stations: [{ name: \"a\", count: 2, requests: { every: \"1s\", bytes: 15800 } }],",
    "  incidents: [", "    { at: \"10min\", for: \"5min\", kind: \"link-down\" },", "  ],",
    "  transport: { connections: 2 },", "}",
  ]

  static func with(_ line: Int, _ text: String) -> String {
    var lines = lines
    lines[line - 1] = text
    return lines.joined(separator: "\n")
  }

  @Test func `the plan that the others differ from is good`() {
    #expect(Self.complaint(Self.lines.joined(separator: "\n")) == nil)
  }

  @Test(arguments: [
    (4, "  duration: \"1 fortnight\",", "duration: expected a duration"),
    (4, "  duration: \"-1h\",", "duration: expected a duration"),
    (4, "  duration: \"0s\",", "duration: expected more than 0"),
    (5, "  deadlin: \"2s\",", "deadlin"),
    (7, "  stations: [],", "stations: expected stations, found none"),
    (7, "  stations: [{ name: \"a\" }],", "stations: expected requests, found none"),
    (
      7, "  stations: [{ name: \"a\", requests: { every: \"0s\", bytes: 1 } }],",
      "stations[0].requests.every: expected more than 0"
    ),
    (
      7, "  stations: [{ name: \"a\", requests: { every: \"1s\", bytes: \"1kib\" } }],",
      "stations[0].requests.bytes: expected a size"
    ),
    (9, "    { at: \"-5s\", for: \"5min\", kind: \"link-down\" },", "incidents[0].at: expected"),
    (9, "    { at: \"5s\", kind: \"link-down\" },", "incidents[0].for: expected how long"),
    (
      9, "    { at: \"5s\", for: \"5s\", kind: \"link-dwn\" },",
      "incidents[0].kind: expected one of"
    ),
    (
      9, "    { at: \"5s\", for: \"5s\", kind: \"link-slow\" },",
      "incidents[0].rate: expected a value for link-slow"
    ),
    (
      9, "    { at: \"5s\", for: \"5s\", kind: \"link-down\", loss: 0.5 },",
      "incidents[0].loss: expected none under link-down"
    ),
    (
      9, "    { at: \"5s\", for: \"5s\", kind: \"wrong-key\", provider: \"q\" },",
      "incidents[0].provider: expected one of p, found ‘q’"
    ),
    (
      9, "    { at: \"5s\", for: \"5s\", kind: \"link-down\", stations: [\"b\"] },",
      "incidents[0].stations[0]: expected a station or a group"
    ),
    (11, "  transport: { connections: 0 },", "transport.connections: expected 1 to 1000, found 0"),
    (11, "  transport: { protocol: \"http4\" },", "transport.protocol: expected one of"),
    (
      11, "  transport: { protocol: \"http3\", security: \"none\" },",
      "transport.security: expected tls13"
    ),
    (11, "  expect: { inTimeAtLeast: 2 },", "expect.inTimeAtLeast: expected a share"),
    (11, "  expect: { costAtMost: -1 },", "expect.costAtMost: expected an amount"),
  ])
  func `each mistake is one line with the line where it is`(
    _ line: Int, _ text: String, _ message: String
  ) {
    let complaint = Self.complaint(Self.with(line, text)) ?? "nothing"
    #expect(complaint.hasPrefix("r.json5: line \(line): \(message)"), "\(complaint)")
    #expect(!complaint.contains("\n"))
  }

  @Test func `incidents may not overlap on one component`() {
    func complaint(_ more: String) -> String? { Self.complaint(Self.with(10, more + "\n  ],")) }
    let overlap = complaint("    { at: \"14min\", for: \"5min\", kind: \"link-slow\", rate: 0.1 },")
    #expect(
      overlap?.hasPrefix(
        "r.json5: line 10: incidents[1]: expected one incident at a time on the link")
        == true, "\(overlap ?? "")")
    #expect(complaint("    { at: \"15min\", for: \"5min\", kind: \"link-down\" },") == nil)
    #expect(complaint("    { at: \"12min\", for: \"5min\", kind: \"dns-failure\" },") == nil)
    #expect(
      complaint("    { at: \"12min\", for: \"1s\", kind: \"link-down\", stations: [\"a\"] },")
        != nil)
    for kind in ["wrong-key", "provider-slow"] {
      #expect(complaint("    { at: \"12min\", for: \"5min\", kind: \"\(kind)\" },") == nil)
    }
  }

  @Test func `no damage to a file makes it trap`() {
    let bytes = Array(Self.lines.joined(separator: "\n").utf8)
    var mutator = Mutator(seed: 2)
    var refused = 0
    for _ in 0..<2_000 {
      let damaged = mutator.mutated(bytes)
      do throws(InputError) {
        let file = try RehearsalFile(parsing: damaged, file: "r.json5")
        _ = try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
      } catch { refused += 1 }
    }
    #expect(refused > 500)
  }
}

/// Whatever happens, everything is counted once.
@Suite struct RehearsalAccountingTests {
  static let incidents = [
    "kind: \"link-down\"", "kind: \"link-slow\", rate: 0.02", "kind: \"link-lossy\", loss: 0.3",
    "kind: \"link-latency\", delay: \"700ms\"", "kind: \"dns-failure\"",
    "kind: \"dns-failure\", answer: \"silent\"", "kind: \"captive-portal\"",
    "kind: \"clock-skew\", ahead: \"3000h\"", "kind: \"provider-429\", retryAfter: \"2s\"",
    "kind: \"provider-hanging\"", "kind: \"provider-error\"", "kind: \"bad-tls\"",
    "kind: \"provider-refusing\"", "kind: \"provider-slow\", factor: 8",
  ]

  static func plan(_ random: inout SeededRandom) throws(InputError) -> RehearsalPlan {
    func pick<T>(_ choices: [T]) -> T { choices[Int(random.next() % UInt64(choices.count))] }
    let transport = pick(["http1", "http2", "http3"])
    let security = transport == "http3" ? "tls13" : pick(["none", "tls12", "tls13"])
    return try RehearsalText.plan(
      """
      seed: \(random.next() % 1_000),
      sharesLink: \(pick(["true", "false"])), deadline: "\(pick(["400ms", "2s", "9s"]))",
      transport: { protocol: "\(transport)", security: "\(security)",
                   resumption: "\(pick(["none", "tickets", "earlyData"]))",
                   connections: \(pick([1, 2, 5])), attempts: \(pick([1, 2, 4])),
                   keepAlive: "\(pick(["100ms", "2s", "1h"]))", queue: \(pick([1, 3, 1_000])),
                   nameLifetime: "\(pick(["0s", "5s", "1h"]))", backoff: "\(pick(["0s", "80ms"]))",
                   retriedStatuses: \(pick(["[]", "[429, 503]"])) },
      incidents: [{ at: "10s", for: "15s", \(pick(incidents)) },
                  { at: "18.5s", kind: "nat-rebinding" },
                  { at: "30s", for: "15s", \(pick(incidents)) }]
      """,
      stations: """
        [{ name: "a", count: 3, team: "x", key: "k1", requests: { every: "400ms", bytes: 15800,
           bytesSpread: 1 } },
         { name: "b", team: "y", key: "k2", requests: { every: "90ms", bytes: 2000 } }]
        """, duration: "\"50s\"")
  }

  @Test(arguments: 0..<30)
  func `counts, bytes and costs add up`(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "plans")
    let plan = try Self.plan(&random)
    let outcome = try RehearsalText.run(plan)
    let account = outcome.account
    let total = account.total
    #expect(total.requests > 600)
    #expect(total.fates.reduce(0, +) == total.requests)
    #expect(account.minutes.reduce(0) { $0 + $1.requests } == total.requests)
    #expect(account.minutes.allSatisfy { $0.families.reduce(0, +) == $0.requests })
    #expect(account.latency.count == total[.answered] + total[.answeredLate])
    for group in [plan.stations.map(\.team), plan.stations.map(\.name)] {
      var sum = Tally()
      for name in Set(group) { sum += account.tally { group[Int($0.station)] == name } }
      #expect(sum == total)
    }
    var byKey = Tally()
    for key in Set(account.cells.map(\.key)) { byKey += account.tally { $0.key == key } }
    #expect(byKey == total)
    #expect(account.providers.reduce(0) { $0 + $1.cost } == total.cost)
    #expect(total.wastedCost >= 0 && total.wastedCost <= total.cost)
    for direction in [outcome.uplink, outcome.downlink] {
      #expect(direction.offered >= direction.carried + direction.lost + direction.dropped)
    }
    #expect(try RehearsalText.run(plan, jobs: 2).account == account)
  }

  @Test func `the same requests are made whatever happens to them`() throws {
    let calm = try RehearsalText.run(RehearsalText.plan("")).account.total
    for incident in Self.incidents {
      let plan = try RehearsalText.plan("incidents: [{ at: \"5s\", for: \"40s\", \(incident) }]")
      #expect(try RehearsalText.run(plan).account.total.requests == calm.requests)
    }
  }
}
