import Events
import Metrics
import Scenarios
import VirtualTime

extension ReplayReport {
  /// One screen from which a stranger can decide whether to flash: does it fit, is it in time, is
  /// it right, and where did everything go.
  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, scenario.name) + "\n"
    if let summary = scenario.summary { out += summary + "\n" }
    out += "\n" + setting(style)
    out += "\n" + fit(style) + "\n" + time(style) + "\n" + rightness(style)
    out += "\n" + account(style) + "\n" + words(style) + "\n" + verdict(style)
    return out
  }

  /// Lines of a title in the margin and what belongs to it; the title stands on the first line.
  private func block(_ style: Style, _ title: String, _ lines: [String]) -> String {
    var out = ""
    for (index, line) in lines.enumerated() {
      let margin = (index == 0 ? title : "")
      let gap = String(repeating: " ", count: 10 - margin.count)
      out += (index == 0 ? style(.bold, margin) : margin) + gap + line + "\n"
    }
    return out
  }

  private func setting(_ style: Style) -> String {
    let trace = outcome.trace
    let seconds = Double(trace.lastTime - trace.firstTime) / 1e6
    var traceLines = [
      "\(scenario.trace.file): \(scenario.trace.origin.rawValue), \(trace.format.title), "
        + "\(outcome.events.total.grouped) events in \(seconds.fixed(1)) s"
    ]
    if !outcome.runs.isEmpty {
      let counts = outcome.runs.map(\.eventCount)
      let line = Sparkline.text(counts, width: min(60, counts.count))
      traceLines.append("\(line)  events a window, at most \((counts.max() ?? 0).grouped)")
    }
    traceLines += changes(trace)
    for (kind, entry) in trace.anomalies.found {
      traceLines.append(style(.yellow, "\(entry.count.grouped) × \(kind.title)"))
    }
    for filter in outcome.filters {
      traceLines.append(
        "filter \(filter.name): removed \(filter.removed.grouped) of \(filter.seen.grouped) events")
    }
    return block(style, "Trace", traceLines)
      + block(
        style, "Model",
        [
          "\(context.modelFile): \(context.modelSize.bytesText), trained on "
            + "\(card.data.origin.rawValue) data; \(windowsText)"
        ])
      + block(
        style, "Device",
        [
          "\(context.boardTitle) at \(megahertz) MHz, \(context.runtimeTitle), "
            + "\(context.arithmetic)"
        ])
  }

  /// What is not as the recording has it, and which part of it was replayed.
  private func changes(_ trace: ReplayOutcome.TraceFacts) -> [String] {
    func seconds(_ time: Int64) -> String { "\((Double(time) / 1e6).fixed(6)) s" }
    var lines: [String] = []
    if let slice = trace.slice {
      let from = slice.lowerBound == .min ? nil : "from \(seconds(slice.lowerBound))"
      let to = slice.upperBound == .max ? nil : "before \(seconds(slice.upperBound))"
      let times = [from, to].compactMap { $0 }.joined(separator: " and ")
      lines.append("only events \(times) on its own clock")
    }
    switch scenario.trace.adjustment.timeShift {
    case .none: break
    case .by(let time): lines.append("times shifted by \(seconds(time)), labels as they are")
    case .firstToZero: lines.append("times count from the first event, labels as they are")
    }
    switch scenario.trace.adjustment.origin {
    case .topLeft: break
    case .bottomLeft: lines.append("coordinates from the bottom left")
    case .stored: lines.append("coordinates as stored")
    }
    if trace.raisedTimes > 0 {
      lines.append("\(trace.raisedTimes.grouped) × time raised to the one before")
    }
    return lines
  }

  private var windowsText: String {
    func span(_ microseconds: Int64) -> String { milliseconds(microseconds * 1_000) }
    switch scenario.windows {
    case .time(let length, let stride): return "windows of \(span(length)) every \(span(stride))"
    case .events(let count, let stride):
      return "windows of \(count.grouped) events every \(stride.grouped)"
    case .adaptive(let count, let shortest, let longest):
      return "windows of \(count.grouped) events, \(span(shortest)) to \(span(longest))"
    }
  }

  private var megahertz: String {
    let value = Double(outcome.clock.hertz) / 1e6
    return value == value.rounded() ? value.fixed(0) : value.fixed(1)
  }

  private func milliseconds(_ nanoseconds: Int64, _ places: Int = 1) -> String {
    "\((Double(nanoseconds) / 1e6).fixed(places)) ms"
  }

  private func fit(_ style: Style) -> String {
    let usages = [context.flash, context.ram].compactMap(\.self) + context.regions
    let nameWidth = usages.map(\.name.count).max() ?? 0
    let sizeWidth = usages.map { $0.used.bytesText.count }.max() ?? 0
    var lines = usages.map { usage in
      let name = usage.name + String(repeating: " ", count: nameWidth - usage.name.count)
      let used = usage.used.bytesText
      let gap = String(repeating: " ", count: sizeWidth - used.count)
      let share = usage.size == 0 ? 0 : 100 * Double(usage.used) / Double(usage.size)
      return "\(name)  \(bar(usage, style))  \(gap)\(used) of \(usage.size.bytesText), "
        + "\(share.fixed(1)) %"
    }
    lines += context.misfits.map { style(.red, $0) }
    return block(style, "Fits?", lines)
  }

  private func bar(_ usage: ReplayContext.Usage, _ style: Style) -> String {
    let width = 20
    let isOver = usage.used > usage.size
    let cells =
      isOver || usage.size == 0
      ? width : min(width, (usage.used * width + usage.size - 1) / usage.size)
    let full = String(repeating: "█", count: cells)
    return style(isOver ? .red : .green, full) + String(repeating: "░", count: width - cells)
  }

  private func time(_ style: Style) -> String {
    guard let latency = outcome.latency else {
      return block(style, "In time?", ["no complete window, so no answer"])
    }
    var table = TextTable([
      .init(""), .init("p50", .right), .init("p90", .right), .init("p99", .right),
      .init("max", .right), .init(""),
    ])
    func add(_ name: String, _ spread: ReplayOutcome.Spread, _ note: String) {
      table.add(
        [name]
          + [spread.p50, spread.p90, spread.p99, spread.maximum].map {
            milliseconds($0.nanoseconds, 2)
          } + [note])
    }
    add("latency", latency, "from a window's close to its answer")
    if let reaction = outcome.reaction {
      add("reaction", reaction, "from a window's oldest event to its answer")
    }
    var lines = table.text(style).split(separator: "\n").map(String.init)
    lines += workLines
    if let deadline = scenario.deadline {
      let count = outcome.runs.count
      let inTime = count - outcome.deadlineMisses
      let text = "deadline \(milliseconds(deadline)): \(inTime.grouped) of \(count.grouped) in time"
      lines.append(style(outcome.deadlineMisses == 0 ? .green : .red, text))
    }
    lines.append(
      "core busy \((100 * outcome.load).fixed(1)) %, longest queue \(outcome.longestQueue), "
        + "event buffer at most \(outcome.bufferHighWater.grouped) of "
        + "\(scenario.bufferCapacity.grouped) events")
    if let power = context.power {
      let energy = power.millijoules(of: outcome)
      let each = outcome.runs.isEmpty ? 0 : energy / Double(outcome.runs.count)
      lines.append(
        "energy \(each.fixed(2)) mJ an answer, \(energy.fixed(0)) mJ in all, from the board file"
          + (power.idle == nil ? "; as if the core never slept" : ""))
    }
    return block(style, "In time?", lines)
  }

  private var workLines: [String] {
    let clock = outcome.clock
    let inference = clock.duration(ofCycles: outcome.inferenceCycles).nanoseconds
    let count = Int64(max(outcome.runs.count, 1))
    let preprocessing = clock.duration(ofCycles: outcome.preprocessingCycles / count).nanoseconds
    let error = context.inferenceError.map {
      " ± \((Double(inference) * $0 / 1e6).fixed(2))"
    }
    let time = "\((Double(inference) / 1e6).fixed(2))\(error ?? "") ms"
    return [
      "inference \(time), estimated: \(context.runtimeError)",
      "preprocessing \(milliseconds(preprocessing, 2)) on average, modelled, not validated",
    ]
  }

  private func account(_ style: Style) -> String {
    let events = outcome.events
    let windows = outcome.windows
    var table = TextTable([.init(""), .init("", .right), .init("")])
    table.add(
      "events", events.total.grouped,
      "= \(events.used.grouped) used + \(events.late.grouped) late + "
        + "\(events.dropped.grouped) dropped + \(events.malformed.grouped) malformed"
        + (outcome.filters.isEmpty ? "" : " + \(events.filtered.grouped) filtered"))
    table.add(
      "dropped", events.dropped.grouped,
      "= \(events.bufferFull.grouped) buffer full + \(events.windowDropped.grouped) with their "
        + "window + \(events.outsideWindows.grouped) outside complete windows")
    table.add(
      "windows", windows.total.grouped,
      "= \(windows.scored.grouped) scored + \(windows.unlabelled.grouped) unlabelled + "
        + "\(windows.straddling.grouped) straddling a label + \(windows.dropped.grouped) dropped")
    return block(style, "Account", table.text().split(separator: "\n").map(String.init))
  }

  private func words(_ style: Style) -> String {
    let memory =
      context.isMemoryPlanned ? "memory is planned as the runtime does it" : "memory is estimated"
    let answers = "Answers are \(context.fidelity); \(memory);"
    let lines =
      answers.wrapped(to: 95).split(separator: "\n").map(String.init) + [
        "inference time is estimated from a runtime profile; preprocessing time is modelled; nothing",
        "was measured on this board. The trace is \(scenario.trace.origin.rawValue).",
      ]
    return lines.map { style(.dim, $0) + "\n" }.joined()
  }

  private func verdict(_ style: Style) -> String {
    let head = passes ? style(.green, "PASS") : style(.red, "FAIL")
    let lines = checks.map { check in
      check.holds ? describe(check) : style(.red, describe(check) + "  ← not met")
    }
    return lines.enumerated().map { ($0 == 0 ? head : "    ") + "  " + $1 + "\n" }.joined()
  }

  private func describe(_ check: ReplayCheck) -> String {
    func percent(_ share: Double) -> String { "\((100 * share).fixed(1)) %" }
    switch check.bound {
    case .fits(let fits): return fits ? "fits the board" : "does not fit the board"
    case .shareAtLeast(let least, let found):
      return "\(check.title) at least \(percent(least)): \(found.map(percent) ?? "none scored")"
    case .countAtMost(let most, let found):
      return "\(check.title) at most \(most.grouped): \(found.grouped)"
    case .bytesAtMost(let most, let found):
      return "\(check.title) at most \(most.bytesText): \(found.bytesText)"
    }
  }
}

extension ReplayCheck {
  /// The words for a name in `expect`.
  fileprivate var title: String {
    switch name {
    case "flashAtMost": "flash"
    case "ramAtMost": "RAM"
    case "deadlineMissesAtMost": "deadline misses"
    case "droppedWindowsAtMost": "dropped windows"
    case "lostEventsAtMost": "events lost to a full buffer"
    case "accuracyAtLeast": "accuracy"
    case "segmentAccuracyAtLeast": "segments right by majority"
    default: name
    }
  }
}

extension ReplayReport {
  fileprivate func rightness(_ style: Style) -> String {
    guard let accuracy = outcome.accuracy else {
      return block(style, "Right?", ["nothing scored: no labelled window was answered"])
    }
    func percent(_ share: Double) -> String { "\((100 * share).fixed(1)) %" }
    func range(_ interval: Interval) -> String {
      "\((100 * interval.lower).fixed(1))–\(percent(interval.upper))"
    }
    var lines = [
      "accuracy \(percent(accuracy.share)), \(accuracy.correct.grouped) of "
        + "\(accuracy.scored.grouped) scored windows; by majority "
        + "\(accuracy.segmentsCorrect) of \(accuracy.segments) segments right"
    ]
    var intervals: [String] = []
    if let clustered = accuracy.clustered {
      intervals.append("\(range(clustered)) by segment")
    }
    if let wilson = accuracy.wilson {
      intervals.append("\(range(wilson)) if windows were independent (they are not)")
    }
    if !intervals.isEmpty { lines.append("95 %: " + intervals.joined(separator: "; ")) }
    return block(style, "Right?", lines + confusionLines(style))
  }

  /// One row a true class, one column an answer, numbered by label.
  private func confusionLines(_ style: Style) -> [String] {
    var table = TextTable(
      [.init("true class \\ answer")]
        + card.classes.map { .init("\($0.label)", .right) }
        + [.init("recall", .right), .init("precision", .right)])
    let matrix = outcome.confusion
    func percent(_ share: Double?) -> String { share.map { "\((100 * $0).fixed(0)) %" } ?? "–" }
    for truth in card.classes.indices {
      let cells = card.classes.indices.map { answer in
        let count = matrix[truth: truth, answer: answer]
        if count == 0 { return style(.dim, "·") }
        return truth == answer ? style(.green, "\(count)") : style(.red, "\(count)")
      }
      table.add(
        ["\(card.classes[truth].label) \(card.classes[truth].name)"] + cells
          + [percent(matrix.recall(of: truth)), percent(matrix.precision(of: truth))])
    }
    return table.text(style).split(separator: "\n").map(String.init)
  }
}
