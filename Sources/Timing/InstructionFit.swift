package import Boards
package import Bytes

/// One layer's instructions, counted on an instruction-set simulator.
package struct InstructionCount: Sendable {
  package var file: String
  package var layer: Int
  package var instructions: Double

  /// Rows of `mcu/tflm_cmsisnn_instructions_per_layer.csv`: TFLM with CMSIS-NN, GCC 12 -O2, counted
  /// on QEMU's Cortex-M7 to ± 20 instructions.
  package static func read(_ text: String) throws(InputError) -> [InstructionCount] {
    let table = try CommaSeparated(text, file: "mcu/tflm_cmsisnn_instructions_per_layer.csv")
    var out: [InstructionCount] = []
    for row in table.rows {
      out.append(
        InstructionCount(
          file: try table.text("model", row) + ".tflite",
          layer: Int(try table.number("layer", row)),
          instructions: try table.number("instructions", row)))
    }
    return out
  }
}

/// Instructions per unit of work of TFLM with CMSIS-NN, fitted layer by layer.
package struct InstructionFit: Sendable {
  private let counts: [InstructionCount]
  private let works: [String: [LayerWork]]
  private let networks: [String: Double]

  /// Pull of a constant to the prior, against a network of measured layers: enough to give terms
  /// that no counted layer has a value, too little to move the others.
  private static let strength = 0.01

  package init(_ counts: [InstructionCount], works: [String: [LayerWork]]) {
    self.counts = counts.filter {
      works[$0.file].map { [layer = $0.layer] in layer < $0.count } ?? false
    }
    self.works = works
    networks = Dictionary(counts.map { ($0.file, $0.instructions) }, uniquingKeysWith: +)
  }

  /// Instructions per unit, in order of `RuntimeCost.allCases`; lines of weights take none.
  package func fit(without family: String? = nil) -> [Double] {
    let prior = RuntimeCost.allCases.map { CostPrior.isMemory($0) ? 0 : CostPrior.instructions($0) }
    var problem = LeastSquares(unknowns: prior.count)
    for row in counts where Measurement.family(of: row.file) != family {
      // A relative error weighs as much as the layer's share of its network.
      let weight = (row.instructions / networks[row.file]!).squareRoot()
      let work = works[row.file]![row.layer]
      problem.add(
        work.counts.indices.map { ($0, weight * work.counts[$0] * prior[$0] / row.instructions) },
        equals: weight)
    }
    for term in prior.indices { problem.add([(term, Self.strength)], equals: Self.strength) }
    return zip(problem.solution(), prior).map { $0 * $1 }
  }

  /// Predicted / counted − 1 of every whole network, by fits that left its family out.
  package func heldOut() -> [(file: String, error: Double)] {
    var out: [(file: String, error: Double)] = []
    let families = Set(networks.keys.map { Measurement.family(of: $0) }).sorted()
    for family in families {
      let fitted = fit(without: family)
      for file in networks.keys.sorted() where Measurement.family(of: file) == family {
        out.append((file, Self.instructions(of: works[file]!, fitted) / networks[file]! - 1))
      }
    }
    return out
  }

  /// Root mean square errors and shapes by kind of layer, every layer predicted by a fit that left its
  /// family out and weighing as much as it takes.
  ///
  /// - Parameter spread: relative error of cycles per instruction, which all layers share.
  package func evidence(spread: Double) -> [LayerKind: LayerEvidence] {
    var squares: [LayerKind: (sum: Double, weight: Double)] = [:]
    var ranges: [LayerKind: ShapeRange] = [:]
    for family in Set(networks.keys.map { Measurement.family(of: $0) }).sorted() {
      let fitted = fit(without: family)
      for row in counts where Measurement.family(of: row.file) == family {
        let work = works[row.file]![row.layer]
        let error = Self.instructions(of: [work], fitted) / row.instructions - 1
        let sum = squares[work.layerKind] ?? (0, 0)
        squares[work.layerKind] = (
          sum.sum + row.instructions * error * error, sum.weight + row.instructions
        )
        ranges[work.layerKind, default: ShapeRange()].include(work)
      }
    }
    var out: [LayerKind: LayerEvidence] = [:]
    for (kind, sum) in squares {
      let variance = sum.sum / max(1, sum.weight) + spread * spread
      out[kind] = ranges[kind]!.evidence(error: variance.squareRoot())
    }
    return out
  }

  package static func instructions(of works: [LayerWork], _ each: [Double]) -> Double {
    works.reduce(0) { sum, work in
      sum + zip(work.counts, each).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }
}
