import Bytes
import Models

/// An operator ready to run: shapes, types and quantization checked against the file, weights
/// widened, tables made. Holds no state between runs; that lives in variable tensors.
protocol PreparedOperator: Sendable {
  /// Reads its inputs and writes its outputs in `memory`.
  ///
  /// Throws only for what a file cannot tell, such as an index computed at run time.
  func run(_ memory: Memory) throws(InputError)
}

/// Which operators run, and who prepares them.
///
/// How to add an operator:
/// 1. A file in `Operators/`, one per family, with `struct …Operator: PreparedOperator` and
///    `static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator`.
/// 2. `prepare` asks `Preparation` for operands and constants, and checks everything that `run`
///    relies on: a file that was damaged must end in an `InputError`, never in a trap.
/// 3. Scratch memory comes from `p.scratch(bytes:)`; it is shared, so it holds nothing between runs.
/// 4. The arithmetic itself goes into `Kernels`, on pointers and counts, knowing nothing of graphs.
/// 5. One row here per kind. Where a kind runs on several element types, `byType` picks the family
///    by the type of input 0.
enum OperatorRegistry {
  typealias Prepare =
    @Sendable (inout Preparation) throws(InputError) -> any PreparedOperator

  static let rows: [OperatorKind: Prepare] = [
    // Convolutions and matrix products
    .conv2D: byType([
      .int8: ConvolutionOperator.prepare, .int16: WideConvolutionOperator.prepare,
      .float32: FloatConvolutionOperator.prepare,
    ]),
    .depthwiseConv2D: byType([
      .int8: DepthwiseConvolutionOperator.prepare,
      .int16: WideConvolutionOperator.prepareDepthwise,
      .float32: FloatConvolutionOperator.prepareDepthwise,
    ]),
    .fullyConnected: byType([
      .int8: FullyConnectedOperator.prepare,
      .int16: WideConvolutionOperator.prepareFullyConnected,
      .float32: FloatConvolutionOperator.prepareFullyConnected,
    ]),
    .transposeConv: TransposeConvolutionOperator.prepare,
    .batchMatmul: MatrixProductOperator.prepare,
    .svdf: SVDFOperator.prepare,
    .unidirectionalSequenceLSTM: SequenceLSTMOperator.prepare,
    .averagePool2D: byType([
      .int8: PoolingOperator.prepareAverage, .int16: DirectPoolingOperator.prepareAverage,
      .float32: DirectPoolingOperator.prepareAverage,
    ]),
    .maxPool2D: byType([
      .int8: PoolingOperator.prepareMaximum, .int16: DirectPoolingOperator.prepareMaximum,
      .float32: DirectPoolingOperator.prepareMaximum,
    ]),
    // Element by element
    .add: arithmetic, .sub: arithmetic, .mul: arithmetic,
    .div: byType([.float32: DirectElementwiseOperator.prepareFloats]),
    .maximum: extremum, .minimum: extremum,
    .softmax: SoftmaxOperator.prepare,
    .relu: ActivationOperator.prepare, .relu6: ActivationOperator.prepare,
    .reluN1To1: ActivationOperator.prepare, .relu0To1: ActivationOperator.prepare,
    .leakyRelu: ActivationOperator.prepare, .logistic: ActivationOperator.prepare,
    .tanh: ActivationOperator.prepare, .hardSwish: ActivationOperator.prepare,
    .elu: ActivationOperator.prepare, .exp: ActivationOperator.prepare,
    .abs: ActivationOperator.prepare, .neg: ActivationOperator.prepare,
    .sqrt: ActivationOperator.prepare, .rsqrt: ActivationOperator.prepare,
    .prelu: byType([.int8: ParametricRectifierOperator.prepare]),
    .quantize: QuantizeOperator.prepare, .dequantize: DequantizeOperator.prepare,
    .cast: CastOperator.prepare,
    // Reductions
    .mean: ReductionOperator.prepare, .sum: ReductionOperator.prepare,
    .reduceMax: ReductionOperator.prepare, .reduceMin: ReductionOperator.prepare,
    // Arrangement
    .concatenation: ConcatenationOperator.prepare,
    .pad: PadOperator.prepare, .padv2: PadOperator.prepare,
    .mirrorPad: ArrangementOperator.prepareMirrorPad,
    .reshape: CopyOperator.prepare, .squeeze: CopyOperator.prepare,
    .expandDims: CopyOperator.prepare,
    .transpose: ArrangementOperator.prepareTranspose,
    .slice: ArrangementOperator.prepareSlice,
    .stridedSlice: ArrangementOperator.prepareStridedSlice,
    .tile: ArrangementOperator.prepareTile,
    .spaceToDepth: ArrangementOperator.prepareSpaceToDepth,
    .depthToSpace: ArrangementOperator.prepareDepthToSpace,
    .resizeNearestNeighbor: ArrangementOperator.prepareResizeNearest,
    .resizeBilinear: BilinearResizeOperator.prepare,
    .split: PartsOperator.prepareSplit, .splitV: PartsOperator.prepareSplit,
    .unpack: PartsOperator.prepareUnpack, .pack: PartsOperator.preparePack,
    .gather: GatherOperator.prepare,
    .shape: ShapeOperator.prepare,
  ]

  private static let arithmetic = byType([
    .int8: ElementwiseOperator.prepare, .int16: DirectElementwiseOperator.prepareWords,
    .float32: DirectElementwiseOperator.prepareFloats,
  ])

  private static let extremum = byType([
    .int8: DirectElementwiseOperator.prepareExtremum,
    .int16: DirectElementwiseOperator.prepareExtremum,
    .int32: DirectElementwiseOperator.prepareExtremum,
    .float32: DirectElementwiseOperator.prepareFloats,
  ])

  private static func byType(_ families: [ElementType: Prepare]) -> Prepare {
    { (p: inout Preparation) throws(InputError) in
      let input = try p.input(0)
      guard let prepare = families[input.type] else { throw p.unsupportedType(input) }
      return try prepare(&p)
    }
  }

  /// One error that names every operator which no row takes.
  static func checkSupport(of graph: Graph) throws(InputError) {
    var missing: [String] = []
    for op in graph.operators where rows[op.kind] == nil {
      let name = op.customName.map { "custom “\($0)”" } ?? op.kind.name
      if !missing.contains(name) { missing.append(name) }
    }
    guard missing.isEmpty else {
      throw InputError(
        at: .nowhere,
        "expected operators that the interpreter runs, found \(missing.joined(separator: ", "))",
        advice: "`fit` still plans such a model; replace these operators to run it")
    }
  }
}
