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
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    let (options, window) = try p.poolWindow(input, output)
    let range: Range
    if input.type == .int16 {
      try p.requireSameQuantization(input, output)
      range = .words(try p.activationRange(options.activation, output))
    } else {
      range = .floats(try p.floatRange(options.activation))
    }
    return DirectPoolingOperator(
      input: input, output: output, images: Images(input, output),
      kernel: DirectPooling(reduction, window: window, channels: input.shape[3]), range: range)
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
