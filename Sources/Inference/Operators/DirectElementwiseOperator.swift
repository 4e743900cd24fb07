import Bytes
import Kernels
import Models

/// ADD, SUB and MUL on int16; ADD, SUB, MUL and DIV on float32; MAXIMUM and MINIMUM.
struct DirectElementwiseOperator: PreparedOperator {
  private enum Kernel: Sendable {
    case words(WideElementwise)
    case floats(FloatElementwise)
    case extremum(Extremum)
  }

  private let left: Operand
  private let right: Operand
  private let output: Operand
  private let kernel: Kernel

  static func prepareWords(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .elementwise(let activation) = p.op.options else {
      throw p.error("expected elementwise options")
    }
    let (left, right) = (try p.input(0, .int16), try p.input(1, .int16))
    let output = try p.output(0, .int16)
    let broadcast = try p.broadcast(left, right, output)
    let range = try p.activationRange(activation, output)
    let (x, y, z) = (
      try p.quantization(left), try p.quantization(right), try p.quantization(output)
    )
    try p.require(
      x.zeroPoint == 0 && y.zeroPoint == 0 && z.zeroPoint == 0,
      "expected zero points of 0 for int16")
    if p.op.kind == .mul {
      let multiplier = try p.multiplier(Double(x.scale) * Double(y.scale) / Double(z.scale))
      let kernel = WideElementwise(multiplying: multiplier, range: range, broadcast: broadcast)
      return Self(left: left, right: right, output: output, kernel: .words(kernel))
    }
    guard
      let kernel = WideElementwise(
        adding: x.scale, y.scale, subtracts: p.op.kind == .sub, to: z.scale, range: range,
        broadcast: broadcast)
    else { throw p.error("expected scales of similar size") }
    return Self(left: left, right: right, output: output, kernel: .words(kernel))
  }

  static func prepareFloats(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let operation: FloatElementwise.Operation
    switch p.op.kind {
    case .add: operation = .add
    case .sub: operation = .subtract
    case .mul: operation = .multiply
    case .div: operation = .divide
    case .maximum: operation = .maximum
    case .minimum: operation = .minimum
    default: throw p.error("expected an operator of two floats")
    }
    var range = -Float.infinity...Float.infinity
    if case .elementwise(let activation) = p.op.options { range = try p.floatRange(activation) }
    let (left, right) = (try p.input(0, .float32), try p.input(1, .float32))
    let output = try p.output(0, .float32)
    let kernel = FloatElementwise(
      operation, range: range, broadcast: try p.broadcast(left, right, output))
    return Self(left: left, right: right, output: output, kernel: .floats(kernel))
  }

  static func prepareExtremum(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let left = try p.input(0)
    let (right, output) = (try p.input(1, left.type), try p.output(0, left.type))
    if left.type != .int32 {
      try p.requireSameQuantization(left, output)
      try p.requireSameQuantization(right, output)
    }
    let kernel = Extremum(
      takesLarger: p.op.kind == .maximum, broadcast: try p.broadcast(left, right, output))
    return Self(left: left, right: right, output: output, kernel: .extremum(kernel))
  }

  func run(_ memory: Memory) {
    switch kernel {
    case .words(let kernel):
      kernel.run(memory.int16(left), memory.int16(right), to: memory.int16(output))
    case .floats(let kernel):
      kernel.run(memory.float(left), memory.float(right), to: memory.float(output))
    case .extremum(let kernel):
      switch output.type {
      case .int8: kernel.run(memory.int8(left), memory.int8(right), to: memory.int8(output))
      case .int16: kernel.run(memory.int16(left), memory.int16(right), to: memory.int16(output))
      default: kernel.run(memory.int32(left), memory.int32(right), to: memory.int32(output))
      }
    }
  }
}
