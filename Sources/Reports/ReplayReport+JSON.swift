import Events
import Metrics
import Scenarios
import VirtualTime

extension ReplayReport {
  /// Durations are whole nanoseconds, shares have four decimals: the same on every machine.
  package var json: JSONValue {
    .object([
      .init("scenario", .string(scenario.name)),
      .init("verdict", .string(passes ? "PASS" : "FAIL")),
      .init("checks", .object(checks.map { .init($0.name, .bool($0.holds)) })),
      .init("provenance", provenance),
      .init("trace", trace),
      .init("model", model),
      .init("memory", memory),
      .init("events", events),
      .init("windows", windows),
      .init("timing", timing),
      .init("accuracy", accuracy),
      .init("classes", classes),
      .init("confusion", confusion),
      .init("segments", segments),
      .init("outputsDigest", .string(String(outcome.digest, radix: 16))),
    ])
  }

  private var provenance: JSONValue {
    [
      "trace": .string(scenario.trace.origin.rawValue),
      "modelData": .string(card.data.origin.rawValue),
      "answers": "emulated",
      "memory": .string(context.isMemoryPlanned ? "planned" : "estimated"),
      "inferenceTime": "estimated",
      "preprocessingTime": "modelled",
      "runtimeProfile": .string(context.runtimeTitle),
      "runtimeProfileError": .string(context.runtimeError),
    ]
  }

  private var trace: JSONValue {
    let trace = outcome.trace
    var members: [JSONValue.Member] = [
      .init("file", .string(scenario.trace.file)),
      .init("format", .string(trace.format.rawValue)),
      .init("firstMicrosecond", .integer(Int(trace.firstTime))),
      .init("lastMicrosecond", .integer(Int(trace.lastTime))),
      .init(
        "anomalies",
        .object(trace.anomalies.found.map { .init("\($0.kind)", .integer($0.entry.count)) })),
    ]
    // Only what was asked for, so that a baseline is what it was.
    if let slice = trace.slice {
      members.append(.init("sliceFrom", .integer(Int(slice.lowerBound))))
      members.append(.init("sliceTo", .integer(Int(slice.upperBound))))
    }
    let adjustment = scenario.trace.adjustment
    switch adjustment.timeShift {
    case .none: break
    case .by(let time): members.append(.init("timeShift", .integer(Int(time))))
    case .firstToZero: members.append(.init("timeShift", .string("first")))
    }
    if adjustment.origin != .topLeft {
      members.append(.init("corner", .string(adjustment.origin.rawValue)))
    }
    if adjustment.isMonotonic {
      members.append(.init("raisedTimes", .integer(trace.raisedTimes)))
    }
    return .object(members)
  }

  private var model: JSONValue {
    [
      "file": .string(context.modelFile),
      "bytes": .integer(context.modelSize),
      "arithmetic": .string(context.arithmetic),
      "board": .string(context.boardTitle),
      "runtime": .string(context.runtimeTitle),
    ]
  }

  private var memory: JSONValue {
    func usage(_ usage: ReplayContext.Usage) -> JSONValue {
      ["usedBytes": .integer(usage.used), "sizeBytes": .integer(usage.size)]
    }
    return .object([
      .init("fits", .bool(context.misfits.isEmpty)),
      .init("flash", context.flash.map(usage) ?? .null),
      .init("ram", usage(context.ram)),
      .init("regions", .object(context.regions.map { .init($0.name, usage($0)) })),
      .init("eventBufferBytes", .integer(scenario.bufferSize)),
    ])
  }

  private var events: JSONValue {
    let events = outcome.events
    let members: JSONValue = [
      "total": .integer(events.total),
      "used": .integer(events.used),
      "late": .integer(events.late),
      "dropped": .integer(events.dropped),
      "droppedBufferFull": .integer(events.bufferFull),
      "droppedWithWindow": .integer(events.windowDropped),
      "droppedOutsideWindows": .integer(events.outsideWindows),
      "malformed": .integer(events.malformed),
    ]
    guard !outcome.filters.isEmpty, case .object(let list) = members else { return members }
    return .object(
      list + [.init("filtered", .integer(events.filtered)), .init("filters", filters)])
  }

  /// In order; what one kept, the next one saw.
  private var filters: JSONValue {
    .array(
      outcome.filters.map { filter in
        [
          "name": .string(filter.name), "seen": .integer(filter.seen),
          "removed": .integer(filter.removed),
        ]
      })
  }

  private var windows: JSONValue {
    let windows = outcome.windows
    return .object(
      windowRule + [
        .init("total", .integer(windows.total)),
        .init("processed", .integer(windows.processed)),
        .init("scored", .integer(windows.scored)),
        .init("unlabelled", .integer(windows.unlabelled)),
        .init("straddling", .integer(windows.straddling)),
        .init("dropped", .integer(windows.dropped)),
      ])
  }

  private var windowRule: [JSONValue.Member] {
    switch scenario.windows {
    case .time(let length, let stride):
      [
        .init("lengthMicroseconds", .integer(Int(length))),
        .init("strideMicroseconds", .integer(Int(stride))),
      ]
    case .events(let count, let stride):
      [.init("events", .integer(count)), .init("strideEvents", .integer(stride))]
    case .adaptive(let count, let shortest, let longest):
      [
        .init("events", .integer(count)),
        .init("shortestMicroseconds", .integer(Int(shortest))),
        .init("longestMicroseconds", .integer(Int(longest))),
      ]
    }
  }

  private var timing: JSONValue {
    var members: [JSONValue.Member] = [
      .init("clockHertz", .integer(Int(outcome.clock.hertz))),
      .init("inferenceCycles", .integer(Int(outcome.inferenceCycles))),
      .init("preprocessingCyclesTotal", .integer(Int(outcome.preprocessingCycles))),
      .init("busyCycles", .integer(Int(outcome.busyCycles))),
      .init("spanNanoseconds", .integer(Int(outcome.span.nanoseconds))),
      .init("coreLoad", .decimal(outcome.load, places: 4)),
      .init("latencyFromWindowClose", Self.spread(outcome.latency)),
      .init("reactionFromOldestEvent", Self.spread(outcome.reaction)),
      .init("deadlineNanoseconds", scenario.deadline.map { .integer(Int($0)) } ?? .null),
      .init("deadlineMisses", .integer(outcome.deadlineMisses)),
      .init("bufferCapacityEvents", .integer(scenario.bufferCapacity)),
      .init("bufferHighWaterEvents", .integer(outcome.bufferHighWater)),
      .init("longestQueue", .integer(outcome.longestQueue)),
    ]
    if let power = context.power {
      let energy = power.millijoules(of: outcome)
      members.append(.init("energyMillijoules", .decimal(energy, places: 1)))
    }
    return .object(members)
  }

  private static func spread(_ spread: ReplayOutcome.Spread?) -> JSONValue {
    guard let spread else { return .null }
    func nanoseconds(_ duration: Duration) -> JSONValue { .integer(Int(duration.nanoseconds)) }
    return [
      "p50Nanoseconds": nanoseconds(spread.p50), "p90Nanoseconds": nanoseconds(spread.p90),
      "p99Nanoseconds": nanoseconds(spread.p99),
      "maximumNanoseconds": nanoseconds(spread.maximum),
    ]
  }

  private var accuracy: JSONValue {
    guard let accuracy = outcome.accuracy else { return .null }
    func interval(_ interval: Interval?) -> JSONValue {
      guard let interval else { return .null }
      return [
        "lower": .decimal(interval.lower, places: 4), "upper": .decimal(interval.upper, places: 4),
      ]
    }
    return [
      "correct": .integer(accuracy.correct),
      "scored": .integer(accuracy.scored),
      "share": .decimal(accuracy.share, places: 4),
      "interval95BySegment": interval(accuracy.clustered),
      "interval95IfIndependent": interval(accuracy.wilson),
      "segmentsCorrect": .integer(accuracy.segmentsCorrect),
      "segments": .integer(accuracy.segments),
    ]
  }

  private var classes: JSONValue {
    .array(
      card.classes.indices.map { index in
        func share(_ value: Double?) -> JSONValue {
          value.map { .decimal($0, places: 4) } ?? .null
        }
        return [
          "label": .integer(card.classes[index].label),
          "name": .string(card.classes[index].name),
          "windows": .integer(outcome.confusion.support(of: index)),
          "recall": share(outcome.confusion.recall(of: index)),
          "precision": share(outcome.confusion.precision(of: index)),
        ]
      })
  }

  /// Rows are the true class, columns the answer, both in the order of `classes`.
  private var confusion: JSONValue {
    .array(
      card.classes.indices.map { truth in
        .array(
          card.classes.indices.map { .integer(outcome.confusion[truth: truth, answer: $0]) })
      })
  }

  private var segments: JSONValue {
    .array(
      outcome.segments.map { segment in
        [
          "label": .integer(card.classes[segment.classIndex].label),
          "startMicrosecond": .integer(Int(segment.start)),
          "endMicrosecond": .integer(Int(segment.end)),
          "windows": .integer(segment.windows),
          "correct": .integer(segment.correct),
          "majority": segment.majority.map { .integer(card.classes[$0].label) } ?? .null,
        ]
      })
  }
}
