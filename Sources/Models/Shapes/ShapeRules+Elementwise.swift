extension ShapeRules {
  static func same(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    [try query.shape(0)]
  }

  static func broadcast(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    [try query.broadcast(try query.shape(0), try query.shape(1))]
  }

  static func select(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let values = try query.broadcast(try query.shape(1), try query.shape(2))
    return [try query.broadcast(try query.shape(0), values)]
  }

  static func addN(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let first = try query.shape(0)
    for position in 1..<max(1, query.inputCount) {
      let other = try query.shape(position)
      try query.require(other == first, "expected equal shapes, found \(first) and \(other)")
    }
    return [first]
  }

  // MARK: Reductions

  /// Inputs: value, axes.
  static func reduce(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .reduce(let keepDimensions) = query.operation.options else { return nil }
    let input = try query.shape(0)
    guard let values = try query.integers(1) else { return nil }
    var isReduced = [Bool](repeating: false, count: input.count)
    for value in values where !input.isEmpty {
      isReduced[try query.axis(value, rank: input.count)] = true
    }
    var shape: [Int] = []
    for (dimension, reduced) in zip(input, isReduced) {
      if !reduced { shape.append(dimension) } else if keepDimensions { shape.append(1) }
    }
    return [shape]
  }

  /// Inputs: value, one axis, which disappears.
  static func argument(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    var shape = try query.shape(0)
    guard let axes = try query.integers(1, count: 1) else { return nil }
    shape.remove(at: try query.axis(axes[0], rank: shape.count))
    return [shape]
  }

  // MARK: Facts about shapes

  static func shapeOf(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    [[try query.shape(0).count]]
  }

  static func rankOf(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    _ = try query.shape(0)
    return [[]]
  }

  /// Inputs: dimensions, value.
  static func fill(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    try query.integers(0).map { [$0] }
  }
}
