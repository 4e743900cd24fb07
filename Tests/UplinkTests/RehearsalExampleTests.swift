import Bytes
import Commands
import Metrics
import Reports
import TestSupport
import Testing
import Uplink

/// The incidents of published deployments, as the committed files re-enact them.
@Suite struct RehearsalExampleTests {
  static func path(_ name: String) -> String { "\(SharedData.repository)/rehearsals/\(name)" }

  struct Pair {
    var direct: Tally
    var gateway: Tally
    var report: RehearsalReport
  }

  static func both(_ name: String) throws -> Pair {
    let files = try NetworkRehearsalFiles(path(name))
    let sides = [try files.runDirect(jobs: 2), try files.runGateway()]
    return Pair(
      direct: sides[0].outcome.account.total, gateway: sides[1].outcome.account.total,
      report: files.report(sides))
  }

  static func inTime(_ tally: Tally) -> Double {
    Double(tally[.answered]) / Double(tally.requests)
  }

  @Test func `17 minutes without a link cost 17 minutes of answers and no more`() throws {
    let files = try NetworkRehearsalFiles(Self.path("outage.json5"))
    let side = try files.runDirect(jobs: 1)
    let lost = side.outcome.account.minutes.count { $0.misses * 2 > $0.requests }
    #expect(lost == 17)
    #expect(side.outcome.account.total.requests > 15_000)
    #expect(files.report([side]).passes)
  }

  @Test func `22 minutes of 429: the gateway goes on to the next provider`() throws {
    let pair = try Self.both("rate-limited.json5")
    #expect(pair.direct.requests == pair.gateway.requests)
    let share = Double(pair.direct[.refusedTooMany]) / Double(pair.direct.requests)
    #expect(abs(share - 22.0 / 60) < 0.05)
    #expect(pair.gateway[.refusedTooMany] == 0 && pair.report.passes)
  }

  @Test func `a key rotated wrong freezes half the fleet, and nobody behind the gateway`() throws {
    let pair = try Self.both("wrong-key.json5")
    let share = Double(pair.direct[.refusedUnauthorized]) / Double(pair.direct.requests)
    #expect(abs(share - 0.5 * 40 / 60) < 0.05)
    #expect(pair.gateway[.refusedUnauthorized] == 0 && pair.report.passes)
  }

  @Test func `a provider's 90-minute blip is 90 minutes of failures without a gateway`() throws {
    let pair = try Self.both("blip.json5")
    let share = Double(pair.direct[.failedAtServer]) / Double(pair.direct.requests)
    #expect(abs(share - 0.6) < 0.05)
    #expect(Self.inTime(pair.gateway) > 0.95 && pair.report.passes)
  }

  @Test func `a variant that looks like another is judged wrongly from the cache`() throws {
    let pair = try Self.both("variant.json5")
    #expect(pair.gateway.cacheHits > 500 && pair.gateway.falseHits > 0)
    #expect(!pair.report.passes)
    #expect(pair.gateway.cost < pair.direct.cost)
  }

  @Test func `a hard budget stops a runaway loop and nobody else`() throws {
    let files = try NetworkRehearsalFiles(Self.path("runaway.json5"))
    let side = try files.runGateway()
    let account = side.outcome.account
    let script = account.tally { files.plan.stations[Int($0.station)].name == "script" }
    let lines = account.tally { files.plan.stations[Int($0.station)].name != "script" }
    #expect(script.cost <= 2_000_000 && script.cost > 1_900_000)
    #expect(script[.refusedUnpaid] > 3_000)
    #expect(Self.inTime(lines) > 0.97)
    #expect(files.report([side]).passes)
  }

  @Test func `reports and metrics are the same each time, and say what they counted`() throws {
    let once = try Self.both("wrong-key.json5").report
    let again = try Self.both("wrong-key.json5").report
    #expect(once.json == again.json && once.text() == again.text())
    #expect(once.prometheus == again.prometheus)
    #expect(once.text().contains("refused: 401") && once.text().contains("wrong-key primary"))
    let requests = once.prometheus.split(separator: "\n")
      .filter { $0.hasPrefix("preflash_station_requests_total{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    #expect(requests == once.sides[1].outcome.account.total.requests)
  }

  /// More than 65,536 requests are handed out in several pieces.
  @Test(arguments: SharedData.runsSlowTests ? [2_000, 70_000] : [2_000])
  func `a request trace runs to its end, on one thread or two`(_ count: Int) throws {
    try Folder.temporary { folder in
      var trace = "time,bytes,prompt version,variant,image hash,station,virtual key\n"
      for row in 0..<count {
        let thousandths = String(row % 1_000 + 1_000).dropFirst()
        trace += "\(row / 1_000).\(thousandths),400,v1,a,\(row % 7),b-\(row % 40 + 1),\n"
      }
      _ = try folder.write(Array(trace.utf8), to: "requests.csv")
      let plan = """
        { name: "trace", link: "ideal", trace: "requests.csv",
          transport: { security: "none", connections: 50 },
          providers: [{ name: "p", latency: { median: "5ms", p99: "5ms" } }],
          stations: [{ name: "b", count: 40 }] }
        """
      let files = try NetworkRehearsalFiles(folder.write(Array(plan.utf8), to: "r.json5"))
      let outcome = try files.runDirect(jobs: 1).outcome
      #expect(outcome.account.total.requests == count)
      #expect(outcome.account.total[.answered] == count)
      let parallel = try files.runDirect(jobs: 2).outcome
      #expect(parallel == outcome)
    }
  }

  @Test func `a file that is named and missing is told in one line`() throws {
    try Folder.temporary { folder in
      func complaint(_ text: String) throws -> String {
        let path = try folder.write(Array(text.utf8), to: "r.json5")
        let error = #expect(throws: InputError.self) { _ = try NetworkRehearsalFiles(path) }
        return error?.description ?? ""
      }
      let rest = """
        providers: [{ name: "p", latency: { median: "1s", p99: "2s" } }],
        stations: [{ name: "a" }] }
        """
      let noTrace = try complaint("{ name: \"t\", link: \"ideal\",\n trace: \"none.csv\",\n\(rest)")
      #expect(noTrace.contains("r.json5: line 2: trace: expected a file, found none"), "\(noTrace)")
      let noLink = try complaint("{ name: \"t\",\n link: \"good-lt\", trace: \"r.json5\",\n\(rest)")
      #expect(noLink.contains("r.json5: line 2: link: expected a link"), "\(noLink)")
      #expect(noLink.contains("did you mean good-lte?"))
      let noGateway = try complaint(
        "{ name: \"t\", link: \"ideal\",\n gateway: \"gateways/none.json5\",\n\(rest)")
      #expect(noGateway.contains("r.json5: line 2: gateway: "), "\(noGateway)")
    }
  }
}
