import EdgeBox
import Metrics
import Uplink
import VirtualTime

extension StoryboardReport {
  /// Times are whole nanoseconds, money whole micro-units, shares decimals.
  package var json: JSONValue { json(withMoments: true) }

  /// The same without what every minute came to: what a baseline holds.
  package var figures: JSONValue { json(withMoments: false) }

  private func json(withMoments: Bool) -> JSONValue {
    .object([
      .init("storyboard", .string(storyboard.name)),
      .init("verdict", .string(passes ? "PASS" : "FAIL")),
      .init("box", .string(setting.box)),
      .init("model", .string(setting.model)),
      .init("latency", .string(setting.latency)),
      .init("link", .string(setting.link)),
      .init("gateway", setting.gateway.map { .string($0) } ?? .null),
      .init("seed", .integer(Int(storyboard.plan.seed))),
      .init("currency", .string(runs.cascade.currency)),
      .init("expectations", .array(checks.map(Self.check))),
      .init("incidents", .array(storyboard.incidents.map(Self.incident))),
      .init("runs", .object(sides.map { .init($0.name, Self.run($0.outcome, withMoments)) })),
    ])
  }

  private static func check(_ check: ExpectationCheck) -> JSONValue {
    [
      "text": .string(check.expectation.text), "holds": .bool(check.holds),
      "value": check.value.map { .decimal($0, places: 6) } ?? .null,
    ]
  }

  private static func incident(_ incident: Storyboard.Happening) -> JSONValue {
    [
      "title": .string(incident.title),
      "startNanoseconds": .integer(Int(incident.start.nanoseconds)),
      "endNanoseconds": .integer(Int(incident.end.nanoseconds)),
    ]
  }

  private static func run(_ outcome: CascadeOutcome, _ withMoments: Bool) -> JSONValue {
    let moments: [JSONValue.Member] = [
      .init("momentNanoseconds", .integer(Int(outcome.momentLength.nanoseconds))),
      .init("moments", .array(outcome.moments.map(moment))),
    ]
    return .object(
      [
        .init("accuracy", accuracy(outcome)),
        .init("detectorLatency", latency(outcome.detectorLatency)),
        .init("finalLatency", latency(outcome.finalLatency)),
        .init("cloudLatency", latency(outcome.cloudLatency)),
        .init("deadlineMisses", .integer(outcome.deadlineMisses)),
        .init("escalationRate", .decimal(outcome.total.frames.escalationRate, places: 6)),
        .init(
          "outageMinutesOfAStation", .decimal(outcome.outages.minutesOfAStation, places: 3)),
        .init("distinctFrames", .integer(outcome.framesShown)),
        .init("energyJoules", .decimal(outcome.energy.total, places: 1)),
        .init("total", part(outcome.total)),
        .init("byStation", .object(members(outcome.stations, outcome.byStation))),
        .init("byDay", .array(outcome.byDay.map(part))),
        .init("costByProvider", rows(outcome.costByProvider)),
        .init("costByKey", rows(outcome.costByKey)),
        .init("answersRecorded", .integer(outcome.recordedAnswers)),
        .init("answersAssumed", .integer(outcome.assumedAnswers)),
        .init("alarms", .array(outcome.driftAlarms.map { alarm($0, outcome) })),
      ] + (withMoments ? moments : []))
  }

  private static func accuracy(_ outcome: CascadeOutcome) -> JSONValue {
    guard let accuracy = outcome.accuracy else { return .null }
    func decimal(_ value: Double?) -> JSONValue {
      value.map { .decimal($0, places: 6) } ?? .null
    }
    func interval(_ interval: Interval?) -> JSONValue {
      interval.map {
        .array([.decimal($0.lower, places: 6), .decimal($0.upper, places: 6)])
      } ?? .null
    }
    return .object([
      .init("meanPrecisionAt50", decimal(accuracy.final.overall[.precisionAt50])),
      .init("interval", interval(accuracy.finalIntervals?.overall[.precisionAt50])),
      .init("edgeMeanPrecisionAt50", decimal(accuracy.edge.overall[.precisionAt50])),
      .init("gain", decimal(accuracy.gain.overall[.precisionAt50])),
      .init("gainInterval", interval(accuracy.gainIntervals?.overall[.precisionAt50])),
      .init(
        "classes",
        .object(
          zip(outcome.classNames, accuracy.final.classes).map {
            .init($0, decimal($1[.precisionAt50]))
          })),
      .init("clusters", .integer(accuracy.clusters)),
    ])
  }

  private static func latency(_ times: DurationHistogram) -> JSONValue {
    func nanoseconds(_ duration: Duration?) -> JSONValue {
      duration.map { .integer(Int($0.nanoseconds)) } ?? .null
    }
    return .object(
      [.init("meanNanoseconds", nanoseconds(times.mean))]
        + [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("maximum", 1)].map {
          .init("\($0.0)Nanoseconds", nanoseconds(times.quantile($0.1)))
        })
  }

  private static func members(
    _ names: [String], _ parts: [CascadeOutcome.Part]
  ) -> [JSONValue.Member] { zip(names, parts).map { .init($0, part($1)) } }

  private static func part(_ part: CascadeOutcome.Part) -> JSONValue {
    .object([
      .init("frames", .integer(part.frames.total)),
      .init(
        "frameFates",
        .object(
          FrameFate.allCases.filter { part.frames[$0] > 0 }.map {
            .init($0.name, .integer(part.frames[$0]))
          })),
      .init("escalations", .integer(part.escalations.total)),
      .init(
        "escalationFates",
        .object(
          EscalationFate.allCases.filter { part.escalations[$0] > 0 }.map {
            .init($0.name, .integer(part.escalations[$0]))
          })),
      .init(
        "failures",
        .object(
          Fate.allCases.filter { part.escalations.failures[$0.rawValue] > 0 }.map {
            .init($0.name, .integer(part.escalations.failures[$0.rawValue]))
          })),
      .init("queued", .integer(part.escalations.queued)),
      .init("bytesSent", .integer(part.bytesUp)),
      .init("bytesReceived", .integer(part.bytesDown)),
      .init("costMicroUnits", .integer(Int(part.cost))),
      .init("wastedCostMicroUnits", .integer(Int(part.wastedCost))),
      .init("cacheHits", .integer(part.cacheHits.right + part.cacheHits.wrong)),
      .init("falseCacheHits", .integer(part.cacheHits.wrong)),
    ])
  }

  private static func rows(_ rows: [CascadeOutcome.CostRow]) -> JSONValue {
    .object(
      rows.map {
        .init(
          $0.name,
          ["costMicroUnits": .integer(Int($0.cost)), "attempts": .integer($0.attempts)])
      })
  }

  private static func alarm(
    _ alarm: CascadeOutcome.Alarm, _ outcome: CascadeOutcome
  ) -> JSONValue {
    var kind = ""
    if case .drift(let detector) = alarm.kind { kind = detector.name }
    return [
      "nanoseconds": .integer(Int(alarm.time.nanoseconds)), "detector": .string(kind),
      "station": alarm.station.map { .string(outcome.stations[$0]) } ?? .null,
    ]
  }

  /// Frames, dropped, escalations, answered in time, the deepest queue, cost in micro-units.
  private static func moment(_ moment: CascadeOutcome.Moment) -> JSONValue {
    .array(
      [
        moment.frames, moment.dropped, moment.escalations, moment.escalations - moment.misses,
        moment.deepestQueue, Int(moment.cost),
      ].map { .integer($0) })
  }
}
