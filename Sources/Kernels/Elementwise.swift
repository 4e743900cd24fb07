import Glibc

/// ADD, SUB and MUL of int8 arrays that broadcast against each other.
package struct Elementwise: Sendable {
  private enum Combination: Sendable {
    /// What each of the 256 values of an operand contributes to the sum.
    case sum(left: [Int32], right: [Int32])
    case product(leftZeroPoint: Int32, rightZeroPoint: Int32)
  }

  private enum Finish: Sendable {
    /// One factor, repeated for `chunk` elements.
    case requantize(Requantizer)
    /// XNNPACK's addition: the factors are in the tables, what is left is a shift.
    case shift(Int32, zeroPoint: Int32, range: ClosedRange<Int32>)
  }

  /// Elements that advance together through a buffer of sums.
  private static let chunk = 64

  private let combination: Combination
  private let finish: Finish
  private let broadcast: Broadcast

  /// Scale and zero point of an operand or the result.
  package typealias Quantization = (scale: Float, zeroPoint: Int32)

  /// `left + right`, or `left − right`. Nil where a scale is beyond what 32 bits can hold.
  package init?(
    adding left: Quantization, _ right: Quantization, subtracts: Bool, to result: Quantization,
    range: ClosedRange<Int32>, broadcast: Broadcast, arithmetic: Arithmetic
  ) {
    let shifted =
      arithmetic == .fp32HalfEven
      ? Self.shiftedSum(left, right, subtracts: subtracts, to: result, range) : nil
    guard
      let sum = shifted ?? Self.rescaledSum(left, right, subtracts: subtracts, to: result, range)
    else { return nil }
    (combination, finish) = sum
    self.broadcast = broadcast
  }

  /// TFLite's sum: both operands rescaled to twice the larger scale, with 20 bits to spare.
  private static func rescaledSum(
    _ left: Quantization, _ right: Quantization, subtracts: Bool, to result: Quantization,
    _ range: ClosedRange<Int32>
  ) -> (Combination, Finish)? {
    let headroom: Int32 = 20
    let twice = 2 * Double(max(left.scale, right.scale))
    guard let x = QuantizedMultiplier(Double(left.scale) / twice),
      let y = QuantizedMultiplier(Double(right.scale) / twice),
      let output = QuantizedMultiplier(
        twice / (Double(Int32(1) << headroom) * Double(result.scale)))
    else { return nil }
    let combination = Combination.sum(
      left: table { x.multiply(($0 &- left.zeroPoint) &<< headroom) },
      right: table {
        let scaled = y.multiply(($0 &- right.zeroPoint) &<< headroom)
        return subtracts ? 0 &- scaled : scaled
      })
    let requantizer = Requantizer(
      multipliers: Array(repeating: output, count: chunk), zeroPoint: result.zeroPoint,
      range: range)
    return (combination, .requantize(requantizer))
  }

  /// XNNPACK's sum: integer factors that bring both operands to the output's scale × 2^shift. Nil
  /// outside the ratios of scales that it takes; it leaves those to the reference kernel.
  private static func shiftedSum(
    _ left: Quantization, _ right: Quantization, subtracts: Bool, to result: Quantization,
    _ range: ClosedRange<Int32>
  ) -> (Combination, Finish)? {
    let (x, y) = (left.scale / result.scale, right.scale / result.scale)
    let ratios: Range<Float> = 0x1p-10..<0x1p8
    guard ratios.contains(x), ratios.contains(y) else { return nil }
    let shift = 20 - Int32(max(x, y).exponent)
    let factor = Int32(lrintf(x * exp2f(Float(shift))))
    let other = Int32(lrintf(y * exp2f(Float(shift))))
    let signed = subtracts ? -other : other
    let combination = Combination.sum(
      left: table { factor &* ($0 &- left.zeroPoint) &+ 1 &<< (shift &- 1) },
      right: table { signed &* ($0 &- right.zeroPoint) })
    return (combination, .shift(shift, zeroPoint: result.zeroPoint, range: range))
  }

  /// `left × right`. Nil where a scale is beyond what 32 bits can hold.
  package init?(
    multiplying left: Quantization, _ right: Quantization, to result: Quantization,
    range: ClosedRange<Int32>, broadcast: Broadcast, arithmetic: Arithmetic
  ) {
    self.broadcast = broadcast
    combination = .product(leftZeroPoint: left.zeroPoint, rightZeroPoint: right.zeroPoint)
    let scale = left.scale * right.scale / result.scale
    // Outside this range XNNPACK leaves the operator to the reference kernel.
    let scales: Range<Float> = 0x1p-16..<0x1p8
    if arithmetic == .fp32HalfEven, scales.contains(scale) {
      finish = .requantize(
        Requantizer(
          scales: Array(repeating: scale, count: Self.chunk), zeroPoint: result.zeroPoint,
          range: range))
      return
    }
    guard
      let multiplier = QuantizedMultiplier(
        Double(left.scale) * Double(right.scale) / Double(result.scale))
    else { return nil }
    finish = .requantize(
      Requantizer(
        multipliers: Array(repeating: multiplier, count: Self.chunk),
        zeroPoint: result.zeroPoint, range: range))
  }

  private static func table(_ contribution: (Int32) -> Int32) -> [Int32] {
    (Int32(-128)...127).map(contribution)
  }

  package func run(
    _ left: UnsafePointer<Int8>, _ right: UnsafePointer<Int8>,
    to result: UnsafeMutablePointer<Int8>
  ) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.chunk) { buffer in
      guard let sums = buffer.baseAddress else { return }
      broadcast.forEachRow { row in
        var done = 0
        while done < row.count {
          let count = min(Self.chunk, row.count - done)
          combine(
            left + (row.left + done * row.leftStep), row.leftStep,
            right + (row.right + done * row.rightStep), row.rightStep, count, to: sums)
          store(sums, count, to: result + (row.result + done))
          done += count
        }
      }
    }
  }

  private func combine(
    _ left: UnsafePointer<Int8>, _ leftStep: Int, _ right: UnsafePointer<Int8>, _ rightStep: Int,
    _ count: Int, to sums: UnsafeMutablePointer<Int32>
  ) {
    switch combination {
    case .sum(let leftTable, let rightTable):
      leftTable.withUnsafeBufferPointer { leftTable in
        rightTable.withUnsafeBufferPointer { rightTable in
          for index in 0..<count {
            let x = Int(left[index &* leftStep]) &+ 128
            let y = Int(right[index &* rightStep]) &+ 128
            sums[index] = leftTable[x] &+ rightTable[y]
          }
        }
      }
    case .product(let leftZeroPoint, let rightZeroPoint):
      for index in 0..<count {
        let x = Int32(left[index &* leftStep]) &- leftZeroPoint
        let y = Int32(right[index &* rightStep]) &- rightZeroPoint
        sums[index] = x &* y
      }
    }
  }

  private func store(
    _ sums: UnsafeMutablePointer<Int32>, _ count: Int, to result: UnsafeMutablePointer<Int8>
  ) {
    switch finish {
    case .requantize(let requantizer): requantizer.apply(sums, count: count, to: result)
    case .shift(let shift, let zeroPoint, let range):
      for index in 0..<count {
        let value = (sums[index] &>> shift) &+ zeroPoint
        result[index] = Int8(
          truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, value)))
      }
    }
  }
}
