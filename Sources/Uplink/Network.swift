package import VirtualTime

/// TCP connections over one link on virtual time.
///
///     var network = Network(uplink: …, downlink: …)
///     let connection = network.connect(.tls13, at: .zero)
///     while let notice = network.next() { … network.send(…) … }
///
/// It knows bytes and time, not their meaning: what a request is and who answers it is its owner's.
package struct Network: Sendable {
  /// What an owner hears about.
  package enum Notice: Sendable, Equatable {
    /// The TCP handshake is over.
    case connected(ConnectionID)
    /// Requests may be sent: after the TLS handshake, or with `connected`.
    case ready(ConnectionID)
    /// The last byte of a request is at the server.
    case requestArrived(ConnectionID, Int)
    /// The last byte of a response is at the client.
    case responseArrived(ConnectionID, Int)
    /// No SYN was answered.
    case failed(ConnectionID)
    /// An alarm that the owner set.
    case alarm(Int)
  }

  package struct ConnectionID: Hashable, Sendable {
    let slot: Int32
    let number: Int
  }

  private enum Step: Sendable {
    case transmitted(isUp: Bool)
    case arrived(Int32)
    case woken(Int32, isClient: Bool, number: Int)
    case syn(Int32, number: Int)
    case flight(Int32, index: Int, number: Int)
    case alarm(Int)
  }

  package var uplink: LinkDirection
  package var downlink: LinkDirection
  private var agenda = Agenda<Step>()
  private var connections: [Connection?] = []
  private var freeConnections: [Int32] = []
  private var connectionsMade = 0
  /// Packets on their way, by slot, so that the agenda's events stay small.
  private var flying: [Packet] = []
  private var freeFlying: [Int32] = []
  private var notices: [Notice] = []
  private var nextNotice = 0
  private var outbox: [Packet] = []
  /// Agenda steps taken.
  package private(set) var steps = 0

  package init(uplink: LinkDirection, downlink: LinkDirection) {
    self.uplink = uplink
    self.downlink = downlink
  }

  package var now: Instant { agenda.now }
}

// MARK: - What an owner does

extension Network {
  package mutating func connect(_ security: Security) -> ConnectionID {
    connectionsMade += 1
    let connection = Connection(security: security, number: connectionsMade)
    let slot: Int32
    if let free = freeConnections.popLast() {
      slot = free
      connections[Int(slot)] = connection
    } else {
      slot = Int32(connections.count)
      connections.append(connection)
    }
    sendSyn(slot)
    return ConnectionID(slot: slot, number: connectionsMade)
  }

  /// Sends a request of `bytes`; `token` comes back when it has arrived.
  package mutating func send(_ bytes: Int, token: Int, on id: ConnectionID) {
    guard let connection = connections[Int(id.slot)], connection.number == id.number else { return }
    let framed = connection.security.framed(bytes)
    connections[Int(id.slot)]!.write(framed, .request(token), fromClient: true)
    flush(id.slot, isClient: true)
  }

  /// Sends a response of `bytes` back.
  package mutating func respond(_ bytes: Int, token: Int, on id: ConnectionID) {
    guard let connection = connections[Int(id.slot)], connection.number == id.number else { return }
    let framed = connection.security.framed(bytes)
    connections[Int(id.slot)]!.write(framed, .response(token), fromClient: false)
    flush(id.slot, isClient: false)
  }

  /// Forgets a connection; its packets still use the link, and nobody hears of them.
  package mutating func close(_ id: ConnectionID) {
    guard let connection = connections[Int(id.slot)], connection.number == id.number else { return }
    connections[Int(id.slot)] = nil
    freeConnections.append(id.slot)
  }

  package mutating func setAlarm(_ token: Int, at time: Instant) {
    agenda.schedule(.alarm(token), at: max(time, agenda.now))
  }

  /// Runs until something happens that an owner hears about; nil when nothing is left to do.
  package mutating func next() -> Notice? {
    while true {
      if nextNotice < notices.count {
        defer { nextNotice += 1 }
        return notices[nextNotice]
      }
      notices.removeAll(keepingCapacity: true)
      nextNotice = 0
      guard let step = agenda.next() else { return nil }
      steps += 1
      take(step)
    }
  }
}

// MARK: - What happens

extension Network {
  private mutating func take(_ step: Step) {
    switch step {
    case .transmitted(let isUp): transmitted(isUp: isUp)
    case .arrived(let slot):
      let packet = flying[Int(slot)]
      freeFlying.append(slot)
      arrive(packet)
    case .woken(let slot, let isClient, let number):
      guard connections[Int(slot)]?.number == number else { return }
      if isClient {
        connections[Int(slot)]!.client.wakeUp = nil
      } else {
        connections[Int(slot)]!.server.wakeUp = nil
      }
      flush(slot, isClient: isClient)
    case .syn(let slot, let number):
      guard let connection = connections[Int(slot)], connection.number == number,
        connection.phase == .connecting
      else { return }
      sendSyn(slot)
    case .flight(let slot, let index, let number):
      guard connections[Int(slot)]?.number == number else { return }
      sendFlight(slot, index)
    case .alarm(let token): notices.append(.alarm(token))
    }
  }

  private mutating func sendSyn(_ slot: Int32) {
    let number = connections[Int(slot)]!.number
    guard let (packet, again) = connections[Int(slot)]!.syn(flow: slot, at: now) else {
      connections[Int(slot)]!.phase = .failed
      notices.append(.failed(ConnectionID(slot: slot, number: number)))
      return
    }
    offer(packet)
    agenda.schedule(.syn(slot, number: number), at: again)
  }

  private mutating func offer(_ packet: Packet) {
    if packet.isFromClient {
      if let end = uplink.offer(packet, at: now) {
        agenda.schedule(.transmitted(isUp: true), at: end)
      }
    } else if let end = downlink.offer(packet, at: now) {
      agenda.schedule(.transmitted(isUp: false), at: end)
    }
  }

  private mutating func transmitted(isUp: Bool) {
    let (packet, next) = isUp ? uplink.finish(at: now) : downlink.finish(at: now)
    if let next { agenda.schedule(.transmitted(isUp: isUp), at: next) }
    guard let packet else { return }
    let slot: Int32
    if let free = freeFlying.popLast() {
      slot = free
      flying[Int(slot)] = packet
    } else {
      slot = Int32(flying.count)
      flying.append(packet)
    }
    agenda.schedule(.arrived(slot), at: now + (isUp ? uplink.delay : downlink.delay))
  }

  private mutating func arrive(_ packet: Packet) {
    let slot = packet.flow
    guard Int(slot) < connections.count, let connection = connections[Int(slot)] else { return }
    switch packet.kind {
    case .syn:
      offer(connections[Int(slot)]!.serverOpens(packet, flow: slot, at: now))
    case .synAck:
      guard connections[Int(slot)]!.clientOpens(packet, at: now) else { return }
      let id = ConnectionID(slot: slot, number: connection.number)
      notices.append(.connected(id))
      beginSecurity(slot, id)
    case .segment:
      if packet.isFromClient {
        connections[Int(slot)]!.serverConfirms(packet, at: now)
        connections[Int(slot)]!.server.receive(packet, at: now)
        deliver(slot, atServer: true)
        flush(slot, isClient: false)
      } else {
        connections[Int(slot)]!.client.receive(packet, at: now)
        deliver(slot, atServer: false)
        flush(slot, isClient: true)
      }
    case .query, .answer: break
    }
  }

  private mutating func beginSecurity(_ slot: Int32, _ id: ConnectionID) {
    let flights = connections[Int(slot)]!.security.flights
    guard let first = flights.first else { return notices.append(.ready(id)) }
    connections[Int(slot)]!.write(first, .flight(0), fromClient: true)
    flush(slot, isClient: true)
  }

  private mutating func deliver(_ slot: Int32, atServer: Bool) {
    let id = ConnectionID(slot: slot, number: connections[Int(slot)]!.number)
    for message in connections[Int(slot)]!.completed(atServer: atServer) {
      switch message {
      case .request(let token): notices.append(.requestArrived(id, token))
      case .response(let token): notices.append(.responseArrived(id, token))
      case .flight(let index): continueHandshake(slot, id, after: index)
      }
    }
  }

  /// Answers a flight with the next one, once it has been computed.
  private mutating func continueHandshake(_ slot: Int32, _ id: ConnectionID, after index: Int) {
    let security = connections[Int(slot)]!.security
    if index + 1 < security.flights.count && index < 2 {
      agenda.schedule(
        .flight(slot, index: index + 1, number: id.number), at: now + security.flightTime)
    } else {
      sendFlight(slot, index + 1)
    }
  }

  /// Sends a flight if there is one; the client is ready when it has nothing left to wait for.
  private mutating func sendFlight(_ slot: Int32, _ index: Int) {
    let flights = connections[Int(slot)]!.security.flights
    let isClients = index % 2 == 0
    if index < flights.count {
      connections[Int(slot)]!.write(flights[index], .flight(index), fromClient: isClients)
      flush(slot, isClient: isClients)
    }
    if isClients && index + 1 >= flights.count && connections[Int(slot)]!.phase == .securing {
      connections[Int(slot)]!.phase = .ready
      notices.append(.ready(ConnectionID(slot: slot, number: connections[Int(slot)]!.number)))
    }
  }

  private mutating func flush(_ slot: Int32, isClient: Bool) {
    outbox.removeAll(keepingCapacity: true)
    let now = now
    if isClient {
      connections[Int(slot)]!.client.flush(at: now, flow: slot, fromClient: true, into: &outbox)
    } else {
      connections[Int(slot)]!.server.flush(at: now, flow: slot, fromClient: false, into: &outbox)
    }
    for packet in outbox { offer(packet) }
    schedule(slot, isClient: isClient)
  }

  /// Keeps one wake-up on the agenda; one that comes too early is set anew.
  private mutating func schedule(_ slot: Int32, isClient: Bool) {
    let endpoint = isClient ? connections[Int(slot)]!.client : connections[Int(slot)]!.server
    guard let due = endpoint.due else { return }
    if let held = endpoint.wakeUp, held <= due { return }
    let number = connections[Int(slot)]!.number
    agenda.schedule(.woken(slot, isClient: isClient, number: number), at: max(due, now))
    if isClient {
      connections[Int(slot)]!.client.wakeUp = due
    } else {
      connections[Int(slot)]!.server.wakeUp = due
    }
  }
}
