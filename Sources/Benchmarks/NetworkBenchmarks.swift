import Boards
import Bytes
import Uplink
import VirtualTime

/// The network on virtual time: the agenda, and a day of a pilot's stations.
enum NetworkBenchmarks {
  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    try HoldModel.results() + day()
  }

  /// 28 stations at 3 % of 25 frames a second over links of their own, in the worst half hour of a
  /// day and then as a whole day.
  private static func day() throws -> [BenchmarkResult] {
    var rows: [BenchmarkResult] = []
    var serial: Double?
    for jobs in [1, 2] {
      var outcome: RehearsalOutcome?
      let plan = try plan(hours: 24)
      let seconds = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
        outcome = try NetworkRehearsal.run(
          plan, farEnd: .direct, link: link, jobs: jobs)
      }
      guard let outcome else { continue }
      let threads = jobs == 1 ? "1 thread" : "\(jobs) threads"
      let requests = outcome.account.total.requests
      rows.append(
        BenchmarkResult("a day of 28 stations, \(threads)", seconds, "s", atMost: nil))
      rows.append(
        BenchmarkResult(
          "requests through link and transport, \(threads)", Double(requests) / seconds / 1e3,
          "k requests/s"))
      rows.append(
        BenchmarkResult(
          "network events, \(threads)", Double(outcome.steps) / seconds / 1e6, "M events/s"))
      if let serial {
        rows.append(BenchmarkResult("two threads against one", serial / seconds, "×"))
      }
      serial = seconds
    }
    return rows
  }

  private static func link(_ seed: UInt64) -> Link {
    Link(
      uplink: LinkDirection(
        capacity: .constant(14_900_000), delay: .constant(.milliseconds(43)), seed: seed,
        stream: "link.uplink"),
      downlink: LinkDirection(
        capacity: .constant(29_800_000), delay: .constant(.milliseconds(43)), seed: seed,
        stream: "link.downlink"), radio: .lte)
  }

  private static func plan(hours: Int) throws(InputError) -> RehearsalPlan {
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
