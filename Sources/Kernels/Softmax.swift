import Glibc

/// Softmax of int8 scores along the innermost dimension, to int8 or int16.
///
/// A score matters only by its distance to its row's maximum: 256 exponentials are all there are.
package struct Softmax: Sendable {
  private enum Method: Sendable {
    /// e^−d for the distances 0 … 255, in Q0.31; nil beyond the reach of Q5.26.
    case fixedPoint(exponentials: [Int32?])
    /// The same in float32, as LiteRT's optimized kernel keeps them.
    case float(exponentials: [Float], scale: Float, zeroPoint: Int32)
  }

  private let method: Method

  /// - Parameters:
  ///   - scale: of the input. Its zero point cancels out.
  ///   - output: the fixed-point kernel ignores it and always yields 1/256 and −128 (int8) or
  ///     1/65536 and −32768 (int16).
  ///
  /// Nil where `beta × scale` is not a positive number of a usual size.
  package init?(
    scale: Float, beta: Float, output: (scale: Float, zeroPoint: Int32), arithmetic: Arithmetic
  ) {
    guard scale * beta > 0 else { return nil }
    switch arithmetic {
    case .doubleRounding:
      let real = min(Double(beta) * Double(scale) * 0x1p26, 0x1p31 - 1)
      guard let multiplier = QuantizedMultiplier(real), multiplier.exponent >= 0 else {
        return nil
      }
      self.init(multiplier: multiplier)
    case .fp32HalfEven:
      self.init(
        method: .float(
          exponentials: (0...255).map { expf(-scale * beta * Float($0)) }, scale: output.scale,
          zeroPoint: output.zeroPoint))
    }
  }

  private init(method: Method) { self.method = method }

  /// The fixed-point kernel; `multiplier` takes a difference of scores to Q5.26 and does not shift
  /// right.
  package init(multiplier: QuantizedMultiplier) {
    // Differences beyond this would leave Q5.26; their exponential is nothing.
    let reach = (Int64(31) << 26) &>> Int64(multiplier.exponent)
    method = .fixedPoint(
      exponentials: (0...255).map { distance in
        guard Int64(distance) <= reach else { return nil }
        return FixedPoint.exponential(multiplier.multiply(Int32(-distance)), integerBits: 5)
      })
  }

  /// `rows` rows of `depth` elements each.
  package func run(
    _ input: UnsafePointer<Int8>, rows: Int, depth: Int, to output: UnsafeMutablePointer<Int8>
  ) {
    for row in 0..<rows {
      run(UnsafeBufferPointer(start: input + row * depth, count: depth), output + row * depth)
    }
  }

  package func run(
    _ input: UnsafePointer<Int8>, rows: Int, depth: Int, to output: UnsafeMutablePointer<Int16>
  ) {
    for row in 0..<rows {
      run(UnsafeBufferPointer(start: input + row * depth, count: depth), output + row * depth)
    }
  }

  @inline(__always)
  private func run<Result: FixedWidthInteger & SignedInteger>(
    _ row: UnsafeBufferPointer<Int8>, _ output: UnsafeMutablePointer<Result>
  ) {
    switch method {
    case .fixedPoint(let exponentials): Self.run(row, exponentials, to: output)
    case .float(let exponentials, let scale, let zeroPoint):
      Self.run(row, exponentials, scale, zeroPoint, to: output)
    }
  }

  @inline(__always)
  private static func run<Result: FixedWidthInteger & SignedInteger>(
    _ row: UnsafeBufferPointer<Int8>, _ exponentials: [Int32?],
    to output: UnsafeMutablePointer<Result>
  ) {
    let largest = Int(row.max() ?? 0)
    var sum: Int32 = 0
    for value in row {
      guard let exponential = exponentials[largest - Int(value)] else { continue }
      // Q12.19 leaves room for 4,096 ones.
      sum = sum &+ roundingDivide(exponential, byPowerOfTwo: 12)
    }
    let (reciprocal, bitsOverUnit) = FixedPoint.reciprocal(sum, integerBits: 12)
    let shift = max(0, min(31, bitsOverUnit + 31 - Int32(Result.bitWidth)))
    for (index, value) in row.enumerated() {
      guard let exponential = exponentials[largest - Int(value)] else {
        output[index] = .min
        continue
      }
      let share = roundingDivide(
        saturatingRoundingDoublingHighMultiply(reciprocal, exponential), byPowerOfTwo: shift)
      output[index] = Result(clamping: share &+ Int32(Result.min))
    }
  }

  @inline(__always)
  private static func run<Result: FixedWidthInteger & SignedInteger>(
    _ row: UnsafeBufferPointer<Int8>, _ exponentials: [Float], _ scale: Float, _ zeroPoint: Int32,
    to output: UnsafeMutablePointer<Result>
  ) {
    let largest = Int(row.max() ?? 0)
    var sum: Float = 0
    for value in row { sum += exponentials[largest - Int(value)] }
    let inverse = 1 / (sum * scale)
    for (index, value) in row.enumerated() {
      let steps = (exponentials[largest - Int(value)] * inverse).rounded(.toNearestOrAwayFromZero)
      output[index] = Result(clamping: Int32(max(-1e6, min(1e6, steps))) + zeroPoint)
    }
  }
}

/// Softmax over the last dimension of int16 scores, through two interpolated tables.
package struct WideSoftmax: Sendable {
  private let exponential: InterpolatedTable
  private let inverseOfOnePlus: InterpolatedTable
  private let multiplier: QuantizedMultiplier
  private let depth: Int

  /// - Parameter multiplier: of a difference of scores, so that 65535 means 10.
  package init(multiplier: QuantizedMultiplier, depth: Int) {
    let range: Float = 65535
    exponential = InterpolatedTable(
      inputScale: 10 / range, inputZeroPoint: 32767, outputScale: 2 / range, expf)
    inverseOfOnePlus = InterpolatedTable(
      inputScale: 1 / range, inputZeroPoint: -32768, outputScale: 2 / range
    ) { 1 / (1 + $0) }
    self.multiplier = multiplier
    self.depth = depth
  }

  /// - Parameters:
  ///   - input: [rows, depth].
  ///   - output: [rows, depth].
  package func run(
    _ input: UnsafePointer<Int16>, rows: Int, to output: UnsafeMutablePointer<Int16>
  ) {
    for row in 0..<rows {
      let scores = input + row * depth
      let results = output + row * depth
      var largest = Int16.min
      for index in 0..<depth { largest = max(largest, scores[index]) }
      var sum: Int32 = 0
      for index in 0..<depth {
        let difference = multiplier.multiply(Int32(scores[index]) &- Int32(largest))
        results[index] = exponential.value(at: saturated(difference &+ 32767))
        sum = sum &+ Int32(results[index])
      }
      let headroom = Int64(sum.leadingZeroBitCount)
      let shifted = Int32(
        truncatingIfNeeded: ((Int64(sum) &<< (headroom &- 1)) &+ (1 << 13)) &>> 14)
      let scale = Int64(inverseOfOnePlus.value(at: saturated(shifted &- (1 << 15) &- (1 << 16))))
      let shift = 31 &- headroom
      for index in 0..<depth {
        let product = Int64(results[index]) &* scale &+ (1 &<< (shift &- 1))
        results[index] = Int16(truncatingIfNeeded: max(0, min(32767, product &>> shift)))
      }
    }
  }

  private func saturated(_ value: Int32) -> Int16 { Int16(clamping: value) }
}

/// Softmax over the last dimension of float scores.
package struct FloatSoftmax: Sendable {
  private let beta: Float
  private let depth: Int

  package init(beta: Float, depth: Int) {
    self.beta = beta
    self.depth = depth
  }

  /// - Parameters:
  ///   - input: [rows, depth].
  ///   - output: [rows, depth].
  package func run(
    _ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let scores = input + row * depth
      let results = output + row * depth
      var largest = -Float.greatestFiniteMagnitude
      for index in 0..<depth { largest = max(largest, scores[index]) }
      var sum: Float = 0
      for index in 0..<depth {
        results[index] = expf((scores[index] - largest) * beta)
        sum += results[index]
      }
      for index in 0..<depth { results[index] /= sum }
    }
  }
}
