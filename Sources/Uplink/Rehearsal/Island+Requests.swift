import VirtualTime

/// Requests from their birth to their fate.
extension Island {
  mutating func arrive(_ request: Request) {
    let station = Int(placeOfStation[Int(request.station)])
    let cell = account.cell(station: request.station, key: request.key)
    let ticket = open.insert(Open(request: request, station: station, cell: cell))
    agenda.schedule(.overallTimeout(ticket), at: now + rules.overallTimeout)
    start(ticket)
  }

  /// Gives a request the connection that is free, or lets it wait for one.
  mutating func start(_ ticket: Ticket) {
    let station = open[ticket].station
    if stations[station].queued == 0,
      let connection = stations[station].free(streams: rules.streams)
    {
      return send(ticket, station, connection)
    }
    guard stations[station].queued < rules.queueLimit else {
      return end(ticket, .notSentQueueFull)
    }
    stations[station].enqueue(ticket)
    connectIfNeeded(station)
  }

  private mutating func send(_ ticket: Ticket, _ station: Int, _ connection: Int) {
    let id = stations[station].connections[connection].id
    let exchange = exchanges.insert(
      Exchange(
        owner: ticket, station: station, connection: id, cell: open[ticket].cell, began: now))
    open[ticket].attempts += 1
    open[ticket].exchange = exchange
    open[ticket].bytesSent += open[ticket].request.bytes
    let request = open[ticket].request
    account.add(open[ticket].cell) {
      $0.attempts += 1
      $0.bytesSent += request.bytes
    }
    stations[station].connections[connection].exchanges.append(exchange)
    stations[station].connections[connection].lastUse = now
    if now + rules.attemptTimeout < request.time + rules.overallTimeout {
      agenda.schedule(.attemptTimeout(exchange), at: now + rules.attemptTimeout)
    }
    let network = stations[station].network
    present(network)
    networks[network].send(request.bytes, token: exchange.token, on: id)
    touched(network)
  }

  /// Sends what waits, as far as connections have room.
  mutating func serveQueue(_ station: Int) {
    while stations[station].queued > 0,
      let connection = stations[station].free(streams: rules.streams),
      let ticket = stations[station].dequeue()
    {
      send(ticket, station, connection)
    }
    connectIfNeeded(station)
  }

  /// Ends a request: it is nowhere any more.
  mutating func end(_ ticket: Ticket, _ fate: Fate) { conclude(ticket, fate, at: now) }

  /// - Parameter answer: The exchange whose answer ended it.
  mutating func conclude(
    _ ticket: Ticket, _ fate: Fate, with answer: Exchange? = nil, at time: Instant
  ) {
    let ended = open[ticket]
    account.end(fate, of: ended.request, cell: ended.cell, at: time)
    open.remove(ticket)
    guard client != nil else { return }
    let ending = RequestEnding(
      fate: fate, provider: answer?.provider, cache: answer?.cache ?? .none,
      stored: answer?.stored, cost: answer?.cost ?? 0, bytesSent: ended.bytesSent,
      bytesReceived: ended.bytesReceived)
    client?.ended(ended.request, ending, at: time, into: &clientEffects)
  }

  mutating func tellClient<Client: RehearsalClient>(
    _ body: (inout Client, inout [ClientEffect]) -> Void
  ) {
    guard client != nil else { return }
    guard var own = client as? Client else { preconditionFailure("a client of another type") }
    // Held in one place alone, so that nothing is copied when it changes.
    client = nil
    body(&own, &clientEffects)
    client = own
    serveClient()
  }

  /// Does what the client asked for.
  mutating func serveClient() {
    var index = 0
    while index < clientEffects.count {
      switch clientEffects[index] {
      case .make(let request): arrive(request)
      case .wake(let token, let time): agenda.schedule(.client(token: token), at: max(time, now))
      }
      index += 1
    }
    clientEffects.removeAll(keepingCapacity: true)
  }

  mutating func giveUp(_ ticket: Ticket) {
    let station = open[ticket].station
    guard let exchange = open[ticket].exchange else {
      stations[station].remove(ticket)
      let fate: Fate =
        stations[station].isLookingUp
        ? .timedOutLookingUp
        : stations[station].connecting > 0 ? .timedOutConnecting : .timedOutQueued
      return end(ticket, fate)
    }
    end(ticket, exchanges[exchange].hasArrived ? .timedOutWaiting : .timedOutSending)
    leave(exchange)
  }

  mutating func attemptTimedOut(_ exchange: Ticket) {
    let owner = exchanges[exchange].owner
    let hasArrived = exchanges[exchange].hasArrived
    open[owner].exchange = nil
    leave(exchange)
    tryAgain(owner, or: hasArrived ? .timedOutWaiting : .timedOutSending)
  }

  /// Another attempt, if one is left and there is time for it.
  mutating func tryAgain(_ ticket: Ticket, or fate: Fate, after wait: Duration = .zero) {
    guard open.contains(ticket) else { return }
    let attempts = open[ticket].attempts
    guard attempts < rules.attempts else { return end(ticket, fate) }
    let doubled = rules.backoff * Int64(1 << min(max(0, attempts - 1), 20))
    let pause = max(wait, doubled)
    guard now + pause < open[ticket].request.time + rules.overallTimeout else {
      return end(ticket, fate)
    }
    if pause > .zero {
      agenda.schedule(.retry(ticket), at: now + pause)
    } else {
      start(ticket)
    }
  }

  /// The station stops waiting for an answer. Over HTTP/1.1 that costs it the connection; over HTTP/2
  /// and 3 only if nothing has come back on it since.
  private mutating func leave(_ exchange: Ticket) {
    let station = exchanges[exchange].station
    let id = exchanges[exchange].connection
    let began = exchanges[exchange].began
    release(exchange)
    guard let index = stations[station].index(of: id) else { return }
    stations[station].connections[index].exchanges.removeAll { $0 == exchange }
    if rules.transport == .http1 || stations[station].connections[index].lastHeard <= began {
      drop(station, id, .connectionLost)
    }
    serveQueue(station)
  }

  /// The station does not wait for an exchange any more.
  func isOver(_ exchange: Exchange) -> Bool { !exchange.isAwaited && !exchange.isAtFarEnd }

  mutating func release(_ exchange: Ticket) {
    exchanges[exchange].isAwaited = false
    if isOver(exchanges[exchange]) { exchanges.remove(exchange) }
  }

  /// Closes a connection; what was under way on it is tried again elsewhere.
  mutating func drop(_ station: Int, _ id: Network.ConnectionID, _ fate: Fate) {
    guard let index = stations[station].index(of: id) else { return }
    let orphans = stations[station].connections.remove(at: index).exchanges
    let network = stations[station].network
    present(network)
    networks[network].close(id)
    touched(network)
    for orphan in orphans where exchanges.contains(orphan) {
      let owner = exchanges[orphan].owner
      release(orphan)
      if open.contains(owner) {
        open[owner].exchange = nil
        tryAgain(owner, or: fate)
      }
    }
  }

  /// An answer has been read to its end.
  mutating func answered(_ ticket: Ticket) {
    guard exchanges.contains(ticket), exchanges[ticket].isAwaited else { return }
    let exchange = exchanges[ticket]
    let station = exchange.station
    if let index = stations[station].index(of: exchange.connection) {
      stations[station].connections[index].exchanges.removeAll { $0 == ticket }
      stations[station].connections[index].lastUse = now
      stations[station].connections[index].lastHeard = now
      closeLater(station, index)
    }
    account.add(exchange.cell) {
      $0.bytesReceived += exchange.bytes
      $0.cacheHits += exchange.cache == .none ? 0 : 1
      $0.falseHits += exchange.cache == .falseHit ? 1 : 0
    }
    release(ticket)
    conclude(exchange)
    serveQueue(station)
  }

  private mutating func conclude(_ exchange: Exchange) {
    let owner = exchange.owner
    guard open.contains(owner) else { return }
    open[owner].exchange = nil
    open[owner].bytesReceived += exchange.bytes
    if 200..<300 ~= exchange.status {
      let isInTime = now <= open[owner].request.time + rules.deadline
      return conclude(
        owner, isInTime ? .answered : .answeredLate, with: exchange, at: now)
    }
    let fate = Fate(refusal: exchange.status)
    if rules.retriedStatuses.contains(exchange.status) {
      tryAgain(owner, or: fate, after: exchange.retryAfter ?? .zero)
    } else {
      conclude(owner, fate, with: exchange, at: now)
    }
  }
}
