import Bytes
import Kernels
import Models

/// TRANSPOSE_CONV on int8, int16 and float32. Inputs: output shape, filter, image, bias.
struct TransposeConvolutionOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case bytes(TransposeConvolution<Int32>, Requantizer)
    case words(TransposeConvolution<Int64>, WideRequantizer)
    case floats(TransposeConvolution<Float>, ClosedRange<Float>)
  }

  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: Kernel
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected transposed convolution options")
    }
    let input = try p.input(2)
    let output = try p.output(0, input.type)
    let filter = try p.input(1)
    let shape = try p.shape(filter, rank: 4)
    // From output to input this is an ordinary convolution.
    let window = try p.window(
      input: output, output: input, filter: Stride(height: shape[1], width: shape[2]),
      stride: options.stride, padding: options.padding)
    let (channels, outputChannels) = (input.shape[3], output.shape[3])
    try p.require(
      shape[0] == outputChannels && shape[3] == channels,
      "expected a filter of [\(outputChannels), …, \(channels)], found \(shape)")
    let geometry = ConvolutionGeometry(
      input: input, output: output, filter: filter, window: window, channels: channels, groups: 1,
      outputChannels: outputChannels)
    let (kernel, scratchBytes) = try kernel(p, geometry, options.activation)
    return TransposeConvolutionOperator(
      input: input, output: output, images: Images(input, output), kernel: kernel,
      scratch: try p.scratch(bytes: scratchBytes))
  }

  private static func kernel(
    _ p: Preparation, _ geometry: ConvolutionGeometry, _ activation: FusedActivation
  ) throws(InputError) -> (Kernel, Int) {
    let channels = geometry.outputChannels
    _ = try p.product(geometry.output.count, 8)
    switch geometry.input.type {
    case .int8:
      let scales = try p.symmetricScales(geometry.filter, channels: channels, axis: 0)
      let requantizer = try p.requantizer(
        input: geometry.input, weightScales: scales, output: geometry.output,
        activation: activation)
      let weights = try p.weights(geometry.filter)
      let zeroPoint = try p.quantization(geometry.input).zeroPoint
      let kernel = TransposeConvolution<Int32>(
        window: geometry.window, channels: geometry.channels, weights: weights,
        bias: try p.bias(3, channels: channels),
        corrections: TransposeConvolution<Int32>.corrections(
          weights, channels: geometry.channels, inputZeroPoint: zeroPoint))
      return (.bytes(kernel, requantizer), kernel.scratchBytes)
    case .int16:
      let requantizer = try p.wideRequantizer(
        geometry, bias: 3, channels: channels, axis: 0, activation: activation)
      let kernel = TransposeConvolution<Int64>(
        window: geometry.window, channels: geometry.channels,
        weights: try p.weights(geometry.filter), bias: try p.wideBias(3, channels: channels),
        corrections: [])
      return (.words(kernel, requantizer), kernel.scratchBytes)
    case .float32:
      let kernel = TransposeConvolution<Float>(
        window: geometry.window, channels: geometry.channels,
        weights: try p.floatConstant(geometry.filter),
        bias: try p.floatBias(3, channels: channels), corrections: [])
      return (.floats(kernel, try p.floatRange(activation)), kernel.scratchBytes)
    default: throw p.unsupportedType(geometry.input)
    }
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      let (source, target) = (image * images.inputSize, image * images.outputSize)
      switch kernel {
      case .bytes(let kernel, let requantizer):
        kernel.run(
          memory.int8(input) + source, to: memory.int8(output) + target, requantizer,
          sums: memory.scratch(scratch))
      case .words(let kernel, let requantizer):
        kernel.run(
          memory.int16(input) + source, to: memory.int16(output) + target, requantizer,
          sums: memory.scratch(scratch))
      case .floats(let kernel, let range):
        kernel.run(
          memory.float(input) + source, to: memory.float(output) + target, range,
          sums: memory.scratch(scratch))
      }
    }
  }
}
