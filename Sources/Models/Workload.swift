extension Graph {
  /// Multiply–accumulate steps of one run of an operator; 0 for operators that have none.
  ///
  /// A convolution counts every tap of every output, also those that fall into the padding, as
  /// converters and vendor tools do. Saturates instead of overflowing.
  package func macs(of operation: Operator) -> Int {
    guard let output = operation.outputs.first.map({ tensors[$0].shape }) else { return 0 }
    switch operation.kind {
    case .conv2D:
      guard let filter = shape(of: operation, 1), filter.count == 4 else { return 0 }
      return saturated(output + filter[1...])
    case .depthwiseConv2D:
      guard let filter = shape(of: operation, 1), filter.count == 4 else { return 0 }
      return saturated(output + filter[1...2])
    case .transposeConv:
      guard let filter = shape(of: operation, 1), let input = shape(of: operation, 2) else {
        return 0
      }
      return saturated(input + filter.dropLast())
    case .fullyConnected:
      guard let filter = shape(of: operation, 1), filter.count == 2 else { return 0 }
      return saturated(output + [filter[1]])
    case .batchMatmul:
      guard case .batchMatMul(let adjointX, _) = operation.options,
        let x = shape(of: operation, 0), x.count >= 2
      else { return 0 }
      return saturated(output + [adjointX ? x[x.count - 2] : x[x.count - 1]])
    case .svdf:
      guard let features = shape(of: operation, 1), let time = shape(of: operation, 2) else {
        return 0
      }
      return saturatedSum(
        saturated([output.first ?? 1] + features), saturated([output.first ?? 1] + time))
    case .unidirectionalSequenceLSTM:
      return lstmMACs(operation)
    default:
      return 0
    }
  }

  /// Multiply–accumulate steps of one inference.
  package var macs: Int { operators.reduce(0) { saturatedSum($0, macs(of: $1)) } }

  /// Elements of the weights and biases of an operator; sizes, axes and paddings do not count.
  package func parameterCount(of operation: Operator) -> Int {
    parameters(of: operation).reduce(0) { $0 + tensors[$1].elementCount }
  }

  /// Elements of all weights and biases, a tensor shared by two operators once.
  package var parameterCount: Int {
    var isCounted = [Bool](repeating: false, count: tensors.count)
    for operation in operators {
      for index in parameters(of: operation) { isCounted[index] = true }
    }
    return tensors.indices.reduce(0) { $0 + (isCounted[$1] ? tensors[$1].elementCount : 0) }
  }

  /// Bytes of all constants, each counted as often as a tensor holds it.
  package var constantBytes: Int { tensors.reduce(0) { $0 + ($1.constant?.count ?? 0) } }

  private func parameters(of operation: Operator) -> [Int] {
    let steering = operation.kind.steeringInputs
    return operation.inputs.enumerated().compactMap { position, index in
      guard let index, tensors[index].constant != nil, !steering.contains(position) else {
        return nil
      }
      return index
    }
  }

  /// Four gates on the input and the fed-back output of each step, and the projection if any.
  private func lstmMACs(_ operation: Operator) -> Int {
    guard let input = shape(of: operation, 0), input.count == 3 else { return 0 }
    var perStep = 0
    for position in Array(1...8) + [16] {
      if let weights = shape(of: operation, position) {
        perStep = saturatedSum(perStep, saturated(weights))
      }
    }
    return saturated([input[0], input[1], perStep])
  }

  private func shape(of operation: Operator, _ position: Int) -> [Int]? {
    guard position < operation.inputs.count, let index = operation.inputs[position] else {
      return nil
    }
    return tensors[index].shape
  }
}

extension OperatorKind {
  /// Inputs that tell the operator what to do and are no weights.
  fileprivate var steeringInputs: ClosedRange<Int> {
    switch self {
    case .transposeConv, .split, .fill: 0...0
    case .splitV, .slice, .stridedSlice, .spaceToBatchNd, .batchToSpaceNd: 1...3
    case .reshape, .pad, .padv2, .mirrorPad, .resizeBilinear, .resizeNearestNeighbor, .mean, .sum,
      .reduceProd, .reduceMax, .reduceMin, .reduceAny, .reduceAll, .tile, .transpose, .expandDims,
      .argMax, .argMin, .broadcastTo, .gather, .gatherNd, .cumsum, .reverseV2, .topkV2:
      1...1
    default: -1...(-1)
    }
  }
}

extension Model {
  /// Names of operators that Preflash cannot plan for, custom ones among them: each once, in order
  /// of first use.
  package var unsupportedOperators: [String] {
    var names: [String] = []
    for graph in graphs {
      for operation in graph.operators where !operation.kind.isPlanned {
        let name = operation.customName.map { "custom ‘\($0)’" } ?? operation.kind.name
        if !names.contains(name) { names.append(name) }
      }
    }
    return names
  }
}

private func saturated(_ factors: [Int]) -> Int {
  if factors.contains(0) { return 0 }
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    if overflow { return .max }
    product = next
  }
  return product
}

private func saturatedSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}
