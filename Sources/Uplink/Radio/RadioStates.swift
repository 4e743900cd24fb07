package import VirtualTime

/// What a phone's radio does between packets: asleep it must be promoted first, and it stays awake for
/// a tail after the last packet.
package struct RadioStates: Sendable, Equatable {
  /// From asleep to sending.
  package var promotion: Duration
  /// Awake after the last packet.
  package var tail: Duration

  package init(promotion: Duration, tail: Duration) {
    self.promotion = promotion
    self.tail = tail
  }

  /// Huang et al., MobiSys 2012, measured: 260.1 ms and 11.576 s on LTE.
  package static let lte = RadioStates(
    promotion: Duration(nanoseconds: 260_100_000), tail: .milliseconds(11_576))
  /// The same paper's 3G: 582 ms and 8.1 s.
  package static let umts = RadioStates(promotion: .milliseconds(582), tail: .milliseconds(8_100))
}

/// One radio, shared by both directions of a link.
package struct Radio: Sendable {
  package let states: RadioStates?
  private var awakeUntil: Instant?
  private var readyAt = Instant.zero
  /// How often it had to be woken.
  package private(set) var promotions = 0

  package init(_ states: RadioStates?) { self.states = states }

  /// A packet wants to pass at `now`: when it may.
  package mutating func wake(at now: Instant) -> Instant {
    guard let states else { return now }
    if awakeUntil.map({ now > $0 }) ?? true {
      promotions += 1
      readyAt = now + states.promotion
    }
    let start = max(now, readyAt)
    awakeUntil = start + states.tail
    return start
  }
}
