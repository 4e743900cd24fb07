import EdgeBox
import Metrics
import Uplink
import VirtualTime

extension StoryboardReport {
  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, storyboard.name) + "\n"
    if let summary = storyboard.summary { out += summary.wrapped(to: style.width) + "\n" }
    out += settingText.wrapped(to: style.width) + "\n\n"
    out += table(style) + costs(style) + timeline(style) + verdict(style)
    return out
  }

  private var settingText: String {
    let outcome = runs.cascade
    let plan = storyboard.plan
    let stations = outcome.stations.count == 1 ? "1 station" : "\(outcome.stations.count) stations"
    let days = outcome.days == 1 ? "" : " on each of \(outcome.days) days"
    let rate = 1e6 / Double(plan.records[0].framePeriod)
    let crops = outcome.areCropsEncoded ? "" : ", crop sizes estimated"
    let answers =
      outcome.assumedAnswers > 0
      ? "assumed cloud accuracy\(outcome.recordedAnswers > 0 ? " beside recorded answers" : "")"
      : "recorded answers of the cloud"
    return "\(outcome.total.frames.total.grouped) frames of \(stations) in "
      + "\(RehearsalReport.clock(plan.shift))\(days) at \(rate.fixed(rate < 10 ? 1 : 0)) FPS, "
      + "\(outcome.framesShown.grouped) distinct; \(setting.model) on \(setting.box) "
      + "(\(setting.latency)); \(plan.network.sharesLink ? "one link" : "a link each") "
      + "(\(setting.link)), \(setting.gateway.map { "gateway \($0)" } ?? "no gateway"); "
      + "buffer \(Self.text(plan.buffer)); \(answers)\(crops)."
  }

  // MARK: - Tables

  /// Every figure of every run, then the fates of frames and of escalations.
  private func table(_ style: Style) -> String {
    var table = TextTable([.init("")] + sides.map { .init($0.name, .right) })
    func row(_ title: String, _ cell: (CascadeOutcome) -> String) {
      table.add([title] + sides.map { cell($0.outcome) })
    }
    row("mAP at overlap 0.5") { Self.percent($0.meanPrecision, 1) }
    row("  95 % interval") { outcome in
      outcome.accuracy?.finalIntervals?.overall[.precisionAt50].map {
        "\((100 * $0.lower).fixed(1))–\((100 * $0.upper).fixed(1)) %"
      } ?? "–"
    }
    let latencies: [(String, (CascadeOutcome) -> DurationHistogram)] = [
      ("detector’s answer", { $0.detectorLatency }), ("final answer", { $0.finalLatency }),
    ]
    for (name, histogram) in latencies {
      row("\(name), ms: mean, p50") {
        let times = histogram($0)
        return Self.milliseconds([times.mean, times.quantile(0.5)])
      }
      row("  p95, p99, p99.9") {
        let times = histogram($0)
        return Self.milliseconds([0.95, 0.99, 0.999].map { times.quantile($0) })
      }
    }
    row("deadline misses") { $0.deadlineMisses.grouped }
    row("minutes without an answer") { $0.outages.minutesOfAStation.fixed(1) }
    row("frames escalated") { Self.percent($0.total.frames.escalationRate) }
    row("sent, energy") { "\(Self.bytes($0.total.bytesUp)), \(Self.energy($0.energy.total))" }
    row("cost, a day") { "\(money($0.total.cost)), \(money($0.total.cost / Int64($0.days)))" }
    row("cache hits, of them false") {
      let hits = $0.total.cacheHits
      return "\((hits.right + hits.wrong).grouped), \(hits.wrong.grouped)"
    }
    addFrames(&table, style)
    addEscalations(&table, style)
    return table.text(style)
  }

  private static func milliseconds(_ times: [Duration?]) -> String {
    times.map { time in
      time.map { $0.inMilliseconds.fixed($0 < .milliseconds(100) ? 1 : 0) } ?? "–"
    }.joined(separator: "  ")
  }

  private func addFrames(_ table: inout TextTable, _ style: Style) {
    table.add([style(.bold, "frames")] + sides.map { $0.outcome.total.frames.total.grouped })
    for fate in FrameFate.allCases {
      let counts = sides.map(\.outcome.total.frames[fate])
      guard counts.contains(where: { $0 > 0 }) else { continue }
      let tone: Style.Tone? =
        switch fate {
        case .answeredAtEdge: nil
        case .answeredByCloud: .green
        case .dropped: .red
        default: .yellow
        }
      let name = "  \(fate.name)"
      table.add([tone.map { style($0, name) } ?? name] + counts.map(\.grouped))
    }
  }

  private func addEscalations(_ table: inout TextTable, _ style: Style) {
    table.add(
      [style(.bold, "escalations")] + sides.map { $0.outcome.total.escalations.total.grouped })
    for fate in EscalationFate.allCases {
      let counts = sides.map(\.outcome.total.escalations[fate])
      guard counts.contains(where: { $0 > 0 }) else { continue }
      let isGood = fate == .answeredInTime || fate == .batchedInTime
      let isLater = fate == .batchedLate || fate == .stillQueued || fate == .refusedByCeiling
      let tone: Style.Tone = isGood ? .green : isLater ? .yellow : .red
      table.add([style(tone, "  \(fate.name)")] + counts.map(\.grouped))
    }
  }

  /// Who was paid, and for whom.
  private func costs(_ style: Style) -> String {
    let outcome = runs.cascade
    var out = ""
    func list(_ title: String, _ rows: [(String, Int64)]) {
      let paid = rows.filter { $0.1 > 0 && !$0.0.isEmpty }
      guard !paid.isEmpty else { return }
      let shown = paid.sorted { $0.1 > $1.1 }.prefix(6).map { "\($0.0) \(money($0.1))" }
      let rest = paid.count > 6 ? ", \(paid.count - 6) others" : ""
      out += "cost by \(title): \(shown.joined(separator: ", "))\(rest)\n"
    }
    list("provider", outcome.costByProvider.map { ($0.name, $0.cost) })
    list("key", outcome.costByKey.map { ($0.name, $0.cost) })
    if outcome.stations.count > 1 {
      list("station", zip(outcome.stations, outcome.byStation).map { ($0, $1.cost) })
    }
    return out
  }

  // MARK: - Timeline

  /// Columns before the timeline: room for the titles of incidents.
  private var margin: Int {
    min(36, max(20, 4 + (storyboard.incidents.map(\.title.count).max() ?? 0)))
  }

  private func timeline(_ style: Style) -> String {
    let outcome = runs.cascade
    let moments = outcome.moments
    guard !moments.isEmpty else { return "" }
    let columns = min(max(20, style.width - margin), moments.count)
    var out = "\n"
    func row(_ title: String, _ text: String) {
      let gap = String(repeating: " ", count: max(1, margin - title.count))
      out += title + gap + text + "\n"
    }
    row("escalations", Sparkline.text(moments.map(\.escalations), width: columns))
    row(
      "  answered in time",
      style(.green, Sparkline.text(moments.map { $0.escalations - $0.misses }, width: columns)))
    if moments.contains(where: { $0.misses > 0 }) {
      row("  not in time", style(.red, Sparkline.text(moments.map(\.misses), width: columns)))
    }
    if moments.contains(where: { $0.deepestQueue > 0 }) {
      row("  on disk", style(.yellow, Sparkline.text(moments.map(\.deepestQueue), width: columns)))
    }
    if moments.contains(where: { $0.dropped > 0 }) {
      row("  frames dropped", style(.red, Sparkline.text(moments.map(\.dropped), width: columns)))
    }
    let column = { (index: Int) -> (Instant, Instant) in
      let start = index * moments.count / columns
      let end = max(start + 1, (index + 1) * moments.count / columns)
      return (
        .zero + outcome.momentLength * Int64(start), .zero + outcome.momentLength * Int64(end)
      )
    }
    for incident in storyboard.incidents {
      let marks = (0..<columns).map { index -> Character in
        let (start, end) = column(index)
        return incident.start < end
          && (incident.end > start || incident.start == incident.end && incident.start >= start)
          ? "▓" : "·"
      }
      row("  \(incident.title.prefix(margin - 4))", style(.red, String(marks)))
    }
    let alarms = outcome.driftAlarms
    if !alarms.isEmpty {
      let marks = (0..<columns).map { index -> Character in
        let (start, end) = column(index)
        return alarms.contains { $0.time >= start && $0.time < end } ? "!" : "·"
      }
      row("  drift alarms", style(.yellow, String(marks)))
    }
    let last = RehearsalReport.clock(outcome.momentLength * Int64(moments.count))
    row("", "0:00" + String(repeating: " ", count: max(1, columns - 4 - last.count)) + last)
    return out + alarmText
  }

  /// What the alarm is worth, and how long it took to notice each change.
  private var alarmText: String {
    guard let drift = runs.cascade.drift else { return "" }
    var out = ""
    for delay in storyboard.plan.changes.map(\.title) {
      let found = drift.delays.filter { $0.change == delay }
      guard !found.isEmpty else { continue }
      let first = DriftDetector.allCases.compactMap { detector -> String? in
        let those = found.filter { $0.detector == detector }
        guard !those.isEmpty else { return nil }
        let best = those.compactMap(\.delay).min()
        return "\(detector.name) \(best.map { Self.text($0) } ?? "never")"
      }
      out += "“\(delay)” noticed after: \(first.joined(separator: ", "))\n"
    }
    if !out.isEmpty {
      let rates = DriftDetector.allCases.compactMap { detector -> String? in
        let settings = drift.settings.filter { $0.detector == detector }
        guard let worst = settings.map(\.falseAlarmsPerDay).max() else { return nil }
        return "\(detector.name) \(worst.fixed(3))"
      }
      out += "false alarms a station and day of belt: \(rates.joined(separator: ", "))\n"
    }
    return out
  }

  // MARK: - Verdict

  private func verdict(_ style: Style) -> String {
    guard !checks.isEmpty else { return "" }
    var out = "\n" + style(passes ? .green : .red, passes ? "PASS" : "FAIL") + "\n"
    for check in checks {
      let mark = style(check.holds ? .green : .red, check.holds ? "✓" : "✗")
      out += "  \(mark) \(check.expectation.text): \(text(check.value, check.expectation))\n"
    }
    guard let broken = checks.first(where: { !$0.holds }) else { return out }
    out +=
      "\nfirst broken: \(broken.expectation.text), but \(text(broken.value, broken.expectation))\n"
    return out + minutes(around: broken, style)
  }

  private func minutes(around broken: ExpectationCheck, _ style: Style) -> String {
    let outcome = runs.cascade
    let range = broken.moments(of: runs, storyboard, reach: 3)
    guard !range.isEmpty else { return "" }
    var table = TextTable([
      .init("from"), .init("frames", .right), .init("lost", .right), .init("escalated", .right),
      .init("in time", .right), .init("late", .right), .init("failed", .right),
      .init("kept", .right), .init("on disk", .right), .init("cost", .right), .init("during"),
    ])
    for index in range {
      let moment = outcome.moments[index]
      let start = Instant.zero + outcome.momentLength * Int64(index)
      let failed = moment[.timedOut] + moment[.refused] + moment[.notSent]
      let inTime = moment[.answeredInTime] + moment[.batchedInTime]
      table.add(
        [RehearsalReport.clock(start - .zero)]
          + [
            moment.frames, moment.dropped, moment.escalations, inTime, moment[.answeredLate],
            failed, moment.misses - moment[.answeredLate] - failed, moment.deepestQueue,
          ].map(\.grouped) + [
            money(moment.cost, 4),
            happenings(from: start, to: start + outcome.momentLength).joined(separator: ", "),
          ])
    }
    return table.text(style, indent: 2)
  }
}
