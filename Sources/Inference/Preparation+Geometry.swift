import Bytes
import Kernels
import Models

/// The operands and sizes of a convolution, checked against each other.
struct ConvolutionGeometry {
  let input: Operand
  let output: Operand
  let filter: Operand
  let window: Window
  let channels: Int
  let groups: Int
  let outputChannels: Int
}

extension Preparation {
  /// Of CONV_2D: filter [outputChannels, height, width, channels ÷ groups].
  func convolutionGeometry(_ options: ConvolutionOptions, _ type: ElementType) throws(InputError)
    -> ConvolutionGeometry
  {
    let (input, output) = (try input(0, type), try output(0, type))
    let filter = try self.input(1)
    let shape = try self.shape(filter, rank: 4)
    let window = try window(
      input: input, output: output, filter: Stride(height: shape[1], width: shape[2]),
      stride: options.stride, dilation: options.dilation, padding: options.padding)
    let (channels, outputChannels) = (input.shape[3], output.shape[3])
    try require(
      shape[0] == outputChannels && channels.isMultiple(of: shape[3])
        && outputChannels.isMultiple(of: channels / shape[3]),
      "expected a filter of [\(outputChannels), …, \(channels)], found \(shape)")
    return ConvolutionGeometry(
      input: input, output: output, filter: filter, window: window, channels: channels,
      groups: channels / shape[3], outputChannels: outputChannels)
  }

  /// Of DEPTHWISE_CONV_2D: filter [1, height, width, outputChannels].
  func depthwiseGeometry(_ options: ConvolutionOptions, _ type: ElementType) throws(InputError)
    -> ConvolutionGeometry
  {
    let (input, output) = (try input(0, type), try output(0, type))
    let filter = try self.input(1)
    let shape = try self.shape(filter, rank: 4)
    let window = try window(
      input: input, output: output, filter: Stride(height: shape[1], width: shape[2]),
      stride: options.stride, dilation: options.dilation, padding: options.padding)
    let (channels, outputChannels) = (input.shape[3], output.shape[3])
    // The shapes decide the multiplier; the option only repeats it.
    try require(
      shape[0] == 1 && shape[3] == outputChannels && outputChannels.isMultiple(of: channels),
      "expected a filter of [1, …, \(outputChannels)] over \(channels) channels, found \(shape)")
    return ConvolutionGeometry(
      input: input, output: output, filter: filter, window: window, channels: channels,
      groups: 1, outputChannels: outputChannels)
  }

  /// Of FULLY_CONNECTED: filter [units, depth]; the window is one pixel, its positions are rows.
  func fullyConnectedGeometry(_ type: ElementType) throws(InputError) -> ConvolutionGeometry {
    let (input, output) = (try input(0, type), try output(0, type))
    let filter = try self.input(1)
    let shape = try self.shape(filter, rank: 2)
    let (units, depth) = (shape[0], shape[1])
    try require(
      input.count > 0 && input.count.isMultiple(of: depth)
        && output.count == input.count / depth * units,
      "expected an output of \(input.count) ÷ \(depth) × \(units) elements, found \(output.shape)")
    let rows = input.count / depth
    return ConvolutionGeometry(
      input: input, output: output, filter: filter,
      window: Window(input: (rows, 1), filter: (1, 1), output: (rows, 1)), channels: depth,
      groups: 1, outputChannels: units)
  }

  /// What a fused activation lets a float be.
  func floatRange(_ activation: FusedActivation) throws(InputError) -> ClosedRange<Float> {
    switch activation {
    case .none: return -Float.infinity...Float.infinity
    case .relu: return 0...Float.infinity
    case .relu6: return 0...6
    case .reluN1To1: return -1...1
    case .tanh, .signBit:
      throw error("expected a fused activation of the RELU family, found \(activation)")
    }
  }

  /// The constant float32 bias of `channels` elements, or zeros where it is left out.
  func floatBias(_ position: Int, channels: Int) throws(InputError) -> [Float] {
    guard let operand = optionalInput(position) else {
      return Array(repeating: 0, count: channels)
    }
    try require(
      operand.count == channels, "expected a bias of \(channels), found \(operand.shape)")
    return try floatConstant(operand)
  }
}

extension Images {
  /// One image: all of a tensor.
  static let one = Images(count: 1, inputSize: 0, outputSize: 0)

  private init(count: Int, inputSize: Int, outputSize: Int) {
    self.count = count
    self.inputSize = inputSize
    self.outputSize = outputSize
  }
}
