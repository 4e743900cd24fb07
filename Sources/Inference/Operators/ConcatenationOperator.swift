import Bytes
import Models

/// CONCATENATION of any type: stretches of bytes in turn.
struct ConcatenationOperator: PreparedOperator {
  private struct Part: Sendable {
    let operand: Operand
    /// Bytes that this input adds per step of the dimensions outside the axis.
    let stretch: Int
  }

  private let parts: [Part]
  private let output: Operand
  private let steps: Int

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .concatenation(let axis, let activation) = p.op.options else {
      throw p.error("expected concatenation options")
    }
    try p.require(activation == .none, "expected no fused activation, found \(activation)")
    let first = try p.input(0)
    let output = try p.output(0, first.type)
    guard let size = output.type.size else { throw p.unsupportedType(output) }
    let rank = output.shape.count
    let along = axis < 0 ? axis + rank : axis
    try p.require((0..<rank).contains(along), "expected an axis below \(rank), found \(axis)")
    let inner = output.shape[(along + 1)...].reduce(size, *)
    var parts: [Part] = []
    var total = 0
    for position in 0..<p.inputCount {
      let operand = try p.input(position, first.type)
      var expected = output.shape
      if operand.shape.count == rank { expected[along] = operand.shape[along] }
      try p.require(
        operand.shape == expected,
        "expected input \(position) to differ from \(output.shape) in dimension \(along) only, "
          + "found \(operand.shape)")
      if [.int8, .uint8].contains(first.type) {
        try p.require(
          try p.quantization(operand) == p.quantization(output),
          "expected input \(position) to have the output's scale and zero point")
      }
      total += operand.shape[along]
      parts.append(Part(operand: operand, stretch: operand.shape[along] * inner))
    }
    try p.require(
      total == output.shape[along],
      "expected \(total) in dimension \(along) of the output, found \(output.shape)")
    return ConcatenationOperator(
      parts: parts, output: output, steps: output.shape[..<along].reduce(1, *))
  }

  func run(_ memory: Memory) {
    var target = memory.bytes(output)
    for step in 0..<steps {
      for part in parts {
        target.copyMemory(
          from: memory.bytes(part.operand) + step * part.stretch, byteCount: part.stretch)
        target += part.stretch
      }
    }
  }
}
