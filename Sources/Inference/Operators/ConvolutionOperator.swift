import Bytes
import Kernels
import Models

/// CONV_2D on int8, with groups where the filter has fewer channels than the input.
struct ConvolutionOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: Convolution
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected convolution options")
    }
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    let filter = try p.input(1)
    let shape = try p.shape(filter, rank: 4)
    let window = try p.window(
      input: input, output: output, filter: Stride(height: shape[1], width: shape[2]),
      stride: options.stride, dilation: options.dilation, padding: options.padding)
    let channels = input.shape[3]
    let outputChannels = output.shape[3]
    try p.require(
      shape[0] == outputChannels && channels.isMultiple(of: shape[3])
        && outputChannels.isMultiple(of: channels / shape[3]),
      "expected a filter of [\(outputChannels), …, \(channels)], found \(shape)")
    let scales = try p.symmetricScales(filter, channels: outputChannels, axis: 0)
    let requantizer = try p.requantizer(
      input: input, weightScales: scales, output: output, activation: options.activation)
    try p.checkPlane(window, channels: channels)
    let kernel = Convolution(
      window: window, channels: channels, groups: channels / shape[3],
      outputChannels: outputChannels, weights: try p.weights(filter),
      bias: try p.bias(2, channels: outputChannels),
      inputZeroPoint: Int16(try p.quantization(input).zeroPoint), requantizer: requantizer)
    return ConvolutionOperator(
      input: input, output: output, images: Images(input, output), kernel: kernel,
      scratch: try p.scratch(bytes: kernel.scratchBytes))
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      kernel.run(
        memory.int8(input) + image * images.inputSize,
        to: memory.int8(output) + image * images.outputSize, scratch: memory.scratch(scratch))
    }
  }
}

/// DEPTHWISE_CONV_2D on int8.
struct DepthwiseConvolutionOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: DepthwiseConvolution
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected depthwise convolution options")
    }
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    let filter = try p.input(1)
    let shape = try p.shape(filter, rank: 4)
    let window = try p.window(
      input: input, output: output, filter: Stride(height: shape[1], width: shape[2]),
      stride: options.stride, dilation: options.dilation, padding: options.padding)
    let channels = input.shape[3]
    let outputChannels = output.shape[3]
    // The shapes decide the multiplier; the option only repeats it.
    try p.require(
      shape[0] == 1 && shape[3] == outputChannels && outputChannels.isMultiple(of: channels),
      "expected a filter of [1, …, \(outputChannels)] over \(channels) channels, found \(shape)")
    let scales = try p.symmetricScales(filter, channels: outputChannels, axis: 3)
    let requantizer = try p.requantizer(
      input: input, weightScales: scales, output: output, activation: options.activation)
    try p.checkPlane(window, channels: outputChannels + 8)
    let kernel = DepthwiseConvolution(
      window: window, channels: channels, multiplier: outputChannels / channels,
      weights: try p.weights(filter), bias: try p.bias(2, channels: outputChannels),
      inputZeroPoint: Int16(try p.quantization(input).zeroPoint), requantizer: requantizer)
    return DepthwiseConvolutionOperator(
      input: input, output: output, images: Images(input, output), kernel: kernel,
      scratch: try p.scratch(bytes: kernel.scratchBytes))
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      kernel.run(
        memory.int8(input) + image * images.inputSize,
        to: memory.int8(output) + image * images.outputSize, scratch: memory.scratch(scratch))
    }
  }
}

/// The images of a batch, one after the other: sizes in elements.
struct Images: Sendable {
  let count: Int
  let inputSize: Int
  let outputSize: Int

  /// Of two tensors [batch, height, width, channels] that were checked to have one batch size.
  init(_ input: Operand, _ output: Operand) {
    count = input.shape[0]
    inputSize = input.count / count
    outputSize = output.count / count
  }
}

extension Preparation {
  /// Checks that the padded copy of an image that a kernel makes stays within reason.
  func checkPlane(_ window: Window, channels: Int) throws(InputError) {
    _ = try product(window.coveredHeight, window.coveredWidth, channels, 2)
  }
}
