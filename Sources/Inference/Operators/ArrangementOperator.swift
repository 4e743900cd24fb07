import Bytes
import Kernels
import Models

/// Operators that only move elements: TRANSPOSE, SLICE, STRIDED_SLICE, TILE, MIRROR_PAD,
/// RESIZE_NEAREST_NEIGHBOR, SPACE_TO_DEPTH, DEPTH_TO_SPACE.
struct ArrangementOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let kernel: IndexedCopy

  /// How an operator's output indexes its input, in elements.
  private struct Arrangement {
    var offsets: [[Int]]
    var start = 0
  }

  private static func make(
    _ p: Preparation, _ arrangement: (Operand, Operand) throws(InputError) -> Arrangement
  ) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    guard let size = input.type.size else { throw p.unsupportedType(input) }
    try p.requireArrangeable(input)
    try p.requireArrangeable(output)
    let found = try arrangement(input, output)
    let count = found.offsets.reduce(1) { $0 * $1.count }
    try p.require(
      count == output.count, "expected \(count) elements in the output, found \(output.shape)")
    return ArrangementOperator(
      input: input, output: output,
      kernel: IndexedCopy(offsets: found.offsets, start: found.start, elementSize: size))
  }

  func run(_ memory: Memory) {
    kernel.run(from: memory.bytes(input), to: memory.bytes(output))
  }

  static func prepareTranspose(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let rank = input.shape.count
      let order = try p.integerConstant(try p.input(1))
      try p.require(
        order.sorted() == Array(0..<rank), "expected a permutation of \(rank), found \(order)")
      let strides = input.strides
      return Arrangement(
        offsets: order.map { IndexedCopy.steps(input.shape[$0], by: strides[$0]) })
    }
  }

  static func prepareSlice(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let begin = try p.integerConstant(try p.input(1))
      let size = try p.integerConstant(try p.input(2))
      let rank = input.shape.count
      try p.require(begin.count == rank && size.count == rank, "expected \(rank) numbers")
      let strides = input.strides
      var arrangement = Arrangement(offsets: [])
      for (axis, dimension) in input.shape.enumerated() {
        try p.require(
          (0...dimension).contains(begin[axis]), "expected a slice within \(input.shape)")
        let length = size[axis] == -1 ? dimension - begin[axis] : size[axis]
        try p.require(
          (0...dimension - begin[axis]).contains(length),
          "expected a slice within \(input.shape), found begin \(begin) and size \(size)")
        arrangement.start += begin[axis] * strides[axis]
        arrangement.offsets.append(IndexedCopy.steps(length, by: strides[axis]))
      }
      return arrangement
    }
  }

  static func prepareStridedSlice(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .stridedSlice(let options) = p.op.options else {
      throw p.error("expected strided slice options")
    }
    try p.require(
      options.ellipsisMask == 0 && options.newAxisMask == 0,
      "expected a slice without ellipsis and new axes")
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let begin = try p.integerConstant(try p.input(1))
      let end = try p.integerConstant(try p.input(2))
      let steps = try p.integerConstant(try p.input(3))
      let rank = input.shape.count
      try p.require(
        begin.count <= rank && end.count == begin.count && steps.count == begin.count,
        "expected at most \(rank) numbers")
      let strides = input.strides
      var arrangement = Arrangement(offsets: [])
      for (axis, dimension) in input.shape.enumerated() {
        var places = Array(0..<dimension)
        if axis < begin.count {
          places = try slicedPlaces(
            p, dimension, (begin[axis], end[axis], steps[axis]), axis, options)
        }
        arrangement.offsets.append(places.map { $0 * strides[axis] })
      }
      return arrangement
    }
  }

  /// The indices that one dimension of a strided slice takes.
  private static func slicedPlaces(
    _ p: Preparation, _ dimension: Int, _ slice: (begin: Int, end: Int, step: Int), _ axis: Int,
    _ options: StridedSliceOptions
  ) throws(InputError) -> [Int] {
    let step = slice.step
    let limit = Int(Int32.min)...Int(Int32.max)
    try p.require(
      step != 0 && limit.contains(step) && limit.contains(slice.begin)
        && limit.contains(slice.end), "expected numbers of 32 bits and strides other than 0")
    let (lowest, highest) = step > 0 ? (0, dimension) : (-1, dimension - 1)
    func place(_ value: Int) -> Int {
      min(highest, max(lowest, value < 0 ? value + dimension : value))
    }
    let opensBegin = options.beginMask >> axis & 1 == 1
    let opensEnd = options.endMask >> axis & 1 == 1
    let start = opensBegin ? (step > 0 ? lowest : highest) : place(slice.begin)
    if options.shrinkAxisMask >> axis & 1 == 1 {
      try p.require(
        (0..<dimension).contains(start), "expected an index within \(dimension), found \(start)")
      return [start]
    }
    let last = options.offset ? start + slice.end : slice.end
    let stop = opensEnd ? (step > 0 ? highest : lowest) : place(last)
    return Array(stride(from: start, to: stop, by: step))
  }

  static func prepareTile(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let rank = input.shape.count
      try p.require(output.shape.count == rank, "expected \(rank) dimensions in the output")
      let strides = input.strides
      var offsets: [[Int]] = []
      // The output's shape was inferred from the multiples, constant or not.
      for axis in 0..<rank {
        let (from, to) = (input.shape[axis], output.shape[axis])
        try p.require(
          from > 0 ? to.isMultiple(of: from) : to == 0,
          "expected multiples of \(input.shape), found \(output.shape)")
        offsets.append((0..<to).map { $0 % from * strides[axis] })
      }
      return Arrangement(offsets: offsets)
    }
  }

  static func prepareMirrorPad(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .mirrorPad(let reflects) = p.op.options else {
      throw p.error("expected mirror pad options")
    }
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let paddings = try p.integerConstant(try p.input(1))
      let rank = input.shape.count
      try p.require(paddings.count == 2 * rank, "expected \(rank) pairs of paddings")
      let strides = input.strides
      var offsets: [[Int]] = []
      for (axis, dimension) in input.shape.enumerated() {
        let (before, after) = (paddings[2 * axis], paddings[2 * axis + 1])
        let most = reflects ? dimension - 1 : dimension
        try p.require(
          before >= 0 && after >= 0 && before <= most && after <= most,
          "expected paddings up to \(most), found \(before) and \(after)")
        let edge = reflects ? 0 : 1
        offsets.append(
          (-before..<dimension + after).map { index in
            let inside =
              index < 0
              ? -index - edge
              : index < dimension ? index : 2 * dimension - 2 + edge - index
            return inside * strides[axis]
          })
      }
      return Arrangement(offsets: offsets)
    }
  }

  /// [batch, height, width, channels] to [batch, height ÷ size, width ÷ size, size² × channels].
  static func prepareSpaceToDepth(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    let (p, size) = (p, try p.blockSize())
    return try make(p) { (input, output) throws(InputError) in
      let shape = try p.shape(input, rank: 4)
      try p.require(
        shape[1].isMultiple(of: size) && shape[2].isMultiple(of: size),
        "expected blocks of \(size) to divide \(shape)")
      return blocks(
        [shape[0], shape[1] / size, shape[2] / size, size, size, shape[3]],
        strides: [
          input.strides[0], size * input.strides[1], size * input.strides[2], input.strides[1],
          input.strides[2], 1,
        ])
    }
  }

  /// [batch, height, width, size² × channels] to [batch, height × size, width × size, channels].
  static func prepareDepthToSpace(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    let (p, size) = (p, try p.blockSize())
    return try make(p) { (input, output) throws(InputError) in
      let shape = try p.shape(input, rank: 4)
      try p.require(
        shape[3].isMultiple(of: size * size), "expected blocks of \(size) to divide \(shape)")
      let channels = shape[3] / (size * size)
      return blocks(
        [shape[0], shape[1], size, shape[2], size, channels],
        strides: [
          input.strides[0], input.strides[1], size * channels, input.strides[2], channels, 1,
        ])
    }
  }

  private static func blocks(_ shape: [Int], strides: [Int]) -> Arrangement {
    Arrangement(offsets: zip(shape, strides).map { IndexedCopy.steps($0, by: $1) })
  }

  static func prepareResizeNearest(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .resize(let alignsCorners, let halfPixelCenters) = p.op.options else {
      throw p.error("expected resize options")
    }
    let p = p
    return try make(p) { (input, output) throws(InputError) in
      let (from, to) = (try p.shape(input, rank: 4), try p.shape(output, rank: 4))
      try p.require(
        from[0] == to[0] && from[3] == to[3], "expected a resized \(from), found \(to)")
      let strides = input.strides
      var offsets: [[Int]] = []
      for axis in 0..<4 {
        guard axis == 1 || axis == 2 else {
          offsets.append(IndexedCopy.steps(from[axis], by: strides[axis]))
          continue
        }
        let places = NearestNeighbor(
          from: from[axis], to: to[axis], alignsCorners: alignsCorners,
          halfPixelCenters: halfPixelCenters)
        offsets.append((0..<to[axis]).map { places.source(of: $0) * strides[axis] })
      }
      return Arrangement(offsets: offsets)
    }
  }
}

extension Operand {
  /// Elements from one position of a dimension to the next.
  var strides: [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }
}

extension Preparation {
  /// Offsets are tabled per dimension: a damaged file must not ask for gigabytes of them.
  func requireArrangeable(_ operand: Operand) throws(InputError) {
    let limit = 1 << 24
    try require(
      operand.shape.allSatisfy { $0 <= limit },
      "expected dimensions of at most \(limit), found \(operand.shape)")
    // An empty tensor may claim any size in its other dimensions.
    var volume = 1
    for dimension in operand.shape { volume = try product(volume, max(dimension, 1)) }
  }

  fileprivate func blockSize() throws(InputError) -> Int {
    guard case .blocks(let size) = op.options, (1...4096).contains(size) else {
      throw error("expected a block size within 1…4096")
    }
    return size
  }
}
