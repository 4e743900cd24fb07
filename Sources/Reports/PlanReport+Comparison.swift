import Planning

extension PlanReport {
  /// The runtime's plan against the best one: what its planner wastes.
  func comparisonText(_ comparison: PlanComparison, _ style: Style) -> String {
    var table = TextTable([.init(""), .init("bytes", .right), .init("")])
    table.add("runtime’s planner", comparison.runtime.grouped, wasteText(comparison))
    table.add(
      "best plan found", comparison.best.plan.size.grouped, Self.proof(of: comparison.best))
    if let reordered = comparison.reordered {
      table.add("in another order", reordered.plan.size.grouped, orderText(comparison, reordered))
      if let planned = comparison.reorderedRuntime {
        table.add("  by the runtime", planned.grouped, "if the file’s operators were in that order")
      }
    }
    var out = "Plans of activations and scratch\n" + table.text(style, indent: 2)
    if let offline = comparison.offline {
      out += "  --emit writes a model that makes the runtime need \(offline.size.grouped) B\n"
    }
    return out
  }

  private func wasteText(_ comparison: PlanComparison) -> String {
    guard comparison.waste > 0 else {
      return comparison.best.isProvenSmallest
        ? "wastes nothing" : "nothing better found"
    }
    return
      "wastes \(comparison.waste.grouped) B, \(Self.percent(comparison.waste, of: comparison.runtime))"
  }

  private static func proof(of search: ArenaSearch) -> String {
    search.isProvenSmallest
      ? "no plan is smaller"
      : "no plan is below \(search.lowerBound.grouped); gap \(search.gap.grouped) B, "
        + percent(search.gap, of: search.plan.size)
  }

  private func orderText(_ comparison: PlanComparison, _ search: ArenaSearch) -> String {
    let saved = comparison.best.plan.size - search.plan.size
    let change =
      saved > 0
      ? "saves \(saved.grouped) B, \(Self.percent(saved, of: comparison.best.plan.size))"
      : "saves nothing"
    let proof =
      comparison.order.isProvenBest && search.isProvenSmallest
        && search.plan.size == comparison.order.peak
      ? "no order is smaller" : "a smaller one is not ruled out"
    return "\(change); \(proof)"
  }

  private static func percent(_ part: Int, of whole: Int) -> String {
    "\((Double(part) / Double(max(1, whole)) * 100).fixed(1)) %"
  }

  static func json(_ comparison: PlanComparison) -> JSONValue {
    [
      "runtimeBytes": .integer(comparison.runtime),
      "bestBytes": .integer(comparison.best.plan.size),
      "lowerBoundBytes": .integer(comparison.best.lowerBound),
      "wasteBytes": .integer(comparison.waste),
      "offlineBytes": comparison.offline.map { .integer($0.size) } ?? .null,
      "otherOrder": comparison.reordered.map { search in
        [
          "bestBytes": .integer(search.plan.size),
          "lowerBoundBytes": .integer(search.lowerBound),
          "runtimeBytes": comparison.reorderedRuntime.map { .integer($0) } ?? .null,
          "peakIsProvenLeast": .bool(comparison.order.isProvenBest),
          "operators": .array(comparison.order.operators.map { .integer($0) }),
        ]
      } ?? .null,
    ]
  }
}
