/// A core's cycles against virtual time.
///
/// Every conversion starts from an absolute cycle count or instant, in 128 bits, so that rounding
/// never adds up: a cycle of 480 MHz is not a whole number of nanoseconds.
package struct CoreClock: Equatable, Sendable {
  /// Cycles a second, at least 1.
  package let hertz: Int64

  package init(hertz: Int64) {
    precondition(hertz > 0)
    self.hertz = hertz
  }

  private static let nanosecondsPerSecond: Int64 = 1_000_000_000

  /// The first cycle that begins at or after `instant`.
  package func cycle(atOrAfter instant: Instant) -> Int64 {
    Self.ceiling(instant.nanoseconds, times: hertz, over: Self.nanosecondsPerSecond)
  }

  /// When the given cycle has begun: the instant rounded up to a whole nanosecond.
  package func instant(ofCycle cycle: Int64) -> Instant {
    Instant(nanoseconds: Self.ceiling(cycle, times: Self.nanosecondsPerSecond, over: hertz))
  }

  /// How long `cycles` take from cycle 0 on; a difference of two instants, for reports.
  package func duration(ofCycles cycles: Int64) -> Duration {
    Duration(nanoseconds: instant(ofCycle: cycles).nanoseconds)
  }

  /// ⌈value × factor ÷ divisor⌉ for a positive divisor.
  private static func ceiling(_ value: Int64, times factor: Int64, over divisor: Int64) -> Int64 {
    let product = value.multipliedFullWidth(by: factor)
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    return remainder > 0 ? quotient + 1 : quotient
  }
}
