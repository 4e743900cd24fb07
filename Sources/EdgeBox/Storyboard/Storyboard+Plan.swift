import Boards
import Bytes
import Uplink
import VirtualTime

extension CascadePlan {
  /// - Throws: `InputError` with the key of what is out of range, overlaps or is not known.
  init(
    _ file: StoryboardFile, _ parts: Storyboard.Parts, _ network: RehearsalPlan
  ) throws(InputError) {
    let records = try Self.checked(parts.records, file)
    let raw = file.cascade
    let shift = try RehearsalPlan.time(file.shift.length, "shift.length", from: 1)
    guard shift <= .seconds(86_400) else {
      throw InputError(at: .key("shift.length"), "expected at most a day, found \(shift)")
    }
    let block = try RehearsalPlan.time(file.shift.block, "shift.block", from: 1)
    guard block <= .seconds(86_400) else {
      throw InputError(at: .key("shift.block"), "expected at most a day")
    }
    try self.init(
      seed: network.seed, records: records, block: block, shift: shift,
      days: try Self.count(file.shift.days ?? 1, "shift.days", 1...366),
      timing: parts.timing, gates: try Self.gates(raw, network),
      buffer: network.rules.deadline,
      overhead: try Self.count(raw.overhead?.bytes ?? 800, "cascade.overhead", 0...(1 << 30)),
      cloud: try CloudAccuracy(raw.cloud, records[0].classNames, seed: network.seed),
      network: network)
    products =
      file.recordings.contains { $0.product != nil }
      ? file.recordings.map { $0.product ?? "" } : []
    recordedAnswers = parts.answers
    repeatsParts = file.shift.repeats != .otherParts
    changes = try Self.changes(file, network)
    runaways = try Self.runaways(file, network)
    queue = try Self.queue(raw.queue)
    ceiling = try Self.ceiling(raw.ceiling)
    drift = try DriftRules(raw.drift)
    try check()
  }

  static func count(
    _ value: Int, _ key: String, _ range: ClosedRange<Int>
  ) throws(InputError) -> Int {
    guard range ~= value else {
      throw InputError(
        at: .key(key), "expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
    return value
  }

  /// Recordings that stand in for each other must be of one kind.
  private static func checked(
    _ records: [DetectionRecord], _ file: StoryboardFile
  ) throws(InputError) -> [DetectionRecord] {
    guard let first = records.first else {
      throw InputError(at: .key("recordings"), "expected a recording, found none")
    }
    for (index, record) in records.enumerated() {
      func differs(_ what: String, _ expected: String, _ found: String) -> InputError {
        InputError(
          at: .key("recordings[\(index)].record"),
          "expected \(what) of the first recording, \(expected), found \(found)")
      }
      guard record.frameCount > 0 else {
        throw InputError(
          at: .key("recordings[\(index)].record"), "expected frames, found none")
      }
      guard record.classNames == first.classNames else {
        throw differs(
          "the classes", first.classNames.joined(separator: ", "),
          record.classNames.joined(separator: ", "))
      }
      guard record.framePeriod == first.framePeriod else {
        throw differs("the frame period", "\(first.framePeriod) µs", "\(record.framePeriod) µs")
      }
      guard record.modelName == first.modelName else {
        throw differs("the detector", "‘\(first.modelName)’", "‘\(record.modelName)’")
      }
      let name = file.recordings[index].name ?? ""
      guard index == 0 || !name.isEmpty,
        !file.recordings[..<index].contains(where: { $0.name == name })
      else {
        throw InputError(
          at: .key("recordings[\(index)].name"),
          "expected a name of its own, found \(name.isEmpty ? "none" : "“\(name)” twice")")
      }
    }
    return records
  }

  private static func changes(
    _ file: StoryboardFile, _ network: RehearsalPlan
  ) throws(InputError) -> [TraceChange] {
    var changes: [TraceChange] = []
    let names = file.recordings.map { $0.name ?? "" }
    for (index, scene) in (file.scenes ?? []).enumerated() {
      let path = "scenes[\(index)]"
      guard let record = names.firstIndex(of: scene.recording) else {
        throw InputError(
          at: .key("\(path).recording"),
          "expected a recording’s name, found “\(scene.recording)”",
          advice: scene.recording.closest(in: names).map { "did you mean “\($0)”?" })
      }
      let (start, end) = try span(scene.at, scene.for, path, network)
      let change = TraceChange(
        start: start, end: end, record: record,
        stations: try network.stations(named: scene.stations, "\(path).stations"),
        title: scene.recording)
      if let other = changes.firstIndex(where: { $0.overlaps(change) }) {
        throw InputError(
          at: .key(path),
          "expected one scene at a time before a camera, found an overlap with scenes[\(other)]")
      }
      changes.append(change)
    }
    return changes
  }

  private static func runaways(
    _ file: StoryboardFile, _ network: RehearsalPlan
  ) throws(InputError) -> [Runaway] {
    var runaways: [Runaway] = []
    for (index, raw) in (file.runaways ?? []).enumerated() {
      let path = "runaways[\(index)]"
      let (start, end) = try span(raw.at, raw.for, path, network)
      let stations = try network.stations(named: raw.stations, "\(path).stations")
      if let other = runaways.firstIndex(where: {
        start < $0.end && $0.start < end && !Set(stations).isDisjoint(with: $0.stations)
      }) {
        throw InputError(
          at: .key(path),
          "expected one runaway at a time of a station, found an overlap with runaways[\(other)]")
      }
      let title = raw.stations.map { "runaway at \($0.joined(separator: ", "))" } ?? "runaway"
      runaways.append(Runaway(start: start, end: end, stations: stations, title: title))
    }
    return runaways
  }

  /// From a time on for a while, or to the end.
  private static func span(
    _ at: TimeSpan, _ length: TimeSpan?, _ path: String, _ network: RehearsalPlan
  ) throws(InputError) -> (Instant, Instant) {
    let start = Instant.zero + (try RehearsalPlan.time(at, "\(path).at"))
    let end = network.end ?? start
    guard start < end else {
      throw InputError(
        at: .key("\(path).at"), "expected a time before the last shift ends, found one after it")
    }
    guard let length else { return (start, end) }
    return (start, start + (try RehearsalPlan.time(length, "\(path).for", from: 1)))
  }

  /// Each station's own threshold and margin where its site has them.
  private static func gates(
    _ raw: StoryboardFile.Cascade, _ network: RehearsalPlan
  ) throws(InputError) -> [Gate] {
    let usual = Gate(
      threshold: try RehearsalPlan.share(raw.threshold, "cascade.threshold", or: 0.55),
      margin: try RehearsalPlan.share(raw.margin, "cascade.margin", or: 0.15),
      cropsPerFrame: try count(raw.cropsPerFrame ?? 1, "cascade.cropsPerFrame", 1...16))
    var gates = [Gate](repeating: usual, count: network.stations.count)
    for (index, site) in (raw.sites ?? []).enumerated() {
      let path = "cascade.sites[\(index)]"
      for station in try network.stations(named: [site.station], "\(path).station") {
        gates[station].threshold = try RehearsalPlan.share(
          site.threshold, "\(path).threshold", or: usual.threshold)
        gates[station].margin = try RehearsalPlan.share(
          site.margin, "\(path).margin", or: usual.margin)
      }
    }
    return gates
  }

  private static func queue(
    _ raw: StoryboardFile.Cascade.Queue?
  ) throws(InputError) -> OfflineQueue? {
    guard let raw else { return nil }
    let probe = raw.probe ?? TimeSpan(nanoseconds: 5_000_000_000)
    return OfflineQueue(
      capacity: try count(raw.capacity, "cascade.queue.capacity", 1...100_000_000),
      longestAge: try RehearsalPlan.time(raw.longestAge, "cascade.queue.longestAge", from: 1),
      batch: try count(raw.batch, "cascade.queue.batch", 1...10_000),
      probeInterval: try RehearsalPlan.time(probe, "cascade.queue.probe", from: 1))
  }

  private static func ceiling(_ raw: BudgetProfile?) throws(InputError) -> Ceiling? {
    guard let raw else { return nil }
    try raw.check("cascade.ceiling")
    return Ceiling(
      limit: raw.limit.microUnits, every: Duration(nanoseconds: raw.every.nanoseconds))
  }
}

extension CascadePlan.TraceChange {
  fileprivate func overlaps(_ other: CascadePlan.TraceChange) -> Bool {
    start < other.end && other.start < end && !Set(stations).isDisjoint(with: other.stations)
  }
}
