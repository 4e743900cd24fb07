import VirtualTime

/// One packet on a link: a TCP segment, or a datagram.
package struct Packet: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    case syn
    case synAck
    /// Data, an acknowledgement, or both.
    case segment
    /// Nobody knows this connection.
    case reset
    case query
    case answer
  }

  /// The connection, or the query, that it belongs to.
  package var flow: Int32
  package var kind: Kind
  package var isFromClient: Bool
  /// Bytes on the wire, headers included.
  package var size: Int32
  /// First byte of the payload, counted from the connection's first.
  package var sequence: Int64 = 0
  /// Bytes of payload.
  package var length: Int32 = 0
  /// The next byte that its sender expects.
  package var acknowledged: Int64 = 0
  package var selective = SelectiveAcknowledgement()
  /// When it was sent, and the newest such stamp that its sender had received: RFC 7323's timestamps,
  /// in nanoseconds instead of ticks. -1 for none.
  package var stamp: Int64 = 0
  package var echo: Int64 = -1
}

/// Up to three ranges received out of order, the newest first; RFC 2018 with timestamps leaves room
/// for three.
package struct SelectiveAcknowledgement: Sendable, Equatable {
  package var ranges: (Range, Range, Range) = (.none, .none, .none)

  package struct Range: Sendable, Equatable {
    package var start: Int64
    package var end: Int64

    package static let none = Range(start: 0, end: 0)
    package var isEmpty: Bool { end <= start }
  }

  package var isEmpty: Bool { ranges.0.isEmpty }

  /// Whether all bytes of a segment are in one of the ranges.
  package func covers(_ start: Int64, _ end: Int64) -> Bool {
    (ranges.0.start <= start && end <= ranges.0.end)
      || (ranges.1.start <= start && end <= ranges.1.end)
      || (ranges.2.start <= start && end <= ranges.2.end)
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.ranges.0 == b.ranges.0 && a.ranges.1 == b.ranges.1 && a.ranges.2 == b.ranges.2
  }
}

/// Sizes of headers, in bytes.
package enum WireFormat {
  /// IPv4 20, TCP 20, timestamps 12.
  package static let tcpHeaders = 52
  /// With the options of a SYN.
  package static let synSize = 60
  /// Payload of a full segment in an IPv4 packet of 1,500 bytes.
  package static let segmentPayload = 1_448
  /// IPv4 20 and UDP 8.
  package static let udpHeaders = 28
}
