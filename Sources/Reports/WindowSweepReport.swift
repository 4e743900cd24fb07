import Metrics
package import Scenarios
import VirtualTime

/// The table and plot of a window sweep, ready to be written as text or JSON.
package struct WindowSweepReport: Sendable {
  package var scenario: Scenario
  package var context: ReplayContext
  package var sweep: WindowSweep

  package init(_ scenario: Scenario, context: ReplayContext, sweep: WindowSweep) {
    self.scenario = scenario
    self.context = context
    self.sweep = sweep
  }

  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, scenario.name) + "\n"
    out += "\(scenario.trace.file) over \(sweep.rows.count) windows in one pass, fixed weights; "
    out += "\(context.boardTitle), \(context.runtimeTitle)\n\n"
    out += table(style) + "\n" + plot(style)
    let notes = [
      "Score: share of the scored windows that were answered right, with a 95 % interval; whole",
      "segments resampled where there are several. Latency: mean of modelled preprocessing plus",
      "estimated inference, \(context.runtimeError).",
    ]
    return out + "\n" + notes.map { style(.dim, $0) + "\n" }.joined()
  }

  private func table(_ style: Style) -> String {
    var table = TextTable([
      .init("window", .right), .init("windows", .right), .init("median events", .right),
      .init("score", .right), .init("95 %", .right), .init("preprocessing + inference", .right),
      .init("dropped", .right), .init("events lost", .right),
    ])
    for row in sweep.rows {
      table.add(
        Self.milliseconds(row.length * 1_000),
        row.outcome.windows.total.grouped,
        row.medianEvents?.grouped ?? "–",
        row.score.map { Self.percent($0.share) } ?? "–",
        row.score?.interval.map {
          "\((100 * $0.lower).fixed(1))–\(Self.percent($0.upper))"
        } ?? "–",
        latency(row),
        row.outcome.windows.dropped.grouped,
        row.outcome.events.bufferFull.grouped)
    }
    return table.text(style)
  }

  private func latency(_ row: WindowSweep.Row) -> String {
    guard let preprocessing = row.meanPreprocessing else { return "–" }
    let error = context.inferenceError.map {
      " ± \((Double(row.inference) * $0 / 1e6).fixed(2))"
    }
    return "\(Self.milliseconds(preprocessing)) + \(Self.milliseconds(row.inference))"
      + " = \((Double(preprocessing + row.inference) / 1e6).fixed(2))\(error ?? "") ms"
  }

  private static func percent(_ share: Double) -> String { "\((100 * share).fixed(1)) %" }

  private static func milliseconds(_ nanoseconds: Int64) -> String {
    let value = Double(nanoseconds) / 1e6
    return "\(value.fixed(value == value.rounded() ? 0 : value < 10 ? 2 : 1)) ms"
  }

  // MARK: Plot

  private static let plotHeight = 10
  private static let columnWidth = 8

  /// Score over window: a dot for each, a bar for its interval.
  private func plot(_ style: Style) -> String {
    let scores = sweep.rows.compactMap(\.score)
    let lows = scores.map { $0.interval?.lower ?? $0.share }
    let highs = scores.map { $0.interval?.upper ?? $0.share }
    guard var low = lows.min(), var high = highs.max() else { return "no window was scored\n" }
    // Whole steps of five points, and never a plot without height.
    low = (20 * low).rounded(.down) / 20
    high = max((20 * high).rounded(.up) / 20, low + 0.05)
    let shown = max(1, min(sweep.rows.count, (style.width - 9) / Self.columnWidth))
    func level(_ share: Double) -> Int {
      Int(((share - low) / (high - low) * Double(Self.plotHeight - 1)).rounded())
    }
    var out = ""
    for line in (0..<Self.plotHeight).reversed() {
      let share = low + (high - low) * Double(line) / Double(Self.plotHeight - 1)
      var text = Self.right(Self.percent(share), 7) + " ┤"
      for row in sweep.rows.prefix(shown) {
        text += Self.right(cell(row, line, level), Self.columnWidth)
      }
      while text.last == " " { text.removeLast() }
      out += text + "\n"
    }
    var axis = Self.right("window", 7) + "  "
    for row in sweep.rows.prefix(shown) {
      axis += Self.right(Self.milliseconds(row.length * 1_000), Self.columnWidth)
    }
    out += axis + "\n"
    if shown < sweep.rows.count {
      out += "the plot shows the first \(shown) of \(sweep.rows.count) windows\n"
    }
    return out
  }

  private func cell(_ row: WindowSweep.Row, _ line: Int, _ level: (Double) -> Int) -> String {
    guard let score = row.score else { return "" }
    if level(score.share) == line { return "●" }
    guard let interval = score.interval else { return "" }
    return (level(interval.lower)...level(interval.upper)).contains(line) ? "│" : ""
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension WindowSweepReport {
  /// Durations are whole nanoseconds, shares have four decimals: the same on every machine.
  package var json: JSONValue {
    [
      "scenario": .string(scenario.name),
      "trace": .string(scenario.trace.file),
      "board": .string(context.boardTitle),
      "runtime": .string(context.runtimeTitle),
      "inferenceTime": .string("estimated: \(context.runtimeError)"),
      "preprocessingTime": "modelled",
      "windows": .array(sweep.rows.map { Self.row($0, inferenceError: context.inferenceError) }),
    ]
  }

  private static func row(
    _ row: WindowSweep.Row, inferenceError: Double?
  ) -> JSONValue {
    let (outcome, score) = (row.outcome, row.score)
    func share(_ value: Double?) -> JSONValue { value.map { .decimal($0, places: 4) } ?? .null }
    func count(_ value: Int?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
    return [
      "lengthMicroseconds": .integer(Int(row.length)),
      "strideMicroseconds": .integer(Int(row.stride)),
      "windows": .integer(outcome.windows.total),
      "dropped": .integer(outcome.windows.dropped),
      "scored": .integer(outcome.windows.scored),
      "medianEvents": count(row.medianEvents),
      "score": share(score?.share),
      "lower": share(score?.interval?.lower),
      "upper": share(score?.interval?.upper),
      "preprocessingNanoseconds": count(row.meanPreprocessing.map { Int($0) }),
      "inferenceNanoseconds": .integer(Int(row.inference)),
      "inferenceError": share(inferenceError),
      "latencyP50Nanoseconds": count(outcome.latency.map { Int($0.p50.nanoseconds) }),
      "latencyP99Nanoseconds": count(outcome.latency.map { Int($0.p99.nanoseconds) }),
      "eventsUsed": .integer(outcome.events.used),
      "eventsLost": .integer(outcome.events.bufferFull),
      "outputsDigest": .string(String(outcome.digest, radix: 16)),
    ]
  }
}
