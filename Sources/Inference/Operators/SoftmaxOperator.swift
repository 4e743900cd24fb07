import Bytes
import Kernels
import Models

/// SOFTMAX on int8, along the innermost dimension.
struct SoftmaxOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let rows: Int
  private let depth: Int
  private let kernel: Softmax

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .softmax(let beta) = p.op.options else { throw p.error("expected softmax options") }
    let input = try p.input(0, .int8)
    let output = try p.output(0, .int8)
    try p.require(
      input.shape == output.shape && input.count > 0,
      "expected an output of \(input.shape), found \(output.shape)")
    let (scale, _) = try p.quantization(input)
    let (outputScale, zeroPoint) = try p.quantization(output)
    try p.require(
      outputScale == 1 / 256 && zeroPoint == -128,
      "expected an output of scale 1/256 and zero point −128")
    guard
      let kernel = Softmax(
        scale: scale, beta: beta, output: (outputScale, zeroPoint), arithmetic: p.arithmetic)
    else { throw p.error("expected a positive beta and a scale, found \(beta) and \(scale)") }
    let depth = input.shape.last ?? 1
    return SoftmaxOperator(
      input: input, output: output, rows: input.count / depth, depth: depth, kernel: kernel)
  }

  func run(_ memory: Memory) {
    kernel.run(memory.int8(input), rows: rows, depth: depth, to: memory.int8(output))
  }
}
