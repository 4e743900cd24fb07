/// How output shapes follow from inputs and options, one row per operator.
///
/// A rule throws for operands that contradict each other and gives nil where the shapes depend on
/// values computed at run time. Sources: the schema's comments and the reference kernels'
/// `Prepare` functions.
enum ShapeRules {
  typealias Rule = @Sendable (ShapeQuery) throws(GraphProblem) -> [[Int]]?

  static let rows: [OperatorKind: Rule] = [
    // Convolutions and matrix products
    .conv2D: convolution,
    .depthwiseConv2D: depthwiseConvolution,
    .transposeConv: transposedConvolution,
    .averagePool2D: pool, .maxPool2D: pool, .l2Pool2D: pool,
    .fullyConnected: fullyConnected,
    .batchMatmul: batchMatMul,
    .svdf: svdf,
    .unidirectionalSequenceLSTM: sequenceLSTM,
    // Element by element
    .add: broadcast, .sub: broadcast, .mul: broadcast, .div: broadcast,
    .maximum: broadcast, .minimum: broadcast, .pow: broadcast, .squaredDifference: broadcast,
    .floorDiv: broadcast, .floorMod: broadcast, .prelu: broadcast,
    .less: broadcast, .lessEqual: broadcast, .greater: broadcast, .greaterEqual: broadcast,
    .equal: broadcast, .notEqual: broadcast, .logicalAnd: broadcast, .logicalOr: broadcast,
    .selectV2: select, .addN: addN,
    .relu: same, .relu6: same, .reluN1To1: same, .relu0To1: same, .leakyRelu: same, .elu: same,
    .gelu: same, .hardSwish: same, .logistic: same, .tanh: same, .softmax: same,
    .logSoftmax: same, .abs: same, .neg: same, .exp: same, .log: same, .sqrt: same, .rsqrt: same,
    .square: same, .sin: same, .cos: same, .floor: same, .ceil: same, .round: same, .sign: same,
    .logicalNot: same, .quantize: same, .dequantize: same, .cast: same, .zerosLike: same,
    .l2Normalization: same, .cumsum: same, .reverseV2: same,
    // Arrangement
    .reshape: reshape, .squeeze: squeeze, .expandDims: expandDims, .transpose: transpose,
    .concatenation: concatenation, .pack: pack, .unpack: unpack,
    .split: split, .splitV: splitV, .slice: slice, .stridedSlice: stridedSlice,
    .pad: pad, .padv2: pad, .mirrorPad: mirrorPad, .tile: tile, .broadcastTo: broadcastTo,
    .gather: gather, .gatherNd: gatherNd,
    .resizeBilinear: resize, .resizeNearestNeighbor: resize,
    .spaceToDepth: spaceToDepth, .depthToSpace: depthToSpace,
    .spaceToBatchNd: spaceToBatch, .batchToSpaceNd: batchToSpace,
    // Reductions and facts about shapes
    .mean: reduce, .sum: reduce, .reduceProd: reduce, .reduceMax: reduce, .reduceMin: reduce,
    .reduceAny: reduce, .reduceAll: reduce,
    .argMax: argument, .argMin: argument,
    .shape: shapeOf, .rank: rankOf, .fill: fill,
  ]
}

extension OperatorKind {
  /// Whether Preflash knows the operator well enough to check its shapes and to plan for it.
  package var isPlanned: Bool { ShapeRules.rows[self] != nil }
}

extension Graph {
  /// The output shapes that an operator's inputs and options call for.
  ///
  /// Nil when they depend on values computed at run time, or when the operator is unknown here.
  /// Throws when the operands contradict each other.
  package func inferredOutputShapes(of operation: Operator) throws(GraphProblem) -> [[Int]]? {
    guard let rule = ShapeRules.rows[operation.kind] else { return nil }
    return try rule(ShapeQuery(graph: self, operation: operation))
  }

  /// Throws when an output's shape is not what the operator's inputs and options call for.
  func checkShapes(of operation: Operator) throws(GraphProblem) {
    guard let shapes = try inferredOutputShapes(of: operation) else { return }
    let stated = operation.outputs.map { tensors[$0].shape }
    guard shapes.count == stated.count else {
      throw GraphProblem(
        "\(operation.kind.name): expected \(shapes.count) outputs, found \(stated.count)")
    }
    for (expected, found) in zip(shapes, stated) where expected != found {
      throw GraphProblem(
        "\(operation.kind.name): expected an output of shape \(expected), found \(found)")
    }
  }
}
