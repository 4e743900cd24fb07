import Bytes
import Models

/// PAD and PADV2 of any type: the input in the middle of a constant.
struct PadOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand
  /// One element of the constant.
  private let filler: [UInt8]
  /// Outermost first; the innermost one is a run of bytes.
  private let dimensions: [Dimension]

  /// In bytes, except for the count.
  private struct Dimension: Sendable {
    let count: Int
    let before: Int
    let inputStride: Int
    let outputStride: Int
  }

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, input.type)
    guard let size = input.type.size else { throw p.unsupportedType(input) }
    let rank = input.shape.count
    let paddings = try p.integerConstant(try p.input(1))
    try p.require(
      rank > 0 && paddings.count == 2 * rank && output.shape.count == rank,
      "expected \(rank) pairs of paddings and as many dimensions in the output")
    let limit = 0...TensorLayout.limit
    for dimension in 0..<rank {
      let (before, after) = (paddings[2 * dimension], paddings[2 * dimension + 1])
      try p.require(
        limit.contains(before) && limit.contains(after)
          && before + input.shape[dimension] + after == output.shape[dimension],
        "expected \(output.shape[dimension]) in dimension \(dimension) of the output, "
          + "found \(before) + \(input.shape[dimension]) + \(after)")
    }
    var dimensions: [Dimension] = []
    var (inputStride, outputStride) = (size, size)
    for dimension in (0..<rank).reversed() {
      dimensions.append(
        Dimension(
          count: input.shape[dimension], before: paddings[2 * dimension] * outputStride,
          inputStride: inputStride, outputStride: outputStride))
      inputStride *= input.shape[dimension]
      outputStride *= output.shape[dimension]
    }
    return PadOperator(
      input: input, output: output, filler: try p.filler(size, output),
      dimensions: dimensions.reversed())
  }

  func run(_ memory: Memory) {
    let target = memory.bytes(output)
    if let byte = filler.first, filler.allSatisfy({ $0 == byte }) {
      target.initializeMemory(as: UInt8.self, repeating: byte, count: output.byteCount)
    } else {
      let bytes = target.assumingMemoryBound(to: UInt8.self)
      for offset in 0..<output.byteCount { bytes[offset] = filler[offset % filler.count] }
    }
    copy(0, from: memory.bytes(input), to: target)
  }

  private func copy(
    _ depth: Int, from source: UnsafeMutableRawPointer, to target: UnsafeMutableRawPointer
  ) {
    let dimension = dimensions[depth]
    let first = target + dimension.before
    guard depth < dimensions.count - 1 else {
      first.copyMemory(from: source, byteCount: dimension.count * dimension.inputStride)
      return
    }
    for index in 0..<dimension.count {
      copy(
        depth + 1, from: source + index * dimension.inputStride,
        to: first + index * dimension.outputStride)
    }
  }
}

extension Preparation {
  /// The bytes of the element to pad with: input 2 where there is one, else real zero.
  fileprivate func filler(_ size: Int, _ output: Operand) throws(InputError) -> [UInt8] {
    if let given = optionalInput(2) {
      try require(
        given.type == output.type && given.count == 1,
        "expected one \(output.type.name) to pad with, found \(given.shape)")
      guard let bytes = given.tensor.constant, bytes.count == size else {
        throw error("expected a constant to pad with")
      }
      return Array(bytes)
    }
    guard [.int8, .uint8].contains(output.type) else { return Array(repeating: 0, count: size) }
    return [UInt8(truncatingIfNeeded: try quantization(output).zeroPoint)]
  }
}
