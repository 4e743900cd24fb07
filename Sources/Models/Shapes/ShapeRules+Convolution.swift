extension ShapeRules {
  /// Input [batch, height, width, channels], filter [outputs, height, width, channels / groups],
  /// bias [outputs].
  static func convolution(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .convolution(let options) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 4)
    let filter = try query.shape(1, rank: 4)
    try query.require(
      filter[3] > 0 && input[3] % filter[3] == 0,
      "expected a filter for \(input[3]) channels, found \(filter)")
    let groups = input[3] / filter[3]
    try query.require(
      groups > 0 && filter[0] % groups == 0,
      "expected output channels in \(groups) groups, found \(filter[0])")
    try checkBias(query, 2, channels: filter[0])
    let (height, width) = try convolved(input, filter, options, query)
    return [[input[0], height, width, filter[0]]]
  }

  /// Filter [1, height, width, channels × multiplier].
  static func depthwiseConvolution(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .convolution(let options) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 4)
    let filter = try query.shape(1, rank: 4)
    try query.require(
      filter[0] == 1 && input[3] > 0 && filter[3] > 0 && filter[3] % input[3] == 0,
      "expected a filter [1, height, width, multiple of \(input[3])], found \(filter)")
    try checkBias(query, 2, channels: filter[3])
    let (height, width) = try convolved(input, filter, options, query)
    return [[input[0], height, width, filter[3]]]
  }

  /// Inputs: output shape, filter [outputs, height, width, inputs], input, bias. Of the sizes that
  /// the strides allow, the file states one; a convolution must lead back from it to the input.
  static func transposedConvolution(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .convolution(let options) = query.operation.options else { return nil }
    let filter = try query.shape(1, rank: 4)
    let input = try query.shape(2, rank: 4)
    try checkBias(query, 3, channels: filter[0])
    try query.require(
      filter[3] == input[3], "expected a filter for \(input[3]) channels, found \(filter)")
    let stated = try query.stated()
    let output = try query.integers(0, count: 4) ?? stated
    try query.require(
      output.count == 4 && output.allSatisfy { $0 >= 0 } && output[0] == input[0]
        && output[3] == filter[0],
      "expected an output [\(input[0]), height, width, \(filter[0])], found \(output)")
    let (height, width) = try convolved(output, filter, options, query)
    try query.require(
      height == input[1] && width == input[2],
      "expected an input of \(height) × \(width) for output \(output), found \(input)")
    return [output]
  }

  /// Input [batch, height, width, channels].
  static func pool(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .pool(let options) = query.operation.options else { return nil }
    let input = try query.shape(0, rank: 4)
    let height = try slid(
      input[1], options.filter.height, options.stride.height, 1, options.padding, query)
    let width = try slid(
      input[2], options.filter.width, options.stride.width, 1, options.padding, query)
    return [[input[0], height, width, input[3]]]
  }

  /// Input of any shape, taken as rows of the filter's depth; filter [units, depth].
  static func fullyConnected(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .fullyConnected(_, let keepDimensions, _) = query.operation.options else {
      return nil
    }
    let input = try query.shape(0)
    let filter = try query.shape(1, rank: 2)
    try query.require(
      filter[0] > 0 && filter[1] > 0 && input.product % filter[1] == 0,
      "expected rows of \(filter[1]) elements, found an input of shape \(input)")
    try checkBias(query, 2, channels: filter[0])
    if keepDimensions {
      try query.require(
        input.last == filter[1], "expected a last dimension of \(filter[1]), found \(input)")
      return [input.dropLast() + [filter[0]]]
    }
    // Converters fold a reshape that follows into the stated shape: only the elements are fixed.
    let output = try query.stated()
    try query.require(
      output.product == input.product / filter[1] * filter[0],
      "expected an output of \(input.product / filter[1]) rows of \(filter[0]), found \(output)")
    return [output]
  }

  // MARK: Helpers

  private static func checkBias(
    _ query: ShapeQuery, _ position: Int, channels: Int
  ) throws(GraphProblem) {
    guard let bias = query.optionalTensor(position) else { return }
    try query.require(
      bias.elementCount == channels, "expected a bias of \(channels) elements, found \(bias.shape)")
  }

  private static func convolved(
    _ input: [Int], _ filter: [Int], _ options: ConvolutionOptions, _ query: ShapeQuery
  ) throws(GraphProblem) -> (height: Int, width: Int) {
    let height = try slid(
      input[1], filter[1], options.stride.height, options.dilation.height, options.padding, query)
    let width = try slid(
      input[2], filter[2], options.stride.width, options.dilation.width, options.padding, query)
    return (height, width)
  }

  /// Positions of a window along one dimension.
  private static func slid(
    _ size: Int, _ filter: Int, _ stride: Int, _ dilation: Int, _ padding: Padding,
    _ query: ShapeQuery
  ) throws(GraphProblem) -> Int {
    try query.require(filter > 0, "expected a filter size of at least 1, found \(filter)")
    switch padding {
    case .same:
      return (size + stride - 1) / stride
    case .valid:
      let extent = (filter - 1) * dilation + 1
      try query.require(
        size >= extent,
        "expected at least \(extent) rows and columns under the filter, found \(size)"
      )
      return (size - extent) / stride + 1
    }
  }
}
