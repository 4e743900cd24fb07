import Bytes
import Kernels
import Models

/// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED on int16 activations and int8 weights.
struct WideConvolutionOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case full(DirectConvolution<Int64>)
    case depthwise(DirectDepthwiseConvolution<Int64>)
  }

  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: Kernel
  private let requantizer: WideRequantizer
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected convolution options")
    }
    let geometry = try p.convolutionGeometry(options, .int16)
    let channels = geometry.outputChannels
    let requantizer = try p.wideRequantizer(
      geometry, bias: 2, channels: channels, axis: 0, activation: options.activation)
    let kernel = DirectConvolution<Int64>(
      window: geometry.window, channels: geometry.channels, groups: geometry.groups,
      weights: try p.weights(geometry.filter), bias: try p.wideBias(2, channels: channels))
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return WideConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: .full(kernel),
      requantizer: requantizer, scratch: scratch)
  }

  static func prepareDepthwise(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .convolution(let options) = p.op.options else {
      throw p.error("expected depthwise convolution options")
    }
    let geometry = try p.depthwiseGeometry(options, .int16)
    let channels = geometry.outputChannels
    let requantizer = try p.wideRequantizer(
      geometry, bias: 2, channels: channels, axis: 3, activation: options.activation)
    let kernel = DirectDepthwiseConvolution<Int64>(
      window: geometry.window, channels: geometry.channels,
      multiplier: channels / geometry.channels, weights: try p.weights(geometry.filter),
      bias: try p.wideBias(2, channels: channels))
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return WideConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: Images(geometry.input, geometry.output), kernel: .depthwise(kernel),
      requantizer: requantizer, scratch: scratch)
  }

  static func prepareFullyConnected(_ p: inout Preparation) throws(InputError)
    -> any PreparedOperator
  {
    guard case .fullyConnected(let activation, _, let shuffled) = p.op.options, !shuffled else {
      throw p.error("expected fully connected options with weights in the default order")
    }
    let geometry = try p.fullyConnectedGeometry(.int16)
    let channels = geometry.outputChannels
    let requantizer = try p.wideRequantizer(
      geometry, bias: 2, channels: channels, axis: 0, activation: activation)
    let kernel = DirectConvolution<Int64>(
      window: geometry.window, channels: geometry.channels, groups: 1,
      weights: try p.weights(geometry.filter), bias: try p.wideBias(2, channels: channels))
    let scratch = try p.scratch(bytes: kernel.scratchBytes)
    return WideConvolutionOperator(
      input: geometry.input, output: geometry.output,
      images: .one, kernel: .full(kernel),
      requantizer: requantizer, scratch: scratch)
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      let source = memory.int16(input) + image * images.inputSize
      let target = memory.int16(output) + image * images.outputSize
      let sums = memory.scratch(scratch, as: Int64.self)
      switch kernel {
      case .full(let kernel): kernel.run(source, to: target, requantizer, sums: sums)
      case .depthwise(let kernel): kernel.run(source, to: target, requantizer, sums: sums)
      }
    }
  }
}

extension Preparation {
  /// The requantizer of an int16 layer; the type of its bias says how sums are rounded.
  func wideRequantizer(
    _ geometry: ConvolutionGeometry, bias: Int, channels: Int, axis: Int,
    activation: FusedActivation
  ) throws(InputError) -> WideRequantizer {
    let (inputScale, inputZeroPoint) = try quantization(geometry.input)
    let (outputScale, outputZeroPoint) = try quantization(geometry.output)
    try require(
      inputZeroPoint == 0 && outputZeroPoint == 0, "expected zero points of 0 for int16")
    let scales = try symmetricScales(geometry.filter, channels: channels, axis: axis)
    let form: WideRequantizer.Form = optionalInput(bias)?.type == .int32 ? .sums32 : .sums64
    var multipliers: [QuantizedMultiplier] = []
    for scale in scales {
      let next = try multiplier(Double(inputScale) * Double(scale) / Double(outputScale))
      try require(
        form == .sums32 || next.exponent < 15, "expected scales whose ratio is below 2¹⁴")
      multipliers.append(next)
    }
    return WideRequantizer(
      multipliers: multipliers, form: form, range: try activationRange(activation, geometry.output))
  }

  /// The constant bias of an int16 layer, int64 or int32, or zeros where it is left out.
  func wideBias(_ position: Int, channels: Int) throws(InputError) -> [Int64] {
    guard let operand = optionalInput(position) else {
      return Array(repeating: 0, count: channels)
    }
    try require(
      operand.count == channels && [.int32, .int64].contains(operand.type),
      "expected a bias of \(channels) int32 or int64, "
        + "found \(operand.shape) of \(operand.type.name)")
    return try integerConstant(operand).map(Int64.init)
  }
}
