import Models

/// Memory that a kernel asks for, for the time that its operator runs.
///
/// From the kernels' preparation in tflite-micro @90b983c (`micro/kernels/*.cc` and
/// `micro/kernels/cmsis_nn/*.cc`) and CMSIS-NN @99f736a (`*_get_buffer_sizes_*.c`), with its DSP
/// variants, that is without MVE, built by GCC.
struct ScratchRequests {
  private let operation: Operator
  private let graph: Graph

  /// Bytes of each buffer in the order in which the kernel asks for them.
  static func bytes(of operation: Operator, in graph: Graph, kernels: KernelSet) -> [Int] {
    let requests = ScratchRequests(operation: operation, graph: graph)
    if kernels == .cmsisNN, let bytes = requests.accelerated { return bytes }
    return requests.portable
  }

  private var inputType: ElementType? { graph.input(0, of: operation)?.type }

  /// Nil for operators that CMSIS-NN leaves to the portable kernels.
  private var accelerated: [Int]? {
    switch operation.kind {
    case .conv2D: nonzero(convolution)
    case .depthwiseConv2D: nonzero(depthwise)
    case .transposeConv: transposedConvolution
    case .fullyConnected: fullyConnected
    case .averagePool2D: nonzero(averagePool)
    case .maxPool2D: []
    case .unidirectionalSequenceLSTM: lstm(bufferCount: inputType == .float32 ? 4 : 3)
    default: nil
    }
  }

  private func nonzero(_ bytes: Int) -> [Int] { bytes > 0 ? [bytes] : [] }

  /// Two columns of the unrolled input as 16-bit numbers, unless a 1 × 1 filter needs none.
  private var convolution: Int {
    guard let geometry = OperatorGeometry(operation, in: graph) else { return 0 }
    let column = product(geometry.filterHeight, geometry.filterWidth, geometry.inputChannels)
    switch inputType {
    case .int8:
      let isPointwise =
        geometry.filterHeight == 1 && geometry.filterWidth == 1 && geometry.hasUnitDilation
        && geometry.paddingHeight == 0 && geometry.paddingWidth == 0
        && geometry.inputChannels == geometry.filterChannels
      return isPointwise ? 0 : 2 * ((column + 3) / 4 * 4) * 2
    case .int16:
      // The 16-bit kernel takes 64-bit biases only; with others the portable one runs.
      let bias = graph.input(2, of: operation)
      return bias == nil || bias?.type == .int64 ? 2 * column * 2 : 0
    default: return 0
    }
  }

  private var depthwise: Int {
    guard inputType == .int8, let geometry = OperatorGeometry(operation, in: graph),
      geometry.inputChannels == geometry.outputChannels, geometry.batch == 1,
      geometry.hasUnitDilation
    else { return 0 }
    let isSmall =
      geometry.filterHeight == 3 && geometry.filterWidth == 3
      && geometry.paddingHeight <= 1 && geometry.paddingWidth <= 1
    return isSmall
      ? 0 : product(geometry.inputChannels, geometry.filterHeight, geometry.filterWidth, 2)
  }

  /// From more than this many channels on, the filter is reversed and an ordinary convolution run.
  private static let reversalThreshold = 16

  private var transposedConvolution: [Int]? {
    guard inputType != .int16, graph.input(2, of: operation)?.type == .int8 else { return nil }
    guard let geometry = OperatorGeometry(operation, in: graph) else { return [] }
    let stride = geometry.options.stride
    let taps = product(geometry.filterHeight, geometry.filterWidth)
    if stride.width <= 2 && stride.height <= 2
      && geometry.inputChannels > Self.reversalThreshold
    {
      let column = product(taps, geometry.inputChannels)
      return [
        2 * ((column + 3) / 4 * 4) * 2, product(column, geometry.outputChannels),
      ]
    }
    // The width is compared with the vertical stride there too.
    let width =
      (geometry.inputWidth - 1) * stride.width + max(geometry.filterWidth, stride.height)
    let height = max(geometry.filterHeight, stride.height)
    return [product(width, geometry.outputChannels, height, 4), 0]
  }

  private var fullyConnected: [Int] {
    guard inputType == .int8, let filter = graph.input(1, of: operation), filter.type == .int8,
      let depth = filter.shape.last, let output = graph.output(of: operation),
      let channels = output.shape.last, output.shape.count > 2, depth % 4 == 0,
      filter.quantization?.isPerChannel != true
    else { return [] }
    // It runs as a 1 × 1 convolution, whose per-channel multipliers are made up here.
    return [channels * 4 * 2]
  }

  private var averagePool: Int {
    guard inputType == .int8 || inputType == .int16,
      let channels = graph.input(0, of: operation)?.shape.last
    else { return 0 }
    return channels * 4
  }

  private var portable: [Int] {
    switch operation.kind {
    case .conv2D, .depthwiseConv2D, .fullyConnected: unpackedFilter
    case .mean, .sum: meanOrSum
    case .reduceMax, .reduceMin, .reduceAll: reduction
    case .svdf: svdf
    case .transposeConv: portableTransposedConvolution
    case .unidirectionalSequenceLSTM: lstm(bufferCount: 4)
    case .addN: addN
    case .mirrorPad: mirrorPad
    default: []
    }
  }

  /// 4-bit filters are unpacked to a byte an element.
  private var unpackedFilter: [Int] {
    guard let filter = graph.input(1, of: operation), filter.type == .int4 else { return [] }
    return [filter.elementCount]
  }

  private var reduction: [Int] {
    let rank = graph.input(0, of: operation)?.shape.count ?? 0
    return [4 * rank, 4 * (graph.input(1, of: operation)?.elementCount ?? 0)]
  }

  private var meanOrSum: [Int] {
    guard inputType == .int8 || inputType == .int16 else { return reduction }
    return [4 * (graph.output(of: operation)?.elementCount ?? 0)] + reduction
  }

  private var svdf: [Int] {
    guard let input = graph.input(0, of: operation)?.shape,
      let filters = graph.input(1, of: operation)?.shape.first, let batch = input.first,
      case .svdf(let rank, _) = operation.options, rank > 0
    else { return [] }
    if inputType == .int8 {
      return [product(batch, filters, 4), product(batch, filters / rank, 4)]
    }
    return [product(batch, filters, 4)]
  }

  private var portableTransposedConvolution: [Int] {
    guard let input = graph.input(2, of: operation), let output = graph.output(of: operation)
    else { return [] }
    switch input.type {
    case .int8: return [4 * output.elementCount]
    case .int16:
      // A bias of 16 bits is widened to the accumulator's 64.
      let bias = graph.input(3, of: operation)
      let widened = bias.map { $0.type == .int16 ? [8 * $0.elementCount] : [] } ?? []
      return [8 * output.elementCount] + widened
    default: return []
    }
  }

  /// Gate buffers of [batch, state], as wide as the cell state.
  private func lstm(bufferCount: Int) -> [Int] {
    guard let cellState = graph.input(19, of: operation),
      let hidden = graph.input(18, of: operation)?.shape, hidden.count == 2
    else { return [] }
    let bytes = hidden[0] * hidden[1] * (cellState.type.size ?? 0)
    return Array(repeating: bytes, count: bufferCount)
  }

  /// A pointer to each input.
  private var addN: [Int] { [4 * operation.inputs.count] }

  private var mirrorPad: [Int] {
    let rank = graph.input(0, of: operation)?.shape.count ?? 0
    return [4 * rank, 4 * rank]
  }
}

/// The factors multiplied, held at 1 TiB: shapes that contradict each other ask for no more.
private func product(_ factors: Int...) -> Int {
  let most = 1 << 40
  return factors.reduce(1) { product, factor in
    let (next, overflow) = product.multipliedReportingOverflow(by: max(0, factor))
    return overflow ? most : min(next, most)
  }
}
