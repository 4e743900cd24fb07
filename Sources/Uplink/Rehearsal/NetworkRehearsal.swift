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
    let run = try NetworkRun(plan, farEnd: farEnd, link: link)
    var names = plan.names
    var source =
      trace.map(RequestSource.trace)
      ?? .generated(RequestGenerator(plan))
    let end = plan.end ?? Instant(nanoseconds: .max)
    var requests: [Request] = []
    var hasMore = true
    while hasMore {
      requests.removeAll(keepingCapacity: true)
      hasMore = try source.read(Self.piece, into: &requests, &names)
      for request in requests where request.time < end { run.add(request) }
      guard let last = requests.last else { break }
      if last.time >= end { hasMore = false }
      if hasMore {
        run.run(before: min(last.time, end), jobs: jobs)
        progress(last.time)
      }
    }
    run.run(before: end, untilIdle: plan.end == nil, jobs: jobs)
    return run.outcome(names)
  }
}

/// The network of a rehearsal under way: fed piece by piece, it remembers everything in between.
package final class NetworkRun {
  private let plan: RehearsalPlan
  private let islands: [Worker]
  private var islandOfStation: [Int]

  /// - Parameters:
  ///   - isOne: Whether everything is one island even where stations share nothing: for a client that
  ///     they share.
  ///   - client: Makes the client of the stations with these numbers; nil for none.
  /// - Throws: What `link` throws.
  package init(
    _ plan: RehearsalPlan, farEnd: FarEndChoice,
    link: (UInt64) throws(InputError) -> Link, isOne: Bool = false,
    client: ([Int32]) -> (any RehearsalClient)? = { _ in nil }
  ) throws(InputError) {
    self.plan = plan
    islands = try Self.islands(plan, farEnd, link, isOne).map { island in
      var island = island
      island.client = client(island.stations.map(\.number))
      return Worker(island)
    }
    islandOfStation = [Int](repeating: 0, count: plan.stations.count)
    for (index, worker) in islands.enumerated() {
      for station in worker.island.stations { islandOfStation[Int(station.number)] = index }
    }
  }

  /// Parts that share nothing: the numbers of each one's stations.
  package var stationsOfIslands: [[Int32]] { islands.map { $0.island.stations.map(\.number) } }

  /// Adds a request that comes after all that were added before.
  package func add(_ request: Request) {
    islands[islandOfStation[Int(request.station)]].island.add(request)
  }

  /// Lets an island's client do something before it goes on; it must be of the type that `init` was
  /// given.
  package func tellClient<Client: RehearsalClient>(
    of index: Int, _ body: (inout Client, inout [ClientEffect]) -> Void
  ) {
    islands[index].island.tellClient(body)
  }

  /// Does everything that is due before `limit`.
  package func run(before limit: Instant, untilIdle: Bool = false, jobs: Int) {
    Threads.share(
      islands.indices.map { work(on: $0, before: limit, untilIdle: untilIdle) }, jobs: jobs)
  }

  /// The same for one island, so that a thread of the caller's may do it.
  package func work(
    on index: Int, before limit: Instant, untilIdle: Bool = false
  ) -> @Sendable () -> Void {
    let worker = islands[index]
    return { worker.island.run(before: limit, untilIdle: untilIdle) }
  }

  /// Ends everything that is still open.
  ///
  /// - Parameters:
  ///   - names: Of what requests carried.
  ///   - end: When everything ends; when left out, the plan's end or that of the last request.
  package func outcome(_ names: RequestNames, at end: Instant? = nil) -> RehearsalOutcome {
    let last = islands.map(\.island.now).max() ?? .zero
    let end = end ?? plan.end ?? last
    var outcome = RehearsalOutcome(
      account: RehearsalAccount(
        stations: plan.stations.count, providers: plan.providers.count), span: end - .zero,
      names: names)
    for worker in islands {
      worker.island.finish(at: end)
      outcome.account.merge(worker.island.account)
      if let gateway = worker.island.farEnd as? Gateway {
        outcome.gatewayMetrics = gateway.metrics(at: end)
      }
      for network in worker.island.networks {
        outcome.uplink += network.link.uplink.account
        outcome.downlink += network.link.downlink.account
        outcome.promotions += network.link.radio.promotions
        outcome.strayed += network.strayed
        outcome.steps += network.steps
      }
    }
    return outcome
  }

  /// After `outcome`.
  package func clients<Client: RehearsalClient>(_ type: Client.Type) -> [Client] {
    islands.compactMap { $0.island.client as? Client }
  }

  private static func islands(
    _ plan: RehearsalPlan, _ farEnd: FarEndChoice, _ link: (UInt64) throws(InputError) -> Link,
    _ isOne: Bool
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
      guard !plan.sharesLink, !isOne, provider.limits == nil else {
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
}
