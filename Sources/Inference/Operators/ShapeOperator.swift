import Bytes
import Kernels
import Models

/// SHAPE: the dimensions of a tensor, which are known beforehand.
struct ShapeOperator: PreparedOperator {
  private let output: Operand
  private let dimensions: [Int]

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, try p.output(0).type)
    try p.require(
      [.int32, .int64].contains(output.type) && output.count == input.shape.count,
      "expected \(input.shape.count) int32 or int64 in the output, found \(output.shape)")
    return ShapeOperator(output: output, dimensions: input.shape)
  }

  func run(_ memory: Memory) {
    for (index, dimension) in dimensions.enumerated() {
      if output.type == .int32 {
        memory.int32(output)[index] = Int32(truncatingIfNeeded: dimension)
      } else {
        memory.int64(output)[index] = Int64(dimension)
      }
    }
  }
}

/// CAST between float32 and integers.
struct CastOperator: PreparedOperator {
  private let input: Operand
  private let output: Operand

  static func prepare(_ p: inout Preparation) throws(InputError) -> any PreparedOperator {
    let input = try p.input(0)
    let output = try p.output(0, try p.output(0).type)
    let types: [ElementType] = [.float32, .int8, .uint8, .int16, .int32, .bool]
    try p.require(
      types.contains(input.type) && types.contains(output.type),
      "expected float32, bool, int8, uint8, int16 or int32")
    try p.requireSameShape(input, output)
    return CastOperator(input: input, output: output)
  }

  func run(_ memory: Memory) {
    switch input.type {
    case .float32: write(memory) { Double(memory.float(input)[$0]) }
    case .int8: write(memory) { Double(memory.int8(input)[$0]) }
    case .int16: write(memory) { Double(memory.int16(input)[$0]) }
    case .int32: write(memory) { Double(memory.int32(input)[$0]) }
    default: write(memory) { Double(memory.uint8(input)[$0]) }
    }
  }

  /// A double holds every value of these types. Fractions are cut off; what does not fit becomes
  /// the nearest value that does, and what is not a number becomes 0.
  private func write(_ memory: Memory, _ value: (Int) -> Double) {
    func integer(_ index: Int) -> Int {
      let value = value(index)
      return value.isNaN ? 0 : Int(max(-0x1p31, min(0x1p31, value)))
    }
    for index in 0..<input.count {
      switch output.type {
      case .float32: memory.float(output)[index] = Float(value(index))
      case .int8: memory.int8(output)[index] = Int8(clamping: integer(index))
      case .uint8: memory.uint8(output)[index] = UInt8(clamping: integer(index))
      case .int16: memory.int16(output)[index] = Int16(clamping: integer(index))
      case .int32: memory.int32(output)[index] = Int32(clamping: integer(index))
      default: memory.uint8(output)[index] = value(index) == 0 ? 0 : 1
      }
    }
  }
}
