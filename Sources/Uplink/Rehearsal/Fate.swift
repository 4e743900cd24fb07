/// How a request ends: each in exactly one of these ways.
package enum Fate: Int, Sendable, CaseIterable {
  /// With success, by the deadline.
  case answered
  /// With success, after the deadline but before the station stopped waiting.
  case answeredLate
  // The station stopped waiting while the request …
  case timedOutQueued
  case timedOutLookingUp
  case timedOutConnecting
  case timedOutSending
  case timedOutWaiting
  // The last attempt was answered with …
  case refusedUnauthorized
  case refusedUnpaid
  case refusedForbidden
  case refusedTooMany
  case refusedOther
  case failedAtServer
  case redirected
  // It was never sent, because …
  case notSentNoName
  case notSentNoProof
  case notSentNoConnection
  case notSentQueueFull
  /// The connection broke after it was sent, and no attempt was left.
  case connectionLost
  /// Still under way when the rehearsal ended.
  case abandoned

  package var name: String {
    switch self {
    case .answered: "answered"
    case .answeredLate: "answered late"
    case .timedOutQueued: "timed out: waiting for a connection"
    case .timedOutLookingUp: "timed out: looking the name up"
    case .timedOutConnecting: "timed out: connecting"
    case .timedOutSending: "timed out: sending"
    case .timedOutWaiting: "timed out: waiting for the answer"
    case .refusedUnauthorized: "refused: 401"
    case .refusedUnpaid: "refused: 402"
    case .refusedForbidden: "refused: 403"
    case .refusedTooMany: "refused: 429"
    case .refusedOther: "refused: other 4xx"
    case .failedAtServer: "failed: 5xx"
    case .redirected: "redirected: 3xx"
    case .notSentNoName: "not sent: no address for the name"
    case .notSentNoProof: "not sent: wrong certificate"
    case .notSentNoConnection: "not sent: no connection"
    case .notSentQueueFull: "not sent: queue full"
    case .connectionLost: "connection lost"
    case .abandoned: "abandoned at the end"
    }
  }

  package enum Family: Int, Sendable, CaseIterable {
    case inTime
    case late
    case timedOut
    case refused
    case notSent
    case abandoned
  }

  package var family: Family {
    switch self {
    case .answered: .inTime
    case .answeredLate: .late
    case .timedOutQueued, .timedOutLookingUp, .timedOutConnecting, .timedOutSending,
      .timedOutWaiting, .connectionLost:
      .timedOut
    case .refusedUnauthorized, .refusedUnpaid, .refusedForbidden, .refusedTooMany, .refusedOther,
      .failedAtServer, .redirected:
      .refused
    case .notSentNoName, .notSentNoProof, .notSentNoConnection, .notSentQueueFull: .notSent
    case .abandoned: .abandoned
    }
  }

  /// What a status other than success means.
  init(refusal status: Int) {
    self =
      switch status {
      case 300..<400: .redirected
      case 401: .refusedUnauthorized
      case 402: .refusedUnpaid
      case 403: .refusedForbidden
      case 429: .refusedTooMany
      case 400..<500: .refusedOther
      default: .failedAtServer
      }
  }
}
