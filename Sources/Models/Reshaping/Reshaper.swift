/// Rewrites a graph's shapes from its inputs to its outputs.
struct Reshaper {
  /// Rewritten up to the operator at hand.
  private(set) var graph: Graph
  /// As it was.
  let original: Graph
  private let classes: DimensionClasses
  /// New sizes of classes of dimensions.
  private var sizes: [Int: Int] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    original = graph
    classes = DimensionClasses(graph)
  }

  mutating func apply(_ change: ShapeChange) throws(GraphProblem) {
    switch change {
    case .inputSize(let height, let width):
      let image = try imageInput()
      graph.tensors[image.tensor].shape[image.heightAxis] = height
      graph.tensors[image.tensor].shape[image.widthAxis] = width
    case .inputChannels(let count):
      let image = try imageInput()
      graph.tensors[image.tensor].shape[image.channelAxis] = count
      try resize(classes.find(image.tensor, image.channelAxis), to: count)
    case .firstLayer(let count):
      guard let first = producers.first else {
        throw GraphProblem("expected a convolution to make narrower, found none")
      }
      try resize(first.dimensionClass, to: count)
    case .width(let percent):
      for producer in producers where !classes.isPinned(producer.dimensionClass) {
        sizes[producer.dimensionClass] = Self.scaled(producer.channels, percent: percent)
      }
      guard !sizes.isEmpty else {
        throw GraphProblem("expected layers whose width may change, found none")
      }
    }
    for index in graph.operators.indices {
      do throws(GraphProblem) {
        try follow(index)
      } catch {
        throw GraphProblem(error.description, operatorIndex: index)
      }
    }
  }

  private func imageInput() throws(GraphProblem) -> ImageInput {
    guard let image = graph.imageInput else {
      throw GraphProblem("expected an input of four dimensions, found none")
    }
    return image
  }

  private mutating func resize(_ dimensionClass: Int, to size: Int) throws(GraphProblem) {
    guard !classes.isPinned(dimensionClass) else {
      throw GraphProblem("expected channels that may change, found them fixed by an operator")
    }
    sizes[dimensionClass] = size
  }

  /// The nearest multiple of 4 (kernels work on four channels at a time), at least 4; a layer that had
  /// another number of channels keeps it at 100 %.
  private static func scaled(_ channels: Int, percent: Int) -> Int {
    if percent == 100 || channels < 4 { return channels }
    return max(4, (channels * percent + 200) / 400 * 4)
  }

  // MARK: Producers of channels

  struct Producer {
    var dimensionClass: Int
    var channels: Int
  }

  /// Layers that make new channels out of all of their input's, in order.
  private var producers: [Producer] {
    let inputClasses = original.inputs.flatMap { input in
      original.tensors[input].shape.indices.map { classes.find(input, $0) }
    }
    return original.operators.compactMap { operation in
      guard let output = operation.outputs.first,
        let axis = original.tensors[output].shape.indices.last
      else { return nil }
      switch operation.kind {
      case .conv2D, .transposeConv, .fullyConnected: break
      case .depthwiseConv2D where original.input(0, of: operation)?.shape.last == 1: break
      default: return nil
      }
      let dimensionClass = classes.find(output, axis)
      guard !inputClasses.contains(dimensionClass) else { return nil }
      return Producer(
        dimensionClass: dimensionClass, channels: original.tensors[output].shape[axis])
    }
  }

  /// Output channels that the change gives to a layer; nil where it says nothing.
  func newChannels(of output: Int) -> Int? {
    guard let axis = original.tensors[output].shape.indices.last else { return nil }
    return sizes[classes.find(output, axis)]
  }

  // MARK: Rewriting

  private mutating func follow(_ index: Int) throws(GraphProblem) {
    let operation = graph.operators[index]
    let isTouched =
      operation.inputs.contains { $0.map { shapeHasChanged($0) } ?? false }
      || operation.outputs.contains { newChannels(of: $0) != nil }
    guard isTouched else { return }
    try adapt(index)
    guard let shapes = try graph.inferredOutputShapes(of: graph.operators[index]) else {
      throw GraphProblem(
        "\(operation.kind.name): expected shapes that follow from constants, found them computed")
    }
    for (output, shape) in zip(operation.outputs, shapes) { try setShape(output, shape) }
  }

  func shapeHasChanged(_ tensor: Int) -> Bool {
    graph.tensors[tensor].shape != original.tensors[tensor].shape
  }

  mutating func setShape(_ tensor: Int, _ shape: [Int]) throws(GraphProblem) {
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflow, product <= Int(Int32.max) else {
        throw GraphProblem("expected a shape of at least one element, found \(shape)")
      }
      count = product
    }
    graph.tensors[tensor].shape = shape
  }

  mutating func setOptions(_ index: Int, _ options: OperatorOptions) {
    graph.operators[index].options = options
  }

  /// Gives a constant another shape; two operators that share it must agree.
  mutating func resizeConstant(_ tensor: Int, to shape: [Int]) throws(GraphProblem) {
    guard graph.tensors[tensor].shape != shape else { return }
    guard original.tensors[tensor].constant != nil, !shapeHasChanged(tensor) else {
      throw GraphProblem(
        "expected a constant ‘\(original.tensors[tensor].name)’ that may change, found it shared or computed"
      )
    }
    try setShape(tensor, shape)
    graph.tensors[tensor] = original.tensors[tensor].resized(to: shape)
  }

  /// Gives a constant of whole numbers other values; two operators that share it must agree.
  mutating func setIntegers(_ tensor: Int, _ values: [Int]) throws(GraphProblem) {
    let found = graph.tensors[tensor].integerValues
    if found == values { return }
    guard let found, found == original.tensors[tensor].integerValues, found.count == values.count,
      let size = original.tensors[tensor].type.size
    else {
      throw GraphProblem(
        "expected a constant ‘\(original.tensors[tensor].name)’ that may change, found it shared or computed"
      )
    }
    var bytes: [UInt8] = []
    for value in values {
      for place in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }
    graph.tensors[tensor].constant = bytes[...]
  }
}

extension Graph {
  /// The tensor at one of an operator's inputs; nil where it is left out.
  func input(_ position: Int, of operation: Operator) -> Tensor? {
    guard position < operation.inputs.count, let index = operation.inputs[position] else {
      return nil
    }
    return tensors[index]
  }
}
