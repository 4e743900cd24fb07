import Bytes
import Kernels
import Models

/// GATHER: slices along an axis, picked by indices that may be computed at run time.
struct GatherOperator: PreparedOperator {
  private let input: Operand
  private let indices: Operand
  private let output: Operand
  private let outer: Int
  private let axisSize: Int
  /// Bytes of one picked slice.
  private let sliceSize: Int
  private let place: String

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    guard case .gather(let value, let batchDimensions) = p.op.options, batchDimensions == 0 else {
      throw p.error("expected gather options without batch dimensions")
    }
    let input = try p.input(0)
    let indices = try p.input(1)
    let output = try p.output(0, input.type)
    guard let size = input.type.size else { throw p.unsupportedType(input) }
    try p.require(
      [.int32, .int64].contains(indices.type), "expected indices of int32 or int64")
    try p.requireArrangeable(input)
    let axis = try p.axis(value, rank: input.shape.count)
    let outer = input.shape[..<axis].reduce(1, *)
    let inner = input.strides[axis]
    try p.require(
      output.count == (try p.product(outer, indices.count, inner)),
      "expected \(outer) × \(indices.count) × \(inner) elements in the output")
    return GatherOperator(
      input: input, indices: indices, output: output, outer: outer,
      axisSize: input.shape[axis], sliceSize: inner * size,
      place: "operator \(p.position) \(p.op.kind.name)")
  }

  func run(_ memory: Memory) throws(InputError) {
    var target = memory.bytes(output)
    for block in 0..<outer {
      let source = memory.bytes(input) + block * axisSize * sliceSize
      for position in 0..<indices.count {
        let index =
          indices.type == .int32
          ? Int(memory.int32(indices)[position]) : Int(memory.int64(indices)[position])
        guard (0..<axisSize).contains(index) else {
          throw InputError(at: .key(place), "expected indices below \(axisSize), found \(index)")
        }
        target.copyMemory(from: source + index * sliceSize, byteCount: sliceSize)
        target += sliceSize
      }
    }
  }
}
