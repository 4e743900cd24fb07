package import Boards
package import VirtualTime

/// What may be used in a period: money, requests or tokens.
package struct PeriodicLimit: Sendable {
  package let limit: Int64
  private let period: ResetPeriod
  /// Seconds since 1970 at the beginning of virtual time; nil when the period rolls.
  private let startsAt: Int64?
  /// Used in the current period, what is set aside included.
  package private(set) var used: Int64 = 0
  /// Since the beginning.
  package private(set) var usedEver: Int64 = 0
  private var began = Instant.zero
  private var ends: Instant

  /// - Parameter alignedTo: Seconds since 1970 at the beginning of virtual time; nil for a period
  ///   that begins anew with the first use after it is over.
  package init(_ limit: Int64, every period: ResetPeriod, alignedTo startsAt: Int64?) {
    self.limit = limit
    self.period = period
    self.startsAt = startsAt
    ends = .zero
    ends = end(of: .zero)
  }

  private func end(of instant: Instant) -> Instant {
    guard let startsAt else {
      let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(period.nanoseconds)
      return Instant(nanoseconds: overflow ? .max : sum)
    }
    let second = startsAt + instant.nanoseconds / 1_000_000_000
    let next = Calendar.boundary(of: period, after: second)
    return Instant(nanoseconds: (next - startsAt) * 1_000_000_000)
  }

  private mutating func roll(_ now: Instant) {
    guard now >= ends else { return }
    used = 0
    began = now
    ends = end(of: now)
  }

  /// Whether nothing is left, as a check before a call sees it.
  package mutating func isUsedUp(at now: Instant) -> Bool {
    roll(now)
    return used >= limit
  }

  /// Whether so much more still fits.
  package mutating func holds(_ amount: Int64, at now: Instant) -> Bool {
    roll(now)
    return amount <= limit - used
  }

  package mutating func charge(_ amount: Int64, at now: Instant) {
    roll(now)
    used += amount
    usedEver += amount
  }

  /// Gives back what was charged at `then`, unless a new period has begun since.
  package mutating func refund(_ amount: Int64, chargedAt then: Instant, at now: Instant) {
    roll(now)
    usedEver -= amount
    if then >= began { used -= amount }
  }

  /// Time until the next period.
  package mutating func remaining(at now: Instant) -> Duration {
    roll(now)
    return ends - now
  }
}
