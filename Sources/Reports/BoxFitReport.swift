import Boards
package import Fit
import Timing
import VirtualTime

/// The verdict on a model and an edge box: each limit, what the time is made of, and how good it is.
package struct BoxFitReport: Sendable {
  package var verdict: BoxVerdict
  /// The other modes and precisions, where the verdict fails.
  package var alternatives: BoxAlternatives?

  package init(_ verdict: BoxVerdict, alternatives: BoxAlternatives? = nil) {
    self.verdict = verdict
    self.alternatives = alternatives
  }

  private var timing: BoxTiming { verdict.timing }
  private var memory: BoxMemory { verdict.memory }
  private var words: BoxTimingText { BoxTimingText(timing) }

  // MARK: Text

  /// At most 100 columns.
  package func text(_ style: Style) -> String {
    var out = headline(style) + checks(style) + "\n"
    if let alternatives { out += advice(alternatives, style) + "\n" }
    out += times(style) + "\n" + memoryTable(style) + "\n"
    for sentence in sentences { out += sentence.wrapped(to: FitReport.width, indent: 2) + "\n" }
    return out
  }

  private func headline(_ style: Style) -> String {
    let place =
      "on \(timing.setting.title) with \(timing.runtime.title) at \(timing.precision.title)"
    let text = "\(verdict.modelName) \(place)".wrapped(to: FitReport.width - 6, indent: 6)
    return "\(style(.bold, FitReport.word(verdict.passes, style)))  \(text)\n"
  }

  private func checks(_ style: Style) -> String {
    FitReport.checks(
      verdict.checks.map { ($0.passes, $0.subject.rawValue, explanation(of: $0)) }, style)
  }

  private func explanation(of check: BoxVerdict.Check) -> String {
    let margin = Int(check.margin.magnitude)
    switch check.subject {
    case .latency:
      return "99th percentile \(milliseconds(check.used)) of \(milliseconds(check.limit)) ms, "
        + "\(milliseconds(margin)) ms \(check.passes ? "left" : "too long")"
        + (timing.isMeasured ? "" : "; not validated, measure before you rely on it")
    case .ram:
      return "\(check.used.bytesText) of \(check.limit.bytesText), "
        + "\(margin.bytesText) \(check.passes ? "left" : "missing")"
    case .memory:
      return "\(check.used.bytesText) of \(check.limit.bytesText) that the system leaves, "
        + "\(margin.bytesText) \(check.passes ? "left" : "missing")"
    }
  }

  private func advice(_ alternatives: BoxAlternatives, _ style: Style) -> String {
    let passing = alternatives.passing
    guard !passing.isEmpty else {
      return "No mode and no precision of this box passes.\n"
    }
    var table = TextTable([
      .init("What passes"), .init("precision"), .init("median", .right), .init("99 %", .right),
      .init("process", .right), .init("busy", .right),
    ])
    for verdict in passing {
      let setting = verdict.timing.setting
      table.add(
        "--board \(setting.name)", verdict.timing.precision.rawValue,
        "\(verdict.timing.medianMilliseconds.fixed(2)) ms",
        "\(verdict.timing.p99Milliseconds.fixed(2)) ms", megabytes(verdict.memory.process),
        "\(setting.mode.busyPower.fixed(0)) W")
    }
    return table.text(style)
  }

  private func times(_ style: Style) -> String {
    var table = TextTable([.init(""), .init("ms", .right), .init("")])
    let work = timing.work
    func add(_ name: String, _ milliseconds: Double, _ note: String) {
      table.add(name, milliseconds.fixed(3), note)
    }
    add("latency", timing.medianMilliseconds, "median, \(words.errorText)")
    add("  dispatch", timing.dispatch, "\(work.operators) operators")
    add(
      "  work", timing.compute,
      BoxTimingText.work(work.gigaoperations) + (timing.isMemoryBound ? ", hidden" : ""))
    add(
      "  memory", timing.memory,
      "\(megabytes(Int(work.traffic(timing.precision)))) at "
        + "\((timing.setting.mode.bandwidth / 1e9).fixed(1)) GB/s"
        + (timing.isMemoryBound ? "" : ", hidden"))
    add("99th percentile", timing.p99Milliseconds, "jitter: \(timing.setting.box.jitter.source)")
    return table.text(style)
  }

  private func memoryTable(_ style: Style) -> String {
    var table = TextTable([.init(""), .init("bytes", .right), .init("")])
    table.add("process", memory.process.grouped, "")
    table.add("  weights", memory.weights.grouped, "at \(timing.precision.title)")
    table.add("  activations", memory.activations.grouped, "as TFLM would plan the arena")
    table.add("  runtime", memory.runtime.grouped, timing.runtime.source)
    if memory.reserve > 0 { table.add("others", memory.reserve.grouped, "reserved") }
    return table.text(style)
  }

  private var sentences: [String] { words.sentences + (profile.map { [$0] } ?? []) }

  /// A precision that the file is not in.
  private var profile: String? {
    switch timing.precision {
    case .fp16:
      return "FP16 is a profile of time and size: the file is FP32, and Preflash computes it so."
    case .int8 where !verdict.isQuantized:
      return "INT8 is a profile of time and size: quantize the model to learn what it costs."
    default: return nil
    }
  }

  private func megabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e6).fixed(1)) MB" }
}

extension BoxFitReport {
  // MARK: JSON

  package var json: JSONValue {
    [
      "passes": .bool(verdict.passes),
      "model": .string(verdict.modelName),
      "board": .string(timing.setting.name),
      "title": .string(timing.setting.title),
      "runtime": .string(timing.runtime.name),
      "precision": .string(timing.precision.rawValue),
      "checks": .array(verdict.checks.map(Self.json)),
      "latency": latencyJSON,
      "memory": [
        "processBytes": .integer(memory.process), "weightBytes": .integer(memory.weights),
        "activationBytes": .integer(memory.activations), "runtimeBytes": .integer(memory.runtime),
        "reserveBytes": .integer(memory.reserve),
      ],
      "work": [
        "macs": .integer(timing.work.macs), "operators": .integer(timing.work.operators),
        "parameters": .integer(timing.work.parameters),
        "networks": .string(timing.work.networks.rawValue),
      ],
      "zeros": [
        "share": .decimal(timing.work.zeros.share, places: 4),
        "pairedWorkShare": .decimal(timing.work.zeros.pairedShare, places: 4),
        "speedUp": .decimal(timing.pairSpeedUp, places: 4),
        "note": words.zeros.map { .string($0) } ?? .null,
      ],
      "power": [
        "busyWatts": .decimal(timing.setting.mode.busyPower, places: 2),
        "idleWatts": .decimal(timing.setting.mode.idlePower, places: 2), "status": "modelled",
      ],
      "notes": .array(sentences.map { .string($0) }),
      "alternatives": alternatives.map { .array($0.verdicts.map(Self.alternative)) } ?? .null,
    ]
  }

  private var latencyJSON: JSONValue {
    let latency = timing.latency
    func share(_ value: Double?) -> JSONValue { value.map { .decimal($0, places: 4) } ?? .null }
    return [
      "medianNanoseconds": .integer(Int(timing.median.nanoseconds)),
      "p99Nanoseconds": .integer(Int(timing.p99.nanoseconds)),
      "coldNanoseconds": .integer(Int((timing.coldMilliseconds * 1e6).rounded())),
      "dispatchNanoseconds": .integer(Int((timing.dispatch * 1e6).rounded())),
      "workNanoseconds": .integer(Int((timing.compute * 1e6).rounded())),
      "memoryNanoseconds": .integer(Int((timing.memory * 1e6).rounded())),
      "isMemoryBound": .bool(timing.isMemoryBound),
      "jitter": .decimal(timing.jitter, places: 5),
      "sustainedClock": .decimal(timing.sustainedClock, places: 4),
      "status": .string(words.status),
      "relativeError": share(timing.error),
      "heldOutMeanError": share(latency.meanError),
      "heldOutWorstError": share(latency.worstError),
      "fittedNetworks": .string(latency.networks.rawValue),
      "fittedModels": .array(latency.models.map { .string($0) }),
      "fittedGigaoperations": .array(latency.work.map { .decimal($0, places: 3) }),
    ]
  }

  private static func json(_ check: BoxVerdict.Check) -> JSONValue {
    [
      "subject": .string(check.subject.rawValue), "used": .integer(check.used),
      "limit": .integer(check.limit), "margin": .integer(check.margin),
      "passes": .bool(check.passes),
    ]
  }

  private static func alternative(_ verdict: BoxVerdict) -> JSONValue {
    [
      "board": .string(verdict.timing.setting.name),
      "precision": .string(verdict.timing.precision.rawValue), "passes": .bool(verdict.passes),
      "medianNanoseconds": .integer(Int(verdict.timing.median.nanoseconds)),
      "p99Nanoseconds": .integer(Int(verdict.timing.p99.nanoseconds)),
      "processBytes": .integer(verdict.memory.process),
    ]
  }
}
