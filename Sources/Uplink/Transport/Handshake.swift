import VirtualTime

/// What a connection does before its first request, and what its records add to every message.
package enum Security: String, Sendable, CaseIterable {
  case none
  case tls12
  case tls13
  /// By session ticket (RFC 5077).
  case tls12Resumed
  /// By pre-shared key, still one round trip.
  case tls13Resumed
  /// The request travels with the first flight (RFC 8446 §2.3).
  case tls13EarlyData

  /// Flights in turn, the client's first, in bytes. Sizes are those of a P-256 or RSA-2048 chain of
  /// two certificates as OpenSSL 3 sends them; only their number of round trips matters much.
  package func flights(over transport: TransportProtocol) -> [Int] {
    if transport == .http3 {
      // RFC 9000 §14.1: a client's first datagram is padded to 1,200 bytes.
      return self == .tls13Resumed || self == .tls13EarlyData
        ? [1_200, 250, 80] : [1_200, 3_000, 80]
    }
    return switch self {
    case .none: []
    case .tls12: [517, 3_200, 126, 226]
    case .tls13: [517, 3_000, 80]
    case .tls12Resumed: [517, 130, 51]
    case .tls13Resumed, .tls13EarlyData: [600, 250, 80]
    }
  }

  /// What computing one flight of a full handshake takes: a signature, a key exchange or the check of
  /// a chain, about 2 ms each on one server core (RSA-2048, X25519, OpenSSL 3).
  var flightTime: Duration {
    switch self {
    case .tls12, .tls13: .milliseconds(2)
    default: .zero
    }
  }

  /// Bytes that a record of up to 16 KiB adds: header, explicit nonce, tag, content type.
  private var recordOverhead: Int {
    switch self {
    case .none: 0
    case .tls12, .tls12Resumed: 29
    case .tls13, .tls13Resumed, .tls13EarlyData: 22
    }
  }

  /// Bytes of a message on the wire before TCP.
  package func framed(_ bytes: Int) -> Int {
    bytes + (bytes + 16_383) / 16_384 * recordOverhead
  }
}

/// When a SYN is sent again: after 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s.
///
/// Linux 6.5 and later: four repeats a second apart (tcp_syn_linear_timeouts), then doubling.
enum SynSchedule {
  static let attempts = 11

  /// Seconds from one SYN to the next.
  static func wait(after attempt: Int) -> Int64 {
    attempt <= 5 ? 1 : 1 << Int64(min(attempt - 5, 5))
  }
}
