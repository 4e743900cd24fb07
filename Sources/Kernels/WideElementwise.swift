/// ADD, SUB and MUL of int16 arrays that broadcast against each other; zero points are 0.
package struct WideElementwise: Sendable {
  private enum Combination: Sendable {
    case sum(left: QuantizedMultiplier, right: QuantizedMultiplier, subtracts: Bool)
    case product
  }

  /// Bits that operands move up before they are scaled down to a common scale.
  private static let headroom: Int32 = 15

  private let combination: Combination
  private let toResult: QuantizedMultiplier
  private let range: ClosedRange<Int32>
  private let broadcast: Broadcast

  /// `left + right`, or `left − right`. Nil where a scale is beyond what 32 bits can hold.
  package init?(
    adding left: Float, _ right: Float, subtracts: Bool, to result: Float,
    range: ClosedRange<Int32>, broadcast: Broadcast
  ) {
    // The reference's products of float32 scales are float32 too.
    let twice = 2 * Double(max(left, right))
    guard let x = QuantizedMultiplier(Double(left) / twice),
      let y = QuantizedMultiplier(Double(right) / twice),
      let toResult = QuantizedMultiplier(twice / Double(Float(Int32(1) << Self.headroom) * result))
    else { return nil }
    self.init(
      adding: x, y, subtracts: subtracts, toResult: toResult, range: range, broadcast: broadcast)
  }

  /// The same from multipliers: of each operand after 15 bits of headroom, and of the sum.
  package init(
    adding left: QuantizedMultiplier, _ right: QuantizedMultiplier, subtracts: Bool,
    toResult: QuantizedMultiplier, range: ClosedRange<Int32>, broadcast: Broadcast
  ) {
    combination = .sum(left: left, right: right, subtracts: subtracts)
    self.toResult = toResult
    self.range = range
    self.broadcast = broadcast
  }

  /// `left × right` × `toResult`.
  package init(
    multiplying toResult: QuantizedMultiplier, range: ClosedRange<Int32>, broadcast: Broadcast
  ) {
    combination = .product
    self.toResult = toResult
    self.range = range
    self.broadcast = broadcast
  }

  package func run(
    _ left: UnsafePointer<Int16>, _ right: UnsafePointer<Int16>,
    to result: UnsafeMutablePointer<Int16>
  ) {
    broadcast.forEachRow { row in
      for index in 0..<row.count {
        let x = Int32(left[row.left + index &* row.leftStep])
        let y = Int32(right[row.right + index &* row.rightStep])
        let value = toResult.multiply(combined(x, y))
        result[row.result + index] = Int16(
          truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, value)))
      }
    }
  }

  @inline(__always)
  private func combined(_ x: Int32, _ y: Int32) -> Int32 {
    switch combination {
    case .sum(let left, let right, let subtracts):
      let scaledX = left.multiply(x &<< Self.headroom)
      let scaledY = right.multiply(y &<< Self.headroom)
      return subtracts ? scaledX &- scaledY : scaledX &+ scaledY
    case .product: return x &* y
    }
  }
}
