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
    guard case .pool(let options) = p.op.options else { throw p.error("expected pool options") }
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    let window = try p.window(
      input: input, output: output, filter: options.filter, stride: options.stride,
      padding: options.padding)
    let channels = input.shape[3]
    try p.require(
      output.shape[3] == channels,
      "expected \(channels) channels in the output, found \(output.shape[3])")
    let (inputScale, inputZeroPoint) = try p.quantization(input)
    let (outputScale, outputZeroPoint) = try p.quantization(output)
    try p.require(
      abs(inputScale - outputScale) <= 1e-6 && inputZeroPoint == outputZeroPoint,
      "expected the output's scale and zero point to be the input's")
    let kernel = Pooling(
      reduction, window: window, channels: channels,
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
