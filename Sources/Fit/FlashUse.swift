import Boards
import Models
import Timing

/// What a deployment puts into flash, in bytes.
package struct FlashUse: Sendable, Equatable {
  /// The model: its file, or its weights and biases alone.
  package var model: Int
  /// Code, constants and initial values of the runtime.
  package var code: Int
  /// Operators whose code size is an assumption.
  package var assumedOperators: [String]

  package var total: Int { model + code }

  /// - Parameter run: The main graph as the runtime runs it, and the work of its operators.
  init(
    _ model: Model, run: Graph, works: [LayerWork], runtime: RuntimeProfile, code: RuntimeCode.Size
  ) {
    self.model =
      switch runtime.modelStorage {
      case .file: model.fileSize
      case .weights: Self.weights(of: run, works: works, runtime)
      }
    self.code = code.flash
    assumedOperators = code.assumed
  }

  /// What a compiler keeps: the constants that the remaining operators compute with. Shapes, axes
  /// and paddings have become code.
  private static func weights(
    of graph: Graph, works: [LayerWork], _ runtime: RuntimeProfile
  ) -> Int {
    // Tensors that constant operators compute become constants themselves.
    var isConstant = graph.tensors.map { $0.constant != nil }
    for work in works where work.isConstant {
      for output in graph.operators[work.operatorIndex].outputs { isConstant[output] = true }
    }
    var isKept = [Bool](repeating: false, count: graph.tensors.count)
    for work in works where !work.isConstant {
      let operation = graph.operators[work.operatorIndex]
      for (position, input) in operation.inputs.enumerated() {
        guard let input, isConstant[input] else { continue }
        let isBias = position == 2 && work.macs > 0
        switch graph.tensors[input].type {
        case .int32, .int64: isKept[input] = isKept[input] || isBias
        default: isKept[input] = true
        }
      }
    }
    // An output that is known beforehand is stored as it comes out, or as what it is converted from.
    for work in works where work.isConstant {
      let operation = graph.operators[work.operatorIndex]
      guard operation.outputs.contains(where: { graph.outputs.contains($0) }) else { continue }
      let stored =
        runtime.storesFoldedOutputs ? operation.outputs : operation.inputs.compactMap { $0 }
      for tensor in stored { isKept[tensor] = true }
    }
    return graph.tensors.indices.reduce(0) { $0 + (isKept[$1] ? graph.tensors[$1].byteCount : 0) }
  }
}
