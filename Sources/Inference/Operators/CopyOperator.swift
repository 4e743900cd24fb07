import Bytes
import Models

/// RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape.
struct CopyOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  private let byteCount: Int

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    try p.require(
      input.count == output.count,
      "expected \(input.count) elements in the output, found \(output.count)")
    return CopyOperator(input: input, output: output, byteCount: input.byteCount)
  }

  func run(_ memory: Memory) {
    memory.bytes(output).copyMemory(from: memory.bytes(input), byteCount: byteCount)
  }
}
