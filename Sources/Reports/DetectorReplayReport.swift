import EdgeBox
import Metrics
package import Scenarios
import VirtualTime

/// One detector on one recording over windows of one or several lengths.
package struct DetectorReplayReport: Sendable {
  package var scenario: DetectorScenario
  package var card: ModelCard
  /// The box in its mode, and its runtime.
  package var boxTitle: String
  package var runtimeTitle: String
  /// What stands behind the inference time.
  package var basis: [String]
  /// Microseconds of the window that the scenario means, of which alone it expects something.
  package var ownWindow: Int64
  package var outcomes: [DetectorReplay.Outcome]

  package init(
    _ scenario: DetectorScenario, card: ModelCard, boxTitle: String, runtimeTitle: String,
    basis: [String], ownWindow: Int64, outcomes: [DetectorReplay.Outcome]
  ) {
    self.scenario = scenario
    self.card = card
    self.boxTitle = boxTitle
    self.runtimeTitle = runtimeTitle
    self.basis = basis
    self.ownWindow = ownWindow
    self.outcomes = outcomes
  }

  /// Whether what was expected holds; nothing is of a length that the scenario does not mean.
  package var passes: Bool { isAsExpected ?? true }

  /// Nil when nothing is expected of what there is.
  private var isAsExpected: Bool? {
    guard let least = scenario.expect?.precisionAt50AtLeast,
      let own = outcomes.first(where: { $0.window == ownWindow })
    else { return nil }
    return (own.precisionAt50 ?? -1) >= least
  }

  // MARK: Text

  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, scenario.name) + "\n"
    out += "\(card.name) on \(scenario.trace.file), fixed weights; \(boxTitle), \(runtimeTitle)\n\n"
    var table = TextTable([
      .init("window", .right), .init("windows", .right), .init("median events", .right),
      .init("mAP@0.5", .right), .init("95 %", .right), .init("preprocessing + inference", .right),
      .init("in no window", .right), .init("late", .right), .init("outside", .right),
    ])
    for outcome in outcomes {
      let (before, model) = (outcome.preprocessing, outcome.inference)
      table.add(
        "\(Self.number(Double(outcome.window) / 1_000)) ms", outcome.record.frameCount.grouped,
        outcome.medianEvents.grouped, outcome.precisionAt50.percent(),
        outcome.intervals?.overall[.precisionAt50].map {
          "\((100 * $0.lower).fixed(1))–\((100 * $0.upper).fixed(1)) %"
        } ?? "–",
        "\(before.inMilliseconds.fixed(2)) + \(model.inMilliseconds.fixed(2)) = "
          + "\((before + model).inMilliseconds.fixed(2)) ms",
        outcome.windows.unusedCount.grouped, outcome.windows.lateCount.grouped,
        outcome.windows.outsideCount.grouped)
    }
    out += table.text(style) + "\n" + classes(style) + "\n"
    if let shape { out += shape + "\n" }
    if let isAsExpected, let least = scenario.expect?.precisionAt50AtLeast {
      out += style(isAsExpected ? .green : .red, isAsExpected ? "holds" : "BROKEN")
      out += ": mAP@0.5 of at least \(Double?(least).percent()) with "
      out += "\(Self.number(Double(ownWindow) / 1_000)) ms\n"
    }
    let notes =
      [
        "95 %: resamples of clips of \(DetectionScore.clip / 1_000_000) s. Preprocessing is modelled, "
          + "mean over the windows."
      ] + basis
    return out
      + notes.map { style(.dim, $0.wrapped(to: min(style.width, 95), indent: 2)) + "\n" }.joined()
  }

  private func classes(_ style: Style) -> String {
    var table = TextTable(
      [.init("AP50 by class"), .init("objects", .right)]
        + outcomes.map { .init("\(Self.number(Double($0.window) / 1_000)) ms", .right) })
    for (index, name) in card.classes.map(\.name).enumerated() {
      table.add(
        [name, outcomes.first?.score.matches.objectCount(of: index).grouped ?? "0"]
          + outcomes.map { $0.score.summary.classes[index][.precisionAt50].percent() })
    }
    return table.text(style)
  }

  /// Whether accuracy rises and falls again, as it stands in the table.
  private var shape: String? {
    let scores = outcomes.compactMap(\.precisionAt50)
    guard scores.count == outcomes.count, scores.count > 2,
      let best = scores.indices.max(by: { scores[$0] < scores[$1] })
    else { return nil }
    let length = "\(Self.number(Double(outcomes[best].window) / 1_000)) ms"
    let steps = zip(scores, scores.dropFirst())
    if steps.allSatisfy({ $0 <= $1 }) || steps.allSatisfy({ $0 >= $1 }) {
      return "Monotonic: best at \(length), an end of the sweep."
    }
    return "Not monotonic: best at \(length)."
  }

  private static func number(_ value: Double) -> String {
    value.fixed(value == value.rounded() ? 0 : 2)
  }

  // MARK: JSON

  package var json: JSONValue {
    [
      "scenario": .string(scenario.name), "trace": .string(scenario.trace.file),
      "model": .string(card.name), "box": .string(boxTitle), "runtime": .string(runtimeTitle),
      "passes": .bool(passes),
      "windows": .array(outcomes.map(Self.row)),
    ]
  }

  private static func row(_ outcome: DetectorReplay.Outcome) -> JSONValue {
    func share(_ value: Double?) -> JSONValue { value.map { .decimal($0, places: 6) } ?? .null }
    let overall = outcome.score.summary.overall
    let interval = outcome.intervals?.overall[.precisionAt50]
    return [
      "lengthMicroseconds": .integer(Int(outcome.window)),
      "windows": .integer(outcome.record.frameCount),
      "medianEvents": .integer(outcome.medianEvents),
      "objects": .integer(outcome.record.truth.count),
      "detections": .integer(outcome.record.detections.count),
      "precisionAt50": share(overall[.precisionAt50]), "lower": share(interval?.lower),
      "upper": share(interval?.upper), "precision": share(overall[.precision]),
      "classes": .array(outcome.score.summary.classes.map { share($0[.precisionAt50]) }),
      "preprocessingNanoseconds": .integer(Int(outcome.preprocessing.nanoseconds)),
      "inferenceNanoseconds": .integer(Int(outcome.inference.nanoseconds)),
      "eventsTotal": .integer(outcome.windows.total),
      "eventsInNoWindow": .integer(outcome.windows.unusedCount),
      "eventsLate": .integer(outcome.windows.lateCount),
      "eventsOutside": .integer(outcome.windows.outsideCount),
      "outputsDigest": .string(String(outcome.digest, radix: 16)),
    ]
  }
}
