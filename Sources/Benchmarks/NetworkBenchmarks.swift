import Boards
import Bytes
import Commands
import Uplink
import VirtualTime

/// The network on virtual time: the agenda, and a pilot's stations through link and transport, without
/// and with a gateway.
enum NetworkBenchmarks {
  /// What is simulated. A day is four times as much of the same, and is reported as such.
  private static let hours = 6

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    let plan = try plan()
    let home = try Home.path()
    let gateway = try GatewayProfile(
      parsing: Files.read("\(home)/boards/gateways/preflash.json5"), file: "preflash.json5",
      preset: { name throws(InputError) in try Files.read("\(home)/boards/gateways/\(name).json5") }
    ).serving(plan.providers)
    var rows = HoldModel.results()
    let serial = try measure(plan, .direct, jobs: 1, "1 thread", &rows)
    let parallel = try measure(plan, .direct, jobs: 2, "2 threads", &rows)
    rows.append(BenchmarkResult("two threads against one", serial / parallel, "×"))
    _ = try measure(plan, .gateway(gateway), jobs: 1, "with a gateway", &rows)
    return rows
  }

  /// 28 stations at 3 % of 25 frames a second, over links of their own; returns the seconds taken.
  private static func measure(
    _ plan: RehearsalPlan, _ farEnd: FarEndChoice, jobs: Int, _ name: String,
    _ rows: inout [BenchmarkResult]
  ) throws -> Double {
    var outcome: RehearsalOutcome?
    let seconds = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
      outcome = try NetworkRehearsal.run(plan, farEnd: farEnd, link: link, jobs: jobs)
    }
    let requests = Double(outcome?.account.total.requests ?? 0)
    let events = Double(outcome?.steps ?? 0)
    rows += [
      BenchmarkResult("\(hours) hours of 28 stations, \(name)", seconds, "s", atMost: nil),
      BenchmarkResult(
        "a day of them, extrapolated, \(name)", seconds * 24 / Double(hours), "s", atMost: nil),
      BenchmarkResult("requests, \(name)", requests / seconds / 1e3, "k requests/s"),
      BenchmarkResult("network events, \(name)", events / seconds / 1e6, "M events/s"),
    ]
    return seconds
  }

  static func link(_ seed: UInt64) -> Link {
    Link(
      uplink: LinkDirection(
        capacity: .constant(14_900_000), delay: .constant(.milliseconds(43)), seed: seed,
        stream: "link.uplink"),
      downlink: LinkDirection(
        capacity: .constant(29_800_000), delay: .constant(.milliseconds(43)), seed: seed,
        stream: "link.downlink"), radio: .lte)
  }

  private static func plan() throws(InputError) -> RehearsalPlan {
    let text = """
      { name: "pilot", link: "constant", duration: "\(hours)h",
        providers: [{ name: "vision", latency: { median: "400ms", p99: "900ms" } }],
        stations: [{ name: "station", count: 28,
                     requests: { every: "1333ms", bytes: 15800, bytesSpread: 0.2 } }] }
      """
    let file = try RehearsalFile(parsing: Array(text.utf8), file: "pilot.json5")
    return try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
  }
}
