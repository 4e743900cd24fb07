import Models

/// Bytes of one allocation and the multiple that its address must have.
struct Record: Equatable {
  var bytes: Int
  var alignment: Int

  init(_ bytes: Int, alignment: Int = 4) {
    self.bytes = bytes
    self.alignment = alignment
  }
}

/// What the interpreter keeps at the arena's tail for one operator.
///
/// Sizes of the C structures on a bare-metal Arm as GCC lays them out (short enumerations), computed from their declarations in
/// tflite-micro @90b983c (`builtin_op_data.h`, `micro/kernels/*.h`) and CMSIS-NN @99f736a.
enum OperatorRecords {
  /// The operator's options converted from the file; nil where the interpreter converts none.
  static func parameters(of operation: Operator) -> Record? {
    switch operation.kind {
    case .averagePool2D, .maxPool2D, .l2Pool2D: Record(40)
    case .reshape, .squeeze: Record(36)
    case .conv2D, .depthwiseConv2D: Record(28)
    case .stridedSlice: Record(24)
    case .transposeConv, .unidirectionalSequenceLSTM: Record(16)
    case .svdf, .concatenation, .pack, .unpack, .gather, .varHandle, .if, .while: Record(8)
    case .softmax, .leakyRelu, .split, .splitV, .spaceToDepth, .depthToSpace, .callOnce: Record(4)
    case .fullyConnected: Record(5, alignment: 1)
    case .batchMatmul: Record(3, alignment: 1)
    case .add, .sub, .cast, .resizeBilinear, .resizeNearestNeighbor, .cumsum:
      Record(2, alignment: 1)
    case .mul, .div, .shape, .argMax, .argMin, .mirrorPad, .l2Normalization, .mean, .sum,
      .reduceMax, .reduceMin, .reduceAll:
      Record(1, alignment: 1)
    default: nil
    }
  }

  /// The kernel's own structure, made when it is initialized; nil where it has none.
  static func kernelData(of operation: Operator, kernels: KernelSet) -> Int? {
    let isAccelerated = kernels == .cmsisNN
    return switch operation.kind {
    case .conv2D, .depthwiseConv2D: isAccelerated ? 60 : 56
    case .fullyConnected: isAccelerated ? 72 : 48
    case .averagePool2D, .maxPool2D: isAccelerated ? 36 : 32
    case .softmax: isAccelerated ? 64 : 56
    case .svdf: isAccelerated ? 40 : 36
    case .transposeConv: isAccelerated ? 76 : 72
    case .unidirectionalSequenceLSTM: isAccelerated ? 912 : 688
    case .batchMatmul: isAccelerated ? 36 : 16
    case .add: 60
    case .pad, .padv2: 56
    case .sub: 52
    case .mean, .sum, .reduceMax, .reduceMin, .reduceAll: 44
    case .mul: 36
    case .quantize, .dequantize, .less, .lessEqual, .greater, .greaterEqual, .equal, .notEqual: 32
    case .relu, .prelu, .div: 28
    case .concatenation, .leakyRelu: 24
    case .hardSwish, .mirrorPad, .logSoftmax, .abs, .rsqrt: 20
    case .logistic, .tanh: 16
    case .relu6: 8
    case .select, .selectV2: 1
    case .stridedSlice: 84
    case .squaredDifference: 112
    case .elu: 256
    default: nil
    }
  }

  /// What the kernel keeps besides, each rounded up to the arena's alignment.
  static func prepared(
    of operation: Operator, in graph: Graph, kernels: KernelSet
  ) -> [Int] {
    let isQuantized = graph.input(0, of: operation).map { $0.type != .float32 } ?? false
    switch operation.kind {
    case .conv2D, .depthwiseConv2D:
      // A multiplier and a shift for each output channel.
      let axis = operation.kind == .conv2D ? 0 : 3
      guard isQuantized, let shape = graph.input(1, of: operation)?.shape, shape.count == 4 else {
        return []
      }
      return [4 * shape[axis], 4 * shape[axis]]
    case .transposeConv:
      guard let shape = graph.input(1, of: operation)?.shape, let channels = shape.first else {
        return []
      }
      return [4 * channels, 4 * channels]
    case .fullyConnected:
      guard let filter = graph.input(1, of: operation), let scales = filter.quantization?.scales,
        filter.quantization?.isPerChannel == true, isQuantized
      else { return [] }
      return [4 * scales.count, 4 * scales.count]
    case .softmax:
      // Two tables of 513 16-bit entries.
      return graph.input(0, of: operation)?.type == .int16 ? [1026, 1026] : []
    case .unidirectionalSequenceLSTM where kernels == .cmsisNN && isQuantized:
      let units = graph.input(18, of: operation)?.shape.last ?? 0
      let width = graph.input(0, of: operation)?.type == .int16 ? 8 : 4
      return Array(repeating: units * width, count: 8)
    case .addN: return isQuantized ? [40] : []
    default: return []
    }
  }
}
