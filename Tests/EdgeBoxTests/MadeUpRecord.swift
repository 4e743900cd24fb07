import Boards
import Bytes
import EdgeBox
import Metrics
import Uplink
import VirtualTime

/// Records, plans and networks for tests.
enum MadeUp {
  static let classNames = ["ok", "scratch", "dent"]

  /// One object on most frames, with a detector that is sometimes unsure, wrong or blind, and
  /// sometimes sees what is not there.
  static func record(
    frames: Int = 1_500, doubtful: Double = 0.05, seed: UInt64 = 1
  ) -> DetectionRecord {
    var random = SeededRandom(seed: seed, stream: "record")
    var record = DetectionRecord(classNames: classNames, framePeriod: 40_000)
    for frame in 0..<frames {
      var found: [Detection] = []
      if random.uniform() < 0.8 {
        let truth = random.uniform() < 0.7 ? 0 : 1 + Int(random.uniform() * 2)
        let x = random.uniform() * 200
        let box = PixelBox(x: x, y: 60, width: 60, height: 50)
        record.truth.append(TrueBox(image: frame, category: truth, box: box))
        if random.uniform() < 0.97 {
          let isUnsure = random.uniform() < doubtful
          let isWrong = random.uniform() < (isUnsure ? 0.5 : 0.05)
          let said = isWrong ? (truth + 1 + Int(random.uniform() * 2)) % 3 : truth
          let shift = random.uniform() * 4
          found.append(
            Detection(
              box: PixelBox(x: x + shift, y: 60, width: 60, height: 50), category: Int32(said),
              score: Float(isUnsure ? 0.3 + 0.2 * random.uniform() : 0.7 + 0.3 * random.uniform()),
              runnerUp: Int32((said + 1) % 3), runnerUpScore: 0.1,
              cropBytes: Int32(9_000 + random.uniform() * 4_000), cropHash: random.next()))
        }
      }
      if random.uniform() < 0.03 {
        found.append(
          Detection(
            box: PixelBox(x: 250, y: 10, width: 30, height: 30), category: 1,
            score: Float(0.15 + 0.2 * random.uniform()), runnerUp: 2, runnerUpScore: 0.01,
            cropBytes: 8_000, cropHash: random.next()))
      }
      record.append(time: Int64(frame) * 40_000, found)
    }
    return record
  }

  static let cloud = CascadePlan.CloudAccuracy(
    confusion: [[0.98, 0.01, 0.01], [0.03, 0.95, 0.02], [0.03, 0.02, 0.95]],
    onNothing: [0.1, 0.1, 0.1, 0.7], score: 0.95, seed: 3)

  static func network(
    _ parts: String = "", stations: Int = 2, transport: String = "",
    provider: String = """
    providers: [{ name: "cloud", latency: { median: "500ms", p99: "1100ms" },
                  price: { request: 0.001 } }]
    """, virtualKeys: [String] = [], key: String? = nil
  ) throws(InputError) -> RehearsalPlan {
    let text = """
      { name: "test", link: "none", duration: "1h", deadline: "2s",
        \(transport.isEmpty ? "" : "transport: { \(transport) },")
        stations: [{ name: "line", count: \(stations),
                     \(key.map { "key: \"\($0)\"," } ?? "")
                     requests: { every: "1h", bytes: 1 } }],
        \(parts)\(parts.isEmpty ? "" : ",")
        \(provider) }
      """
    let file = try RehearsalFile(parsing: Array(text.utf8), file: "test.json5")
    return try RehearsalPlan(file, providers: file.providers ?? [], virtualKeys: virtualKeys)
  }

  static func plan(
    _ record: DetectionRecord = record(), network: RehearsalPlan, minutes: Int64 = 6,
    days: Int = 1, seed: UInt64 = 7
  ) throws(InputError) -> CascadePlan {
    var plan = try CascadePlan(
      seed: seed, records: [record], block: .seconds(4), shift: .seconds(minutes * 60),
      days: days,
      timing: .init(
        median: .milliseconds(12), jitter: 0.1, busyPower: 10, idlePower: 4, queueDepth: 1),
      gates: network.stations.map { _ in CascadePlan.Gate() }, cloud: cloud, network: network)
    plan.resamples = 0
    plan.drift = nil
    return plan
  }

  static func link(_ seed: UInt64) -> Link {
    Link(
      uplink: LinkDirection(
        capacity: .constant(5_000_000), delay: .constant(.milliseconds(40)), seed: seed,
        stream: "uplink"),
      downlink: LinkDirection(
        capacity: .unlimited, delay: .constant(.milliseconds(40)), seed: seed,
        stream: "downlink"))
  }

  static func run(
    _ plan: CascadePlan, _ variant: CascadeOutcome.Variant = .cascade,
    farEnd: FarEndChoice = .direct, jobs: Int = 1
  ) throws(InputError) -> CascadeOutcome {
    try CascadeSimulation.run(plan, variant: variant, farEnd: farEnd, link: link, jobs: jobs)
  }
}
