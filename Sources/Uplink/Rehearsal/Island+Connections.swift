import VirtualTime

/// Names and connections.
extension Island {
  /// Opens connections for those who wait, as far as the station may.
  mutating func connectIfNeeded(_ station: Int) {
    while stations[station].queued > stations[station].connecting * rules.streams,
      stations[station].connections.count < rules.connections
    {
      guard now < stations[station].nameKnownUntil else { return lookUp(station) }
      connect(station)
    }
  }

  private mutating func lookUp(_ station: Int) {
    guard !stations[station].isLookingUp else { return }
    stations[station].isLookingUp = true
    account.lookups += 1
    let network = stations[station].network
    present(network)
    networks[network].resolve(token: station)
    touched(network)
  }

  mutating func lookedUp(_ station: Int, hasAddress: Bool) {
    stations[station].isLookingUp = false
    if hasAddress {
      stations[station].nameKnownUntil = now + rules.nameLifetime
      // A lifetime of zero still serves the look-up's own connections.
      if rules.nameLifetime == .zero { stations[station].nameKnownUntil = now + .nanoseconds(1) }
    } else {
      // Everybody who waits depended on it.
      for _ in 0..<stations[station].queued {
        if let ticket = stations[station].dequeue() {
          open[ticket].attempts += 1
          tryAgain(ticket, or: .notSentNoName)
        }
      }
    }
    connectIfNeeded(station)
  }

  private mutating func connect(_ station: Int) {
    let network = stations[station].network
    present(network)
    networks[network].presentsWrongCertificate =
      hasPortal[network] || isCertificateForged
      || !ClockSkew.trustsCertificates(stations[station].clockOffset)
    let id = networks[network].connect(
      rules.transport, rules.security(isFirst: !stations[station].hasConnected))
    stations[station].connections.append(
      Station.Connection(id: id, lastUse: now, lastHeard: now))
    account.connectionsOpened += 1
    let slot = Int(id.slot)
    if slot >= stationOfSlot[network].count {
      stationOfSlot[network].append(
        contentsOf: repeatElement(-1, count: slot + 1 - stationOfSlot[network].count))
    }
    stationOfSlot[network][slot] = Int32(station)
    agenda.schedule(.connectTimeout(Int32(station), id), at: now + rules.connectTimeout)
    touched(network)
  }

  mutating func connectTimedOut(_ station: Int, _ id: Network.ConnectionID) {
    guard let index = stations[station].index(of: id),
      !stations[station].connections[index].isReady
    else { return }
    couldNotConnect(station, id, .notSentNoConnection)
  }

  /// A connection came to nothing: the request that has waited longest has lost an attempt.
  private mutating func couldNotConnect(
    _ station: Int, _ id: Network.ConnectionID, _ fate: Fate
  ) {
    account.connectionsFailed += 1
    drop(station, id, fate)
    if let ticket = stations[station].dequeue() {
      open[ticket].attempts += 1
      if open[ticket].attempts < rules.attempts, rules.backoff == .zero {
        stations[station].requeue(ticket)
      } else {
        tryAgain(ticket, or: fate)
      }
    }
    connectIfNeeded(station)
  }

  /// Closes a connection that nobody uses once it has been idle for long enough.
  mutating func closeLater(_ station: Int, _ index: Int) {
    guard !stations[station].connections[index].hasIdleAlarm else { return }
    stations[station].connections[index].hasIdleAlarm = true
    agenda.schedule(
      .idle(Int32(station), stations[station].connections[index].id), at: now + rules.keepAlive)
  }

  mutating func closeIfIdle(_ station: Int, _ id: Network.ConnectionID) {
    guard let index = stations[station].index(of: id) else { return }
    stations[station].connections[index].hasIdleAlarm = false
    guard stations[station].connections[index].exchanges.isEmpty else { return }
    let end = stations[station].connections[index].lastUse + rules.keepAlive
    if end <= now {
      drop(station, id, .connectionLost)
    } else {
      stations[station].connections[index].hasIdleAlarm = true
      agenda.schedule(.idle(Int32(station), id), at: end)
    }
  }

  // MARK: - What a network tells

  mutating func hear(_ notice: Network.Notice, _ network: Int) {
    switch notice {
    case .resolved(let station, let hasAddress): lookedUp(station, hasAddress: hasAddress)
    case .connected, .alarm: break
    case .ready(let id):
      guard let (station, index) = place(of: id, network) else { return }
      stations[station].connections[index].isReady = true
      stations[station].connections[index].lastHeard = now
      stations[station].hasConnected = true
      closeLater(station, index)
      serveQueue(station)
    case .requestArrived(let id, let token): arrived(Ticket(token: token), id, network)
    case .responseArrived(_, let token): answered(Ticket(token: token))
    case .failed(let id, let failure): failed(id, failure, network)
    }
  }

  private func place(
    of id: Network.ConnectionID, _ network: Int
  ) -> (station: Int, index: Int)? {
    let station = Int(stationOfSlot[network][Int(id.slot)])
    guard let index = stations[station].index(of: id) else { return nil }
    return (station, index)
  }

  private mutating func failed(
    _ id: Network.ConnectionID, _ failure: Network.Failure, _ network: Int
  ) {
    guard let (station, index) = place(of: id, network) else { return }
    if stations[station].connections[index].isReady {
      drop(station, id, .connectionLost)
      connectIfNeeded(station)
    } else {
      couldNotConnect(
        station, id, failure == .certificate ? .notSentNoProof : .notSentNoConnection)
    }
  }
}
