extension ShapeRules {
  /// Inputs: value, begin, size (-1: to the end), one number per dimension.
  static func slice(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    guard let begin = try query.integers(1, count: input.count),
      let size = try query.integers(2, count: input.count)
    else { return nil }
    var shape: [Int] = []
    for (index, dimension) in input.enumerated() {
      let length = size[index] == -1 ? dimension - begin[index] : size[index]
      try query.require(
        begin[index] >= 0 && length >= 0 && begin[index] + length <= dimension,
        "expected a slice within \(input), found begin \(begin) and size \(size)")
      shape.append(length)
    }
    return [shape]
  }

  /// Inputs: value, begin, end, strides; as a Python slice, steered by bit masks.
  static func stridedSlice(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .stridedSlice(let options) = query.operation.options else { return nil }
    let input = try query.shape(0)
    guard let begin = try query.integers(1),
      let end = try query.integers(2, count: begin.count),
      let strides = try query.integers(3, count: begin.count)
    else { return nil }
    // With these two a number no longer belongs to the dimension of the same index.
    guard options.ellipsisMask == 0, options.newAxisMask == 0 else { return nil }
    try query.require(
      begin.count <= input.count,
      "expected at most \(input.count) numbers for \(input), found \(begin.count)")
    var shape: [Int] = []
    for (index, dimension) in input.enumerated() {
      guard index < begin.count else {
        shape.append(dimension)
        continue
      }
      let stride = strides[index]
      try query.require(stride != 0, "expected strides other than 0, found \(strides)")
      let range = sliced(dimension, begin[index], end[index], stride, index, options)
      if options.shrinkAxisMask & (1 << index) != 0 {
        try query.require(
          range.start >= 0 && range.start < dimension,
          "expected an index within dimension \(dimension), found \(begin[index])")
      } else {
        shape.append(range.count)
      }
    }
    return [shape]
  }

  /// One dimension of a slice: its first index and how many it takes.
  private static func sliced(
    _ dimension: Int, _ begin: Int, _ end: Int, _ stride: Int, _ index: Int,
    _ options: StridedSliceOptions
  ) -> (start: Int, count: Int) {
    let lowest = stride > 0 ? 0 : -1
    let highest = stride > 0 ? dimension : dimension - 1
    func place(_ value: Int) -> Int {
      min(highest, max(lowest, value < 0 ? value + dimension : value))
    }
    let isOpen = (
      begin: options.beginMask >> index & 1 == 1, end: options.endMask >> index & 1 == 1
    )
    let start = isOpen.begin ? (stride > 0 ? lowest : highest) : place(begin)
    let last = options.offset ? begin + end : end
    let stop = isOpen.end ? (stride > 0 ? highest : lowest) : place(last)
    let span = stride > 0 ? stop - start : start - stop
    return (start, span <= 0 ? 0 : (span + abs(stride) - 1) / abs(stride))
  }

  // MARK: Gathering

  /// Inputs: value, indices.
  static func gather(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    guard case .gather(let value, let batchValue) = query.operation.options else { return nil }
    let input = try query.shape(0)
    let indices = try query.shape(1)
    let axis = try query.axis(value, rank: input.count)
    let batch = batchValue < 0 ? batchValue + indices.count : batchValue
    try query.require(
      batch >= 0 && batch <= axis && batch <= indices.count
        && input[..<batch] == indices[..<min(batch, indices.count)],
      "expected \(batchValue) equal leading dimensions, found \(input) and \(indices)")
    return [input[..<axis] + indices[batch...] + input[(axis + 1)...]].map(Array.init)
  }

  /// Inputs: value, indices [..., depth], each naming a place in the first `depth` dimensions.
  static func gatherNd(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    let input = try query.shape(0)
    let indices = try query.shape(1)
    guard let depth = indices.last, depth <= input.count else {
      throw query.problem("expected indices into \(input), found shape \(indices)")
    }
    return [indices.dropLast() + input[depth...]]
  }

  // MARK: Batches

  /// Inputs: [batch, ..space, ..rest], block size per space dimension, [before, after] paddings.
  static func spaceToBatch(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    var shape = try query.shape(0)
    guard let blocks = try query.integers(1),
      let paddings = try query.integers(2, count: 2 * blocks.count)
    else { return nil }
    try checkBlocks(query, blocks, paddings, shape)
    for (index, block) in blocks.enumerated() {
      let padded = shape[index + 1] + paddings[2 * index] + paddings[2 * index + 1]
      try query.require(
        padded % block == 0, "expected blocks of \(block) to divide \(padded)")
      shape[index + 1] = padded / block
      shape[0] = try query.checked(shape[0], times: block)
    }
    return [shape]
  }

  /// Inputs: [batch, ..space, ..rest], block size per space dimension, [before, after] crops.
  static func batchToSpace(_ query: ShapeQuery) throws(GraphProblem) -> [[Int]]? {
    var shape = try query.shape(0)
    guard let blocks = try query.integers(1),
      let crops = try query.integers(2, count: 2 * blocks.count)
    else { return nil }
    try checkBlocks(query, blocks, crops, shape)
    for (index, block) in blocks.enumerated() {
      let grown = shape[index + 1] * block - crops[2 * index] - crops[2 * index + 1]
      try query.require(
        grown >= 0 && shape[0] % block == 0,
        "expected blocks of \(block) to divide a batch of \(shape[0])")
      shape[index + 1] = grown
      shape[0] /= block
    }
    return [shape]
  }

  private static func checkBlocks(
    _ query: ShapeQuery, _ blocks: [Int], _ edges: [Int], _ shape: [Int]
  ) throws(GraphProblem) {
    try query.require(
      blocks.count < shape.count && blocks.allSatisfy { $0 > 0 } && edges.allSatisfy { $0 >= 0 },
      "expected block sizes for \(shape), found \(blocks) and edges \(edges)")
  }
}

extension ShapeQuery {
  fileprivate func checked(_ value: Int, times factor: Int) throws(GraphProblem) -> Int {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    try require(!overflow && product <= Int(Int32.max), "expected a batch below 2³¹")
    return product
  }
}
