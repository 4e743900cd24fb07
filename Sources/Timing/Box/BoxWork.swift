package import Boards
package import Models

/// What a network asks of a box, counted from its graph alone.
package struct BoxWork: Equatable, Sendable {
  /// Multiply–accumulates.
  package var macs: Int
  /// Operators that remain when a runtime has folded constants and merged reshaping and padding.
  package var operators: Int
  /// Elements of weights and biases.
  package var parameters: Int
  /// Elements that operators read and write, each once an operator; weights are not among them.
  package var activations: Int
  package var networks: NetworkClass
  package var zeros: ZeroWeights

  package init(
    macs: Int, operators: Int, parameters: Int, activations: Int, networks: NetworkClass,
    zeros: ZeroWeights = ZeroWeights()
  ) {
    self.macs = macs
    self.operators = operators
    self.parameters = parameters
    self.activations = activations
    self.networks = networks
    self.zeros = zeros
  }

  package init(_ graph: Graph) {
    let works = LayerWork.of(graph).filter { !$0.isConstant && !$0.vanishesWhenCompiled }
    let running = works.map { graph.operators[$0.operatorIndex] }
    macs = graph.macs
    operators = works.count
    parameters = graph.parameterCount
    activations = running.reduce(0) { sum, operation in
      let touched = operation.inputs.compactMap { $0 } + operation.outputs
      return touched.reduce(sum) { sum, index in
        let tensor = graph.tensors[index]
        guard tensor.constant == nil else { return sum }
        let (next, overflow) = sum.addingReportingOverflow(tensor.elementCount)
        return overflow ? .max : next
      }
    }
    networks = Self.networks(running, of: graph)
    zeros = ZeroWeights(of: running, in: graph)
  }

  /// A multiply–accumulate is two operations, as in the tables of those who publish latencies.
  package var gigaoperations: Double { 2 * Double(macs) / 1e9 }

  /// Bytes that have to pass between memory and processor at least: weights once, activations in and
  /// out of every operator.
  package func traffic(_ precision: Precision) -> Double {
    (Double(parameters) + Double(activations)) * Double(precision.size)
  }

  private static func networks(_ operators: [Operator], of graph: Graph) -> NetworkClass {
    let whole = operators.count { $0.kind == .conv2D }
    let depthwise = operators.count { $0.kind == .depthwiseConv2D }
    // A block of MobileNet has one of each.
    if depthwise * 3 >= whole + depthwise && depthwise > 0 { return .depthwise }
    let joins = operators.contains { operation in
      operation.kind == .concatenation
        && operation.inputs.count { $0.map { graph.tensors[$0].constant == nil } ?? false } > 1
    }
    return joins || graph.outputs.count > 1 ? .branching : .residual
  }
}

/// Zeros among the weights of convolutions and fully connected layers, and how they lie.
package struct ZeroWeights: Equatable, Sendable {
  package var weights = 0
  package var zeros = 0
  /// Multiply–accumulates of all layers, and of those whose weights have two zeros in every four
  /// neighbouring input channels.
  package var macs = 0
  package var pairedMACs = 0

  package init() {}

  /// From 0 to 1.
  package var share: Double { weights == 0 ? 0 : Double(zeros) / Double(weights) }
  /// Share of the work whose zeros lie in pairs.
  package var pairedShare: Double { macs == 0 ? 0 : Double(pairedMACs) / Double(macs) }

  init(of operators: [Operator], in graph: Graph) {
    for operation in operators {
      switch operation.kind {
      case .conv2D, .depthwiseConv2D, .fullyConnected: break
      default: continue
      }
      guard operation.inputs.count > 1, let index = operation.inputs[1],
        let isZero = graph.tensors[index].zeroElements
      else { continue }
      let work = graph.macs(of: operation)
      weights += isZero.count
      zeros += isZero.count { $0 }
      macs += min(work, .max - macs)
      if operation.kind != .depthwiseConv2D,
        Self.liesInPairs(isZero, channels: graph.tensors[index].shape.last ?? 0)
      {
        pairedMACs += min(work, .max - pairedMACs)
      }
    }
  }

  /// At least two zeros in each four neighbours along the innermost axis, the input channels.
  static func liesInPairs(_ isZero: [Bool], channels: Int) -> Bool {
    guard channels >= 4, channels % 4 == 0, !isZero.isEmpty else { return false }
    return stride(from: 0, to: isZero.count - 3, by: 4).allSatisfy { start in
      isZero[start..<start + 4].count { $0 } >= 2
    }
  }
}

extension Tensor {
  /// Whether each element of constant weights stands for 0; nil for types that weights do not have.
  fileprivate var zeroElements: [Bool]? {
    switch type {
    case .float32: return floatValues.map { $0.map { $0 == 0 } }
    case .int8:
      guard let values = int8Values else { return nil }
      // Weights are symmetric: an asymmetric zero point is one for the whole tensor.
      let zero = quantization.map { $0.isPerChannel ? 0 : $0.zeroPoints.first ?? 0 } ?? 0
      return values.map { Int($0) == zero }
    default: return nil
    }
  }
}
