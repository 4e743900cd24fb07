extension ShapeRules {
  /// Only the number of elements is fixed here; which shape they get, the file states.
  static func reshape(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    let output = try query.stated()
    try query.require(
      input.product == output.product,
      "expected \(input.product) elements, found an output of shape \(output)")
    return [output]
  }

  static func squeeze(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .squeeze(let dimensions) = query.operation.options else { return nil }
    let input = try query.shape(0)
    var isSqueezed = input.map { $0 == 1 && dimensions.isEmpty }
    for value in dimensions {
      let axis = try query.axis(value, rank: input.count)
      try query.require(input[axis] == 1, "expected dimension \(axis) to be 1, found \(input)")
      isSqueezed[axis] = true
    }
    return [zip(input, isSqueezed).filter { !$1 }.map(\.0)]
  }

  /// Inputs: value, axis of the output.
  static func expandDims(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    var shape = try query.shape(0)
    guard let axes = try query.integers(1, count: 1) else { return nil }
    shape.insert(1, at: try query.axis(axes[0], rank: shape.count + 1))
    return [shape]
  }

  /// Inputs: value, for each output dimension the input dimension that it was.
  static func transpose(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    guard let order = try query.integers(1, count: input.count) else { return nil }
    var seen = [Bool](repeating: false, count: input.count)
    var shape: [Int] = []
    for value in order {
      let axis = try query.axis(value, rank: input.count)
      try query.require(!seen[axis], "expected each dimension once, found \(order)")
      seen[axis] = true
      shape.append(input[axis])
    }
    return [shape]
  }

  // MARK: Joining and parting

  static func concatenation(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .concatenation(let value, _) = query.operation.options else { return nil }
    var shape = try query.shape(0)
    let axis = try query.axis(value, rank: shape.count)
    for position in 1..<max(1, query.inputCount) {
      var other = try query.shape(position, rank: shape.count)
      shape[axis] += other[axis]
      other[axis] = shape[axis]
      try query.require(
        other == shape, "expected shapes equal but for dimension \(axis), found \(shape), \(other)")
    }
    return [shape]
  }

  static func pack(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .pack(let value, let count) = query.operation.options else { return nil }
    try query.require(
      query.inputCount == count, "expected \(count) inputs, found \(query.inputCount)")
    var shape = try query.shape(0)
    for position in 1..<count {
      let other = try query.shape(position)
      try query.require(other == shape, "expected equal shapes, found \(shape) and \(other)")
    }
    shape.insert(count, at: try query.axis(value, rank: shape.count + 1))
    return [shape]
  }

  static func unpack(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .unpack(let value, let count) = query.operation.options else { return nil }
    var shape = try query.shape(0)
    let removed = shape.remove(at: try query.axis(value, rank: shape.count))
    try query.require(
      removed == count && query.outputCount == count,
      "expected \(removed) parts, found \(count) in \(query.outputCount) outputs")
    return Array(repeating: shape, count: count)
  }

  /// Inputs: axis, value; equal parts.
  static func split(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .split(let count) = query.operation.options else { return nil }
    var shape = try query.shape(1)
    try query.require(
      query.outputCount == count, "expected \(count) outputs, found \(query.outputCount)")
    guard let axes = try query.integers(0, count: 1) else { return nil }
    let axis = try query.axis(axes[0], rank: shape.count)
    try query.require(
      shape[axis] % count == 0, "expected \(count) equal parts, found dimension \(shape[axis])")
    shape[axis] /= count
    return Array(repeating: shape, count: count)
  }

  /// Inputs: value, sizes of the parts (one may be -1: the rest), axis.
  static func splitV(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .split(let count) = query.operation.options else { return nil }
    let shape = try query.shape(0)
    try query.require(
      query.outputCount == count, "expected \(count) outputs, found \(query.outputCount)")
    guard var sizes = try query.integers(1, count: count),
      let axes = try query.integers(2, count: 1)
    else { return nil }
    let axis = try query.axis(axes[0], rank: shape.count)
    if let rest = sizes.firstIndex(of: -1) {
      sizes[rest] = 0
      sizes[rest] = shape[axis] - sizes.reduce(0, +)
    }
    try query.require(
      sizes.allSatisfy { $0 >= 0 } && sizes.reduce(0, +) == shape[axis],
      "expected parts that add up to \(shape[axis]), found \(sizes)")
    return sizes.map { size in
      var part = shape
      part[axis] = size
      return part
    }
  }

  // MARK: Repeating and padding

  /// Inputs: value, [before, after] per dimension.
  static func pad(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    guard let amounts = try query.integers(1, count: 2 * input.count) else { return nil }
    try query.require(
      amounts.allSatisfy { $0 >= 0 }, "expected paddings of 0 or more, found \(amounts)")
    return [input.indices.map { amounts[2 * $0] + input[$0] + amounts[2 * $0 + 1] }]
  }

  static func mirrorPad(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .mirrorPad(let reflect) = query.operation.options else { return nil }
    let input = try query.shape(0)
    guard let amounts = try query.integers(1, count: 2 * input.count) else { return nil }
    for (index, amount) in amounts.enumerated() {
      let most = input[index / 2] - (reflect ? 1 : 0)
      try query.require(
        amount >= 0 && amount <= most, "expected paddings of 0 to \(most), found \(amount)")
    }
    return try pad(query)
  }

  /// Inputs: value, repetitions per dimension.
  static func tile(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    guard let multiples = try query.integers(1, count: input.count) else { return nil }
    try query.require(
      multiples.allSatisfy { $0 >= 0 }, "expected repetitions of 0 or more, found \(multiples)")
    return [zip(input, multiples).map { $0 * $1 }]
  }

  /// Inputs: value, shape.
  static func broadcastTo(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    guard let shape = try query.integers(1) else { return nil }
    let fitted = try query.broadcast(input, shape)
    try query.require(fitted == shape, "expected a shape that \(input) fits, found \(shape)")
    return [shape]
  }

  // MARK: Space and channels

  /// Inputs: [batch, height, width, channels], [height, width].
  static func resize(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0, rank: 4)
    guard let size = try query.integers(1, count: 2) else { return nil }
    try query.require(
      size[0] > 0 && size[1] > 0, "expected a height and width of at least 1, found \(size)")
    return [[input[0], size[0], size[1], input[3]]]
  }

  static func spaceToDepth(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .blocks(let size) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 4)
    try query.require(
      size <= 32768 && input[1] % size == 0 && input[2] % size == 0,
      "expected blocks that divide \(input), found \(size)")
    return [[input[0], input[1] / size, input[2] / size, input[3] * (size * size)]]
  }

  static func depthToSpace(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .blocks(let size) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 4)
    try query.require(
      size <= 32768 && input[3] % (size * size) == 0,
      "expected blocks that divide \(input[3]) channels, found \(size)")
    return [[input[0], input[1] * size, input[2] * size, input[3] / (size * size)]]
  }
}
