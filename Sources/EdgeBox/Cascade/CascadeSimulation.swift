import Boards
package import Bytes
import Metrics
import Threads
package import Uplink
import VirtualTime

/// Rehearses a cascade on virtual time: shifts of any length, resampled from recordings.
///
/// Boxes' frames and what of them is doubtful depend on the plan alone: stations' days are worked on in
/// any order, on all threads. Doubtful frames then go through the network in the order of time, day by
/// day, while threads that are left make the next day: memory holds two days, whatever the length.
package enum CascadeSimulation {
  /// - Parameters:
  ///   - variant: What of the plan is rehearsed.
  ///   - farEnd: Who answers.
  ///   - link: Makes a station's link from a seed of its own.
  ///   - jobs: Threads; what comes out is the same.
  ///   - progress: Told the share that is done.
  /// - Throws: What `CascadePlan.check` throws, and what `link` throws.
  package static func run(
    _ plan: CascadePlan, variant: CascadeOutcome.Variant = .cascade, farEnd: FarEndChoice,
    link: (UInt64) throws(InputError) -> Link, jobs: Int = 1,
    progress: (Double) -> Void = { _ in }
  ) throws(InputError) -> CascadeOutcome {
    var plan = plan
    if variant == .withoutIncidents {
      plan.changes = []
      plan.runaways = []
      plan.network = plan.network.withoutIncidents()
    }
    try plan.check()
    let run = try CascadeRun(plan, variant)
    return try run.outcome(farEnd, link, jobs: jobs, progress)
  }
}

/// One rehearsal under way.
private struct CascadeRun {
  private let plan: CascadePlan
  private let variant: CascadeOutcome.Variant
  private let book: CascadeBook
  private let cloud: CloudAnswers
  private let days: StationDays
  private var outcome: CascadeOutcome
  private var tally: CascadeTally
  private var watch: DriftWatch?
  private var shown: [Int]
  private var dropped: [Int]
  private var wholeBlocks: [Int]
  /// When the last frame has been answered by its box.
  private var lastAnswer: Int64 = 0

  init(_ plan: CascadePlan, _ variant: CascadeOutcome.Variant) throws(InputError) {
    self.plan = plan
    self.variant = variant
    book = CascadeBook(plan)
    cloud = try CloudAnswers(plan, book)
    days = StationDays(plan, book, isEdgeOnly: variant == .edgeOnly)
    let span = CascadePlan.day * Int64(plan.days - 1) + plan.shift
    tally = CascadeTally(stations: plan.network.stations.count, days: plan.days, span: span)
    outcome = CascadeOutcome(
      variant: variant, stations: plan.network.stations.map(\.name),
      classNames: plan.records[0].classNames, currency: plan.network.currency)
    outcome.span = span
    shown = Array(repeating: 0, count: book.frameCount)
    dropped = shown
    wholeBlocks = Array(repeating: 0, count: book.blockCount)
    if variant != .edgeOnly, let rules = plan.drift { watch = DriftWatch(plan, rules, book) }
  }

  private var stationCount: Int { plan.network.stations.count }

  /// How long answers may be awaited after the last frame.
  private var grace: Duration { max(plan.buffer, plan.network.rules.overallTimeout) }

  consuming func outcome(
    _ farEnd: FarEndChoice, _ link: (UInt64) throws(InputError) -> Link, jobs: Int,
    _ progress: (Double) -> Void
  ) throws(InputError) -> CascadeOutcome {
    var run = self
    let network = try run.network(farEnd, link)
    let islands = network?.stationsOfIslands ?? []
    var made = run.make(day: 0, of: 0..<run.stationCount, beside: [], jobs: jobs)
    for day in 0..<run.plan.days {
      let doubtful = run.take(made, islands)
      for (island, frames) in doubtful.enumerated() {
        network?.tellClient(of: island) { (boxes: inout CascadeClient, effects) in
          boxes.take(frames, into: &effects)
        }
      }
      made = []
      for part in 1...Self.parts {
        let end = run.end(of: part, day)
        let work = islands.indices.map { network!.work(on: $0, before: end) }
        made += run.make(
          day: day + 1, of: run.stations(in: part, day), beside: work, jobs: jobs)
        progress(
          (Double(day) + Double(part) / Double(Self.parts)) / Double(run.plan.days))
      }
    }
    run.close(network, at: run.end(of: Self.parts, run.plan.days - 1))
    run.finish()
    return run.outcome
  }

  private func network(
    _ farEnd: FarEndChoice, _ link: (UInt64) throws(InputError) -> Link
  ) throws(InputError) -> NetworkRun? {
    guard variant != .edgeOnly else { return nil }
    let client = CascadeClient(plan, book, cloud, tally)
    // A ceiling is everybody's: whoever shares one shares an island.
    return try NetworkRun(
      plan.network, farEnd: farEnd, link: link, isOne: plan.ceiling != nil, client: { _ in client })
  }

  /// A day is worked on in so many parts, so that whoever waits sees how far it is.
  private static let parts = 20

  /// Until when a part of a day lasts: the last one until nothing can be under way any more, or until
  /// the next day.
  private func end(of part: Int, _ day: Int) -> Instant {
    let start = Int64(day) * CascadePlan.day.nanoseconds
    guard part == Self.parts else {
      return Instant(
        nanoseconds: start + plan.shift.nanoseconds / Int64(Self.parts) * Int64(part))
    }
    return Instant(
      nanoseconds: day + 1 == plan.days
        ? max(tally.end, lastAnswer) + grace.nanoseconds : start + CascadePlan.day.nanoseconds)
  }

  /// The stations whose next day is made during a part of a day.
  private func stations(in part: Int, _ day: Int) -> Range<Int> {
    guard day + 1 < plan.days else { return 0..<0 }
    return stationCount * (part - 1) / Self.parts..<stationCount * part / Self.parts
  }

  /// Does some work, and makes some stations' days besides.
  private func make(
    day: Int, of stations: Range<Int>, beside work: [@Sendable () -> Void], jobs: Int
  ) -> [StationDay] {
    let days = days
    let made = stations.map { _ in Made() }
    let tasks =
      work
      + zip(stations, made).map { station, made in
        { @Sendable in made.day = days.day(day, of: station) }
      }
    Threads.share(tasks, jobs: jobs)
    return made.map { $0.day! }
  }

  /// Counts a day's frames; returns each island's doubtful ones in the order of their answers.
  private mutating func take(
    _ made: [StationDay], _ islands: [[Int32]]
  ) -> [[DoubtfulFrame]] {
    for (station, made) in made.enumerated() {
      count(made, station: station)
      watch?.watch(made, of: station)
      lastAnswer = max(lastAnswer, made.doubtful.last?.answered ?? 0)
    }
    return islands.map { stations in
      stations.flatMap { made[Int($0)].doubtful }.sorted(by: DoubtfulFrame.isBefore)
    }
  }

  private mutating func count(_ made: StationDay, station: Int) {
    let sure = made.frames - made.doubtful.count - made.dropped.count
    tally.count(station: Int32(station), at: made.firstArrival) {
      $0.frames.total += made.frames
      $0.frames[.answeredAtEdge] += sure
      $0.frames[.dropped] += made.dropped.count
    }
    tally.countFrames(of: made, period: days.period)
    tally.deadlineMisses += made.edgeMisses
    tally.finalLatency.add(made.edgeLatency)
    outcome.detectorLatency.add(made.latency)
    outcome.blocksShown += made.blocksShown
    for (block, count) in made.wholeBlocks.enumerated() { wholeBlocks[block] += Int(count) }
    for part in made.parts { for frame in part { shown[Int(frame)] += 1 } }
    for frame in made.dropped { dropped[Int(frame.frame)] += 1 }
    let busy = Double(made.busy) * 1e-9
    outcome.energy.busy += busy * plan.timing.busyPower
    // A box that works off its queue after the belt's end has no idle time left.
    outcome.energy.idle += max(0, plan.shift.inSeconds - busy) * plan.timing.idlePower
  }

  /// Ends everything that is under way.
  private mutating func close(_ network: NetworkRun?, at end: Instant) {
    guard let network else { return }
    let rehearsed = network.outcome(plan.network.names, at: end)
    for var boxes in network.clients(CascadeClient.self) {
      boxes.finish(at: end)
      tally += boxes.tally
    }
    outcome.network = rehearsed
    outcome.costByProvider = zip(plan.network.providers, rehearsed.account.providers).map {
      CascadeOutcome.CostRow(name: $0.name, cost: $1.cost, attempts: $1.attempts)
    }
    outcome.costByKey = plan.network.names.keys.names.enumerated().compactMap { number, name in
      let sum = rehearsed.account.tally { $0.key == Int32(number) }
      return sum.requests == 0
        ? nil : CascadeOutcome.CostRow(name: name, cost: sum.cost, attempts: sum.attempts)
    }
  }

  private mutating func finish() {
    for record in book.records.indices {
      let starts = book.blockStarts[record]
      for block in 0..<starts.count - 1 {
        let count = wholeBlocks[book.firstBlock[record] + block]
        for frame in starts[block]..<starts[block + 1] {
          shown[book.firstFrame[record] + frame] += count
        }
      }
    }
    outcome.byStation = tally.byStation
    outcome.byDay = tally.byDay
    outcome.total = tally.byStation.reduce(into: CascadeOutcome.Part()) { $0 += $1 }
    outcome.moments = tally.moments
    outcome.outages = tally.outages
    outcome.momentLength = Duration(nanoseconds: tally.momentLength)
    outcome.finalLatency = tally.finalLatency
    outcome.cloudLatency = tally.cloudLatency
    outcome.deadlineMisses = tally.deadlineMisses
    outcome.recordedAnswers = tally.recordedAnswers
    outcome.assumedAnswers = tally.assumedAnswers
    outcome.areCropsEncoded = book.records.allSatisfy(\.areCropsEncoded)
    outcome.distinctFrames = book.frameCount
    outcome.framesShown = shown.count { $0 > 0 }
    outcome.distinctBlocks = book.blockCount
    outcome.alarms = (tally.alarms + (watch?.alarms ?? [])).sorted(
      by: CascadeOutcome.Alarm.isBefore)
    if let watch {
      outcome.drift = watch.statement
      outcome.drift?.delays = watch.delays(plan)
    }
    outcome.accuracy = CascadeAccuracy(
      book, cloud, shown: shown, dropped: dropped, answered: tally.answered
    ).summary(resamples: plan.resamples, seed: plan.seed)
  }
}

extension CascadeTally {
  /// Where the last moment ends.
  fileprivate var end: Int64 { Int64(moments.count) * momentLength }

  /// Counts a station's frames in the moments in which they came.
  fileprivate mutating func countFrames(of day: StationDay, period: Int64) {
    var counted = 0
    while counted < day.frames {
      let moment = moment(of: day.firstArrival + Int64(counted) * period)
      let end = Int64(moment + 1) * momentLength
      let upTo = (end - day.firstArrival + period - 1) / period
      let next = moment + 1 == moments.count ? day.frames : min(day.frames, Int(upTo))
      moments[moment].frames += next - counted
      counted = next
    }
    for frame in day.dropped { moments[moment(of: frame.arrival)].dropped += 1 }
  }
}

extension CascadeOutcome.Alarm {
  fileprivate static func isBefore(_ a: Self, _ b: Self) -> Bool {
    (a.time, a.station ?? -1, a.kind.order) < (b.time, b.station ?? -1, b.kind.order)
  }
}

extension CascadeOutcome.Alarm.Kind {
  fileprivate var order: Int {
    switch self {
    case .drift(let detector): detector.rawValue
    case .ceilingReached: 10
    case .queueFull: 11
    case .linkLost: 12
    case .linkBack: 13
    }
  }
}

/// A day that a thread makes.
private final class Made: @unchecked Sendable {
  // Only the thread that makes it touches it before all have ended.
  var day: StationDay?
}
