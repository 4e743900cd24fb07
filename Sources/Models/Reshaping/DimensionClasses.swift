/// Dimensions of tensors that can only change together: the channels of a residual addition, of a
/// depthwise layer's input and output, of a filter and its bias.
///
/// Disjoint sets over every (tensor, axis). A pinned class may not change at all.
struct DimensionClasses {
  private var parents: [Int]
  private var isPinned: [Bool]
  private let starts: [Int]
  private let graph: Graph

  init(_ graph: Graph) {
    self.graph = graph
    var starts: [Int] = []
    var count = 0
    for tensor in graph.tensors {
      starts.append(count)
      count += tensor.shape.count
    }
    self.starts = starts
    parents = Array(0..<count)
    isPinned = [Bool](repeating: false, count: count)
    for operation in graph.operators { tie(operation) }
    for output in graph.outputs { pin(output) }
  }

  /// The class of an axis, named by one of its members; classes are stable once all is tied.
  func find(_ tensor: Int, _ axis: Int) -> Int {
    var node = starts[tensor] + axis
    while parents[node] != node { node = parents[node] }
    return node
  }

  func isPinned(_ dimensionClass: Int) -> Bool { isPinned[dimensionClass] }

  private mutating func tie(_ a: (Int, Int), _ b: (Int, Int)) {
    let one = find(a.0, a.1)
    let other = find(b.0, b.1)
    guard one != other else { return }
    parents[max(one, other)] = min(one, other)
    isPinned[min(one, other)] = isPinned[one] || isPinned[other]
  }

  private mutating func pin(_ tensor: Int) {
    for axis in graph.tensors[tensor].shape.indices { isPinned[find(tensor, axis)] = true }
  }

  // MARK: Operators

  private mutating func tie(_ operation: Operator) {
    guard let output = operation.outputs.first else { return }
    let inputs = operation.inputs
    func input(_ position: Int) -> Int? { position < inputs.count ? inputs[position] : nil }
    switch operation.kind {
    case .conv2D, .fullyConnected: tieProduct(input(0), input(1), input(2), output)
    case .transposeConv: tieProduct(input(2), input(1), input(3), output)
    case .depthwiseConv2D: tieDepthwise(input(0), input(1), input(2), output)
    case .averagePool2D, .maxPool2D, .l2Pool2D, .resizeBilinear, .resizeNearestNeighbor:
      if let image = input(0) { tieAxes([0, 3], image, output) }
    case .pad, .padv2, .mirrorPad, .mean, .sum, .reduceMax, .reduceMin, .reduceProd, .reduceAll,
      .reduceAny:
      if let value = input(0) { tieKept(value, output, operation) }
    case .transpose: tieTransposed(input(0), input(1), output)
    case .reshape, .squeeze, .expandDims:
      if let value = input(0) { tieReshaped(value, output) }
    case .concatenation:
      guard case .concatenation(let axis, _) = operation.options else { return }
      let rank = graph.tensors[output].shape.count
      let joined = axis < 0 ? axis + rank : axis
      for case let value? in inputs {
        tieAxes((0..<rank).filter { $0 != joined }, value, output)
      }
    case let kind where kind.isElementwise:
      for case let value? in inputs { tieBroadcast(value, output) }
    case .shape, .rank: break
    default:
      // What becomes of dimensions here is not followed: they stay as they are.
      for case let value? in inputs { pin(value) }
      for value in operation.outputs { pin(value) }
    }
  }

  /// Layers of one filter row per output channel: [outputs, ..., inputs].
  private mutating func tieProduct(_ data: Int?, _ filter: Int?, _ bias: Int?, _ output: Int) {
    guard let filter, let last = graph.tensors[output].shape.indices.last,
      graph.tensors[filter].shape.count >= 2
    else { return }
    let rows = graph.tensors[filter].shape[0]
    if graph.tensors[output].shape[last] == rows {
      tie((output, last), (filter, 0))
    } else {
      pin(filter)
    }
    if let bias, graph.tensors[bias].shape == [rows] { tie((bias, 0), (filter, 0)) }
    let depth = graph.tensors[filter].shape.count - 1
    if let data, let channel = graph.tensors[data].shape.indices.last,
      graph.tensors[data].shape[channel] == graph.tensors[filter].shape[depth]
    {
      tie((data, channel), (filter, depth))
    }
  }

  private mutating func tieDepthwise(_ data: Int?, _ filter: Int?, _ bias: Int?, _ output: Int) {
    guard let filter, graph.tensors[filter].shape.count == 4, graph.tensors[output].shape.count == 4
    else { return }
    tie((output, 3), (filter, 3))
    if let bias, graph.tensors[bias].shape.count == 1 { tie((bias, 0), (filter, 3)) }
    if let data, graph.tensors[data].shape.count == 4,
      graph.tensors[data].shape[3] == graph.tensors[filter].shape[3]
    {
      tie((data, 3), (filter, 3))
    }
  }

  private mutating func tieAxes(_ axes: [Int], _ value: Int, _ output: Int) {
    let (a, b) = (graph.tensors[value].shape, graph.tensors[output].shape)
    for axis in axes where axis < a.count && axis < b.count && a[axis] == b[axis] {
      tie((value, axis), (output, axis))
    }
  }

  /// Padding and reductions: axes that pass through unchanged.
  private mutating func tieKept(_ value: Int, _ output: Int, _ operation: Operator) {
    let (a, b) = (graph.tensors[value].shape, graph.tensors[output].shape)
    if a.count == b.count { return tieAxes(Array(a.indices), value, output) }
    guard operation.inputs.count > 1, let steering = operation.inputs[1],
      let axes = graph.tensors[steering].integerValues
    else { return pin(value) }
    let reduced = axes.map { $0 < 0 ? $0 + a.count : $0 }
    for (axis, place) in zip(a.indices.filter({ !reduced.contains($0) }), b.indices) {
      tie((value, axis), (output, place))
    }
  }

  private mutating func tieTransposed(_ value: Int?, _ order: Int?, _ output: Int) {
    guard let value, let order, let axes = graph.tensors[order].integerValues else { return }
    for (place, axis) in axes.enumerated() {
      let source = axis < 0 ? axis + axes.count : axis
      tie((value, source), (output, place))
    }
  }

  private mutating func tieReshaped(_ value: Int, _ output: Int) {
    let (a, b) = (graph.tensors[value].shape, graph.tensors[output].shape)
    for part in ReshapedDimensions.parts(a, b) {
      let from = part.from.filter { a[$0] != 1 }
      let to = part.to.filter { b[$0] != 1 }
      if from.count == 1, to.count == 1 {
        tie((value, from[0]), (output, to[0]))
      } else if to.count > 1 {
        // Dimensions are regrouped: boxes out of channels, for instance.
        for axis in from { isPinned[find(value, axis)] = true }
        for axis in to { isPinned[find(output, axis)] = true }
      }
    }
  }

  /// Aligned at the last dimension; a 1 that is stretched follows nobody.
  private mutating func tieBroadcast(_ value: Int, _ output: Int) {
    let (a, b) = (graph.tensors[value].shape, graph.tensors[output].shape)
    for (axis, place) in zip(a.indices.reversed(), b.indices.reversed()) where a[axis] == b[place] {
      tie((value, axis), (output, place))
    }
  }
}

extension OperatorKind {
  /// Output dimensions are those of the inputs, stretched where one is 1.
  var isElementwise: Bool {
    switch self {
    case .add, .sub, .mul, .div, .maximum, .minimum, .pow, .squaredDifference, .floorDiv, .floorMod,
      .prelu, .less, .lessEqual, .greater, .greaterEqual, .equal, .notEqual, .logicalAnd,
      .logicalOr, .selectV2, .addN, .relu, .relu6, .reluN1To1, .relu0To1, .leakyRelu, .elu, .gelu,
      .hardSwish, .logistic, .tanh, .softmax, .logSoftmax, .abs, .neg, .exp, .log, .sqrt, .rsqrt,
      .square, .sin, .cos, .floor, .ceil, .round, .sign, .logicalNot, .quantize, .dequantize, .cast,
      .zerosLike, .l2Normalization:
      true
    default: false
    }
  }
}

/// Which dimensions of a reshape's input became which of its output.
enum ReshapedDimensions {
  struct Part {
    var from: Range<Int>
    var to: Range<Int>
  }

  /// The smallest runs of neighbours with equal products, front to back.
  static func parts(_ a: [Int], _ b: [Int]) -> [Part] {
    var parts: [Part] = []
    var (i, j) = (0, 0)
    while i < a.count && j < b.count {
      let (firstA, firstB) = (i, j)
      var (productA, productB) = (a[i], b[j])
      i += 1
      j += 1
      while productA != productB {
        if productA < productB, i < a.count {
          productA *= a[i]
          i += 1
        } else if j < b.count {
          productB *= b[j]
          j += 1
        } else {
          return parts
        }
      }
      parts.append(Part(from: firstA..<i, to: firstB..<j))
    }
    return parts
  }

  /// `output` for an input that changed from `old` to `new`: in each part the first dimension that is
  /// not 1 takes up the change; nil where it cannot.
  static func follow(old: [Int], output: [Int], new: [Int]) -> [Int]? {
    guard old.count == new.count else { return nil }
    var shape = output
    for part in parts(old, output) where old[part.from] != new[part.from] {
      let wanted = new[part.from].reduce(1, *)
      guard let axis = part.to.first(where: { output[$0] != 1 }) ?? part.to.first else {
        return nil
      }
      let others = part.to.reduce(1) { $1 == axis ? $0 : $0 * output[$1] }
      guard others > 0, wanted % others == 0 else { return nil }
      shape[axis] = wanted / others
    }
    return shape.reduce(1, *) == new.reduce(1, *) ? shape : nil
  }
}
