import Boards
package import Fit
import Models
package import Planning
import Timing

/// The answer of `preflash fit`, as text for people or as JSON.
///
/// The verdict comes first, then what fails and what to do about it, then where everything is.
package struct FitReport: Sendable {
  package var verdict: Verdict
  /// What would pass, where the verdict fails and somebody asked.
  package var advice: Advice?
  /// Whether to list every layer rather than the costliest.
  package var listsLayers: Bool
  /// The runtime's plan of the arena against better ones.
  package var comparison: PlanComparison?

  package init(
    _ verdict: Verdict, advice: Advice? = nil, listsLayers: Bool = false,
    comparison: PlanComparison? = nil
  ) {
    self.comparison = comparison
    self.verdict = verdict
    self.advice = advice
    self.listsLayers = listsLayers
  }

  var estimate: DeviceEstimate { verdict.estimate }

  /// Columns of the text.
  static let width = 100

  // MARK: Text

  package func text(_ style: Style) -> String {
    var out = headline(style) + checks(style) + "\n"
    if !verdict.audit.findings.isEmpty { out += audit(style) + "\n" }
    if let advice { out += text(of: advice, style) + "\n" }
    // A timeline of TFLM's plan would mislead about a runtime with a planner of its own.
    out += (estimate.runtime.activations == nil ? plan.text(style) : plan.regionsText(style)) + "\n"
    out += memory(style) + "\n"
    return out + layers(style) + "\n" + latency(style)
  }

  var plan: PlanReport {
    PlanReport(
      placement: estimate.placement, arena: estimate.arena, graph: estimate.graph,
      comparison: comparison)
  }

  private func headline(_ style: Style) -> String {
    let board = estimate.board
    let place =
      "on \(board.title) at \(megahertz(board.clock)) with \(estimate.runtime.title)"
    let text = "\(estimate.modelName) \(place)".wrapped(to: Self.width - 6, indent: 6)
    return "\(style(.bold, Self.word(verdict.passes, style)))  \(text)\n"
  }

  static func word(_ passes: Bool, _ style: Style) -> String {
    passes ? style(.green, "PASS") : style(.red, "FAIL")
  }

  private func checks(_ style: Style) -> String {
    Self.checks(
      verdict.checks.map { ($0.passes, $0.subject.rawValue, explanation(of: $0)) }, style)
  }

  /// A line or more for each check.
  static func checks(
    _ checks: [(passes: Bool, name: String, explanation: String)], _ style: Style
  ) -> String {
    var list = HangingList()
    let width = checks.map(\.name.count).max() ?? 0
    for check in checks {
      let gap = String(repeating: " ", count: width - check.name.count)
      list.add("\(word(check.passes, style))  \(check.name)\(gap)", check.explanation)
    }
    return list.text(width: FitReport.width, indent: 2)
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
    let reserve = estimate.reserve
    if reserve != .none {
      table.add("firmware flash", reserve.flash.grouped, "reserved")
      table.add(
        "firmware RAM", reserve.totalRAM.grouped,
        "reserved: stack \(reserve.stack.grouped), event buffer \(reserve.buffer.grouped)")
    }
    return table.text(style)
  }

  private static func note(on activations: Activations) -> String {
    "estimated, planner not public: ± \((activations.meanError * 100).fixed(0)) % on "
      + "\(activations.rows) published sizes, worst \((activations.worstError * 100).fixed(0)) %"
  }

  private var codeNote: String {
    let assumed = estimate.flash.assumedOperators
    guard !assumed.isEmpty else { return "" }
    let shown = assumed.prefix(2).joined(separator: ", ")
    return "size assumed for \(shown)\(assumed.count > 2 ? " and \(assumed.count - 2) more" : "")"
  }

  // MARK: Checks in words

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
      return "\(milliseconds(check.used, error: estimate.latencyError)) of "
        + "\(milliseconds(check.limit)) ms, \(milliseconds(Int(margin))) ms \(rest)"
        + doubt(of: check)
    case .placement:
      return check.passes ? "everything has a region" : misfitText
    case .operators:
      if check.passes {
        let count = verdict.audit.warnings.count
        return "the runtime has all of them"
          + (count == 0 ? "" : ", with \(count) \(count == 1 ? "warning" : "warnings")")
      }
      return verdict.audit.blocking.map { "\($0.name): \($0.problem)" }.joined(separator: "; ")
    }
  }

  private var misfitText: String {
    estimate.placement.misfits.map(PlanReport.describe).joined(separator: "; ")
  }

  /// A verdict on latency that the estimate's error could turn around says so.
  private func doubt(of check: Verdict.Check) -> String {
    guard let error = estimate.latencyError else {
      return "; not validated, measure before you rely on it"
    }
    let margin = (Double(check.limit) / Double(max(1, check.used)) - 1).magnitude
    return margin < error ? "; within the error, measure" : ""
  }
}
