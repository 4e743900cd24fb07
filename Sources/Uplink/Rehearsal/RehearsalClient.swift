package import VirtualTime

/// Whoever makes requests and goes by how they end, as a state machine without a clock: wake-ups and
/// endings go in, effects come out.
package protocol RehearsalClient: Sendable {
  /// The time of a wake-up that an effect asked for has come.
  mutating func wake(_ token: Int, at now: Instant, into effects: inout [ClientEffect])
  /// One of its requests is nowhere any more.
  mutating func ended(
    _ request: Request, _ ending: RequestEnding, at now: Instant, into effects: inout [ClientEffect]
  )
  /// A provider bills a station for an answer, whether anybody waits for it or not.
  mutating func billed(_ cost: Int64, isWasted: Bool, station: Int32, at now: Instant)
  /// A station's modem finds no carrier any more, or finds it again.
  mutating func carrierChanged(
    isThere: Bool, station: Int32, at now: Instant, into effects: inout [ClientEffect])
}

/// What a client asks of its owner.
package enum ClientEffect: Sendable {
  /// Make this request now.
  case make(Request)
  /// Call `wake` with this token at this time.
  case wake(token: Int, at: Instant)
}

/// How a request ended, and what is known of its answer.
package struct RequestEnding: Sendable {
  package var fate: Fate
  /// Who answered; nil without an answer, and for one out of a cache.
  package var provider: Int?
  package var cache: Answer.Cache
  /// Out of a cache: what the stored answer was about, and who gave it.
  package var stored: Answer.Stored?
  /// What the answer says that it cost, in micro-units.
  package var cost: Int64
  /// Of all attempts, and of all answers that were read.
  package var bytesSent: Int
  package var bytesReceived: Int
}
