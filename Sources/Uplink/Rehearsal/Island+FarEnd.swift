import VirtualTime

/// What happens beyond the link, and what incidents do.
extension Island {
  private static let portalPage = 1_500

  /// A request's last byte has arrived.
  mutating func arrived(_ ticket: Ticket, _ id: Network.ConnectionID, _ network: Int) {
    guard exchanges.contains(ticket), exchanges[ticket].isAwaited else { return }
    exchanges[ticket].hasArrived = true
    guard !hasPortal[network] else {
      // A portal answers whatever is asked of it, in clear text, with its own page.
      exchanges[ticket].status = 302
      exchanges[ticket].bytes = Self.portalPage
      return respond(ticket, network)
    }
    exchanges[ticket].isAtFarEnd = true
    let owner = exchanges[ticket].owner
    let request = open[owner].request
    let station = exchanges[ticket].station
    let deadline = request.time + rules.overallTimeout + stations[station].clockOffset
    farEnd.submit(
      Call(
        id: ticket.token, bytes: request.bytes, promptVersion: Int(request.prompt),
        variant: Int(request.variant), label: Int(request.label ?? request.variant),
        imageHash: request.imageHash, subject: request.subject,
        station: Int(request.station), virtualKey: request.key == 0 ? nil : Int(request.key) - 1,
        deadline: deadline, idempotencyKey: owner.token),
      at: now, into: &effects)
    carryOut()
  }

  /// Does what the far end asked for.
  mutating func carryOut() {
    var index = 0
    while index < effects.count {
      switch effects[index] {
      case .wake(let token, let time): agenda.schedule(.farEnd(token: token), at: max(time, now))
      case .answer(let call, let answer): deliver(answer, to: Ticket(token: call))
      }
      index += 1
    }
    effects.removeAll(keepingCapacity: true)
  }

  private mutating func deliver(_ answer: Answer, to ticket: Ticket) {
    guard exchanges.contains(ticket), exchanges[ticket].isAtFarEnd else { return }
    var cost: Int64 = 0
    for attempt in answer.trail {
      cost += attempt.cost
      account.providers[attempt.provider].attempts += 1
      account.providers[attempt.provider].failures += attempt.failure == nil ? 0 : 1
      account.providers[attempt.provider].cost += attempt.cost
    }
    let isAwaited = exchanges[ticket].isAwaited
    if cost != 0 {
      let (station, now) = (stations[exchanges[ticket].station].number, now)
      client?.billed(cost, isWasted: !isAwaited, station: station, at: now)
    }
    account.add(exchanges[ticket].cell) {
      $0.cost += cost
      $0.wastedCost += isAwaited ? 0 : cost
    }
    exchanges[ticket].isAtFarEnd = false
    guard isAwaited else { return exchanges.remove(ticket) }
    let network = stations[exchanges[ticket].station].network
    guard answer.status > 0 else {
      // Without a gateway in between, the station itself sees that a connection breaks.
      let station = exchanges[ticket].station
      let id = exchanges[ticket].connection
      drop(station, id, .connectionLost)
      return connectIfNeeded(station)
    }
    exchanges[ticket].status = answer.status
    exchanges[ticket].bytes = answer.bytes
    exchanges[ticket].cache = answer.cache
    exchanges[ticket].stored = answer.stored
    exchanges[ticket].provider = answer.provider
    exchanges[ticket].cost = cost
    exchanges[ticket].retryAfter = answer.retryAfter
    respond(ticket, network)
  }

  private mutating func respond(_ ticket: Ticket, _ network: Int) {
    present(network)
    networks[network].respond(
      max(1, exchanges[ticket].bytes), token: ticket.token, on: exchanges[ticket].connection)
    touched(network)
  }

  // MARK: - Incidents

  mutating func impose(_ incident: Incident, begins: Bool) {
    if case .provider(let provider) = incident.kind {
      if provider.kind == .badTLS, farEnd is DirectProvider { isCertificateForged = begins }
      begins ? farEnd.impose(provider, at: now) : farEnd.lift(provider, at: now)
      return
    }
    for number in incident.stations {
      let station = placeOfStation[number]
      guard station >= 0 else { continue }
      if case .clockSkew(let offset) = incident.kind {
        stations[Int(station)].clockOffset = begins ? offset : .zero
      } else if !sharesLink || station == 0 {
        impose(incident.kind, on: stations[Int(station)].network, begins: begins)
        if incident.kind == .linkDown { tellCarrier(isThere: !begins, station: Int(station)) }
      }
    }
  }

  /// Tells the client of every station on the link.
  private mutating func tellCarrier(isThere: Bool, station: Int) {
    let now = now
    for place in sharesLink ? stations.indices : station..<station + 1 {
      let number = stations[place].number
      client?.carrierChanged(isThere: isThere, station: number, at: now, into: &clientEffects)
    }
  }

  private mutating func impose(_ kind: Incident.Kind, on network: Int, begins: Bool) {
    present(network)
    func change(_ change: (inout LinkDirection.Conditions) -> Void) {
      change(&networks[network].link.uplink.conditions)
      change(&networks[network].link.downlink.conditions)
    }
    switch kind {
    case .linkDown: change { $0.isCut = begins }
    case .linkSlow(let rate): change { $0.rate = begins ? rate : 1 }
    case .linkLossy(let loss): change { $0.extraLoss = begins ? loss : 0 }
    case .linkLatency(let delay): change { $0.extraDelay = begins ? delay : .zero }
    case .nameFailure(let state): networks[network].resolverState = begins ? state : .answers
    case .captivePortal:
      hasPortal[network] = begins
      networks[network].rebindAddresses()
    case .addressRebinding: networks[network].rebindAddresses()
    case .clockSkew, .provider: break
    }
    touched(network)
  }
}

/// What a wrong clock does to a handshake.
enum ClockSkew {
  /// A certificate of 90 days that is renewed after 60 is on average 30 days old: a clock that is
  /// further behind, or more than 60 days ahead, finds it not yet or no longer valid.
  static func trustsCertificates(_ offset: Duration) -> Bool {
    let day: Int64 = 86_400_000_000_000
    return -30 * day...60 * day ~= offset.nanoseconds
  }
}
