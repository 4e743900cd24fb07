package import VirtualTime

/// Connections over one link on virtual time.
///
///     var network = Network(Link(uplink: …, downlink: …))
///     let connection = network.connect(.http1, .tls13)
///     while let notice = network.next() { … network.send(…) … }
///
/// It knows bytes and time, not their meaning: what a request is and who answers it is its owner's.
package struct Network: Sendable {
  /// What an owner hears about.
  package enum Notice: Sendable, Equatable {
    /// A look-up has ended, with an address or without.
    case resolved(Int, Bool)
    /// The TCP handshake is over.
    case connected(ConnectionID)
    /// Requests may be sent: after the TLS handshake, or with `connected`.
    case ready(ConnectionID)
    /// The last byte of a request is at the server.
    case requestArrived(ConnectionID, Int)
    /// The last byte of a response is at the client.
    case responseArrived(ConnectionID, Int)
    /// The connection is of no more use.
    case failed(ConnectionID, Failure)
    /// An alarm that the owner set.
    case alarm(Int)
  }

  package enum Failure: String, Sendable, CaseIterable {
    /// No SYN, or nothing sent, was answered until TCP gave up.
    case timedOut
    /// The other end does not know the connection (any more).
    case reset
    /// Whoever answered could not prove the name.
    case certificate
  }

  package struct ConnectionID: Hashable, Sendable {
    let slot: Int32
    let number: Int
  }

  enum Step: Sendable {
    case offered(Int32)
    case transmitted(isUp: Bool)
    case arrived(Int32)
    case woken(Int32, isClient: Bool, number: Int)
    case syn(Int32, number: Int)
    case flight(Int32, index: Int, number: Int)
    case lookup(Int32)
    case alarm(Int)
    case broken(Int32, number: Int)
  }

  package var link: Link
  package var resolverState = ResolverState.answers
  /// Connections made from now on meet someone without a right to the name: a captive portal, or a
  /// server with an expired certificate.
  package var presentsWrongCertificate = false
  /// Agenda steps taken.
  package private(set) var steps = 0
  /// Packets that address translation did not let through.
  package internal(set) var strayed = 0

  var agenda = Agenda<Step>()
  /// Not optional: what is read out of an optional element is a copy of the whole connection, with a
  /// retain of each of its arrays. A closed one stays in its slot, numbered 0.
  var connections: [Connection] = []
  var notices: [Notice] = []
  var resolver = Resolver()
  private var freeConnections: [Int32] = []
  private var connectionsMade = 0
  /// Packets on their way, by slot, so that the agenda's events stay small.
  private var flying: [Packet] = []
  private var freeFlying: [Int32] = []
  private var nextNotice = 0
  private var outbox: [Packet] = []

  package init(_ link: Link) { self.link = link }

  package var now: Instant { agenda.now }
}

// MARK: - What an owner does

extension Network {
  /// Looks a name up; `.resolved` with the token follows.
  package mutating func resolve(token: Int) {
    ask(resolver.begin(token: token))
  }

  /// - Parameter security: Over HTTP/3 at least TLS 1.3.
  package mutating func connect(
    _ transport: TransportProtocol = .http1, _ security: Security
  ) -> ConnectionID {
    connectionsMade += 1
    var connection = Connection(
      transport, security, number: connectionsMade, hasWrongCertificate: presentsWrongCertificate)
    // Proxies of streams know nothing of QUIC.
    if transport != .http3 { connection.faults = link.drawFaults() }
    let slot: Int32
    if let free = freeConnections.popLast() {
      slot = free
      connections[Int(slot)] = connection
    } else {
      slot = Int32(connections.count)
      connections.append(connection)
    }
    let id = ConnectionID(slot: slot, number: connectionsMade)
    if transport == .http3 {
      beginSecurity(slot, id)
    } else {
      sendSyn(slot)
    }
    return id
  }

  /// Sends a request of `bytes`, HTTP headers included; `token` comes back when it has arrived.
  ///
  /// Over HTTP/1.1 send one at a time.
  package mutating func send(_ bytes: Int, token: Int, on id: ConnectionID) {
    guard isOpen(id) else { return }
    connections[Int(id.slot)].send(bytes, token: token)
    flush(id.slot, isClient: true)
  }

  /// Sends a response of `bytes` back.
  package mutating func respond(_ bytes: Int, token: Int, on id: ConnectionID) {
    guard isOpen(id) else { return }
    let framed = connections[Int(id.slot)].security.framed(bytes)
    connections[Int(id.slot)].write(framed, .response(token), fromClient: false)
    flush(id.slot, isClient: false)
  }

  /// Forgets a connection; its packets still use the link, and nobody hears of them.
  package mutating func close(_ id: ConnectionID) {
    guard isOpen(id) else { return }
    connections[Int(id.slot)].close()
    freeConnections.append(id.slot)
  }

  package func isOpen(_ id: ConnectionID) -> Bool {
    holds(id.slot, id.number)
  }

  /// Whether a slot still holds the connection of that number.
  func holds(_ slot: Int32, _ number: Int) -> Bool { connections[Int(slot)].number == number }

  /// The carrier's address translation forgets every mapping: TCP connections are reset when next
  /// used, QUIC's migrate.
  package mutating func rebindAddresses() {
    for index in connections.indices { connections[index].isMapped = false }
  }

  package mutating func setAlarm(_ token: Int, at time: Instant) {
    agenda.schedule(.alarm(token), at: max(time, agenda.now))
  }

  /// Runs until something happens that an owner hears about; nil when nothing is left to do.
  package mutating func next() -> Notice? { next(through: Instant(nanoseconds: .max)) }

  /// The same, but nil as soon as nothing is left to do by `limit`.
  package mutating func next(through limit: Instant) -> Notice? {
    while true {
      if nextNotice < notices.count {
        defer { nextNotice += 1 }
        return notices[nextNotice]
      }
      if nextNotice > 0 {
        notices.removeAll(keepingCapacity: true)
        nextNotice = 0
      }
      guard let step = agenda.next(through: limit) else { return nil }
      steps += 1
      take(step)
    }
  }

  /// When it has something to do next; nil when nothing is left.
  package mutating func nextTime() -> Instant? {
    nextNotice < notices.count ? now : agenda.nextTime()
  }

  /// Moves `now` to a time before which there is nothing to do, so that an owner may act then.
  package mutating func advance(to time: Instant) { agenda.advance(to: time) }
}

// MARK: - Packets

extension Network {
  private mutating func take(_ step: Step) {
    switch step {
    case .transmitted(let isUp): transmitted(isUp: isUp)
    case .offered(let slot): pass(release(slot))
    case .arrived(let slot): arrive(release(slot))
    case .woken(let slot, let isClient, let number):
      if holds(slot, number) { wake(slot, isClient: isClient) }
    case .syn(let slot, let number):
      if holds(slot, number), connections[Int(slot)].phase == .connecting { sendSyn(slot) }
    case .flight(let slot, let index, let number):
      if holds(slot, number) { sendFlight(slot, index) }
    case .lookup(let lookup):
      if !resolver.lookups[Int(lookup)].isOver { ask(lookup) }
    case .alarm(let token): notices.append(.alarm(token))
    case .broken(let slot, let number):
      if holds(slot, number) { fail(slot, .reset) }
    }
  }

  /// Hands a packet to the link, once the radio is awake.
  mutating func offer(_ packet: Packet) {
    let start = link.radio.wake(at: now)
    if start > now {
      agenda.schedule(.offered(hold(packet)), at: start)
    } else {
      pass(packet)
    }
  }

  private mutating func pass(_ packet: Packet) {
    if packet.isFromClient {
      if let end = link.uplink.offer(packet, at: now) {
        agenda.schedule(.transmitted(isUp: true), at: end)
      }
    } else if let end = link.downlink.offer(packet, at: now) {
      agenda.schedule(.transmitted(isUp: false), at: end)
    }
  }

  private mutating func transmitted(isUp: Bool) {
    let (arriving, next) = isUp ? link.uplink.finish(at: now) : link.downlink.finish(at: now)
    if let next { agenda.schedule(.transmitted(isUp: isUp), at: next) }
    guard let (packet, arrival) = arriving else { return }
    agenda.schedule(.arrived(hold(packet)), at: arrival)
  }

  private mutating func hold(_ packet: Packet) -> Int32 {
    if let free = freeFlying.popLast() {
      flying[Int(free)] = packet
      return free
    }
    flying.append(packet)
    return Int32(flying.count - 1)
  }

  private mutating func release(_ slot: Int32) -> Packet {
    freeFlying.append(slot)
    return flying[Int(slot)]
  }

  mutating func flush(_ slot: Int32, isClient: Bool) {
    let now = now
    if isClient {
      if connections[Int(slot)].transport == .http2 { connections[Int(slot)].sendFrames() }
      connections[Int(slot)].client.flush(at: now, flow: slot, fromClient: true, into: &outbox)
    } else {
      connections[Int(slot)].server.flush(at: now, flow: slot, fromClient: false, into: &outbox)
    }
    if !outbox.isEmpty {
      for packet in outbox { offer(packet) }
      outbox.removeAll(keepingCapacity: true)
    }
    if isClient && connections[Int(slot)].client.sender.hasGivenUp { fail(slot, .timedOut) }
    schedule(slot, isClient: isClient)
  }

  /// Too early, a wake-up finds nothing that could be sent, unless a full window is to be noted.
  private mutating func wake(_ slot: Int32, isClient: Bool) {
    let isEarly: Bool
    if isClient {
      connections[Int(slot)].client.wakeUp = nil
      isEarly = connections[Int(slot)].client.hasNothingToDo(at: now)
    } else {
      connections[Int(slot)].server.wakeUp = nil
      isEarly = connections[Int(slot)].server.hasNothingToDo(at: now)
    }
    if isEarly { schedule(slot, isClient: isClient) } else { flush(slot, isClient: isClient) }
  }

  /// Keeps one wake-up on the agenda; one that comes too early is set anew.
  private mutating func schedule(_ slot: Int32, isClient: Bool) {
    let (due, held) =
      isClient
      ? (connections[Int(slot)].client.due, connections[Int(slot)].client.wakeUp)
      : (connections[Int(slot)].server.due, connections[Int(slot)].server.wakeUp)
    guard let due, connections[Int(slot)].phase != .failed else { return }
    if let held, held <= due { return }
    let number = connections[Int(slot)].number
    agenda.schedule(.woken(slot, isClient: isClient, number: number), at: max(due, now))
    if isClient {
      connections[Int(slot)].client.wakeUp = due
    } else {
      connections[Int(slot)].server.wakeUp = due
    }
  }

  mutating func fail(_ slot: Int32, _ failure: Failure) {
    guard connections[Int(slot)].phase != .failed else { return }
    connections[Int(slot)].phase = .failed
    let id = ConnectionID(slot: slot, number: connections[Int(slot)].number)
    notices.append(.failed(id, failure))
  }
}
