package import Inference
import Kernels
import Models

/// Whether a model answers as other runtimes did.
package struct ValidationReport: Sendable {
  package var model: String
  package var file: String
  package var threshold: Double
  package var deviations: [OutputDeviation]

  package init(model: String, file: String, threshold: Double, deviations: [OutputDeviation]) {
    self.model = model
    self.file = file
    self.threshold = threshold
    self.deviations = deviations
  }

  package var passes: Bool { deviations.allSatisfy { $0.largest <= threshold } }

  private var caseCount: Int { deviations.first?.caseCount ?? 0 }

  package func text(_ style: Style = .plain) -> String {
    var out = verdict(passes, style) + "  \(style(.bold, model)) on \(caseCount.grouped) inputs of "
    out += "\(file)\n      deviation at most \(Self.number(threshold))\n\n"
    var table = TextTable([
      .init(""), .init("arithmetic"), .init("against"), .init("output"), .init("largest", .right),
      .init("steps", .right), .init("at input", .right), .init("element", .right),
      .init("mean", .right), .init("same answer", .right),
    ])
    for row in deviations {
      table.add(
        verdict(row.largest <= threshold, style), row.arithmetic.rawValue,
        row.reference.isEmpty ? "logits" : row.reference, row.tensor.name,
        Self.number(row.largest), steps(of: row).map { $0.fixed(1) } ?? "",
        row.largest == 0 ? "" : row.largestCase.grouped,
        row.largest == 0 ? "" : row.largestElement.grouped, Self.number(row.mean),
        row.hasAnswer ? "\(row.agreements.grouped) of \(row.caseCount.grouped)" : "")
    }
    out += table.text(style, indent: 2)
    if deviations.contains(where: { steps(of: $0) != nil }) {
      out += "\n" + style(.dim, "A step is the scale of a quantized output.") + "\n"
    }
    return out
  }

  private func verdict(_ isGood: Bool, _ style: Style) -> String {
    isGood ? style(.green, "PASS") : style(.red, "FAIL")
  }

  /// The largest deviation as a multiple of a quantized output's scale.
  private func steps(of deviation: OutputDeviation) -> Double? {
    guard let quantization = deviation.tensor.quantization, !quantization.isPerChannel,
      let scale = quantization.scales.first, scale > 0
    else { return nil }
    return deviation.largest / Double(scale)
  }

  /// Six decimals; exponents below what those can tell.
  private static func number(_ value: Double) -> String {
    value != 0 && value < 1e-4 ? "\(Float(value))" : value.fixed(6)
  }

  package var json: JSONValue {
    [
      "model": .string(model), "against": .string(file), "inputs": .integer(caseCount),
      "threshold": .decimal(threshold, places: 9), "passes": .bool(passes),
      "outputs": .array(
        deviations.map { row in
          [
            "arithmetic": .string(row.arithmetic.rawValue), "reference": .string(row.reference),
            "output": .integer(row.output), "name": .string(row.tensor.name),
            "largest": .decimal(row.largest, places: 12),
            "largestInput": .integer(row.largestCase),
            "largestElement": .integer(row.largestElement),
            "steps": steps(of: row).map { .decimal($0, places: 6) } ?? .null,
            "mean": .decimal(row.mean, places: 12),
            "sameAnswer": row.hasAnswer ? .integer(row.agreements) : .null,
            "passes": .bool(row.largest <= threshold),
          ]
        }),
    ]
  }
}
