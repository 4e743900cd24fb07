package import Boards
package import VirtualTime

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
