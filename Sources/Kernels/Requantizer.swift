/// Turns 32-bit sums of a layer into its 8-bit outputs, channel by channel, in either arithmetic.
package struct Requantizer: Sendable {
  package let arithmetic: Arithmetic
  /// Of the output.
  package let zeroPoint: Int32
  /// What the output's type and the fused activation allow, zero point included.
  package let range: ClosedRange<Int32>
  /// [channels]; double rounding only.
  private let multipliers: [ChannelMultiplier]
  /// Every exponent is within −31 … −1, which all trained layers have: a shorter loop serves.
  private let shiftsRight: Bool
  /// [channels]; fp32 only.
  private let scales: [Float]

  /// One channel's factor, arranged for a loop without branches.
  private struct ChannelMultiplier {
    var significand: Int64
    /// Half of 2^right, to round the second time; 0 where nothing is shifted out.
    var half: Int64
    var left: Int32
    var right: Int32
  }

  package var channels: Int { max(multipliers.count, scales.count) }

  /// For double rounding. Nil where a multiplier is beyond what 32 bits can shift.
  package init(multipliers: [QuantizedMultiplier], zeroPoint: Int32, range: ClosedRange<Int32>) {
    arithmetic = .doubleRounding
    self.zeroPoint = zeroPoint
    self.range = range
    self.multipliers = multipliers.map {
      ChannelMultiplier(
        significand: Int64($0.significand),
        half: $0.exponent < 0 ? 1 &<< Int64(-$0.exponent - 1) : 0,
        left: max($0.exponent, 0), right: max(-$0.exponent, 0))
    }
    shiftsRight = multipliers.allSatisfy { $0.exponent < 0 }
    scales = []
  }

  /// For fp32: y = clamp(round-half-even(sum × scale) + zero point).
  package init(scales: [Float], zeroPoint: Int32, range: ClosedRange<Int32>) {
    arithmetic = .fp32HalfEven
    self.zeroPoint = zeroPoint
    self.range = range
    multipliers = []
    shiftsRight = false
    self.scales = scales
  }

  /// Writes `count` outputs of consecutive channels, starting at `channel`.
  package func apply(
    _ sums: UnsafePointer<Int32>, count: Int, firstChannel channel: Int = 0,
    to outputs: UnsafeMutablePointer<Int8>
  ) {
    assert(channel + count <= channels)
    switch arithmetic {
    case .doubleRounding:
      multipliers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let multipliers = base + channel
        if shiftsRight {
          roundTwice(sums, count, multipliers, to: outputs)
        } else {
          roundTwiceShiftingLeft(sums, count, multipliers, to: outputs)
        }
      }
    case .fp32HalfEven:
      scales.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        scale(sums, count, base + channel, to: outputs)
      }
    }
  }

  private func roundTwice(
    _ sums: UnsafePointer<Int32>, _ count: Int, _ multipliers: UnsafePointer<ChannelMultiplier>,
    to outputs: UnsafeMutablePointer<Int8>
  ) {
    let lowest = Int64(range.lowerBound &- zeroPoint)
    let highest = Int64(range.upperBound &- zeroPoint)
    for index in 0..<count {
      let multiplier = multipliers[index]
      let high = (Int64(sums[index]) &* multiplier.significand &+ (1 << 30)) &>> 31
      // The sign, −1 or 0, makes halves round away from zero.
      let rounded = (high &+ multiplier.half &+ (high &>> 63)) &>> Int64(multiplier.right)
      let clamped = max(lowest, min(highest, rounded))
      outputs[index] = Int8(truncatingIfNeeded: clamped &+ Int64(zeroPoint))
    }
  }

  private func roundTwiceShiftingLeft(
    _ sums: UnsafePointer<Int32>, _ count: Int, _ multipliers: UnsafePointer<ChannelMultiplier>,
    to outputs: UnsafeMutablePointer<Int8>
  ) {
    let lowest = Int64(range.lowerBound &- zeroPoint)
    let highest = Int64(range.upperBound &- zeroPoint)
    for index in 0..<count {
      let multiplier = multipliers[index]
      let shifted = sums[index] &<< multiplier.left
      let high = (Int64(shifted) &* multiplier.significand &+ (1 << 30)) &>> 31
      let sign = multiplier.right > 0 ? high &>> 63 : 0
      let rounded = (high &+ multiplier.half &+ sign) &>> Int64(multiplier.right)
      let clamped = max(lowest, min(highest, rounded))
      outputs[index] = Int8(truncatingIfNeeded: clamped &+ Int64(zeroPoint))
    }
  }

  private func scale(
    _ sums: UnsafePointer<Int32>, _ count: Int, _ scales: UnsafePointer<Float>,
    to outputs: UnsafeMutablePointer<Int8>
  ) {
    let lowest = Float(range.lowerBound &- zeroPoint)
    let highest = Float(range.upperBound &- zeroPoint)
    for index in 0..<count {
      let scaled = Float(sums[index]) * scales[index]
      let rounded = roundHalfEven(clamped: max(lowest, min(highest, scaled)))
      outputs[index] = Int8(truncatingIfNeeded: rounded &+ zeroPoint)
    }
  }
}

/// The nearest integer, halves to even, of a value within ±2²¹.
///
/// Adding 1.5 × 2²³ leaves the integer in the low bits of the significand. Plain `rounded(_:)`
/// calls a function on processors without SSE4.1 and so keeps loops scalar.
@inlinable
@inline(__always)
package func roundHalfEven(clamped value: Float) -> Int32 {
  let magic: Float = 12_582_912
  return Int32(bitPattern: (value + magic).bitPattern) &- Int32(bitPattern: magic.bitPattern)
}
