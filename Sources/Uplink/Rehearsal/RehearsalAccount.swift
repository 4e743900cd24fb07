package import Metrics
package import VirtualTime

/// What became of some requests, and what they took.
package struct Tally: Sendable, Equatable {
  package var requests = 0
  /// By `Fate.rawValue`; their sum is `requests`.
  package var fates = [Int](repeating: 0, count: Fate.allCases.count)
  /// Times that a request was sent.
  package var attempts = 0
  /// Of requests, each attempt's counted; and of answers that were read.
  package var bytesSent = 0
  package var bytesReceived = 0
  /// Billed by providers, in micro-units.
  package var cost: Int64 = 0
  /// The part of `cost` for answers that nobody waited for any more.
  package var wastedCost: Int64 = 0
  /// Answers from a cache, false ones included; and the false ones.
  package var cacheHits = 0
  package var falseHits = 0

  package init() {}

  package subscript(fate: Fate) -> Int { fates[fate.rawValue] }

  package func count(_ family: Fate.Family) -> Int {
    Fate.allCases.reduce(0) { $0 + ($1.family == family ? fates[$1.rawValue] : 0) }
  }

  package static func += (a: inout Tally, b: Tally) {
    a.requests += b.requests
    for index in a.fates.indices { a.fates[index] += b.fates[index] }
    a.attempts += b.attempts
    a.bytesSent += b.bytesSent
    a.bytesReceived += b.bytesReceived
    a.cost += b.cost
    a.wastedCost += b.wastedCost
    a.cacheHits += b.cacheHits
    a.falseHits += b.falseHits
  }
}

/// What was asked of a provider, and what it billed.
package struct ProviderTally: Sendable, Equatable {
  package var attempts = 0
  package var failures = 0
  package var cost: Int64 = 0

  package init() {}

  package static func += (a: inout ProviderTally, b: ProviderTally) {
    a.attempts += b.attempts
    a.failures += b.failures
    a.cost += b.cost
  }
}

/// Requests by the minute in which they were made.
package struct Minute: Sendable, Equatable {
  package var requests = 0
  /// By `Fate.Family.rawValue`.
  package var families = [Int](repeating: 0, count: Fate.Family.allCases.count)
  /// The longest that an answer took.
  package var longest = Duration.zero

  package init() {}

  package var misses: Int { requests - families[Fate.Family.inTime.rawValue] }

  static func += (a: inout Minute, b: Minute) {
    a.requests += b.requests
    for index in a.families.indices { a.families[index] += b.families[index] }
    a.longest = max(a.longest, b.longest)
  }
}

/// Everything that is counted while requests go through the network.
package struct RehearsalAccount: Sendable, Equatable {
  /// Requests of one station under one key.
  package struct Cell: Sendable, Equatable {
    package var station: Int32
    package var key: Int32
    package var tally = Tally()
  }

  package private(set) var cells: [Cell] = []
  /// Indices of a station's cells.
  private var ofStation: [[Int]]
  package var providers: [ProviderTally]
  package private(set) var minutes: [Minute] = []
  /// From a request's birth to a successful answer.
  package private(set) var latency = DurationHistogram()
  package var connectionsOpened = 0
  package var connectionsFailed = 0
  package var lookups = 0
  /// Attempts that the far end never answered, or not before the rehearsal ended: what they cost is
  /// not known.
  package var unanswered = 0

  init(stations: Int, providers: Int) {
    ofStation = Array(repeating: [], count: stations)
    self.providers = Array(repeating: ProviderTally(), count: providers)
  }

  /// The place of a station's cell, made when there is none.
  mutating func cell(station: Int32, key: Int32) -> Int {
    for index in ofStation[Int(station)] where cells[index].key == key { return index }
    ofStation[Int(station)].append(cells.count)
    cells.append(Cell(station: station, key: key))
    return cells.count - 1
  }

  mutating func add(_ cell: Int, _ change: (inout Tally) -> Void) { change(&cells[cell].tally) }

  mutating func end(_ fate: Fate, of request: Request, cell: Int, at now: Instant) {
    cells[cell].tally.requests += 1
    cells[cell].tally.fates[fate.rawValue] += 1
    let minute = Int(request.time.nanoseconds / 60_000_000_000)
    if minute >= minutes.count {
      minutes.append(contentsOf: repeatElement(Minute(), count: minute + 1 - minutes.count))
    }
    minutes[minute].requests += 1
    minutes[minute].families[fate.family.rawValue] += 1
    if fate == .answered || fate == .answeredLate {
      let duration = now - request.time
      latency.add(duration)
      minutes[minute].longest = max(minutes[minute].longest, duration)
    }
  }

  mutating func merge(_ other: RehearsalAccount) {
    for cell in other.cells {
      let place = self.cell(station: cell.station, key: cell.key)
      cells[place].tally += cell.tally
    }
    for (index, tally) in other.providers.enumerated() { providers[index] += tally }
    if other.minutes.count > minutes.count {
      minutes.append(
        contentsOf: repeatElement(Minute(), count: other.minutes.count - minutes.count))
    }
    for (index, minute) in other.minutes.enumerated() { minutes[index] += minute }
    latency.add(other.latency)
    connectionsOpened += other.connectionsOpened
    connectionsFailed += other.connectionsFailed
    lookups += other.lookups
    unanswered += other.unanswered
  }

  package var total: Tally { cells.reduce(into: Tally()) { $0 += $1.tally } }

  package func tally(where isWanted: (Cell) -> Bool) -> Tally {
    cells.reduce(into: Tally()) { if isWanted($1) { $0 += $1.tally } }
  }
}
