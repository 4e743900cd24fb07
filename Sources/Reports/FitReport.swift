import Boards
package import Fit
import Models
import Planning
import Timing

/// The answer of `preflash fit`, as text for people or as JSON.
package struct FitReport: Sendable {
  package var verdict: Verdict
  /// Whether to list every layer rather than the costliest.
  package var listsLayers: Bool

  package init(_ verdict: Verdict, listsLayers: Bool = false) {
    self.verdict = verdict
    self.listsLayers = listsLayers
  }

  var estimate: DeviceEstimate { verdict.estimate }

  // MARK: Text

  package func text(_ style: Style) -> String {
    let board = estimate.board
    var out = style(.bold, estimate.modelName) + " on \(board.title)"
    out += " at \(megahertz(board.clock)) with \(estimate.runtime.title)\n\n"
    // A timeline of TFLM's plan would mislead about a runtime with a planner of its own.
    out += (estimate.runtime.activations == nil ? plan.text(style) : plan.regionsText(style)) + "\n"
    out += memory(style) + "\n"
    out += layers(style) + "\n"
    out += latency(style) + "\n"
    return out + checks(style)
  }

  var plan: PlanReport {
    PlanReport(placement: estimate.placement, arena: estimate.arena, graph: estimate.graph)
  }

  private func memory(_ style: Style) -> String {
    var table = TextTable([.init(""), .init("bytes", .right), .init("")])
    let flash = estimate.flash
    let ram = estimate.ram
    let stored = estimate.runtime.modelStorage == .file ? "the file" : "weights and biases"
    table.add("flash", flash.total.grouped, "")
    table.add("  model", flash.model.grouped, stored)
    table.add("  code", flash.code.grouped, codeNote)
    table.add("RAM", ram.total.grouped, "without the stack")
    if let activations = estimate.runtime.activations {
      table.add("  activations", ram.arena.grouped, Self.note(on: activations))
    } else {
      table.add("  arena", ram.arena.grouped, "as TFLM plans it, to the byte")
    }
    table.add("  runtime", ram.runtime.grouped, "")
    return table.text(style)
  }

  private static func note(on activations: Activations) -> String {
    "estimated: the planner is not public; ± \((activations.meanError * 100).fixed(0)) % of "
      + "\(activations.rows) published sizes, worst \((activations.worstError * 100).fixed(0)) %"
  }

  private var codeNote: String {
    let assumed = estimate.flash.assumedOperators
    return assumed.isEmpty ? "" : "size assumed for \(assumed.joined(separator: ", "))"
  }

  /// Layers to list: all, or the costliest ones in order of cost.
  private var listed: [LayerCycles] {
    guard !listsLayers else { return estimate.layers }
    let costly = estimate.layers.enumerated().sorted {
      ($1.element.cycles, $0.offset) < ($0.element.cycles, $1.offset)
    }
    return costly.prefix(6).map(\.element).filter { $0.cycles > 0 }
  }

  private func layers(_ style: Style) -> String {
    let total = Double(max(1, estimate.cycles))
    var table = TextTable([
      .init("#", .right), .init("operator"), .init("output"), .init("MACs", .right),
      .init("cycles", .right), .init("a MAC", .right), .init("ms", .right), .init("%", .right),
    ])
    for layer in listed {
      let work = layer.work
      table.add(
        "\(work.operatorIndex)", work.kind.name,
        work.outputShape.map(String.init).joined(separator: "×"),
        work.macs == 0 ? "" : work.macs.grouped, layer.cycles.grouped,
        work.macs == 0 ? "" : (Double(layer.cycles) / Double(work.macs)).fixed(2),
        milliseconds(estimate.nanoseconds(of: layer.cycles)),
        (Double(layer.cycles) / total * 100).fixed(1))
    }
    let hidden = estimate.layers.count - listed.count
    let more = listsLayers || hidden <= 0 ? "" : "\(hidden) more layers: --layers\n"
    return table.text(style) + style(.dim, more)
  }

  private func latency(_ style: Style) -> String {
    var out = "Estimated latency \(style(.bold, milliseconds(estimate.nanoseconds) + " ms")), "
    out += "\(estimate.latencyErrorText)\n"
    out += "  \(estimate.cycles.grouped) cycles, \(estimate.macs.grouped) MACs"
    if estimate.macs > 0 {
      out += ", \((Double(estimate.cycles) / Double(estimate.macs)).fixed(2)) cycles a MAC"
    }
    out += "; profile \(estimate.runtime.name)\n"
    if let note = estimate.runtime.evidence.note { out += style(.dim, "  \(note)") + "\n" }
    if estimate.setting.isOffChip {
      out += "  Memory outside the chip is included: "
      out += "\(estimate.setting.extraPerWeightLine.fixed(0)) cycles more a line of weights, "
      out += "\(estimate.setting.extraPerActivationLine.fixed(0)) a line of activations\n"
    }
    return out
  }

  private func checks(_ style: Style) -> String {
    var table = TextTable([.init(""), .init(""), .init("")])
    for check in verdict.checks {
      let word = check.passes ? style(.green, "PASS") : style(.red, "FAIL")
      table.add(word, check.subject.rawValue, explanation(of: check))
    }
    let whole = verdict.passes ? style(.green, "PASS") : style(.red, "FAIL")
    return table.text(style) + style(.bold, whole) + "\n"
  }

  /// What was found against what is allowed, in words.
  func explanation(of check: Verdict.Check) -> String {
    let margin = check.margin.magnitude
    switch check.subject {
    case .flash, .ram:
      let rest = check.passes ? "left" : "missing"
      return "\(check.used.bytesText) of \(check.limit.bytesText), "
        + "\(Int(margin).bytesText) \(rest)"
    case .latency:
      let rest = check.passes ? "left" : "too long"
      return "\(milliseconds(check.used)) of \(milliseconds(check.limit)) ms, "
        + "\(milliseconds(Int(margin))) ms \(rest)\(doubt(of: check))"
    case .placement:
      return check.passes ? "everything has a region" : misfitText
    case .operators:
      return check.passes
        ? "the runtime has all of them"
        : "the runtime lacks \(missingText(verdict.audit))"
    }
  }

  private var misfitText: String {
    estimate.placement.misfits.map(PlanReport.describe).joined(separator: "; ")
  }

  /// A verdict on latency that the profile's error could turn around says so.
  private func doubt(of check: Verdict.Check) -> String {
    guard estimate.isCalibrated, let worst = estimate.runtime.evidence.worstError else {
      return "; not validated, measure before you rely on it"
    }
    let margin = (Double(check.limit) / Double(max(1, check.used)) - 1).magnitude
    return margin < worst ? "; within the profile’s error, measure" : ""
  }

  private func missingText(_ audit: OperatorAudit) -> String {
    audit.missing.map { missing in
      let shown = missing.layers.prefix(8).map(String.init).joined(separator: ", ")
      let more = missing.layers.count > 8 ? ", …" : ""
      let noun = missing.layers.count == 1 ? "layer" : "layers"
      return "\(missing.name) (\(noun) \(shown)\(more))"
    }.joined(separator: ", ")
  }
}

/// Milliseconds with three decimals below ten, two above.
private func milliseconds(_ nanoseconds: Int) -> String {
  let value = Double(nanoseconds) / 1e6
  return value.fixed(value < 10 ? 3 : 2)
}

private func megahertz(_ hertz: Int) -> String {
  hertz % 1_000_000 == 0
    ? "\(hertz / 1_000_000) MHz" : "\((Double(hertz) / 1e6).fixed(3)) MHz"
}

extension DeviceEstimate {
  /// How good the latency is, to stand beside it wherever it is printed.
  package var latencyErrorText: String {
    guard isCalibrated, let mean = runtime.evidence.meanError,
      let worst = runtime.evidence.worstError
    else {
      let reasons = uncalibrated + (setting.isOffChip ? ["memory outside the chip"] : [])
      guard runtime.evidence.isMeasured else { return "modelled, not validated" }
      return "modelled, not validated for \(reasons.joined(separator: ", "))"
    }
    return "± \((mean * 100).fixed(1)) % on architectures it never saw "
      + "(worst \((worst * 100).fixed(1)) %, \(runtime.evidence.rows) latencies of "
      + "\(runtime.evidence.families.count) families)"
  }
}
