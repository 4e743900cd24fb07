import VirtualTime

/// What travels below a request.
package enum TransportProtocol: String, Sendable, CaseIterable {
  /// HTTP/1.1 over TCP: one request at a time on a connection.
  case http1
  /// HTTP/2 over TCP (RFC 9113): many at a time, in frames, with flow control. Modelled.
  case http2
  /// HTTP/3 over QUIC (RFC 9000, 9002): loss detection without a floor on time-outs, handshake and
  /// encryption in one, and connections that survive a new address. Modelled.
  case http3

  var rules: TransportRules { self == .http3 ? .quic : .tcp }
}

/// Where TCP and QUIC differ in sending, receiving and giving up waiting.
struct TransportRules: Sendable {
  /// Bytes of payload in a full packet, and the headers around it.
  let payload: Int
  let headers: Int
  /// Nanoseconds: the least variance term, a constant on top, and the first time-out of all.
  let leastVariance: Int64
  let addedTimeout: Int64
  let initialTimeout: Int64
  /// Nanoseconds for which an acknowledgement may wait.
  let acknowledgementDelay: Int64
  /// Segments acknowledged at once when a connection is young.
  let quickSegments: Int
  let isQUIC: Bool

  /// Linux: TCP_RTO_MIN 200 ms, TCP_DELACK_MIN 40 ms; RFC 6298's first second.
  static let tcp = TransportRules(
    payload: WireFormat.segmentPayload, headers: WireFormat.tcpHeaders, leastVariance: 200_000_000,
    addedTimeout: 0, initialTimeout: 1_000_000_000, acknowledgementDelay: 40_000_000,
    quickSegments: 16, isQUIC: false)

  /// RFC 9002: granularity 1 ms, max_ack_delay 25 ms, initial time-out 333 ms + 4 × 166.5 ms; RFC 9000
  /// §14: datagrams of 1,200 bytes, of which 27 are a short header, 8-byte connection id and tag, and
  /// 8 a STREAM frame's header.
  static let quic = TransportRules(
    payload: 1_165, headers: WireFormat.udpHeaders + 35, leastVariance: 1_000_000,
    addedTimeout: 25_000_000, initialTimeout: 999_000_000, acknowledgementDelay: 25_000_000,
    quickSegments: 0, isQUIC: true)
}
