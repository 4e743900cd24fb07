import Glibc

/// SOFTMAX from int8 to int8 along the innermost dimension.
package struct Softmax: Sendable {
  private enum Method: Sendable {
    /// e^−d for the differences 0 … 255 to a row's maximum, in Q0.31; nil beyond the reach of Q5.26.
    case fixedPoint(exponentials: [Int32?])
    /// The same in float32, as LiteRT's optimized kernel keeps them.
    case float(exponentials: [Float], scale: Float, zeroPoint: Int32)
  }

  private let method: Method

  /// - Parameters:
  ///   - scale: of the input. Its zero point cancels out.
  ///   - output: the fixed-point kernel ignores it and always yields 1/256 and −128.
  ///
  /// Nil where `beta × scale` is not a positive number.
  package init?(
    scale: Float, beta: Float, output: (scale: Float, zeroPoint: Int32), arithmetic: Arithmetic
  ) {
    guard scale * beta > 0 else { return nil }
    switch arithmetic {
    case .doubleRounding:
      let real = min(Double(beta) * Double(scale) * 0x1p26, 0x1p31 - 1)
      guard let multiplier = QuantizedMultiplier(real), (0...26).contains(multiplier.exponent)
      else {
        return nil
      }
      // Differences beyond this would leave Q5.26; their exponential is nothing.
      let reach = (31 * 0x1p26 / Double(Int64(1) << Int64(multiplier.exponent))).rounded(.down)
      method = .fixedPoint(
        exponentials: (0...255).map { difference in
          guard Double(difference) <= reach else { return nil }
          return FixedPoint.exponential(multiplier.multiply(Int32(-difference)))
        })
    case .fp32HalfEven:
      method = .float(
        exponentials: (0...255).map { expf(-scale * beta * Float($0)) }, scale: output.scale,
        zeroPoint: output.zeroPoint)
    }
  }

  /// `rows` rows of `depth` elements each.
  package func run(
    _ input: UnsafePointer<Int8>, rows: Int, depth: Int, to output: UnsafeMutablePointer<Int8>
  ) {
    for row in 0..<rows {
      let source = UnsafeBufferPointer(start: input + row * depth, count: depth)
      let target = output + row * depth
      switch method {
      case .fixedPoint(let exponentials): Self.run(source, exponentials, to: target)
      case .float(let exponentials, let scale, let zeroPoint):
        Self.run(source, exponentials, scale, zeroPoint, to: target)
      }
    }
  }

  private static func run(
    _ row: UnsafeBufferPointer<Int8>, _ exponentials: [Int32?],
    to output: UnsafeMutablePointer<Int8>
  ) {
    let largest = Int(row.max() ?? 0)
    var sum: Int32 = 0
    for value in row {
      guard let exponential = exponentials[largest - Int(value)] else { continue }
      // Q12.19 leaves room for 4,096 ones.
      sum = sum &+ roundingDivide(exponential, byPowerOfTwo: 12)
    }
    let (reciprocal, bitsOverUnit) = FixedPoint.reciprocal(sum, integerBits: 12)
    let shift = max(0, min(31, bitsOverUnit + 23))
    for (index, value) in row.enumerated() {
      guard let exponential = exponentials[largest - Int(value)] else {
        output[index] = -128
        continue
      }
      let share = roundingDivide(
        saturatingRoundingDoublingHighMultiply(reciprocal, exponential), byPowerOfTwo: shift)
      output[index] = Int8(clamping: share &- 128)
    }
  }

  private static func run(
    _ row: UnsafeBufferPointer<Int8>, _ exponentials: [Float], _ scale: Float, _ zeroPoint: Int32,
    to output: UnsafeMutablePointer<Int8>
  ) {
    let largest = Int(row.max() ?? 0)
    var sum: Float = 0
    for value in row { sum += exponentials[largest - Int(value)] }
    let inverse = 1 / (sum * scale)
    for (index, value) in row.enumerated() {
      let steps = (exponentials[largest - Int(value)] * inverse).rounded(.toNearestOrAwayFromZero)
      output[index] = Int8(clamping: Int32(max(-1e6, min(1e6, steps))) + zeroPoint)
    }
  }
}
