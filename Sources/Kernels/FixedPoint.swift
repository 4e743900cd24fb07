/// Transcendental functions on 32-bit fixed-point numbers, as the reference kernels compute them.
///
/// Formulas and constants follow gemmlowp's `fixedpoint.h`. A number in Qn.m has n integer bits
/// and m = 31 − n fraction bits.
package enum FixedPoint {
  /// 1 in Q0.31, as near as 31 bits come.
  private static let one = Int32.max
  /// 48/17 and −32/17 in Q2.29: the start of Newton's division.
  private static let divisionStart: Int32 = 1_515_870_810
  private static let divisionSlope: Int32 = -1_010_580_540

  /// e^a in Q0.31 for a ≤ 0 in Q(integerBits); `integerBits` within 1…5.
  package static func exponential(_ a: Int32, integerBits: Int32) -> Int32 {
    let fractionBits = 31 - integerBits
    let quarter = Int32(1) &<< (fractionBits - 2)
    let fraction = (a & (quarter &- 1)) &- quarter
    var result = exponentialOfFraction(fraction &<< integerBits)
    let remainder = fraction &- a
    // e^(−2^k) for k = −2 … 4.
    let powers: [Int32] = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
    ]
    for (index, power) in powers.enumerated() {
      let exponent = Int32(index) - 2
      guard exponent < integerBits else { break }
      if remainder & (1 &<< (fractionBits &+ exponent)) != 0 { result = product(result, power) }
    }
    return a == 0 ? one : result
  }

  /// e^a for a within −¼ … 0 in Q0.31: a Taylor series around −⅛.
  private static func exponentialOfFraction(_ a: Int32) -> Int32 {
    let exponentialOfMinusEighth: Int32 = 1_895_147_668
    let third: Int32 = 715_827_883
    let x = a &+ (1 << 28)
    let square = product(x, x)
    let cube = product(square, x)
    let fourth = product(square, square)
    let tail = product(roundingDivide(fourth, byPowerOfTwo: 2) &+ cube, third) &+ square
    let series = x &+ roundingDivide(tail, byPowerOfTwo: 1)
    return exponentialOfMinusEighth &+ product(exponentialOfMinusEighth, series)
  }

  /// 1 ÷ (1 + x) in Q0.31 for x within 0 … 1 in Q0.31.
  package static func inverseOfOnePlus(_ x: Int32) -> Int32 {
    shiftedLeft(newtonInverse(x), by: 1)
  }

  /// (1 − x) ÷ (1 + x) in Q0.31 for x within 0 … 1 in Q0.31.
  private static func oneMinusOverOnePlus(_ x: Int32) -> Int32 {
    shiftedLeft(newtonInverse(x) &- (1 << 29), by: 2)
  }

  /// 2 ÷ (1 + x) in Q2.29.
  private static func newtonInverse(_ x: Int32) -> Int32 {
    let sum = Int64(x) + Int64(one)
    let halfDenominator = Int32((sum + (sum >= 0 ? 1 : -1)) / 2)
    var inverse = divisionStart &+ product(halfDenominator, divisionSlope)
    for _ in 0..<3 {
      let error = (Int32(1) << 29) &- product(halfDenominator, inverse)
      inverse = inverse &+ shiftedLeft(product(inverse, error), by: 2)
    }
    return inverse
  }

  /// 1 ÷ (1 + e^−a) in Q0.31 for `a` in Q4.27.
  package static func logistic(_ a: Int32) -> Int32 {
    if a == 0 { return 1 << 30 }
    let positive = inverseOfOnePlus(exponential(a > 0 ? 0 &- a : a, integerBits: 4))
    return a > 0 ? positive : one &- positive
  }

  /// tanh a in Q0.31 for `a` in Q4.27.
  package static func hyperbolicTangent(_ a: Int32) -> Int32 {
    if a == 0 { return 0 }
    // e^(−2|a|): the same bits read with one more integer bit are twice the number.
    let magnitude = oneMinusOverOnePlus(exponential(a > 0 ? 0 &- a : a, integerBits: 5))
    return a > 0 ? magnitude : 0 &- magnitude
  }

  /// 1 ÷ x for x > 0 with `integerBits` integer bits, as `fraction × 2^−bitsOverUnit` with the
  /// fraction in Q0.31.
  package static func reciprocal(_ x: Int32, integerBits: Int32) -> (
    fraction: Int32, bitsOverUnit: Int32
  ) {
    let headroom = Int32(x.leadingZeroBitCount)
    let fraction = Int32(
      truncatingIfNeeded: Int64(UInt32(bitPattern: x) &<< UInt32(headroom)) - (1 << 31))
    return (inverseOfOnePlus(fraction), integerBits - headroom)
  }

  private static func product(_ left: Int32, _ right: Int32) -> Int32 {
    saturatingRoundingDoublingHighMultiply(left, right)
  }

  private static func shiftedLeft(_ value: Int32, by amount: Int32) -> Int32 {
    let limit = Int32.max >> amount
    if value > limit { return .max }
    if value < -limit - 1 { return .min }
    return value &<< amount
  }
}
