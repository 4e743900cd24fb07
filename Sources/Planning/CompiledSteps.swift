import Boards
import Models

/// What a compiler leaves of a graph to run: steps over buffers.
///
/// Constants are folded, a change of shape alone or of uint8 to int8 happens in place, padding becomes
/// a step of its own before the convolution that needs it, and a pooling that is the only reader of
/// a convolution runs with it on a few rows. Read off code that ST's tools 6 to 10 generate.
struct CompiledSteps {
  struct Step {
    /// Position in the graph's list of operators.
    var operatorIndex: Int
    var inputs: [Int]
    var outputs: [Int]
    /// Bytes that only this step needs.
    var scratch = 0
    /// How far the output must begin before the input to lie over it; nil if it may not.
    var lead: Int?
  }

  struct Buffer {
    var name: String
    var bytes: Int
  }

  private(set) var buffers: [Buffer] = []
  private(set) var steps: [Step] = []
  private(set) var inputs: [Int] = []
  private(set) var outputs: [Int] = []
  /// Tables and kernels that the steps need.
  private(set) var counts = CompiledCounts()

  private let graph: Graph
  private let rules: Activations
  /// Buffer of each tensor, once it has one.
  private var bufferOfTensor: [Int?]
  private var readerCounts: [Int]

  init(_ graph: Graph, rules: Activations) {
    self.graph = graph
    self.rules = rules
    bufferOfTensor = Array(repeating: nil, count: graph.tensors.count)
    readerCounts = Array(repeating: 0, count: graph.tensors.count)
    let folded = graph.foldsBeforehand
    var isConstant = graph.tensors.map { $0.constant != nil }
    for (index, operation) in graph.operators.enumerated() {
      if folded[index] { for output in operation.outputs { isConstant[output] = true } }
      for input in Set(operation.inputs.compactMap { $0 }) { readerCounts[input] += 1 }
    }
    for output in graph.outputs { readerCounts[output] += 1 }
    inputs = graph.inputs.map { buffer(of: $0) }
    var next = 0
    while next < graph.operators.count {
      next += folded[next] ? 1 : append(next, isConstant)
    }
    outputs = graph.outputs.map { buffer(of: $0) }
    counts.steps = steps.count
    counts.tensors += steps.reduce(0) { $0 + $1.outputs.count }
  }

  private mutating func buffer(of tensor: Int) -> Int {
    if let known = bufferOfTensor[tensor] { return known }
    buffers.append(Buffer(name: graph.tensors[tensor].name, bytes: graph.tensors[tensor].byteCount))
    bufferOfTensor[tensor] = buffers.count - 1
    return buffers.count - 1
  }

  /// Appends the steps of an operator.
  ///
  /// - Returns: How many operators they stand for.
  private mutating func append(_ index: Int, _ isConstant: [Bool]) -> Int {
    let operation = graph.operators[index]
    let computed = operation.inputs.compactMap { $0 }.filter { !isConstant[$0] }
    let inputs = computed.map { buffer(of: $0) }
    if let input = inputs.first, let output = operation.outputs.first,
      operation.isInPlace, buffers[input].bytes == graph.tensors[output].byteCount
    {
      bufferOfTensor[output] = input
      return 1
    }
    guard operation.kind == .conv2D || operation.kind == .depthwiseConv2D,
      let geometry = OperatorGeometry(operation, in: graph), let input = inputs.first
    else {
      var step = Step(operatorIndex: index, inputs: inputs, outputs: [])
      step.outputs = operation.outputs.map { buffer(of: $0) }
      step.lead = lead(of: operation, step)
      // Weights, biases and scratch.
      if operation.kind == .fullyConnected { counts.tensors += 3 }
      steps.append(step)
      return 1
    }
    return appendConvolution(index, geometry, input: input)
  }

  private mutating func appendConvolution(
    _ index: Int, _ geometry: OperatorGeometry, input: Int
  ) -> Int {
    let operation = graph.operators[index]
    let isFirst = operation.kind == .conv2D && geometry.inputChannels <= 4
    counts.tensors += 3
    counts.channels += geometry.outputChannels
    counts.kernels.insert(geometry.kernel(of: operation.kind))
    var source = input
    if geometry.needsPadding && !isFirst {
      buffers.append(Buffer(name: "\(buffers[input].name), padded", bytes: geometry.paddedBytes))
      source = buffers.count - 1
      let growth = max(0, buffers[source].bytes - buffers[input].bytes)
      steps.append(
        Step(
          operatorIndex: index, inputs: [input], outputs: [source],
          lead: rules.overlaps.contains(.padding) ? growth : nil))
    }
    var step = Step(operatorIndex: index, inputs: [source], outputs: [])
    step.scratch = geometry.scratch(kind: operation.kind, cache: rules.weightCache)
    if operation.kind == .conv2D, let rows = rowsPooled(after: index) {
      step.scratch += rows * geometry.outputWidth * geometry.outputChannels
      step.outputs = [buffer(of: graph.operators[index + 1].outputs[0])]
      steps.append(step)
      return 2
    }
    step.outputs = operation.outputs.prefix(1).map { buffer(of: $0) }
    if let output = step.outputs.first,
      rules.overlaps.contains(geometry.overlap(of: operation.kind))
    {
      step.lead = geometry.lead(input: buffers[source].bytes, output: buffers[output].bytes)
    }
    steps.append(step)
    return 1
  }

  /// Rows of a convolution's output that the pooling right behind it reads at a time.
  private func rowsPooled(after index: Int) -> Int? {
    let output = graph.operators[index].outputs[0]
    guard index + 1 < graph.operators.count, readerCounts[output] == 1 else { return nil }
    let pooling = graph.operators[index + 1]
    guard pooling.inputs.first == output, pooling.outputs.count == 1 else { return nil }
    switch (pooling.kind, pooling.options) {
    case (.averagePool2D, .pool(let options)), (.maxPool2D, .pool(let options)):
      return options.filter.height
    case (.mean, _): return graph.tensors[output].shape[1]
    default: return nil
    }
  }

  /// A conversion that does not grow reads every value before it writes there; explicit padding moves
  /// rows towards the end.
  private func lead(of operation: Operator, _ step: Step) -> Int? {
    guard let input = step.inputs.first, let output = step.outputs.first else { return nil }
    let growth = buffers[output].bytes - buffers[input].bytes
    switch operation.kind {
    case .quantize, .dequantize: return growth <= 0 ? 0 : nil
    case .pad where rules.overlaps.contains(.padding): return max(0, growth)
    default: return nil
    }
  }
}

extension Operator {
  /// The output is the input's bytes, or takes the place of each byte as it is read.
  fileprivate var isInPlace: Bool {
    switch kind {
    case .reshape, .squeeze, .expandDims, .quantize, .dequantize: true
    default: false
    }
  }
}
