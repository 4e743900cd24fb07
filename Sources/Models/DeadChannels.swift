/// Channels of convolutions that are zero whatever the input is: none of their weights meets a channel
/// that is alive, and their bias alone gives zero. ST's tools leave such channels out from version 8.1
/// on.
private struct DeadChannels {
  private let graph: Graph
  /// Tensors of one group have the same channels; nil where channels must stay.
  private(set) var groupOfTensor: [Int?]
  /// For each group, which channels may be anything but zero; nil for a group that must stay.
  private(set) var isAlive: [[Bool]?] = []

  init(_ graph: Graph) {
    self.graph = graph
    groupOfTensor = Array(repeating: nil, count: graph.tensors.count)
    for operation in graph.operators { follow(operation) }
    for output in graph.outputs { pin(output) }
  }

  private mutating func pin(_ tensor: Int) {
    if let group = groupOfTensor[tensor] { isAlive[group] = nil }
  }

  private mutating func follow(_ operation: Operator) {
    guard let input = operation.inputs.first ?? nil, operation.outputs.count == 1 else {
      for tensor in operation.inputs.compactMap({ $0 }) { pin(tensor) }
      return
    }
    let output = operation.outputs[0]
    let known = groupOfTensor[input].flatMap { isAlive[$0] }
    switch operation.kind {
    case .conv2D:
      guard let alive = aliveOutputs(of: operation, inputs: known) else { return pin(input) }
      groupOfTensor[output] = isAlive.count
      isAlive.append(alive)
    case .depthwiseConv2D:
      guard let alive = aliveOutputs(of: operation, inputs: known) else { return pin(input) }
      groupOfTensor[output] = groupOfTensor[input]
      // A channel that the depthwise layer makes zero need not be computed before it either; one
      // that it makes something else of must stay.
      if let group = groupOfTensor[input], known != nil { isAlive[group] = alive }
    case .fullyConnected:
      // Weights are only cut where each column is one channel.
      let columns = operation.inputs.count > 1 ? operation.inputs[1] : nil
      let isCut = columns.map { graph.tensors[$0] }?.shape.last == graph.tensors[input].shape.last
      if !isCut { pin(input) }
    case .averagePool2D, .maxPool2D, .mean, .reshape: pass(input, output)
    default:
      for tensor in operation.inputs.compactMap({ $0 }) { pin(tensor) }
    }
  }

  /// Channels keep their places and their zero.
  private mutating func pass(_ input: Int, _ output: Int) {
    let (from, to) = (graph.tensors[input], graph.tensors[output])
    guard from.shape.last == to.shape.last, from.quantization == to.quantization else {
      return pin(input)
    }
    groupOfTensor[output] = groupOfTensor[input]
  }

  /// Which output channels of a convolution may be anything but zero. Nil for other types than int8,
  /// a depth multiplier, and shapes or quantizations that do not fit.
  private func aliveOutputs(of operation: Operator, inputs alive: [Bool]?) -> [Bool]? {
    guard operation.inputs.count == 3, case .convolution(let options) = operation.options,
      let input = operation.inputs[0].map({ graph.tensors[$0] }),
      let filter = operation.inputs[1].map({ graph.tensors[$0] }),
      let bias = operation.inputs[2].map({ graph.tensors[$0] })?.int32Values,
      input.type == .int8, filter.shape.count == 4, let weights = filter.int8Values,
      let scale = input.quantization?.scales.first, let scales = filter.quantization?.scales,
      let output = graph.tensors[operation.outputs[0]].quantization?.scales.first
    else { return nil }
    let isDepthwise = operation.kind == .depthwiseConv2D
    let channels = filter.shape[isDepthwise ? 3 : 0]
    let depth = filter.shape[3]
    guard channels > 0, depth == input.shape.last, bias.count == channels,
      weights.count == filter.elementCount, scales.count == 1 || scales.count == channels,
      alive.map({ $0.count == depth }) ?? true
    else { return nil }
    var out = bias.indices.map { channel in
      let factor = Double(scale) * Double(scales[scales.count == 1 ? 0 : channel]) / Double(output)
      let value = Double(bias[channel]) * factor
      // A rectifier makes zero of all that is negative.
      return options.activation == .relu || options.activation == .relu6
        ? value > 0.49 : value.magnitude > 0.49
    }
    for (index, weight) in weights.enumerated() where weight != 0 && alive?[index % depth] ?? true {
      out[isDepthwise ? index % depth : index / (weights.count / channels)] = true
    }
    // A layer without any channel is none that a kernel could run.
    if !out.contains(true) { out[0] = true }
    return out
  }
}

extension Graph {
  /// The graph without channels that are zero whatever the input is.
  ///
  /// Only convolutions of int8 with constant weights lose channels, and only where every reader can do
  /// without: further convolutions, poolings, and a matrix whose columns are channels.
  package func withoutDeadChannels() -> Graph {
    let dead = DeadChannels(self)
    let alive = dead.groupOfTensor.map { group in group.flatMap { dead.isAlive[$0] } }
    guard alive.contains(where: { $0?.contains(false) ?? false }) else { return self }
    var graph = self
    for operation in operators {
      guard let output = operation.outputs.first else { continue }
      let kept = (operation.inputs.first ?? nil).flatMap { alive[$0] }
      switch operation.kind {
      case .conv2D:
        graph.cut(operation, 1, axis: 3, keeping: kept)
        graph.cut(operation, 1, axis: 0, keeping: alive[output])
        graph.cut(operation, 2, axis: 0, keeping: alive[output])
      case .depthwiseConv2D:
        graph.cut(operation, 1, axis: 3, keeping: alive[output])
        graph.cut(operation, 2, axis: 0, keeping: alive[output])
      case .fullyConnected: graph.cut(operation, 1, axis: 1, keeping: kept)
      default: break
      }
    }
    for (index, kept) in alive.enumerated() {
      if let kept { graph.tensors[index].keep(kept, axis: tensors[index].shape.count - 1) }
    }
    return graph
  }

  private mutating func cut(_ operation: Operator, _ position: Int, axis: Int, keeping: [Bool]?) {
    guard let keeping, position < operation.inputs.count, let index = operation.inputs[position]
    else { return }
    tensors[index].keep(keeping, axis: axis)
  }
}

extension Tensor {
  /// Leaves out the slices of `axis` that are not kept; as it is where sizes do not fit.
  fileprivate mutating func keep(_ kept: [Bool], axis: Int) {
    guard axis < shape.count, shape[axis] == kept.count, let size = type.size else { return }
    let count = kept.count { $0 }
    if let bytes = constant.map(Array.init), bytes.count == elementCount * size {
      let run = shape[(axis + 1)...].reduce(size, *)
      var left: [UInt8] = []
      left.reserveCapacity(bytes.count / kept.count * count)
      for start in stride(from: 0, to: bytes.count, by: run)
      where kept[start / run % kept.count] {
        left += bytes[start..<start + run]
      }
      constant = left[...]
    }
    shape[axis] = count
    if let pairs = quantization, pairs.isPerChannel, pairs.axis == axis,
      pairs.scales.count == kept.count, pairs.zeroPoints.count == kept.count
    {
      quantization?.scales = zip(pairs.scales, kept).filter(\.1).map(\.0)
      quantization?.zeroPoints = zip(pairs.zeroPoints, kept).filter(\.1).map(\.0)
    }
  }
}
