import VirtualTime

/// Stations that share something, be it a link or the far end, and all that they share: one simulation
/// on one thread.
struct Island: Sendable {
  enum Step: Sendable {
    case overallTimeout(Ticket)
    case attemptTimeout(Ticket)
    case retry(Ticket)
    case connectTimeout(Int32, Network.ConnectionID)
    case idle(Int32, Network.ConnectionID)
    case farEnd(token: Int)
    case client(token: Int)
    case begins(incident: Int)
    case ends(incident: Int)
  }

  /// A request that has not ended.
  struct Open: Sendable {
    var request: Request
    /// Counted within the island.
    var station: Int
    var cell: Int
    /// Sent so often, failures to connect included.
    var attempts = 0
    var exchange: Ticket?
    var bytesSent = 0
    var bytesReceived = 0
  }

  /// One attempt on its way: it lasts until neither the station waits nor the far end works.
  struct Exchange: Sendable {
    var owner: Ticket
    var station: Int
    var connection: Network.ConnectionID
    var cell: Int
    var began: Instant
    var isAwaited = true
    var isAtFarEnd = false
    var hasArrived = false
    var status = 0
    var bytes = 0
    var cache = Answer.Cache.none
    var stored: Answer.Stored?
    var provider: Int?
    var cost: Int64 = 0
    var retryAfter: Duration?
  }

  let rules: StationRules
  let incidents: [Incident]
  let sharesLink: Bool
  var networks: [Network]
  var stations: [Station]
  var farEnd: any FarEnd
  var agenda = Agenda<Step>()
  var open = Slots<Open>()
  var exchanges = Slots<Exchange>()
  var account: RehearsalAccount
  var effects: [Effect] = []
  /// Makes requests besides those that were added; what it asks for is done after each step, when
  /// nothing is half done.
  var client: (any RehearsalClient)?
  var clientEffects: [ClientEffect] = []
  /// Networks behind a captive portal.
  var hasPortal: [Bool]
  /// The provider that stations reach without a gateway has a certificate that proves nothing.
  var isCertificateForged = false
  /// Station of a connection, by network and slot of the connection.
  var stationOfSlot: [[Int32]]
  /// Requests to come, in the order of their times, and the first of them that has not come.
  var arrivals: [Request] = []
  var nextArrival = 0
  /// Place of a station within the island, by its number in the rehearsal.
  let placeOfStation: [Int32]
  private var clocks: EarliestOf

  init(
    _ plan: RehearsalPlan, stations numbers: [Int32], links: [Link], farEnd: any FarEnd
  ) {
    rules = plan.rules
    incidents = plan.incidents
    sharesLink = plan.sharesLink
    networks = links.map { Network($0) }
    stations = numbers.indices.map {
      Station(number: numbers[$0], network: plan.sharesLink ? 0 : $0)
    }
    var places = [Int32](repeating: -1, count: plan.stations.count)
    for (place, number) in numbers.enumerated() { places[Int(number)] = Int32(place) }
    placeOfStation = places
    self.farEnd = farEnd
    account = RehearsalAccount(stations: plan.stations.count, providers: plan.providers.count)
    hasPortal = Array(repeating: false, count: links.count)
    stationOfSlot = Array(repeating: [], count: links.count)
    clocks = EarliestOf(count: links.count)
    for (index, incident) in incidents.enumerated() {
      agenda.schedule(.begins(incident: index), at: incident.start)
      if incident.duration > .zero { agenda.schedule(.ends(incident: index), at: incident.end) }
    }
  }

  var now: Instant { agenda.now }
}

// MARK: - Time

extension Island {
  private static let never = Instant(nanoseconds: .max)

  /// Adds requests that come after all that were added before.
  mutating func add(_ request: Request) {
    // Forgets those that have come, so that a trace of any length takes the memory of its open part.
    if nextArrival > 0, nextArrival * 2 >= arrivals.count {
      arrivals.removeFirst(nextArrival)
      nextArrival = 0
    }
    arrivals.append(request)
  }

  /// Does everything that is due before `limit`.
  ///
  /// - Parameter untilIdle: Stops as soon as no request is open and none is to come.
  mutating func run(before limit: Instant, untilIdle: Bool = false) {
    while !untilIdle || open.count > 0 || nextArrival < arrivals.count {
      let due = agenda.nextTime() ?? Self.never
      let arrival = nextArrival < arrivals.count ? arrivals[nextArrival].time : Self.never
      let own = min(due, arrival)
      let (network, first, second) = clocks.earliest
      guard min(own, Instant(nanoseconds: first)) < limit else { return }
      if own.nanoseconds <= first {
        if due <= arrival {
          if let step = agenda.next() { take(step) }
        } else {
          agenda.advance(to: arrival)
          arrive(arrivals[nextArrival])
          nextArrival += 1
        }
      } else {
        // The network may run alone for as long as nobody else has anything to do.
        let alone = min(own.nanoseconds, second, limit.nanoseconds) - 1
        listen(network, through: Instant(nanoseconds: max(first, alone)))
      }
      if !clientEffects.isEmpty { serveClient() }
    }
  }

  /// Runs one network until it has something to tell.
  private mutating func listen(_ network: Int, through limit: Instant) {
    if let notice = networks[network].next(through: limit) {
      agenda.advance(to: networks[network].now)
      hear(notice, network)
    }
    touched(network)
  }

  /// After anything was done to a network: when it wants to go on.
  mutating func touched(_ network: Int) {
    clocks.set(network, networks[network].nextTime()?.nanoseconds ?? .max)
  }

  /// Brings a network to the present, so that something can be done to it.
  mutating func present(_ network: Int) {
    if networks[network].now < now { networks[network].advance(to: now) }
  }

  private mutating func take(_ step: Step) {
    switch step {
    case .overallTimeout(let ticket): if open.contains(ticket) { giveUp(ticket) }
    case .attemptTimeout(let ticket):
      if exchanges.contains(ticket), exchanges[ticket].isAwaited { attemptTimedOut(ticket) }
    case .retry(let ticket): if open.contains(ticket) { start(ticket) }
    case .connectTimeout(let station, let id): connectTimedOut(Int(station), id)
    case .idle(let station, let id): closeIfIdle(Int(station), id)
    case .farEnd(let token):
      farEnd.wake(token, at: now, into: &effects)
      carryOut()
    case .client(let token):
      let now = now
      client?.wake(token, at: now, into: &clientEffects)
    case .begins(let index): impose(incidents[index], begins: true)
    case .ends(let index): impose(incidents[index], begins: false)
    }
  }

  /// What is still open when the rehearsal ends.
  mutating func finish(at end: Instant) {
    for ticket in open.tickets {
      conclude(ticket, .abandoned, at: end)
    }
    // Nobody is left to do what a client asks for.
    clientEffects.removeAll()
    account.unanswered += exchanges.tickets.count { exchanges[$0].isAtFarEnd }
  }
}

/// Which of several clocks is due first, and when the second is.
struct EarliestOf: Sendable {
  private var times: [Int64]

  init(count: Int) { times = Array(repeating: .max, count: count) }

  mutating func set(_ index: Int, _ time: Int64) { times[index] = time }

  var earliest: (index: Int, first: Int64, second: Int64) {
    var index = 0
    var first = Int64.max
    var second = Int64.max
    times.withUnsafeBufferPointer { times in
      for place in times.indices {
        let time = times[place]
        if time < first {
          second = first
          first = time
          index = place
        } else if time < second {
          second = time
        }
      }
    }
    return (index, first, second)
  }
}
