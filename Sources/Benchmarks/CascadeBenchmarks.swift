import Boards
import Bytes
import Commands
import EdgeBox
import Metrics
import Uplink
import VirtualTime

/// A cascade on virtual time: one station's day, and a fleet behind a gateway.
enum CascadeBenchmarks {
  private static let fleetDays = 42
  /// Stations of the fleet, hours of its belt in a day, and hours that are really rehearsed.
  private static let stations = 28
  private static let hours: Int64 = 11
  private static let measuredHours: Int64 = 1

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    var rows: [BenchmarkResult] = []
    let day = try plan(stations: 1, hours: 24)
    var seconds = try measure(day, .edgeOnly, .direct, jobs: 1).seconds
    rows.append(BenchmarkResult("a station's day at 25 FPS, edge only", seconds, "s", atMost: nil))
    let whole = try measure(day, .cascade, .direct, jobs: 1)
    seconds = whole.seconds
    rows += [
      BenchmarkResult("a station's day at 25 FPS, cascade", seconds, "s", atMost: 3),
      BenchmarkResult("frames, cascade", whole.frames / seconds / 1e6, "M frames/s"),
      BenchmarkResult(
        "escalations, cascade", whole.escalations / seconds / 1e3, "k escalations/s"),
    ]
    let home = try Home.path()
    let fleet = try plan(stations: stations, hours: measuredHours)
    let gateway = try GatewayProfile(
      parsing: Files.read("\(home)/boards/gateways/preflash.json5"), file: "preflash.json5",
      preset: { name throws(InputError) in try Files.read("\(home)/boards/gateways/\(name).json5") }
    ).serving(fleet.network.providers)
    let longer = Double(hours * Int64(fleetDays)) / Double(measuredHours)
    for (name, farEnd) in [
      ("without a gateway", FarEndChoice.direct), ("with a gateway", .gateway(gateway)),
    ] {
      let part = try measure(fleet, .cascade, farEnd, jobs: 2)
      rows += [
        BenchmarkResult(
          "\(measuredHours) hour of \(stations) stations, \(name)", part.seconds, "s", atMost: nil),
        BenchmarkResult(
          "\(fleetDays) days of \(hours) hours, extrapolated, \(name)", part.seconds * longer / 60,
          "min", atMost: nil),
        BenchmarkResult(
          "escalations, \(name)", part.escalations / part.seconds / 1e3, "k escalations/s"),
      ]
    }
    return rows
  }

  private static func measure(
    _ plan: CascadePlan, _ variant: CascadeOutcome.Variant, _ farEnd: FarEndChoice, jobs: Int
  ) throws -> (seconds: Double, frames: Double, escalations: Double) {
    var outcome: CascadeOutcome?
    let seconds = try Stopwatch.fastest(runs: 1, budget: 0) { _ in
      outcome = try CascadeSimulation.run(
        plan, variant: variant, farEnd: farEnd, link: NetworkBenchmarks.link, jobs: jobs)
    }
    let total = outcome?.total ?? CascadeOutcome.Part()
    return (seconds, Double(total.frames.total), Double(total.escalations.total))
  }

  private static func plan(stations: Int, hours: Int64) throws(InputError) -> CascadePlan {
    let text = """
      { name: "fleet", link: "constant", duration: "1h", deadline: "2s",
        providers: [{ name: "vision", latency: { median: "500ms", p99: "1100ms" },
                      price: { request: 0.001 } }],
        stations: [{ name: "station", count: \(stations),
                     requests: { every: "1h", bytes: 1 } }] }
      """
    let file = try RehearsalFile(parsing: Array(text.utf8), file: "fleet.json5")
    let network = try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: [])
    return try CascadePlan(
      seed: 1, records: [record()], block: .seconds(10), shift: .seconds(hours * 3_600), days: 1,
      timing: .init(median: .milliseconds(33), jitter: 0.1, busyPower: 15, idlePower: 5),
      gates: network.stations.map { _ in CascadePlan.Gate() },
      cloud: .init(
        confusion: [[0.97, 0.03], [0.05, 0.95]], onNothing: [0.1, 0.1, 0.8], score: 0.95, seed: 1),
      network: network)
  }

  /// Ten minutes of a belt with an object on most frames, 3 % of them doubtful.
  private static func record() -> DetectionRecord {
    var random = SeededRandom(seed: 1, stream: "record")
    var record = DetectionRecord(classNames: ["ok", "defect"], framePeriod: 40_000)
    for frame in 0..<15_000 {
      guard random.uniform() < 0.8 else {
        record.append(time: Int64(frame) * 40_000, [])
        continue
      }
      let category = random.uniform() < 0.9 ? 0 : 1
      let isDoubtful = random.uniform() < 0.03 / 0.8
      let isWrong = random.uniform() < (isDoubtful ? 0.5 : 0.03)
      let box = PixelBox(x: random.uniform() * 200, y: 60, width: 60, height: 50)
      record.truth.append(TrueBox(image: frame, category: category, box: box))
      record.append(
        time: Int64(frame) * 40_000,
        [
          Detection(
            box: box, category: Int32(isWrong ? 1 - category : category),
            score: Float(isDoubtful ? 0.3 + 0.2 * random.uniform() : 0.7 + 0.3 * random.uniform()),
            runnerUp: 0, runnerUpScore: 0.1, cropBytes: Int32(9_000 + random.uniform() * 4_000),
            cropHash: random.next())
        ])
    }
    return record
  }
}
