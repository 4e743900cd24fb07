import VirtualTime

/// Name look-ups: one datagram there and one back, asked again after 5 s, given up after two
/// attempts (the defaults of resolv.conf).
struct Resolver: Sendable {
  static let attempts = 2
  static let wait = Duration.seconds(5)
  static let querySize = WireFormat.udpHeaders + 40
  static let answerSize = WireFormat.udpHeaders + 120

  struct Lookup: Sendable {
    var token: Int
    var attempts = 0
    var isOver = false
  }

  private(set) var lookups: [Lookup] = []

  mutating func begin(token: Int) -> Int32 {
    lookups.append(Lookup(token: token))
    return Int32(lookups.count - 1)
  }

  /// The next query, or nil when it is time to give up.
  mutating func query(_ lookup: Int32, at now: Instant) -> Packet? {
    guard lookups[Int(lookup)].attempts < Self.attempts else { return nil }
    lookups[Int(lookup)].attempts += 1
    return Packet(
      flow: lookup, kind: .query, isFromClient: true, size: Int32(Self.querySize),
      stamp: now.nanoseconds)
  }

  /// The token of a look-up that has just ended; nil when it had ended before.
  mutating func end(_ lookup: Int32) -> Int? {
    guard !lookups[Int(lookup)].isOver else { return nil }
    lookups[Int(lookup)].isOver = true
    return lookups[Int(lookup)].token
  }
}

/// What the name server does.
package enum ResolverState: Sendable, Equatable {
  case answers
  /// SERVFAIL or NXDOMAIN, at once.
  case refuses
  case silent
}
