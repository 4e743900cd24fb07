import Bytes
import Kernels
import Models

/// AVERAGE_POOL_2D and MAX_POOL_2D on int8. Neither rescales, in either arithmetic.
struct PoolingOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let images: Images
  private let kernel: Pooling
  private let scratch: Scratch

  static func prepareAverage(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    try prepare(&p, .average)
  }

  static func prepareMaximum(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    try prepare(&p, .maximum)
  }

  private static func prepare(
    _ p: inout Preparation, _ reduction: Pooling.Reduction
  ) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    let (options, window) = try p.poolWindow(input, output)
    try p.requireSameQuantization(input, output)
    let kernel = Pooling(
      reduction, window: window, channels: input.shape[3],
      range: try p.activationRange(options.activation, output))
    return PoolingOperator(
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

extension Preparation {
  /// The options and the window of a pooling that keeps the number of channels.
  func poolWindow(_ input: Operand, _ output: Operand) throws(InputError)
    -> (options: PoolOptions, window: Window)
  {
    guard case .pool(let options) = op.options else { throw error("expected pool options") }
    let window = try window(
      input: input, output: output, filter: options.filter, stride: options.stride,
      padding: options.padding)
    try require(
      output.shape[3] == input.shape[3],
      "expected \(input.shape[3]) channels in the output, found \(output.shape[3])")
    return (options, window)
  }

  func requireSameQuantization(_ input: Operand, _ output: Operand) throws(InputError) {
    let (inputScale, inputZeroPoint) = try quantization(input)
    let (outputScale, outputZeroPoint) = try quantization(output)
    try require(
      abs(inputScale - outputScale) <= 1e-6 && inputZeroPoint == outputZeroPoint,
      "expected the output's scale and zero point to be the input's")
  }
}
