import Boards
import Models

extension LayerWork {
  /// Counts the work of one operator. Shapes that do not make sense count as no work: readers and
  /// interpreters complain about them, an estimate need not.
  init(_ index: Int, of graph: Graph) {
    let operation = graph.operators[index]
    let outputs = operation.outputs.map { graph.tensors[$0] }
    let inputs = operation.inputs.map { $0.map { graph.tensors[$0] } }
    self.init(
      operatorIndex: index, kind: operation.kind, outputShape: outputs.first?.shape ?? [])
    activationBytes =
      inputs.reduce(0) { $0 + ($1?.constant == nil ? $1?.byteCount ?? 0 : 0) }
      + outputs.reduce(0) { $0 + $1.byteCount }
    guard let output = outputs.first else { return }
    self[.layer] = 1
    if let input = inputs.first ?? nil, input.shape.count == 4, output.shape.count == 4 {
      shrinks = input.shape[1] > output.shape[1]
    }
    macs = graph.macs(of: operation)
    weightReads = Double(macs) / 4
    activationReads = Double(macs + activationBytes) / 4
    switch operation.kind {
    case .conv2D, .transposeConv: countConvolution(inputs, output, operation.kind)
    case .depthwiseConv2D: countDepthwise(inputs, output)
    case .fullyConnected: countFullyConnected(inputs, output)
    case .svdf: countSVDF(inputs)
    case .unidirectionalSequenceLSTM: countLSTM(inputs)
    case .batchMatmul: countBatchMatMul(inputs, output)
    default: countSimple(operation.kind, inputs.first ?? nil, output)
    }
    shape = LayerShape(
      filter: macs > 0 ? tensor(1, inputs)?.shape : nil, of: operation.kind,
      output: output.shape)
    let data = kind == .transposeConv ? inputs.last ?? nil : inputs.first ?? nil
    isUncalibrated = isUncalibrated || (data.map { macs > 0 && $0.type != .int8 } ?? false)
    if macs > 0 && (data?.type == .float32) { moveToFloat() }
  }

  private typealias Inputs = [Tensor?]

  private func tensor(_ index: Int, _ inputs: Inputs) -> Tensor? {
    index < inputs.count ? inputs[index] : nil
  }

  /// Float kernels run the same loops with another cost per multiply-accumulate.
  private mutating func moveToFloat() {
    for term in [
      RuntimeCost.convolutionMAC, .pointwiseMAC, .depthwiseMAC, .generalDepthwiseMAC, .matrixMAC,
    ] {
      self[.floatMAC] += self[term]
      self[term] = 0
    }
  }

  /// Filter [output channels, height, width, input channels].
  private mutating func countConvolution(
    _ inputs: Inputs, _ output: Tensor, _ kind: OperatorKind
  ) {
    guard let filter = tensor(1, inputs), filter.shape.count == 4, filter.shape[0] > 0 else {
      return
    }
    let taps = filter.shape[1] * filter.shape[2]
    let channels = filter.shape[3]
    // A transposed convolution scatters each input pixel; the others gather for each output pixel.
    let data = kind == .transposeConv ? tensor(2, inputs) : output
    let depth = kind == .transposeConv ? channels : filter.shape[0]
    let pixels = (data?.elementCount ?? 0) / max(1, depth)
    isUncalibrated = kind == .transposeConv
    weightBytes = filter.byteCount
    weightUses = pixels
    weightReads = Double(macs) / 8
    // Bytes are stored one by one.
    activationReads = Double(macs) / 8 + Double(output.elementCount)
    self[taps > 1 ? .convolutionMAC : .pointwiseMAC] =
      Double(macs) * Self.leftovers(filters: filter.shape[0], pixels: pixels, sum: taps * channels)
    self[.convolutionOutput] = Double(output.elementCount)
    if taps > 1 {
      self[channels <= 4 ? .gatherThinTap : .gatherTap] = Double(pixels) * Double(taps)
      self[.gatherValue] = Double(pixels) * Double(taps) * Double(channels)
    }
  }

  /// What the loops of a convolution cost against a shape that they divide.
  ///
  /// CMSIS-NN computes two filters on two pixels with products in groups of four. By the instructions
  /// of its loops, and as counted layer by layer: a product that is left over costs 2.5 times as much,
  /// a pixel alone 2, a filter alone 1.3. `sum` is the number of products in one output.
  private static func leftovers(filters: Int, pixels: Int, sum: Int) -> Double {
    guard filters > 0, pixels > 0, sum > 0 else { return 1 }
    let products = (Double(sum - sum % 4) + 2.5 * Double(sum % 4)) / Double(sum)
    let odd = Double(pixels % 2)
    let pixelShare = ((Double(pixels) - odd) * products + 2 * odd) / Double(pixels)
    return pixelShare * (filters % 2 == 0 ? 1 : 1 + 0.3 / Double(filters))
  }

  /// Filter [1, height, width, input channels × multiplier].
  private mutating func countDepthwise(_ inputs: Inputs, _ output: Tensor) {
    guard let filter = tensor(1, inputs), filter.shape.count == 4, filter.shape[3] > 0 else {
      return
    }
    let isUsual =
      filter.shape[1] == 3 && filter.shape[2] == 3
      && tensor(0, inputs)?.shape.last == filter.shape[3]
    weightBytes = filter.byteCount
    weightUses = 1
    weightReads = Double(macs) / 4
    activationReads = Double(macs) / 4 + Double(output.elementCount)
    self[isUsual ? .depthwiseMAC : .generalDepthwiseMAC] = Double(macs)
    self[isUsual ? .depthwiseOutput : .generalDepthwiseOutput] = Double(output.elementCount)
  }

  /// Weights [outputs, inputs].
  private mutating func countFullyConnected(_ inputs: Inputs, _ output: Tensor) {
    guard let weights = tensor(1, inputs), weights.shape.count == 2 else { return }
    weightBytes = weights.byteCount
    weightUses = output.elementCount / max(1, weights.shape[0])
    self[.matrixMAC] = Double(macs)
    self[.matrixOutput] = Double(output.elementCount)
  }

  /// Feature weights [filters, input size], time weights [filters, steps].
  private mutating func countSVDF(_ inputs: Inputs) {
    guard let feature = tensor(1, inputs), let time = tensor(2, inputs),
      let batches = tensor(0, inputs)?.shape.first
    else { return }
    weightBytes = feature.byteCount + time.byteCount
    weightUses = batches
    isUncalibrated = true
    self[.matrixMAC] = Double(macs)
    self[.matrixOutput] = Double(batches) * Double(feature.shape.first ?? 0)
    // Every inference shifts the memory of all filters by one step.
    self[.copy] = Double(batches) * Double(time.byteCount)
  }

  /// Input [batch, time, size]; weights 1–4 [cells, size], recurrent weights 5–8 [cells, cells].
  private mutating func countLSTM(_ inputs: Inputs) {
    guard let sequence = tensor(0, inputs), sequence.shape.count == 3,
      let size = sequence.shape.last, size > 0
    else { return }
    let steps = sequence.elementCount / size
    let weights = (1...8).compactMap { tensor($0, inputs) }
    let cells = tensor(8, inputs)?.shape.first ?? 0
    weightBytes = weights.reduce(0) { $0 + $1.byteCount }
    weightUses = steps
    isUncalibrated = true
    self[.matrixMAC] = Double(macs)
    self[.matrixOutput] = Double(steps) * Double(cells) * 4
    self[.function] = Double(steps) * Double(cells) * 5
    self[.elementwise] = Double(steps) * Double(cells) * 3
  }

  private mutating func countBatchMatMul(_ inputs: Inputs, _ output: Tensor) {
    guard let right = tensor(1, inputs), let columns = output.shape.last, columns > 0 else {
      return
    }
    weightBytes = right.constant == nil ? 0 : right.byteCount
    weightUses = output.elementCount / columns
    isUncalibrated = true
    self[.matrixMAC] = Double(macs)
    self[.matrixOutput] = Double(output.elementCount)
  }

  /// Operators whose time is proportional to what they read or write.
  private mutating func countSimple(_ kind: OperatorKind, _ input: Tensor?, _ output: Tensor) {
    let written = Double(output.elementCount)
    let read = Double(input?.elementCount ?? 0)
    switch kind {
    case .averagePool2D, .maxPool2D, .l2Pool2D: self[.pooling] = read
    case .mean, .sum, .reduceMax, .reduceMin, .reduceProd, .reduceAll, .reduceAny:
      self[.reduction] = read
    case .softmax, .logSoftmax: self[.softmax] = written
    case .quantize, .dequantize, .cast: self[.conversion] = written
    case .resizeBilinear, .resizeNearestNeighbor: self[.resize] = written
    case .add, .sub, .mul, .div, .maximum, .minimum, .squaredDifference, .addN, .less, .lessEqual,
      .greater, .greaterEqual, .equal, .notEqual, .logicalAnd, .logicalOr, .selectV2, .floorDiv,
      .floorMod, .prelu, .l2Normalization:
      self[.elementwise] = written
    case .logistic, .tanh, .relu, .relu6, .reluN1To1, .relu0To1, .leakyRelu, .hardSwish, .elu,
      .gelu, .abs, .neg, .exp, .log, .sqrt, .rsqrt, .square, .sin, .cos, .floor, .ceil, .round:
      self[.function] = written
    default: self[.copy] = Double(output.byteCount)
    }
  }
}
