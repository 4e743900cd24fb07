import Bytes
import Kernels
import Models

/// SOFTMAX along the innermost dimension: int8 to int8 or int16, int16, and float32.
struct SoftmaxOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case bytes(Softmax)
    case bytesToWords(Softmax)
    case words(WideSoftmax)
    case floats(FloatSoftmax)
  }

  private let input: Operand
  private let output: Operand
  private let rows: Int
  private let depth: Int
  private let kernel: Kernel

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .softmax(let beta) = p.op.options else { throw p.error("expected softmax options") }
    let input = try p.input(0)
    let output = try p.output(0, try p.output(0).type)
    try p.require(
      input.shape == output.shape && input.count > 0,
      "expected an output of \(input.shape), found \(output.shape)")
    let depth = input.shape.last ?? 1
    return SoftmaxOperator(
      input: input, output: output, rows: input.count / depth, depth: depth,
      kernel: try kernel(p, beta, input, output, depth: depth))
  }

  private static func kernel(
    _ p: Preparation, _ beta: Float, _ input: Operand, _ output: Operand, depth: Int
  ) throws(InputError) -> Kernel {
    try p.require(beta.isFinite, "expected a finite beta")
    if input.type == .float32, output.type == .float32 {
      return .floats(FloatSoftmax(beta: beta, depth: depth))
    }
    let (scale, _) = try p.quantization(input)
    let (outputScale, zeroPoint) = try p.quantization(output)
    switch (input.type, output.type) {
    case (.int8, .int8), (.int8, .int16):
      let steps: Float = output.type == .int8 ? 256 : 65536
      // The reference lets the scale of int16 be off by a thousandth.
      try p.require(
        abs(outputScale * steps - 1) <= (output.type == .int8 ? 0 : 1e-3)
          && zeroPoint == Int32(-steps / 2),
        "expected an output of scale 1/\(Int(steps)) and zero point −\(Int(steps / 2))")
      guard
        let kernel = Softmax(
          scale: scale, beta: beta, output: (outputScale, zeroPoint), arithmetic: p.arithmetic)
      else { throw p.error("expected a positive beta and a scale, found \(beta) and \(scale)") }
      return output.type == .int8 ? .bytes(kernel) : .bytesToWords(kernel)
    case (.int16, .int16):
      try p.require(
        abs(outputScale * 32768 - 1) <= 1e-3 && zeroPoint == 0,
        "expected an output of scale 1/32768 and zero point 0")
      let multiplier = try p.multiplier(Double(scale) * Double(beta) / (10.0 / 65535.0))
      return .words(WideSoftmax(multiplier: multiplier, depth: depth))
    default: throw p.unsupportedType(input)
    }
  }

  func run(_ memory: Memory) {
    switch kernel {
    case .bytes(let kernel):
      kernel.run(memory.int8(input), rows: rows, depth: depth, to: memory.int8(output))
    case .bytesToWords(let kernel):
      kernel.run(memory.int8(input), rows: rows, depth: depth, to: memory.int16(output))
    case .words(let kernel):
      kernel.run(memory.int16(input), rows: rows, to: memory.int16(output))
    case .floats(let kernel):
      kernel.run(memory.float(input), rows: rows, to: memory.float(output))
    }
  }
}
