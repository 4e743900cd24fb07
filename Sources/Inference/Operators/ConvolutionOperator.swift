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
    let geometry = try p.convolutionGeometry(options, .int8)
    let scales = try p.symmetricScales(geometry.filter, channels: geometry.outputChannels, axis: 0)
    let requantizer = try p.requantizer(
      input: geometry.input, weightScales: scales, output: geometry.output,
      activation: options.activation)
    try p.checkPlane(geometry.window, channels: geometry.channels)
    let kernel = Convolution(
      window: geometry.window, channels: geometry.channels, groups: geometry.groups,
      outputChannels: geometry.outputChannels,
      weights: try p.weights(geometry.filter),
      bias: try p.bias(2, channels: geometry.outputChannels),
      inputZeroPoint: Int16(try p.quantization(geometry.input).zeroPoint), requantizer: requantizer)
    return ConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: kernel,
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
    let geometry = try p.depthwiseGeometry(options, .int8)
    let scales = try p.symmetricScales(geometry.filter, channels: geometry.outputChannels, axis: 3)
    let requantizer = try p.requantizer(
      input: geometry.input, weightScales: scales, output: geometry.output,
      activation: options.activation)
    try p.checkPlane(geometry.window, channels: geometry.outputChannels + 8)
    let kernel = DepthwiseConvolution(
      window: geometry.window, channels: geometry.channels,
      multiplier: geometry.outputChannels / geometry.channels,
      weights: try p.weights(geometry.filter),
      bias: try p.bias(2, channels: geometry.outputChannels),
      inputZeroPoint: Int16(try p.quantization(geometry.input).zeroPoint), requantizer: requantizer)
    return DepthwiseConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: kernel,
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
