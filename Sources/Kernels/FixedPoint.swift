/// Functions on Qm.n fixed-point numbers, bit for bit those of the gemmlowp library, which the
/// TFLite reference kernels are written in. Polynomials and constants as in its `fixedpoint.h`.
package enum FixedPoint {
  /// e^a in Q0.31 for a ≤ 0 in Q5.26.
  package static func exponential(_ a: Int32) -> Int32 {
    guard a != 0 else { return .max }
    let quarter: Int32 = 1 << 24
    let modulo = (a & (quarter - 1)) - quarter
    var result = exponentialOfQuarter(modulo << 5)
    let remainder = modulo &- a
    // e^−(2^k) for k = −2 … 4, one for each bit of what is left.
    let factors: [Int32] = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
    ]
    for (bit, factor) in factors.enumerated() where remainder & (1 << (24 + bit)) != 0 {
      result = saturatingRoundingDoublingHighMultiply(result, factor)
    }
    return result
  }

  /// e^a for a within −1/4 … 0, both Q0.31: a Taylor series around −1/8.
  private static func exponentialOfQuarter(_ a: Int32) -> Int32 {
    let center: Int32 = 1_895_147_668
    let third: Int32 = 715_827_883
    let x = a + (1 << 28)
    let x2 = saturatingRoundingDoublingHighMultiply(x, x)
    let x3 = saturatingRoundingDoublingHighMultiply(x2, x)
    let x4 = saturatingRoundingDoublingHighMultiply(x2, x2)
    let cubic = saturatingRoundingDoublingHighMultiply(
      roundingDivide(x4, byPowerOfTwo: 2) &+ x3, third)
    let rest = roundingDivide(cubic &+ x2, byPowerOfTwo: 1)
    return center &+ saturatingRoundingDoublingHighMultiply(center, x &+ rest)
  }

  /// 1 ÷ x for x > 0 with `integerBits` integer bits, as `fraction × 2^−bitsOverUnit` with the
  /// fraction in Q0.31.
  package static func reciprocal(_ x: Int32, integerBits: Int32)
    -> (fraction: Int32, bitsOverUnit: Int32)
  {
    let headroom = Int32(x.leadingZeroBitCount)
    let aboveOne = Int32(bitPattern: (UInt32(bitPattern: x) &<< UInt32(headroom)) &- (1 << 31))
    return (reciprocalOfOnePlus(aboveOne), integerBits - headroom)
  }

  /// 1 ÷ (1 + a) for a within 0 … 1, both Q0.31: three Newton steps from 48/17 − 32/17 × d.
  package static func reciprocalOfOnePlus(_ a: Int32) -> Int32 {
    let halfDenominator = Int32((Int64(a) + Int64(Int32.max) + 1) / 2)
    var x: Int32 =
      1_515_870_810 &+ saturatingRoundingDoublingHighMultiply(halfDenominator, -1_010_580_540)
    for _ in 0..<3 {
      let error = (1 << 29) &- saturatingRoundingDoublingHighMultiply(halfDenominator, x)
      x = x &+ saturatingShiftLeft(saturatingRoundingDoublingHighMultiply(x, error), 2)
    }
    return saturatingShiftLeft(x, 1)
  }

  /// `value × 2^bits`, saturated.
  package static func saturatingShiftLeft(_ value: Int32, _ bits: Int32) -> Int32 {
    let threshold: Int32 = (1 << (31 - bits)) - 1
    if value > threshold { return .max }
    if value < -threshold { return .min }
    return value << bits
  }
}
