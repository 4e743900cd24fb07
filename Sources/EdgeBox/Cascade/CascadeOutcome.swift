package import Metrics
package import Uplink
package import VirtualTime

/// What came of a cascade: counts that add up, as plain values. `check` says so.
package struct CascadeOutcome: Sendable, Equatable {
  /// What of a plan is rehearsed.
  package enum Variant: String, Sendable, CaseIterable {
    /// Nothing is escalated.
    case edgeOnly
    /// As planned.
    case cascade
    /// As planned, but nothing goes wrong: no incidents, no other recordings, no runaways.
    case withoutIncidents
  }

  /// Frames by how they ended.
  package struct Frames: Sendable, Equatable {
    package var total = 0
    /// By `FrameFate.rawValue`; their sum is `total`.
    package var fates = [Int](repeating: 0, count: FrameFate.allCases.count)

    package init() {}

    package subscript(fate: FrameFate) -> Int {
      get { fates[fate.rawValue] }
      set { fates[fate.rawValue] = newValue }
    }

    /// Frames that the detector has looked at.
    package var judged: Int { total - self[.dropped] }
    package var escalated: Int { judged - self[.answeredAtEdge] }
    /// Of the frames that the detector has looked at; 0 without any.
    package var escalationRate: Double { judged == 0 ? 0 : Double(escalated) / Double(judged) }

    package static func += (a: inout Frames, b: Frames) {
      a.total += b.total
      for index in a.fates.indices { a.fates[index] += b.fates[index] }
    }
  }

  /// Crops by how they ended.
  package struct Escalations: Sendable, Equatable {
    package var total = 0
    /// By `EscalationFate.rawValue`; their sum is `total`.
    package var fates = [Int](repeating: 0, count: EscalationFate.allCases.count)
    /// Those that timed out, were refused or not sent, by `Fate.rawValue` of their last request.
    package var failures = [Int](repeating: 0, count: Fate.allCases.count)
    /// Crops that were ever put on the disk, whatever became of them.
    package var queued = 0

    package init() {}

    package subscript(fate: EscalationFate) -> Int {
      get { fates[fate.rawValue] }
      set { fates[fate.rawValue] = newValue }
    }

    package static func += (a: inout Escalations, b: Escalations) {
      a.total += b.total
      for index in a.fates.indices { a.fates[index] += b.fates[index] }
      for index in a.failures.indices { a.failures[index] += b.failures[index] }
      a.queued += b.queued
    }
  }

  /// Answers that came out of a cache.
  package struct CacheHits: Sendable, Equatable {
    /// The stored answer was about an image with the same truth.
    package var right = 0
    /// It was about something else.
    package var wrong = 0

    package init() {}

    package static func += (a: inout CacheHits, b: CacheHits) {
      a.right += b.right
      a.wrong += b.wrong
    }
  }

  /// What a station, a day, or all of them came to.
  package struct Part: Sendable, Equatable {
    package var frames = Frames()
    package var escalations = Escalations()
    /// Of requests and of answers, without the packets' headers.
    package var bytesUp = 0
    package var bytesDown = 0
    /// Billed by providers, in micro-units; `wastedCost` is the part for answers that nobody waited
    /// for any more.
    package var cost: Int64 = 0
    package var wastedCost: Int64 = 0
    package var cacheHits = CacheHits()

    package init() {}

    package static func += (a: inout Part, b: Part) {
      a.frames += b.frames
      a.escalations += b.escalations
      a.bytesUp += b.bytesUp
      a.bytesDown += b.bytesDown
      a.cost += b.cost
      a.wastedCost += b.wastedCost
      a.cacheHits += b.cacheHits
    }
  }

  package struct CostRow: Sendable, Equatable {
    package var name: String
    /// Micro-units.
    package var cost: Int64
    /// What was billed, or not, was tried so often.
    package var attempts: Int

    package init(name: String, cost: Int64, attempts: Int) {
      self.name = name
      self.cost = cost
      self.attempts = attempts
    }
  }

  /// Joules of all boxes while their belts ran.
  package struct Energy: Sendable, Equatable {
    package var busy = 0.0
    package var idle = 0.0
    package init() {}
    package var total: Double { busy + idle }
  }

  /// A stretch of time of all stations.
  package struct Moment: Sendable, Equatable {
    package var frames = 0
    package var dropped = 0
    package var escalations = 0
    /// Crops escalated in this stretch by how they ended: by `EscalationFate.rawValue`.
    package var fates = [Int](repeating: 0, count: EscalationFate.allCases.count)
    /// The most crops that were on each disk at one time, added up.
    package var deepestQueue = 0
    /// Billed in this stretch.
    package var cost: Int64 = 0

    package init() {}

    package subscript(fate: EscalationFate) -> Int { fates[fate.rawValue] }
  }

  package struct Alarm: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
      /// The escalation rate has changed, says this detector.
      case drift(DriftDetector)
      case ceilingReached
      case queueFull
      case linkLost
      case linkBack
    }

    package var time: Instant
    package var kind: Kind
    /// A place in `stations`; nil when it concerns all.
    package var station: Int?

    package init(time: Instant, kind: Kind, station: Int?) {
      self.time = time
      self.kind = kind
      self.station = station
    }
  }

  /// What detections are worth, before and after the cloud had its say.
  package struct Accuracy: Sendable, Equatable {
    package var edge: DetectionSummary
    package var final: DetectionSummary
    /// Final less edge.
    package var gain: DetectionSummary
    /// Of whole blocks of the recordings, drawn with replacement; nil when there are fewer than two
    /// blocks or none was asked for.
    package var edgeIntervals: DetectionBootstrap.Intervals?
    package var finalIntervals: DetectionBootstrap.Intervals?
    /// Both judged on the same draws.
    package var gainIntervals: DetectionBootstrap.Intervals?
    /// Blocks that were drawn from.
    package var clusters: Int
  }

  package var variant: Variant
  /// Names, by number.
  package var stations: [String]
  package var classNames: [String]
  package var currency: String
  /// From the first frame to the end of the last request.
  package var span: Duration

  /// Of all stations, by station, and by day on which a frame was taken or something was billed.
  package var total = Part()
  package var byStation: [Part] = []
  package var byDay: [Part] = []
  /// By provider, and by virtual key of a gateway; keys without a name are none at all.
  package var costByProvider: [CostRow] = []
  package var costByKey: [CostRow] = []

  /// Different frames that recordings hold, and of them those that were shown at all.
  package var distinctFrames = 0
  package var framesShown = 0
  /// Blocks that recordings were cut into, and how many were shown one after the other.
  package var distinctBlocks = 0
  package var blocksShown = 0

  /// From a frame's arrival at the box to the detector's answer; dropped frames have none.
  package var detectorLatency = DurationHistogram()
  /// To the answer that counts: the cloud's in time, else the detector's, as soon as nothing better is
  /// waited for. Unfinished frames have none.
  package var finalLatency = DurationHistogram()
  /// From the detector's answer to the cloud's, of all that came at once, late ones included.
  package var cloudLatency = DurationHistogram()
  /// Frames whose buffer ended before the answer that was waited for: the cloud's, or the detector's.
  package var deadlineMisses = 0
  package var energy = Energy()

  /// Nil without truth.
  package var accuracy: Accuracy?
  /// Answers of the cloud that were recorded, and that were made up from an assumed accuracy.
  package var recordedAnswers = 0
  package var assumedAnswers = 0
  /// Whether crops were sized by a JPEG encoder.
  package var areCropsEncoded = true

  /// How long each of `moments` lasts: a minute, or more so that there are at most
  /// `CascadeOutcome.mostMoments`.
  package var momentLength = Duration.seconds(60)
  package var moments: [Moment] = []
  package var outages: Outages
  /// By time.
  package var alarms: [Alarm] = []
  /// What the drift alarm is worth; nil without one.
  package var drift: DriftStatement?
  /// Nil when nothing is escalated.
  package var network: RehearsalOutcome?

  package static let mostMoments = 2_880

  package init(variant: Variant, stations: [String], classNames: [String], currency: String) {
    self.variant = variant
    self.stations = stations
    self.classNames = classNames
    self.currency = currency
    outages = Outages(stations: stations.count)
    span = .zero
  }
}

extension CascadeOutcome {
  /// What does not add up: nothing, or this program is wrong.
  package func check() -> [String] {
    var wrong: [String] = []
    func expect(_ a: Int, _ b: Int, _ what: String) {
      if a != b { wrong.append("\(what): \(a) and \(b)") }
    }
    for (name, part) in [("total", total)]
      + zip(stations, byStation).map({ ($0, $1) })
      + byDay.enumerated().map({ ("day \($0 + 1)", $1) })
    {
      expect(part.frames.fates.reduce(0, +), part.frames.total, "\(name): fates of frames")
      expect(
        part.escalations.fates.reduce(0, +), part.escalations.total,
        "\(name): fates of escalations")
      expect(
        part.escalations.failures.reduce(0, +),
        part.escalations[.timedOut] + part.escalations[.refused] + part.escalations[.notSent],
        "\(name): failures")
    }
    for (name, parts) in [("stations", byStation), ("days", byDay)] {
      let sum = parts.reduce(into: Part()) { $0 += $1 }
      if sum != total { wrong.append("\(name) do not add up to the total") }
    }
    expect(detectorLatency.count, total.frames.judged, "frames with a detector's latency")
    expect(
      finalLatency.count, total.frames.judged - total.frames[.unfinished],
      "frames with a final latency")
    expect(moments.reduce(0) { $0 + $1.frames }, total.frames.total, "frames of all moments")
    expect(
      moments.reduce(0) { $0 + $1.dropped }, total.frames[.dropped], "drops of all moments")
    for fate in EscalationFate.allCases {
      expect(
        moments.reduce(0) { $0 + $1[fate] }, total.escalations[fate], "moments: \(fate.name)")
    }
    expect(
      Int(moments.reduce(0) { $0 + $1.cost }), Int(total.cost), "cost of all moments")
    if let network {
      expect(Int(network.account.total.cost), Int(total.cost), "cost of all requests")
      expect(Int(costByProvider.reduce(0) { $0 + $1.cost }), Int(total.cost), "cost by provider")
      expect(Int(costByKey.reduce(0) { $0 + $1.cost }), Int(total.cost), "cost by key")
      expect(network.account.total.bytesSent, total.bytesUp, "bytes sent")
      expect(network.account.total.bytesReceived, total.bytesDown, "bytes received")
    }
    return wrong
  }
}
