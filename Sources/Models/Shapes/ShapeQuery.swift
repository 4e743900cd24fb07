/// One operator, as the rules that derive its output shapes see it.
///
/// Dimensions and option values are below 2³¹, so sums and products of two never overflow.
struct ShapeQuery {
  let graph: Graph
  let operation: Operator

  var inputCount: Int { operation.inputs.count }
  var outputCount: Int { operation.outputs.count }

  func problem(_ description: String) -> GraphProblem {
    GraphProblem("\(operation.kind.name): \(description)")
  }

  func require(
    _ condition: Bool, _ description: @autoclosure () -> String
  ) throws(GraphProblem) {
    if !condition { throw problem(description()) }
  }

  // MARK: Inputs

  func tensor(_ position: Int) throws(GraphProblem) -> Tensor {
    guard let tensor = optionalTensor(position) else {
      throw problem("expected an input \(position), found \(inputCount) inputs")
    }
    return tensor
  }

  func optionalTensor(_ position: Int) -> Tensor? {
    guard position < inputCount, let index = operation.inputs[position] else { return nil }
    return graph.tensors[index]
  }

  func shape(_ position: Int) throws(GraphProblem) -> [Int] { try tensor(position).shape }

  func shape(_ position: Int, rank: Int) throws(GraphProblem) -> [Int] {
    let shape = try shape(position)
    try require(
      shape.count == rank, "expected \(rank) dimensions in input \(position), found \(shape)")
    return shape
  }

  /// Whole numbers that steer an operator, such as axes; nil when they are computed at run time.
  func integers(_ position: Int) throws(GraphProblem) -> [Int]? {
    let tensor = try tensor(position)
    try require(
      tensor.type == .int32 || tensor.type == .int64,
      "expected int32 or int64 in input \(position), found \(tensor.type.name)")
    if tensor.elementCount == 0 { return [] }
    guard let values = tensor.integerValues else { return nil }
    for value in values where value != Int(Int32(clamping: value)) {
      throw problem("expected numbers below 2³¹ in input \(position), found \(value)")
    }
    return values
  }

  func integers(_ position: Int, count: Int) throws(GraphProblem) -> [Int]? {
    guard let values = try integers(position) else { return nil }
    try require(
      values.count == count, "expected \(count) numbers in input \(position), found \(values.count)"
    )
    return values
  }

  /// An axis counted from the back when negative.
  func axis(_ value: Int, rank: Int) throws(GraphProblem) -> Int {
    let axis = value < 0 ? value + rank : value
    try require(
      axis >= 0 && axis < rank, "expected an axis of \(rank) dimensions, found \(value)")
    return axis
  }

  // MARK: Outputs

  /// What the file says; the rules give what it must say.
  func stated(_ position: Int = 0) throws(GraphProblem) -> [Int] {
    try require(
      position < outputCount, "expected an output \(position), found \(outputCount) outputs")
    return graph.tensors[operation.outputs[position]].shape
  }

  /// As in NumPy: aligned at the last dimension, 1 stretches.
  func broadcast(_ a: [Int], _ b: [Int]) throws(GraphProblem) -> [Int] {
    let rank = max(a.count, b.count)
    var shape: [Int] = []
    for index in 0..<rank {
      let x = index < rank - a.count ? 1 : a[index - rank + a.count]
      let y = index < rank - b.count ? 1 : b[index - rank + b.count]
      try require(x == y || x == 1 || y == 1, "expected shapes that fit, found \(a) and \(b)")
      shape.append(x == 1 ? y : x)
    }
    return shape
  }
}

extension [Int] {
  /// The elements of a shape whose whole product a reader has bounded.
  var product: Int { reduce(1, *) }
}
