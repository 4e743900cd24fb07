import EdgeBox
import Metrics
import Reports
import Testing
import Uplink
import VirtualTime

/// Reports of outcomes that were written down here, so that every number has one place to come from.
@Suite struct StoryboardReportTests {
  /// Ten minutes of two stations: 30,000 frames, of them 300 doubtful, 240 answered by the cloud.
  static func outcome(_ variant: CascadeOutcome.Variant) -> CascadeOutcome {
    var outcome = CascadeOutcome(
      variant: variant, stations: ["line-1", "line-2"], classNames: ["ok", "tear"], currency: "$")
    let isEdge = variant == .edgeOnly
    let failed = variant == .cascade ? 60 : 0
    var part = CascadeOutcome.Part()
    part.frames.total = 15_000
    part.frames[.dropped] = 1
    part.frames[.answeredByCloud] = isEdge ? 0 : 150 - failed / 2
    part.frames[.keptOffline] = isEdge ? 0 : failed / 2
    part.frames[.answeredAtEdge] = isEdge ? 14_999 : 14_849
    if !isEdge {
      part.escalations.total = 150
      part.escalations[.answeredInTime] = 150 - failed / 2
      part.escalations[.batchedLate] = failed / 2
      part.escalations.queued = failed / 2
      part.bytesUp = 1_500_000
      part.cost = 150_000
      part.cacheHits.right = 3
      part.cacheHits.wrong = 1
    }
    outcome.byStation = [part, part]
    outcome.total = part
    outcome.total += part
    outcome.byDay = [outcome.total]
    outcome.costByProvider = [.init(name: "vision", cost: isEdge ? 0 : 300_000, attempts: 300)]
    outcome.framesShown = 200
    outcome.distinctFrames = 200
    for step in 0..<100 {
      outcome.detectorLatency.add(.milliseconds(30))
      let isCloud = !isEdge && step >= 97
      outcome.finalLatency.add(.milliseconds(isCloud ? 900 : 30))
      if isCloud { outcome.cloudLatency.add(.milliseconds(870)) }
    }
    outcome.deadlineMisses = failed
    outcome.energy.busy = 7_200
    outcome.assumedAnswers = isEdge ? 0 : 300
    for minute in 0..<10 {
      var moment = CascadeOutcome.Moment()
      moment.frames = 3_000
      moment.escalations = isEdge ? 0 : 30
      let isBad = failed > 0 && (2...3).contains(minute)
      moment.fates[EscalationFate.answeredInTime.rawValue] = isEdge || isBad ? 0 : 30
      moment.fates[EscalationFate.batchedLate.rawValue] = isBad ? 30 : 0
      moment.deepestQueue = isBad ? 30 : 0
      moment.cost = isEdge ? 0 : 30_000
      outcome.moments.append(moment)
    }
    outcome.moments[0].dropped = 2
    if variant == .cascade {
      outcome.alarms = [
        .init(time: .zero + .seconds(100), kind: .drift(.cusum), station: 1),
        .init(time: .zero + .seconds(420), kind: .drift(.relativeBand), station: 0),
      ]
    }
    return outcome
  }

  static let runs = StoryboardRuns(
    edgeOnly: outcome(.edgeOnly), cascade: outcome(.cascade),
    withoutIncident: outcome(.withoutIncidents))

  static func report(expecting expectations: String) throws -> StoryboardReport {
    StoryboardReport(
      try StoryboardFixture.storyboard("\"lost frames == 0\", \"cost/day < $5\"", expectations),
      setting: .init(
        box: "a box", model: "a detector", link: "ideal", gateway: nil, latency: "as stated"),
      runs: runs)
  }

  @Test func `the made-up outcomes add up`() {
    for outcome in [Self.runs.edgeOnly, Self.runs.cascade] {
      #expect(outcome.total.frames.fates.reduce(0, +) == outcome.total.frames.total)
      #expect(outcome.total.escalations.fates.reduce(0, +) == outcome.total.escalations.total)
      #expect(outcome.moments.reduce(0) { $0 + $1.frames } == outcome.total.frames.total)
    }
  }

  static let values: [(name: String, value: Double)] = [
    ("p50", 0.03), ("p99", 0.9), ("detector p99", 0.03), ("escalation max", 0.87),
    ("escalation rate", 300.0 / 29_998), ("in time", 0.8), ("frames", 30_000),
    ("lost frames", 2), ("distinct frames", 200), ("deadline misses", 60), ("escalations", 300),
    ("answered in time", 240), ("late answers", 0), ("batched", 60), ("queued", 60),
    ("expired", 0), ("cache hits", 8), ("false cache hits", 2), ("drift alarms", 2),
    ("cost", 0.3), ("cost/day", 0.3), ("cost/week", 2.1), ("cost of provider vision", 0.3),
    ("cost of station line-2", 0.15), ("sent", 3e6), ("energy/day", 7_200),
  ]

  @Test(arguments: values)
  func `a figure is what was counted`(_ name: String, _ value: Double) throws {
    let unit = StoryboardFigure.names.first { $0.name == name }?.unit ?? .money
    let found = try #require(Self.runs.value(of: StoryboardFigure(name: name, unit: unit)))
    // Quantiles are of buckets 0.2 % wide.
    #expect((found - value).magnitude <= 0.002 * value, "\(found)")
  }

  @Test func `every figure of the list is one that can be taken`() {
    let noNumbers = ["mAP", "mAP gain", "mAP drop", "cache hit rate"]
    for (name, unit) in StoryboardFigure.names where !noNumbers.contains(name) {
      #expect(Self.runs.value(of: StoryboardFigure(name: name, unit: unit)) != nil, "\(name)")
    }
  }

  @Test func `three runs stand side by side, and their counts add up`() throws {
    let text = try Self.report(expecting: "\"lost frames == 2\"").text()
    let lines = text.split(separator: "\n").map(String.init)
    let words = lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines[0] == "ten minutes")
    for line in [
      "edge only cascade without incident",
      "detector’s answer, ms: mean, p50 30.0 30.0 30.0 30.0 30.0 30.0",
      "p95, p99, p99.9 30.0 30.0 30.0 30.0 900 900 30.0 900 900",
      "deadline misses 0 60 0", "frames escalated 0.00 % 1.00 % 1.00 %",
      "sent, energy 0.0 kB, 2.00 Wh 3.0 MB, 2.00 Wh 3.0 MB, 2.00 Wh",
      "cost, a day $0.00, $0.00 $0.30, $0.30 $0.30, $0.30",
      "cache hits, of them false 0, 0 8, 2 8, 2", "frames 30,000 30,000 30,000",
      "answered at the edge 29,998 29,698 29,698", "answered by the cloud in time 0 240 300",
      "edge's answer: no link 0 60 0", "dropped: the box was busy 2 2 2",
      "escalations 0 300 300", "answered in time 0 240 300", "batched for the record 0 60 0",
      "cost by station: line-1 $0.15, line-2 $0.15", "link-down ··▓·······",
      "lens contamination ·····▓▓▓▓▓", "drift alarms ·!·····!··", "0:00 0:10",
    ] {
      #expect(words.contains(line), "\(line)\n\(text)")
    }
    #expect(text.contains("assumed cloud accuracy"))
    #expect(text.hasSuffix("PASS\n  ✓ lost frames == 2: 2\n"))
    #expect(lines.allSatisfy { $0.count <= 100 })
  }

  @Test func `the first broken expectation is shown with the minutes around it`() throws {
    let report = try Self.report(
      expecting: "\"p99 < 1.5 s\", \"deadline misses < 10\", \"cost < $0.1\"")
    #expect(!report.passes)
    let text = report.text()
    #expect(text.contains("FAIL\n  ✓ p99 < 1.5 s: "))
    #expect(text.contains("  ✗ deadline misses < 10: 60\n  ✗ cost < $0.1: $0.30\n"))
    #expect(text.contains("first broken: deadline misses < 10, but 60\n"))
    let around = text.split(separator: "\n").suffix(7).map { $0.split(separator: " ")[0] }
    #expect(around.map(String.init) == ["from", "0:00", "0:01", "0:02", "0:03", "0:04", "0:05"])
    #expect(text.contains("link-down\n"))
  }

  @Test func `an alarm counts from the incident on, at stations that it strikes`() throws {
    let report = try Self.report(
      expecting: "\"drift alarm within 3 min of lens contamination\", "
        + "\"drift alarm within 30s of link-down\"")
    #expect(report.checks.map(\.value) == [120, 300])
    #expect(report.checks.map(\.holds) == [true, false])
    #expect(report.text().contains("drift alarm within 30s of link-down: 5.0 min"))
  }

  @Test func `JSON says the same, and a baseline leaves the minutes out`() throws {
    let report = try Self.report(expecting: "\"lost frames == 0\"")
    let text = report.json.text
    #expect(text.contains("\"verdict\": \"FAIL\""))
    #expect(text.contains("\"holds\": false,\n      \"value\": 2.000000"))
    #expect(text.contains("\"p99Nanoseconds\": 900"))
    #expect(text.contains("\"moments\": ["))
    let figures = Baseline(report.figures).entries.map(\.name)
    #expect(figures.contains("runs.cascade.total.escalationFates.batched for the record"))
    #expect(!figures.contains { $0.contains("moments") })
  }

  @Test func `colour is for terminals`() throws {
    let report = try Self.report(expecting: "\"lost frames == 0\"")
    #expect(!report.text(.plain).contains("\u{1B}"))
    #expect(report.text(Style(usesColour: true)).contains("\u{1B}[31m"))
  }
}
