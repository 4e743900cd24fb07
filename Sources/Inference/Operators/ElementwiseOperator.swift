import Bytes
import Kernels
import Models

/// ADD, SUB and MUL on int8.
struct ElementwiseOperator: PreparedOperator {
  private let left: Operand
  private let right: Operand
  private let output: Operand
  private let kernel: Elementwise

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .elementwise(let activation) = p.op.options else {
      throw p.error("expected elementwise options")
    }
    let left = try p.input(0, .int8)
    let right = try p.input(1, .int8)
    let output = try p.output(0, .int8)
    let broadcast = try p.broadcast(left, right, output)
    let range = try p.activationRange(activation, output)
    let (x, y, z) = (
      try p.quantization(left), try p.quantization(right), try p.quantization(output)
    )
    let kernel =
      p.op.kind == .mul
      ? Elementwise(
        multiplying: x, y, to: z, range: range, broadcast: broadcast, arithmetic: p.arithmetic)
      : Elementwise(
        adding: x, y, subtracts: p.op.kind == .sub, to: z, range: range, broadcast: broadcast,
        arithmetic: p.arithmetic)
    guard let kernel else { throw p.error("expected scales of similar size") }
    return ElementwiseOperator(left: left, right: right, output: output, kernel: kernel)
  }

  func run(_ memory: Memory) {
    kernel.run(memory.int8(left), memory.int8(right), to: memory.int8(output))
  }
}

extension Preparation {
  /// How two operands stretch to the output's shape.
  func broadcast(_ left: Operand, _ right: Operand, _ output: Operand) throws(InputError)
    -> Broadcast
  {
    guard
      let broadcast = Broadcast(left: left.shape, right: right.shape, result: output.shape)
    else {
      throw error(
        "expected shapes that broadcast to \(output.shape), "
          + "found \(left.shape) and \(right.shape)")
    }
    return broadcast
  }
}
