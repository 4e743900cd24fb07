import Boards
package import Fit
import Models

/// The answer of `preflash fit --runtime all`: a row for each runtime, the best first.
package struct RuntimeComparisonReport: Sendable {
  package var comparison: RuntimeComparison

  package init(_ comparison: RuntimeComparison) { self.comparison = comparison }

  package func text(_ style: Style) -> String {
    guard let first = comparison.verdicts.first?.estimate else { return "No runtimes.\n" }
    let place = "on \(first.board.title) at \(megahertz(first.board.clock))"
    let title = "\(first.modelName) \(place)".wrapped(to: FitReport.width - 6, indent: 6)
    var out = "\(style(.bold, FitReport.word(comparison.passes, style)))  \(title)\n\n"
    var table = TextTable([
      .init(""), .init("runtime"), .init("flash", .right), .init("RAM", .right),
      .init("ms", .right), .init("±", .right), .init("operators"), .init("fails"),
    ])
    for verdict in comparison.verdicts {
      let estimate = verdict.estimate
      table.add(
        FitReport.word(verdict.passes, style), estimate.runtime.name,
        estimate.flash.total.grouped, estimate.ram.total.grouped,
        milliseconds(estimate.nanoseconds),
        estimate.uncertainty.map { (Double($0) / 1e6).fixed(2) } ?? "?",
        Self.operators(verdict.audit), Self.failures(verdict))
    }
    out += table.text(style) + "\n"
    for line in notes { out += style(.dim, line.wrapped(to: FitReport.width)) + "\n" }
    return out
  }

  private static func operators(_ audit: OperatorAudit) -> String {
    if !audit.blocking.isEmpty { return "\(audit.blocking.count) block" }
    return audit.warnings.isEmpty ? "all" : "all, \(audit.warnings.count) warn"
  }

  private static func failures(_ verdict: Verdict) -> String {
    verdict.checks.filter { !$0.passes }.map(\.subject.rawValue).joined(separator: ", ")
  }

  private var notes: [String] {
    var notes = [
      "Bytes; RAM without the stack. PASS for the whole when one runtime passes; among those that "
        + "pass the fastest is first."
    ]
    let unknown = comparison.verdicts.filter { !$0.estimate.isCalibrated }
    if !unknown.isEmpty {
      let names = unknown.map(\.estimate.runtime.name).joined(separator: ", ")
      notes.append("Latency modelled, not validated: \(names).")
    }
    return notes
  }

  package var json: JSONValue {
    let first = comparison.verdicts.first?.estimate
    return [
      "passes": .bool(comparison.passes),
      "model": .string(first?.modelName ?? ""),
      "board": .string(first?.board.name ?? ""),
      "runtimes": .array(comparison.verdicts.map { FitReport($0).json }),
    ]
  }
}
