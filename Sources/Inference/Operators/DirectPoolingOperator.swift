import Bytes
import Kernels
import Models

/// AVERAGE_POOL_2D and MAX_POOL_2D on int16 and float32.
struct DirectPoolingOperator: PreparedOperator {
  private enum Range: Sendable {
    case words(ClosedRange<Int32>)
    case floats(ClosedRange<Float>)
  }

  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: DirectPooling
  private let range: Range

  static func prepareAverage(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    try prepare(&p, .average)
  }

  static func prepareMaximum(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    try prepare(&p, .maximum)
  }

  private static func prepare(
    _ p: inout Preparation, _ reduction: Pooling.Reduction
  ) throws(InputError) -> any PreparedOperator {
    guard case .pool(let options) = p.op.options else { throw p.error("expected pool options") }
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    let window = try p.window(
      input: input, output: output, filter: options.filter, stride: options.stride,
      padding: options.padding)
    let channels = input.shape[3]
    try p.require(
      output.shape[3] == channels,
      "expected \(channels) channels in the output, found \(output.shape[3])")
    var range = Range.floats(0...0)
    if input.type == .int16 {
      try p.requireSameQuantization(input, output)
      range = .words(try p.activationRange(options.activation, output))
    } else {
      range = .floats(try p.floatRange(options.activation))
    }
    return DirectPoolingOperator(
      input: input, output: output, images: Images(input, output),
      kernel: DirectPooling(reduction, window: window, channels: channels), range: range)
  }

  func run(_ memory: Memory) {
    for image in 0..<images.count {
      let (source, target) = (image * images.inputSize, image * images.outputSize)
      switch range {
      case .words(let range):
        kernel.run(
          memory.int16(input) + source, to: memory.int16(output) + target, range: range)
      case .floats(let range):
        kernel.run(
          memory.float(input) + source, to: memory.float(output) + target, range: range)
      }
    }
  }
}

extension Preparation {
  func requireSameQuantization(_ input: Operand, _ output: Operand) throws(InputError) {
    let (inputScale, inputZeroPoint) = try quantization(input)
    let (outputScale, outputZeroPoint) = try quantization(output)
    try require(
      abs(inputScale - outputScale) <= 1e-6 && inputZeroPoint == outputZeroPoint,
      "expected the output's scale and zero point to be the input's")
  }
}
