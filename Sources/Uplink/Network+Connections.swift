import Boards
import VirtualTime

/// Handshakes, messages and look-ups.
extension Network {
  mutating func sendSyn(_ slot: Int32) {
    let number = connections[Int(slot)].number
    guard let (packet, again) = connections[Int(slot)].syn(flow: slot, at: now) else {
      return fail(slot, .timedOut)
    }
    offer(packet)
    agenda.schedule(.syn(slot, number: number), at: again)
  }

  mutating func arrive(_ packet: Packet) {
    let slot = packet.flow
    switch packet.kind {
    case .query: return answer(packet)
    case .answer: return answered(packet)
    case .syn, .synAck, .segment, .reset: break
    }
    guard Int(slot) < connections.count, !connections[Int(slot)].isClosed,
      connections[Int(slot)].phase != .failed
    else { return }
    guard connections[Int(slot)].isMapped || letThrough(packet) else { return }
    switch packet.kind {
    case .syn:
      if connections[Int(slot)].faults.contains(.refuse) { return refuse(slot) }
      offer(
        Packet(
          flow: slot, kind: .synAck, isFromClient: false, size: Int32(WireFormat.synSize),
          stamp: now.nanoseconds, echo: packet.stamp))
    case .synAck:
      guard connections[Int(slot)].clientOpens(packet, at: now) else { return }
      let id = ConnectionID(slot: slot, number: connections[Int(slot)].number)
      notices.append(.connected(id))
      scheduleFaults(slot)
      beginSecurity(slot, id)
    case .segment:
      if packet.isFromClient {
        connections[Int(slot)].serverConfirms(packet, at: now)
        connections[Int(slot)].server.receive(packet, at: now)
      } else {
        connections[Int(slot)].client.receive(packet, at: now)
      }
      if !isFaulty(slot, atServer: packet.isFromClient) {
        deliver(slot, atServer: packet.isFromClient)
      }
      flush(slot, isClient: !packet.isFromClient)
    case .reset: fail(slot, .reset)
    case .query, .answer: break
    }
  }

  /// Whether a packet passes although its connection's mapping is gone.
  private mutating func letThrough(_ packet: Packet) -> Bool {
    if packet.kind == .reset { return true }
    guard packet.isFromClient else {
      strayed += 1
      return false
    }
    if connections[Int(packet.flow)].transport == .http3 {
      connections[Int(packet.flow)].migrate()
      return true
    }
    strayed += 1
    offer(
      Packet(
        flow: packet.flow, kind: .reset, isFromClient: false, size: Int32(WireFormat.tcpHeaders)))
    return false
  }

  mutating func beginSecurity(_ slot: Int32, _ id: ConnectionID) {
    guard let first = connections[Int(slot)].flights.first else {
      return notices.append(.ready(id))
    }
    connections[Int(slot)].write(first, .flight(0), fromClient: true)
    flush(slot, isClient: true)
    if connections[Int(slot)].security == .tls13EarlyData {
      connections[Int(slot)].phase = .ready
      notices.append(.ready(id))
    }
  }

  private mutating func deliver(_ slot: Int32, atServer: Bool) {
    let id = ConnectionID(slot: slot, number: connections[Int(slot)].number)
    while let message = connections[Int(slot)].nextCompleted(atServer: atServer) {
      switch message {
      case .request(let token): notices.append(.requestArrived(id, token))
      case .response(let token): notices.append(.responseArrived(id, token))
      case .flight(let index): continueHandshake(slot, id, after: index)
      case .frame(let token, let bytes, let isLast):
        if connections[Int(slot)].serverRead(bytes, token: token, isLast: isLast) {
          notices.append(.requestArrived(id, token))
        }
      case .update(let update): connections[Int(slot)].open(update)
      case .preface: break
      }
    }
  }

  /// Answers a flight with the next one, once it has been computed.
  private mutating func continueHandshake(_ slot: Int32, _ id: ConnectionID, after index: Int) {
    let connection = connections[Int(slot)]
    if index == 1 && connection.hasWrongCertificate { return fail(slot, .certificate) }
    if index + 1 < connection.flights.count && index < 2 {
      agenda.schedule(
        .flight(slot, index: index + 1, number: id.number),
        at: now + connection.security.flightTime)
    } else {
      sendFlight(slot, index + 1)
    }
  }

  /// Sends a flight if there is one; the client is ready when it has nothing left to wait for.
  mutating func sendFlight(_ slot: Int32, _ index: Int) {
    let connection = connections[Int(slot)]
    let isClients = index % 2 == 0
    if index < connection.flights.count {
      connections[Int(slot)].write(
        connection.flights[index], .flight(index), fromClient: isClients)
      flush(slot, isClient: isClients)
    }
    if isClients && index + 1 >= connection.flights.count && connection.phase == .securing {
      connections[Int(slot)].phase = .ready
      notices.append(.ready(ConnectionID(slot: slot, number: connection.number)))
    }
  }
}

// MARK: - Names

extension Network {
  mutating func ask(_ lookup: Int32) {
    guard let packet = resolver.query(lookup, at: now) else {
      if let token = resolver.end(lookup) { notices.append(.resolved(token, false)) }
      return
    }
    offer(packet)
    agenda.schedule(.lookup(lookup), at: now + Resolver.wait)
  }

  private mutating func answer(_ query: Packet) {
    guard resolverState != .silent else { return }
    offer(
      Packet(
        flow: query.flow, kind: .answer, isFromClient: false, size: Int32(Resolver.answerSize),
        acknowledged: resolverState == .answers ? 1 : 0))
  }

  private mutating func answered(_ answer: Packet) {
    guard let token = resolver.end(answer.flow) else { return }
    notices.append(.resolved(token, answer.acknowledged == 1))
  }
}
