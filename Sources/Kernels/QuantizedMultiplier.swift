import Glibc

/// A real factor as a Q31 significand and a power of two: `significand × 2^(exponent − 31)`.
///
/// Follows the TFLite reference, double rounding (the default build; the single-rounding build
/// differs in the last bit and is used by none of the measured boards).
package struct QuantizedMultiplier: Equatable, Sendable {
  /// 0, or within 2³⁰ … 2³¹−1.
  package var significand: Int32
  /// Positive shifts left, negative right.
  package var exponent: Int32

  package init(significand: Int32, exponent: Int32) {
    self.significand = significand
    self.exponent = exponent
  }

  /// The nearest multiplier; nil where a factor is negative, not finite or 2³⁰ and more.
  package init?(_ real: Double) {
    guard real.isFinite, real >= 0 else { return nil }
    guard real > 0 else {
      self.init(significand: 0, exponent: 0)
      return
    }
    var exponent: Int32 = 0
    let fraction = frexp(real, &exponent)
    var significand = Int64((fraction * 0x1p31).rounded(.toNearestOrAwayFromZero))
    if significand == 1 << 31 {
      significand /= 2
      exponent += 1
    }
    guard exponent <= 30 else { return nil }
    // Below 2⁻³¹ every product rounds to zero; the reference flushes the factor too.
    self.init(
      significand: exponent < -31 ? 0 : Int32(significand), exponent: exponent < -31 ? 0 : exponent)
  }

  /// `value × self`, rounded twice as the reference does.
  @inlinable
  @inline(__always)
  package func multiply(_ value: Int32) -> Int32 {
    let shifted = exponent > 0 ? value &<< exponent : value
    let high = saturatingRoundingDoublingHighMultiply(shifted, significand)
    return exponent < 0 ? roundingDivide(high, byPowerOfTwo: 0 &- exponent) : high
  }

  /// The form for 64-bit sums of 16-bit activations: the significand reduced to 15 bits, one
  /// rounding. Takes sums within ±2⁴⁷.
  @inlinable
  @inline(__always)
  package func multiply(_ value: Int64) -> Int32 {
    let reduced: Int64 =
      significand < 0x7FFF_0000 ? (Int64(significand) &+ (1 << 15)) >> 16 : 0x7FFF
    let shift = Int64(15 &- exponent)
    return Int32(truncatingIfNeeded: (value &* reduced &+ (1 &<< (shift &- 1))) &>> shift)
  }
}

/// The high half of `2 × left × right`, rounded half up; the one overflow (both least) saturates.
@inlinable
@inline(__always)
package func saturatingRoundingDoublingHighMultiply(_ left: Int32, _ right: Int32) -> Int32 {
  // The reference adds 2³⁰ or 1 − 2³⁰ and truncates toward zero, which is this floor.
  if left == .min, right == .min { return .max }
  return Int32(truncatingIfNeeded: (Int64(left) &* Int64(right) &+ (1 << 30)) &>> 31)
}

/// `value ÷ 2^power`, halves away from zero; `power` within 0…31.
@inlinable
@inline(__always)
package func roundingDivide(_ value: Int32, byPowerOfTwo power: Int32) -> Int32 {
  let mask = Int32(truncatingIfNeeded: (Int64(1) &<< Int64(power)) &- 1)
  let remainder = value & mask
  let threshold = (mask &>> 1) &+ (value < 0 ? 1 : 0)
  return (value &>> min(power, 31)) &+ (remainder > threshold ? 1 : 0)
}
