import Bytes
import Kernels
import Models

/// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED on float32.
struct FloatConvolutionOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case full(DirectConvolution<Float>)
    case depthwise(DirectDepthwiseConvolution<Float>)
  }

  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: Kernel
  private let range: ClosedRange<Float>
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected convolution options")
    }
    let geometry = try p.convolutionGeometry(options, .float32)
    let kernel = DirectConvolution<Float>(
      window: geometry.window, channels: geometry.channels, groups: geometry.groups,
      weights: try p.floatConstant(geometry.filter),
      bias: try p.floatBias(2, channels: geometry.outputChannels))
    let range = try p.floatRange(options.activation)
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return FloatConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: .full(kernel), range: range,
      scratch: scratch)
  }

  static func prepareDepthwise(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected depthwise convolution options")
    }
    let geometry = try p.depthwiseGeometry(options, .float32)
    let channels = geometry.outputChannels
    let kernel = DirectDepthwiseConvolution<Float>(
      window: geometry.window, channels: geometry.channels,
      multiplier: channels / geometry.channels, weights: try p.floatConstant(geometry.filter),
      bias: try p.floatBias(2, channels: channels))
    let range = try p.floatRange(options.activation)
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return FloatConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: .depthwise(kernel), range: range,
      scratch: scratch)
  }

  static func prepareFullyConnected(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .fullyConnected(let activation, _, let shuffled) = p.op.options, !shuffled else {
      throw p.error("expected fully connected options with weights in the default order")
    }
    let geometry = try p.fullyConnectedGeometry(.float32)
    let kernel = DirectConvolution<Float>(
      window: geometry.window, channels: geometry.channels, groups: 1,
      weights: try p.floatConstant(geometry.filter),
      bias: try p.floatBias(2, channels: geometry.outputChannels))
    let range = try p.floatRange(activation)
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return FloatConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: .one, kernel: .full(kernel), range: range,
      scratch: scratch)
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      let source = memory.float(input) + image * images.inputSize
      let target = memory.float(output) + image * images.outputSize
      let sums = memory.scratch(scratch, as: Float.self)
      switch kernel {
      case .full(let kernel): kernel.run(source, to: target, range, sums: sums)
      case .depthwise(let kernel): kernel.run(source, to: target, range, sums: sums)
      }
    }
  }
}
