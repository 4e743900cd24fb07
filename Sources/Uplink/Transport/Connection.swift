import Boards
import VirtualTime

/// A connection between a client and a server, its handshake, and messages upon it.
struct Connection: Sendable {
  /// What a message is to its receiver once its last byte has arrived.
  enum Message: Sendable, Equatable {
    /// One flight of the handshake, by its place in `Security.flights`.
    case flight(Int)
    case request(Int)
    case response(Int)
    /// HTTP/2: part of a request, and windows that open.
    case frame(token: Int, bytes: Int, isLast: Bool)
    case update(FlowControl.Update)
    case preface
  }

  enum Phase: Sendable, Equatable {
    case connecting
    case securing
    case ready
    case failed
  }

  let transport: TransportProtocol
  let security: Security
  let flights: [Int]
  /// Told from an earlier connection in the same slot; 0 once it is closed.
  private(set) var number: Int
  var phase: Phase
  var client: Endpoint
  var server: Endpoint
  /// Whether the network's address translation still knows the way back.
  var isMapped = true
  /// Whether who answers has no right to the name.
  let hasWrongCertificate: Bool
  /// What a proxy in between does to it.
  var faults: [ConnectionFault.Effect] = []
  var synAttempts = 0
  private var flow = FlowControl()
  private var hasPreface = false
  /// Where each message ends, in the byte stream of its direction.
  private var toServer: [(end: Int64, message: Message)] = []
  private var toClient: [(end: Int64, message: Message)] = []

  init(
    _ transport: TransportProtocol, _ security: Security, number: Int, hasWrongCertificate: Bool
  ) {
    self.transport = transport
    self.security = transport == .http3 && security == .none ? .tls13 : security
    flights = self.security.flights(over: transport)
    self.number = number
    self.hasWrongCertificate = hasWrongCertificate
    phase = transport == .http3 ? .securing : .connecting
    client = Endpoint(transport.rules)
    server = Endpoint(transport.rules)
  }

  var isClosed: Bool { number == 0 }

  mutating func close() { number = 0 }

  mutating func write(_ bytes: Int, _ message: Message, fromClient: Bool) {
    if fromClient {
      client.write(bytes)
      toServer.append((client.sender.buffer.written, message))
    } else {
      server.write(bytes)
      toClient.append((server.sender.buffer.written, message))
    }
  }

  /// Sends a request, whole or in frames.
  mutating func send(_ bytes: Int, token: Int) {
    guard transport == .http2 else {
      return write(security.framed(bytes), .request(token), fromClient: true)
    }
    if !hasPreface {
      hasPreface = true
      write(security.framed(FlowControl.preface), .preface, fromClient: true)
    }
    flow.add(bytes, token: token)
  }

  /// Writes frames while the socket takes them, so that a later request need not wait for all of an
  /// earlier one.
  mutating func sendFrames() {
    while client.sender.buffer.hasRoom, let frame = flow.nextFrame() {
      write(
        security.framed(frame.bytes + FlowControl.frameHeader),
        .frame(token: frame.token, bytes: frame.bytes, isLast: frame.isLast), fromClient: true)
    }
  }

  /// The server has a frame; true when its request is complete.
  mutating func serverRead(_ bytes: Int, token: Int, isLast: Bool) -> Bool {
    if let update = flow.serverRead(bytes, token: token, isLast: isLast) {
      write(security.framed(FlowControl.update), .update(update), fromClient: false)
    }
    return isLast
  }

  mutating func open(_ update: FlowControl.Update) { flow.open(update) }

  /// The next SYN, and when to send another; nil after the last.
  mutating func syn(flow: Int32, at now: Instant) -> (Packet, Instant)? {
    guard synAttempts < SynSchedule.attempts else { return nil }
    synAttempts += 1
    let packet = Packet(
      flow: flow, kind: .syn, isFromClient: true, size: Int32(WireFormat.synSize),
      stamp: now.nanoseconds)
    return (packet, now + .seconds(SynSchedule.wait(after: synAttempts)))
  }

  /// False when it was open already.
  mutating func clientOpens(_ synAck: Packet, at now: Instant) -> Bool {
    guard phase == .connecting else { return false }
    phase = flights.isEmpty ? .ready : .securing
    // Timestamps tell which SYN was answered, so that its round trip is known.
    client.open(roundTrip: now.nanoseconds - synAck.echo, afterRepeats: synAttempts - 1)
    return true
  }

  /// The first packet that answers one of the server's gives it a round trip.
  mutating func serverConfirms(_ packet: Packet, at now: Instant) {
    guard !server.sender.roundTrip.isMeasured, packet.echo >= 0 else { return }
    server.open(roundTrip: now.nanoseconds - packet.echo, afterRepeats: 0)
  }

  /// The server sees the client's new address; it forgets what it knew of the old path.
  mutating func migrate() {
    isMapped = true
    server.forgetPath()
  }

  /// The next message that is complete at one side, in order; nil when there is none.
  mutating func nextCompleted(atServer: Bool) -> Message? {
    if atServer {
      guard let first = toServer.first, first.end <= server.receiver.next else { return nil }
      toServer.removeFirst()
      return first.message
    }
    guard let first = toClient.first, first.end <= client.receiver.next else { return nil }
    toClient.removeFirst()
    return first.message
  }
}
