extension Reshaper {
  /// Makes an operator's constants and options fit its inputs' new shapes and the channels asked for.
  mutating func adapt(_ index: Int) throws(GraphProblem) {
    let operation = graph.operators[index]
    switch operation.kind {
    case .conv2D: try adaptConvolution(operation)
    case .depthwiseConv2D: try adaptDepthwise(index)
    case .transposeConv: try adaptTransposed(operation)
    case .fullyConnected: try adaptFullyConnected(operation)
    case .averagePool2D, .maxPool2D, .l2Pool2D: try adaptPool(index)
    case .reshape: try adaptReshape(operation)
    case .resizeBilinear, .resizeNearestNeighbor: try adaptResize(operation)
    case .slice: try adaptSlice(operation)
    case .stridedSlice: try adaptStridedSlice(operation)
    case .gather, .gatherNd, .broadcastTo, .batchToSpaceNd, .spaceToBatchNd:
      throw problem(operation, "expected an operator that follows other shapes, found a fixed one")
    case let kind where kind.isElementwise: try adaptElementwise(operation)
    default: break
    }
  }

  private func problem(_ operation: Operator, _ text: String) -> GraphProblem {
    GraphProblem("\(operation.kind.name): \(text)")
  }

  private func index(_ operation: Operator, _ position: Int) throws(GraphProblem) -> Int {
    guard position < operation.inputs.count, let index = operation.inputs[position] else {
      throw problem(operation, "expected an input \(position), found none")
    }
    return index
  }

  private func shapes(
    _ operation: Operator, _ position: Int, rank: Int
  ) throws(GraphProblem) -> (old: [Int], new: [Int]) {
    let index = try index(operation, position)
    let (old, new) = (original.tensors[index].shape, graph.tensors[index].shape)
    guard old.count == rank, new.count == rank, old.allSatisfy({ $0 > 0 }) else {
      throw problem(operation, "expected \(rank) dimensions in input \(position), found \(old)")
    }
    return (old, new)
  }

  private mutating func resizeBias(
    _ operation: Operator, _ position: Int, from old: Int, to new: Int
  ) throws(GraphProblem) {
    guard position < operation.inputs.count, let bias = operation.inputs[position],
      original.tensors[bias].shape == [old]
    else { return }
    try resizeConstant(bias, to: [new])
  }

  // MARK: Layers with weights

  private mutating func adaptConvolution(_ operation: Operator) throws(GraphProblem) {
    let input = try shapes(operation, 0, rank: 4)
    let filter = try index(operation, 1)
    var shape = try shapes(operation, 1, rank: 4).old
    let old = shape
    let groups = max(1, input.old[3] / shape[3])
    guard input.new[3] % groups == 0 else {
      throw problem(operation, "expected channels in \(groups) groups, found \(input.new[3])")
    }
    shape[3] = input.new[3] / groups
    shape[0] = newChannels(of: operation.outputs[0]) ?? shape[0]
    try resizeConstant(filter, to: shape)
    try resizeBias(operation, 2, from: old[0], to: shape[0])
  }

  private mutating func adaptDepthwise(_ position: Int) throws(GraphProblem) {
    let operation = graph.operators[position]
    let input = try shapes(operation, 0, rank: 4)
    let filter = try index(operation, 1)
    var shape = try shapes(operation, 1, rank: 4).old
    let old = shape[3]
    var multiplier = max(1, old / input.old[3])
    if input.old[3] == 1, input.new[3] == 1, let channels = newChannels(of: operation.outputs[0]) {
      multiplier = channels
    }
    shape[3] = input.new[3] * multiplier
    try resizeConstant(filter, to: shape)
    try resizeBias(operation, 2, from: old, to: shape[3])
    if case .convolution(var options) = operation.options {
      options.depthMultiplier = multiplier
      setOptions(position, .convolution(options))
    }
  }

  /// Inputs: output shape, filter, input, bias. The output keeps its ratio to the input.
  private mutating func adaptTransposed(_ operation: Operator) throws(GraphProblem) {
    guard case .convolution(let options) = operation.options else { return }
    let input = try shapes(operation, 2, rank: 4)
    var filter = try shapes(operation, 1, rank: 4).old
    let output = operation.outputs[0]
    var shape = original.tensors[output].shape
    guard shape.count == 4 else { throw problem(operation, "expected an image as output") }
    let strides = [options.stride.height, options.stride.width]
    for axis in 1...2 {
      shape[axis] += (input.new[axis] - input.old[axis]) * strides[axis - 1]
    }
    let old = filter[0]
    filter[3] = input.new[3]
    filter[0] = newChannels(of: output) ?? old
    shape[3] = filter[0]
    try resizeConstant(try index(operation, 1), to: filter)
    try resizeBias(operation, 3, from: old, to: filter[0])
    let steering = try index(operation, 0)
    if graph.tensors[steering].constant != nil { try setIntegers(steering, shape) }
    try setShape(output, shape)
  }

  private mutating func adaptFullyConnected(_ operation: Operator) throws(GraphProblem) {
    let input = try index(operation, 0)
    let filter = try index(operation, 1)
    let old = try shapes(operation, 1, rank: 2).old
    let rows = max(1, original.tensors[input].elementCount / old[1])
    let elements = graph.tensors[input].elementCount
    let isByLast = original.tensors[input].shape.last == old[1]
    let depth = isByLast ? graph.tensors[input].shape.last ?? 0 : elements / rows
    let output = operation.outputs[0]
    let units = newChannels(of: output) ?? old[0]
    guard depth > 0, elements % depth == 0 else {
      throw problem(operation, "expected rows of \(old[1]) elements, found \(elements) elements")
    }
    try resizeConstant(filter, to: [units, depth])
    try resizeBias(operation, 2, from: old[0], to: units)
    var shape = original.tensors[output].shape
    let isPlain = shape.last == old[0]
    guard isPlain || (units == old[0] && elements / depth == rows) else {
      throw problem(operation, "expected an output of \(old[0]) units, found \(shape)")
    }
    if isPlain {
      shape[shape.count - 1] = units
      if elements / depth != rows {
        guard shape.count == 2 else {
          throw problem(operation, "expected \(rows) rows, found \(elements / depth)")
        }
        shape[0] = elements / depth
      }
    }
    try setShape(output, shape)
  }

  // MARK: Images

  /// A window over the whole image goes on covering the whole image.
  private mutating func adaptPool(_ position: Int) throws(GraphProblem) {
    let operation = graph.operators[position]
    guard case .pool(var options) = operation.options else { return }
    let input = try shapes(operation, 0, rank: 4)
    if options.filter.height == input.old[1] {
      if options.stride.height == options.filter.height { options.stride.height = input.new[1] }
      options.filter.height = input.new[1]
    }
    if options.filter.width == input.old[2] {
      if options.stride.width == options.filter.width { options.stride.width = input.new[2] }
      options.filter.width = input.new[2]
    }
    setOptions(position, .pool(options))
  }

  /// Inputs: image, [height, width]. A whole factor of enlargement stays.
  private mutating func adaptResize(_ operation: Operator) throws(GraphProblem) {
    let input = try shapes(operation, 0, rank: 4)
    let steering = try index(operation, 1)
    guard var size = original.tensors[steering].integerValues, size.count == 2 else {
      throw problem(operation, "expected a constant size, found it computed")
    }
    for axis in 0...1 where input.old[axis + 1] != input.new[axis + 1] {
      let scaled = size[axis] * input.new[axis + 1]
      guard scaled % input.old[axis + 1] == 0, scaled > 0 else {
        throw problem(operation, "expected a size that keeps its ratio, found \(size)")
      }
      size[axis] = scaled / input.old[axis + 1]
    }
    try setIntegers(steering, size)
  }

  // MARK: Arrangement

  private mutating func adaptReshape(_ operation: Operator) throws(GraphProblem) {
    let input = try index(operation, 0)
    let output = operation.outputs[0]
    let (old, new) = (original.tensors[input].shape, graph.tensors[input].shape)
    guard
      let shape = ReshapedDimensions.follow(
        old: old, output: original.tensors[output].shape, new: new)
    else {
      throw problem(
        operation, "expected \(new) to follow \(old) into \(original.tensors[output].shape)")
    }
    try setShape(output, shape)
  }

  /// Inputs: value, begin, size. A dimension taken whole stays whole; a part of one cannot follow.
  private mutating func adaptSlice(_ operation: Operator) throws(GraphProblem) {
    let value = try index(operation, 0)
    let (old, new) = (original.tensors[value].shape, graph.tensors[value].shape)
    let steering = try index(operation, 2)
    guard var size = original.tensors[steering].integerValues, size.count == old.count else {
      throw problem(operation, "expected a constant size, found it computed")
    }
    for axis in old.indices where old[axis] != new[axis] && size[axis] != -1 {
      guard size[axis] == old[axis] else {
        throw problem(operation, "expected dimension \(axis) whole, found \(size[axis]) of it")
      }
      size[axis] = new[axis]
    }
    try setIntegers(steering, size)
  }

  /// Inputs: value, begin, end, strides; steered by bit masks.
  private mutating func adaptStridedSlice(_ operation: Operator) throws(GraphProblem) {
    guard case .stridedSlice(let options) = operation.options else { return }
    let value = try index(operation, 0)
    let (old, new) = (original.tensors[value].shape, graph.tensors[value].shape)
    let steering = try index(operation, 2)
    guard var end = original.tensors[steering].integerValues,
      let begin = original.tensors[try index(operation, 1)].integerValues
    else { throw problem(operation, "expected a constant range, found it computed") }
    for axis in old.indices where old[axis] != new[axis] && axis < min(end.count, begin.count) {
      let isFromStart = options.beginMask >> axis & 1 == 1 || begin[axis] == 0
      let isToEnd = options.endMask >> axis & 1 == 1
      guard isFromStart, isToEnd || end[axis] == old[axis] else {
        throw problem(operation, "expected dimension \(axis) whole, found a part of it")
      }
      if !isToEnd { end[axis] = new[axis] }
    }
    try setIntegers(steering, end)
  }

  /// A constant operand follows the computed ones wherever it had their size.
  private mutating func adaptElementwise(_ operation: Operator) throws(GraphProblem) {
    let operands = operation.inputs.compactMap(\.self)
    let computed = operands.filter { original.tensors[$0].constant == nil }
    for constant in operands where original.tensors[constant].constant != nil {
      var shape = original.tensors[constant].shape
      for leader in computed {
        let (old, new) = (original.tensors[leader].shape, graph.tensors[leader].shape)
        for (axis, place) in zip(shape.indices.reversed(), old.indices.reversed())
        where original.tensors[constant].shape[axis] == old[place] && old[place] != new[place] {
          shape[axis] = new[place]
        }
      }
      try resizeConstant(constant, to: shape)
    }
  }
}
