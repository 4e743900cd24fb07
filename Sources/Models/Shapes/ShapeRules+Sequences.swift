extension ShapeRules {
  /// [..., rows, depth] × [..., depth, columns], either one possibly transposed.
  static func batchMatMul(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .batchMatMul(let adjointX, let adjointY) = query.operation.options else {
      return nil
    }
    let x = try query.shape(0)
    let y = try query.shape(1)
    try query.require(
      x.count >= 2 && y.count >= 2, "expected matrices, found shapes \(x) and \(y)")
    var (rows, depth) = (x[x.count - 2], x[x.count - 1])
    var (otherDepth, columns) = (y[y.count - 2], y[y.count - 1])
    if adjointX { swap(&rows, &depth) }
    if adjointY { swap(&otherDepth, &columns) }
    try query.require(
      depth == otherDepth, "expected equal inner dimensions, found \(depth) and \(otherDepth)")
    return [try query.broadcast(Array(x.dropLast(2)), Array(y.dropLast(2))) + [rows, columns]]
  }

  /// Input [batch, features], feature weights [filters, features], time weights [filters, memory],
  /// bias [units], state [batch, filters × memory]; units = filters / rank.
  static func svdf(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .svdf(let rank, _) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 2)
    let features = try query.shape(1, rank: 2)
    let time = try query.shape(2, rank: 2)
    try query.require(
      features[1] == input[1] && time[0] == features[0],
      "expected weights for \(input[1]) features, found \(features) and \(time)")
    try query.require(
      features[0] % rank == 0, "expected filters in groups of \(rank), found \(features[0])")
    let units = features[0] / rank
    if let bias = query.optionalTensor(3) {
      try query.require(
        bias.elementCount == units, "expected a bias of \(units) elements, found \(bias.shape)")
    }
    let state = try query.tensor(4)
    try query.require(
      state.isVariable && state.elementCount == input[0] * (time[0] * time[1]),
      "expected a variable state of \(input[0]) × \(time[0]) × \(time[1]), found \(state.shape)")
    return [[input[0], units]]
  }

  /// Input [batch, time, features], or time first; inputs numbered as in the reference kernel:
  /// 1–4 input weights and 5–8 recurrent weights per gate, 9–11 peephole, 12–15 biases,
  /// 16–17 projection, 18 output state, 19 cell state, 20–23 layer normalization.
  static func sequenceLSTM(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .sequenceLSTM(let options) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 3)
    try query.require(query.inputCount >= 20, "expected 20 inputs, found \(query.inputCount)")
    let cells = try query.shape(2, rank: 2)[0]
    let outputs = try query.shape(6, rank: 2)[1]
    for gate in 1...4 {
      if gate > 1 || query.optionalTensor(gate) != nil {
        try expect(query, gate, [cells, input[2]])
        try expect(query, gate + 4, [cells, outputs])
      }
      if gate > 1 { try expectElements(query, gate + 11, cells) }
    }
    for position in [9, 10, 11, 12, 20, 21, 22, 23] where query.optionalTensor(position) != nil {
      try expectElements(query, position, cells)
    }
    if query.optionalTensor(16) != nil { try expect(query, 16, [outputs, cells]) }
    if query.optionalTensor(17) != nil { try expectElements(query, 17, outputs) }
    let batch = options.timeMajor ? input[1] : input[0]
    try expect(query, 18, [batch, outputs])
    try expect(query, 19, [batch, cells])
    return [[input[0], input[1], outputs]]
  }

  private static func expect(
    _ query: ShapeQuery, _ position: Int, _ shape: [Int]
  ) throws(GraphProblem) {
    let found = try query.shape(position)
    try query.require(
      found == shape, "expected input \(position) of shape \(shape), found \(found)")
  }

  private static func expectElements(
    _ query: ShapeQuery, _ position: Int, _ count: Int
  ) throws(GraphProblem) {
    let found = try query.tensor(position)
    try query.require(
      found.elementCount == count,
      "expected \(count) elements in input \(position), found \(found.shape)")
  }
}
