import VirtualTime

/// A TCP connection between a client and a server, its TLS handshake, and messages upon it.
struct Connection: Sendable {
  /// What a message is to its receiver once its last byte has arrived.
  enum Message: Sendable, Equatable {
    /// One flight of the handshake, by its place in `Security.flights`.
    case flight(Int)
    case request(Int)
    case response(Int)
  }

  enum Phase: Sendable, Equatable {
    case connecting
    case securing
    case ready
    case failed
  }

  let security: Security
  /// Told from an earlier connection in the same slot.
  let number: Int
  var phase = Phase.connecting
  var client = Endpoint()
  var server = Endpoint()
  /// Where each message ends, in the byte stream of its direction.
  private var toServer: [(end: Int64, message: Message)] = []
  private var toClient: [(end: Int64, message: Message)] = []
  var synAttempts = 0
  private var lastSyn = Instant.zero
  private var isServerOpen = false

  init(security: Security, number: Int) {
    self.security = security
    self.number = number
  }

  mutating func write(_ bytes: Int, _ message: Message, fromClient: Bool) {
    if fromClient {
      client.write(bytes)
      toServer.append((client.sender.buffer.written, message))
    } else {
      server.write(bytes)
      toClient.append((server.sender.buffer.written, message))
    }
  }

  /// The next SYN, and when to send another; nil after the last.
  mutating func syn(flow: Int32, at now: Instant) -> (Packet, Instant)? {
    guard synAttempts < SynSchedule.attempts else { return nil }
    synAttempts += 1
    lastSyn = now
    let packet = Packet(
      flow: flow, kind: .syn, isFromClient: true, size: Int32(WireFormat.synSize),
      stamp: now.nanoseconds)
    return (packet, now + .seconds(SynSchedule.wait(after: synAttempts)))
  }

  mutating func serverOpens(_ syn: Packet, flow: Int32, at now: Instant) -> Packet {
    isServerOpen = true
    return Packet(
      flow: flow, kind: .synAck, isFromClient: false, size: Int32(WireFormat.synSize),
      stamp: now.nanoseconds, echo: syn.stamp)
  }

  /// False when it was open already.
  mutating func clientOpens(_ synAck: Packet, at now: Instant) -> Bool {
    guard phase == .connecting else { return false }
    phase = security == .none ? .ready : .securing
    // Timestamps tell which SYN was answered, so that its round trip is known.
    client.open(roundTrip: now.nanoseconds - synAck.echo, afterRepeats: synAttempts - 1)
    return true
  }

  mutating func serverConfirms(_ packet: Packet, at now: Instant) {
    guard !server.sender.roundTrip.isMeasured, packet.echo >= 0 else { return }
    server.open(roundTrip: now.nanoseconds - packet.echo, afterRepeats: 0)
  }

  /// Messages that are complete at one side, in order.
  mutating func completed(atServer: Bool) -> [Message] {
    var messages: [Message] = []
    if atServer {
      while let first = toServer.first, first.end <= server.receiver.next {
        messages.append(toServer.removeFirst().message)
      }
    } else {
      while let first = toClient.first, first.end <= client.receiver.next {
        messages.append(toClient.removeFirst().message)
      }
    }
    return messages
  }
}
