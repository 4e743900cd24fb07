import Bytes
import Kernels
import Models

/// MEAN and SUM on int8, int16 and float32; REDUCE_MAX and REDUCE_MIN on int8 and float32.
struct ReductionOperator: PreparedOperator {
  private enum Finish: Sendable {
    case scale(Reduction.Scaling, Scratch)
    case float(averages: Bool)
    case extreme(takesLarger: Bool)
  }

  private let input: Operand
  private let output: Operand
  private let kernel: Reduction
  private let finish: Finish

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    let rank = input.shape.count
    try p.requireArrangeable(input)
    var axes: Set<Int> = []
    for value in try p.integerConstant(try p.input(1)) {
      axes.insert(try p.axis(value, rank: rank))
    }
    let kernel = Reduction(shape: input.shape, axes: axes)
    try p.require(
      input.count > 0 && output.count == kernel.outputCount,
      "expected \(kernel.outputCount) elements in the output, found \(output.shape)")
    return ReductionOperator(
      input: input, output: output, kernel: kernel,
      finish: try finish(&p, kernel, input, output))
  }

  private static func finish(
    _ p: inout Preparation, _ kernel: Reduction, _ input: Operand, _ output: Operand
  ) throws(InputError) -> Finish {
    let averages = p.op.kind == .mean
    switch (p.op.kind, input.type) {
    case (.reduceMax, .float32), (.reduceMin, .float32):
      return .extreme(takesLarger: p.op.kind == .reduceMax)
    case (.reduceMax, .int8), (.reduceMin, .int8):
      try p.requireSameQuantization(input, output)
      return .extreme(takesLarger: p.op.kind == .reduceMax)
    case (.mean, .float32), (.sum, .float32): return .float(averages: averages)
    case (.mean, .int8), (.sum, .int8), (.mean, .int16), (.sum, .int16):
      guard
        let scaling = kernel.scaling(
          from: try p.quantization(input), to: try p.quantization(output), averages: averages,
          arithmetic: p.arithmetic)
      else { throw p.error("expected scales of similar size") }
      return .scale(scaling, try p.scratch(bytes: try p.product(kernel.outputCount, 4)))
    default: throw p.unsupportedType(input)
    }
  }

  func run(_ memory: Memory) {
    switch finish {
    case .scale(let scaling, let scratch):
      let sums = memory.scratch(scratch, as: Int32.self)
      if input.type == .int8 {
        kernel.run(memory.int8(input), to: memory.int8(output), scaling, sums: sums)
      } else {
        kernel.run(memory.int16(input), to: memory.int16(output), scaling, sums: sums)
      }
    case .float(let averages):
      kernel.run(memory.float(input), to: memory.float(output), averages: averages)
    case .extreme(let takesLarger):
      if input.type == .int8 {
        kernel.runExtreme(
          memory.int8(input), to: memory.int8(output), takesLarger: takesLarger)
      } else {
        kernel.runExtreme(
          memory.float(input), to: memory.float(output), takesLarger: takesLarger)
      }
    }
  }
}
