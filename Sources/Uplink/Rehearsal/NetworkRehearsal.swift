package import Boards
package import Bytes
import Threads
package import VirtualTime

/// Who answers at the far end.
package enum FarEndChoice: Sendable {
  /// The plan's first provider, asked by every station itself.
  case direct
  /// One gateway for all stations, before the plan's providers.
  case gateway(GatewayProfile)
}

/// What came out of a rehearsal.
package struct RehearsalOutcome: Sendable, Equatable {
  package var account: RehearsalAccount
  /// Of all uplinks and of all downlinks.
  package var uplink = LinkDirection.Account()
  package var downlink = LinkDirection.Account()
  /// How often a radio had to be woken.
  package var promotions = 0
  /// Packets that address translation did not let through.
  package var strayed = 0
  /// Steps of virtual time that networks took.
  package var steps = 0
  /// From the beginning to the end of the last request, or to the plan's end.
  package var span: Duration
  /// Names of what requests carried.
  package var names: RequestNames
  /// What the gateway would let Prometheus scrape at the end; empty without one.
  package var gatewayMetrics: [MetricFamily] = []
}

/// Runs a plan on virtual time.
package enum NetworkRehearsal {
  /// Requests that are handed out at a time.
  private static let piece = 1 << 16

  /// - Parameters:
  ///   - link: Makes a station's link from a seed of its own.
  ///   - trace: Where requests come from when the plan's stations make none.
  ///   - jobs: Threads; what comes out is the same.
  ///   - progress: Told the time that has been reached.
  /// - Throws: What reading the trace throws.
  package static func run(
    _ plan: RehearsalPlan, farEnd: FarEndChoice,
    link: (UInt64) throws(InputError) -> Link,
    trace: RequestTraceReader? = nil, jobs: Int = 1, progress: (Instant) -> Void = { _ in }
  ) throws(InputError) -> RehearsalOutcome {
    let islands = try islands(plan, farEnd, link).map(Worker.init)
    var names = plan.names
    var source =
      trace.map(RequestSource.trace)
      ?? .generated(RequestGenerator(plan))
    var placeOfStation = [Int](repeating: 0, count: plan.stations.count)
    for (index, worker) in islands.enumerated() {
      for station in worker.island.stations { placeOfStation[Int(station.number)] = index }
    }
    let end = plan.end ?? Instant(nanoseconds: .max)
    var requests: [Request] = []
    var hasMore = true
    while hasMore {
      requests.removeAll(keepingCapacity: true)
      hasMore = try source.read(Self.piece, into: &requests, &names)
      for request in requests where request.time < end {
        islands[placeOfStation[Int(request.station)]].island.add(request)
      }
      guard let last = requests.last else { break }
      if last.time >= end { hasMore = false }
      if hasMore {
        Worker.run(islands, jobs: jobs) { $0.run(before: min(last.time, end)) }
        progress(last.time)
      }
    }
    Worker.run(islands, jobs: jobs) { $0.run(before: end, untilIdle: plan.end == nil) }
    return outcome(plan, islands.map(\.island), names)
  }

  private static func islands(
    _ plan: RehearsalPlan, _ farEnd: FarEndChoice, _ link: (UInt64) throws(InputError) -> Link
  ) throws(InputError) -> [Island] {
    let numbers = plan.stations.indices.map { Int32($0) }
    func seed(_ name: String) -> UInt64 {
      var random = SeededRandom(seed: plan.seed, stream: name)
      return random.next()
    }
    func links(_ numbers: [Int32]) throws(InputError) -> [Link] {
      if plan.sharesLink { return [try link(seed("link"))] }
      var links: [Link] = []
      for number in numbers {
        links.append(try link(seed("link.\(plan.stations[Int(number)].name)")))
      }
      return links
    }
    switch farEnd {
    case .gateway(let profile):
      return [
        Island(
          plan, stations: numbers, links: try links(numbers),
          farEnd: Gateway(profile, seed: seed("gateway")))
      ]
    case .direct:
      let provider = plan.providers[0]
      let keys = plan.stations.map(\.providerKey)
      guard !plan.sharesLink, provider.limits == nil else {
        return [
          Island(
            plan, stations: numbers, links: try links(numbers),
            farEnd: DirectProvider(provider, keys: keys, seed: seed("provider")))
        ]
      }
      var islands: [Island] = []
      for number in numbers {
        let name = "provider.\(plan.stations[Int(number)].name)"
        islands.append(
          Island(
            plan, stations: [number], links: try links([number]),
            farEnd: DirectProvider(provider, keys: keys, seed: seed(name))))
      }
      return islands
    }
  }

  private static func outcome(
    _ plan: RehearsalPlan, _ islands: [Island], _ names: RequestNames
  ) -> RehearsalOutcome {
    let last = islands.map(\.now).max() ?? .zero
    let end = plan.end ?? last
    var outcome = RehearsalOutcome(
      account: RehearsalAccount(
        stations: plan.stations.count, providers: plan.providers.count), span: end - .zero,
      names: names)
    for var island in islands {
      island.finish(at: end)
      outcome.account.merge(island.account)
      if let gateway = island.farEnd as? Gateway {
        outcome.gatewayMetrics = gateway.metrics(at: end)
      }
      for network in island.networks {
        outcome.uplink += network.link.uplink.account
        outcome.downlink += network.link.downlink.account
        outcome.promotions += network.link.radio.promotions
        outcome.strayed += network.strayed
        outcome.steps += network.steps
      }
    }
    return outcome
  }
}

extension LinkDirection.Account {
  static func += (a: inout Self, b: Self) {
    a.offered += b.offered
    a.carried += b.carried
    a.carriedBytes += b.carriedBytes
    a.lost += b.lost
    a.dropped += b.dropped
  }
}

extension RequestSource {
  /// Appends up to `count` requests; false at the end.
  mutating func read(
    _ count: Int, into requests: inout [Request], _ names: inout RequestNames
  ) throws(InputError) -> Bool {
    switch self {
    case .trace(var reader):
      let hasMore = try reader.read(count, into: &requests, &names)
      self = .trace(reader)
      return hasMore
    case .generated(var generator):
      self = .generated(RequestGenerator([], stations: [], seed: 0, end: .zero))
      defer { self = .generated(generator) }
      for _ in 0..<count {
        guard let request = generator.next() else { return false }
        requests.append(request)
      }
      return true
    }
  }
}

extension RequestGenerator {
  init(_ plan: RehearsalPlan) {
    self.init(
      plan.patterns,
      stations: plan.stations.enumerated().compactMap { number, station in
        station.pattern.map { (Int32(number), station.key, $0, station.name) }
      }, seed: plan.seed, end: plan.end ?? .zero)
  }
}

/// An island that threads take turns at.
private final class Worker: @unchecked Sendable {
  // Only the thread that runs the worker touches it between start and join.
  var island: Island

  init(_ island: Island) { self.island = island }

  static func run(
    _ workers: [Worker], jobs: Int, _ body: @escaping @Sendable (inout Island) -> Void
  ) {
    let count = max(1, min(jobs, workers.count))
    Threads.run(
      (0..<count).map { part in
        { @Sendable in
          for index in workers.indices where index % count == part { body(&workers[index].island) }
        }
      })
  }
}
