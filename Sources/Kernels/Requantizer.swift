/// Turns 32-bit sums of a layer into its 8-bit outputs, channel by channel, in either arithmetic.
package struct Requantizer: Sendable {
  package let arithmetic: Arithmetic
  package let channels: Int
  /// Of the output.
  package let zeroPoint: Int32
  /// What the output's type and the fused activation allow, zero point included.
  package let range: ClosedRange<Int32>
  /// Double rounding only.
  private let multipliers: ChannelMultipliers
  /// [channels]; fp32 only.
  private let scales: [Float]

  /// One factor per channel, and three more, arranged for a loop without branches over four
  /// channels at a time.
  private struct ChannelMultipliers: Sendable {
    var significands: [UInt32] = []
    /// Half of 2^right, to round the second time; 0 where nothing is shifted out.
    var halves: [UInt32] = []
    /// 2^(31 − right): multiplying by it and shifting by 31 is a shift by a different count in each
    /// lane, which baseline x86-64 lacks.
    var factors: [UInt32] = []
    /// Empty where no channel shifts left, which holds for most trained layers.
    var lefts: [Int32] = []

    init() {}

    init(_ multipliers: [QuantizedMultiplier]) {
      let none = QuantizedMultiplier(significand: 0, exponent: 0)
      let padded = multipliers + Array(repeating: none, count: 3)
      significands = padded.map { UInt32($0.significand) }
      halves = padded.map { $0.exponent < 0 ? 1 << UInt32(-$0.exponent - 1) : 0 }
      factors = padded.map { 1 << UInt32(31 + min($0.exponent, 0)) }
      if multipliers.contains(where: { $0.exponent > 0 }) {
        lefts = multipliers.map { max($0.exponent, 0) }
      }
    }
  }

  /// For double rounding.
  package init(multipliers: [QuantizedMultiplier], zeroPoint: Int32, range: ClosedRange<Int32>) {
    arithmetic = .doubleRounding
    channels = multipliers.count
    self.zeroPoint = zeroPoint
    self.range = range
    self.multipliers = ChannelMultipliers(multipliers)
    scales = []
  }

  /// For fp32: y = clamp(round-half-even(sum × scale) + zero point).
  package init(scales: [Float], zeroPoint: Int32, range: ClosedRange<Int32>) {
    arithmetic = .fp32HalfEven
    channels = scales.count
    self.zeroPoint = zeroPoint
    self.range = range
    multipliers = ChannelMultipliers()
    self.scales = scales
  }

  /// Writes `count` outputs of consecutive channels, starting at `channel`.
  ///
  /// `sums` has room for `count` rounded up to a multiple of four, and is overwritten.
  package func apply(
    _ sums: UnsafeMutablePointer<Int32>, count: Int, firstChannel channel: Int = 0,
    to outputs: UnsafeMutablePointer<Int8>
  ) {
    assert(channel + count <= channels)
    switch arithmetic {
    case .doubleRounding:
      if !multipliers.lefts.isEmpty {
        for index in 0..<count { sums[index] &<<= multipliers.lefts[channel &+ index] }
      }
      multipliers.significands.withUnsafeBytes { significands in
        multipliers.halves.withUnsafeBytes { halves in
          multipliers.factors.withUnsafeBytes { factors in
            roundTwice(sums, count, first: channel, significands, halves, factors)
          }
        }
      }
      clamp(sums, count, to: outputs)
    case .fp32HalfEven:
      scales.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        scale(sums, count, base + channel, to: outputs)
      }
    }
  }

  /// Replaces sums by sums × factor, rounded as `QuantizedMultiplier.multiply` does.
  ///
  /// Works on magnitudes: rounding half up and then half away from zero becomes rounding half down
  /// (for negative sums) or up, then half up. Even and odd lanes take turns in the 64-bit products.
  private func roundTwice(
    _ sums: UnsafeMutablePointer<Int32>, _ count: Int, first: Int,
    _ significands: UnsafeRawBufferPointer, _ halves: UnsafeRawBufferPointer,
    _ factors: UnsafeRawBufferPointer
  ) {
    guard let significands = significands.baseAddress, let halves = halves.baseAddress,
      let factors = factors.baseAddress
    else { return }
    let sums = UnsafeMutableRawPointer(sums)
    let low = SIMD2<UInt64>(repeating: 0xFFFF_FFFF)
    var offset = 0
    while offset < count &* 4 {
      let channel = first &* 4 &+ offset
      let sum = sums.loadUnaligned(fromByteOffset: offset, as: SIMD4<Int32>.self)
      let sign = sum &>> SIMD4<Int32>(repeating: 31)
      let magnitude = unsafeBitCast((sum ^ sign) &- sign, to: SIMD2<UInt64>.self)
      let nudge = unsafeBitCast(
        SIMD4<Int32>(repeating: 1 << 30) &+ sign, to: SIMD2<UInt64>.self)
      let by = significands.loadUnaligned(fromByteOffset: channel, as: SIMD2<UInt64>.self)
      let half = halves.loadUnaligned(fromByteOffset: channel, as: SIMD2<UInt64>.self)
      let factor = factors.loadUnaligned(fromByteOffset: channel, as: SIMD2<UInt64>.self)
      let even = ((magnitude & low) &* (by & low) &+ (nudge & low)) &>> 31
      let odd = ((magnitude &>> 32) &* (by &>> 32) &+ (nudge &>> 32)) &>> 31
      let evenResult = (((even &+ (half & low)) & low) &* (factor & low)) &>> 31
      let oddResult = (((odd &+ (half &>> 32)) & low) &* (factor &>> 32)) &>> 31
      let result = unsafeBitCast((evenResult & low) | (oddResult &<< 32), to: SIMD4<Int32>.self)
      sums.storeBytes(
        of: (result ^ sign) &- sign, toByteOffset: offset, as: SIMD4<Int32>.self)
      offset &+= 16
    }
  }

  private func clamp(
    _ values: UnsafePointer<Int32>, _ count: Int, to outputs: UnsafeMutablePointer<Int8>
  ) {
    let lowest = range.lowerBound &- zeroPoint
    let highest = range.upperBound &- zeroPoint
    for index in 0..<count {
      outputs[index] = Int8(
        truncatingIfNeeded: max(lowest, min(highest, values[index])) &+ zeroPoint)
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
