import Bytes
import Kernels
import Models

/// BATCH_MATMUL on int8, int16 and float32; leading dimensions broadcast.
struct MatrixProductOperator: PreparedOperator {
  private let left: Operand
  private let right: Operand
  private let output: Operand
  private let kernel: MatrixProduct
  /// Nil for floats.
  private let scaling: MatrixProduct.Scaling?
  private let matrices: Broadcast
  private let scratch: Scratch

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .batchMatMul(let adjointX, let adjointY) = p.op.options else {
      throw p.error("expected matrix product options")
    }
    let left = try p.input(0)
    let (right, output) = (try p.input(1, left.type), try p.output(0, left.type))
    let (x, y, z) = (left.shape, right.shape, output.shape)
    try p.require(
      x.count >= 2 && y.count >= 2 && z.count >= 2 && (x + y + z).allSatisfy { $0 > 0 },
      "expected matrices, found \(x) and \(y)")
    let (rows, depth) = adjointX ? (x[x.count - 1], x[x.count - 2]) : (x[x.count - 2], x.last ?? 0)
    let (otherDepth, columns) =
      adjointY ? (y[y.count - 1], y[y.count - 2]) : (y[y.count - 2], y.last ?? 0)
    try p.require(
      depth == otherDepth && z.suffix(2) == [rows, columns],
      "expected matrices that multiply to \(z), found \(x) and \(y)")
    guard
      let matrices = Broadcast(
        left: Array(x.dropLast(2)), right: Array(y.dropLast(2)), result: Array(z.dropLast(2)))
    else { throw p.error("expected matrices that broadcast to \(z), found \(x) and \(y)") }
    let kernel = MatrixProduct(
      rows: rows, depth: depth, columns: columns, leftTransposed: adjointX,
      rightTransposed: adjointY)
    return MatrixProductOperator(
      left: left, right: right, output: output, kernel: kernel,
      scaling: left.type == .float32 ? nil : try scaling(p, left, right, output),
      matrices: matrices,
      scratch: try p.scratch(bytes: try p.product(rows + columns, depth, 4)))
  }

  private static func scaling(
    _ p: Preparation, _ left: Operand, _ right: Operand, _ output: Operand
  ) throws(InputError) -> MatrixProduct.Scaling {
    try p.require(
      [.int8, .int16].contains(left.type), "expected int8, int16 or float32")
    let (x, y, z) = (
      try p.quantization(left), try p.quantization(right), try p.quantization(output)
    )
    let multiplier = try p.multiplier(Double(x.scale) * Double(y.scale) / Double(z.scale))
    try p.require(
      left.type == .int8
        || (x.zeroPoint == 0 && y.zeroPoint == 0 && z.zeroPoint == 0 && multiplier.exponent < 15),
      "expected zero points of 0 for int16")
    return MatrixProduct.Scaling(
      leftZeroPoint: x.zeroPoint, rightZeroPoint: y.zeroPoint, outputZeroPoint: z.zeroPoint,
      multiplier: multiplier,
      factor: p.arithmetic == .fp32HalfEven ? x.scale * y.scale / z.scale : 0)
  }

  func run(_ memory: Memory) {
    matrices.forEachRow { row in
      for index in 0..<row.count {
        let x = (row.left + index * row.leftStep) * kernel.rows * kernel.depth
        let y = (row.right + index * row.rightStep) * kernel.depth * kernel.columns
        multiply(memory, x, y, (row.result + index) * kernel.rows * kernel.columns)
      }
    }
  }

  private func multiply(_ memory: Memory, _ x: Int, _ y: Int, _ z: Int) {
    guard let scaling else {
      kernel.run(
        memory.float(left) + x, memory.float(right) + y, to: memory.float(output) + z,
        scratch: memory.scratch(scratch, as: Float.self))
      return
    }
    let widened = memory.scratch(scratch, as: Int32.self)
    if left.type == .int8 {
      kernel.run(
        memory.int8(left) + x, memory.int8(right) + y, to: memory.int8(output) + z, scaling,
        scratch: widened)
    } else {
      kernel.run(
        memory.int16(left) + x, memory.int16(right) + y, to: memory.int16(output) + z, scaling,
        scratch: widened)
    }
  }
}
