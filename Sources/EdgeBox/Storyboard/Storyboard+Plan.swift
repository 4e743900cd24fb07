import Boards
import Bytes
import Uplink
import VirtualTime

extension CascadePlan {
  /// - Throws: `InputError` with the key of what is out of range, overlaps or is not known.
  init(
    _ file: StoryboardFile, _ parts: Storyboard.Parts, _ network: RehearsalPlan
  ) throws(InputError) {
    func time(_ span: TimeSpan?, _ key: String) throws(InputError) -> Duration {
      try RehearsalPlan.time(span, key, from: 1)
    }
    let records = try Self.checked(parts.records)
    let raw = file.cascade
    let shift = try time(file.shift.length, "shift.length")
    guard shift <= .seconds(86_400) else {
      throw InputError(at: .key("shift.length"), "expected at most a day, found \(shift)")
    }
    let days = try Self.count(file.shift.days ?? 1, "shift.days", 1...366)
    let usual = try Gate(file.cascade)
    self.init(
      seed: network.seed, records: records,
      changes: try Self.changes(file, network),
      block: try time(file.shift.block, "shift.block"), shift: shift, days: days,
      timing: parts.timing, gates: try Self.gates(file, usual, network),
      buffer: try time(raw.buffer ?? TimeSpan(nanoseconds: 2_000_000_000), "cascade.buffer"),
      overhead: try Self.count(raw.overhead?.bytes ?? 0, "cascade.overhead", 0...100_000_000),
      queue: try Self.queue(raw.queue),
      ceiling: try Self.ceiling(raw.ceiling),
      cloud: try CloudAccuracy(raw.cloud, records[0].classNames, seed: network.seed),
      network: network)
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
    _ records: [DetectionRecord]
  ) throws(InputError) -> [DetectionRecord] {
    guard let first = records.first else {
      throw InputError(at: .key("recordings"), "expected a recording, found none")
    }
    for (index, record) in records.enumerated() {
      let path = "recordings[\(index)].record"
      guard record.frameCount > 0 else {
        throw InputError(at: .key(path), "expected frames, found none")
      }
      guard record.classNames == first.classNames else {
        throw InputError(
          at: .key(path),
          "expected the classes of the first recording, "
            + "\(first.classNames.joined(separator: ", ")), found "
            + record.classNames.joined(separator: ", "))
      }
      guard record.framePeriod == first.framePeriod else {
        throw InputError(
          at: .key(path),
          "expected a frame every \(first.framePeriod) µs as in the first "
            + "recording, found \(record.framePeriod) µs")
      }
      guard record.modelName == first.modelName else {
        throw InputError(
          at: .key(path),
          "expected detections of ‘\(first.modelName)’ as in the first recording, "
            + "found those of ‘\(record.modelName)’")
      }
    }
    return records
  }

  private static func changes(
    _ file: StoryboardFile, _ network: RehearsalPlan
  ) throws(InputError) -> [TraceChange] {
    var changes: [TraceChange] = []
    let names = file.recordings.map { $0.name ?? "" }
    for (index, recording) in file.recordings.enumerated() {
      if index > 0, names[index].isEmpty || names[..<index].contains(names[index]) {
        throw InputError(
          at: .key("recordings[\(index)].name"),
          "expected a name of its own, found \(names[index].isEmpty ? "none" : "‘\(names[index])’")"
        )
      }
      _ = recording
    }
    for (index, scene) in (file.scenes ?? []).enumerated() {
      let path = "scenes[\(index)]"
      guard let record = names.firstIndex(of: scene.recording) else {
        throw InputError(
          at: .key("\(path).recording"),
          "expected a recording’s name, found “\(scene.recording)”",
          advice: scene.recording.closest(in: names).map { "did you mean “\($0)”?" })
      }
      let start = Instant.zero + (try RehearsalPlan.time(scene.at, "\(path).at"))
      let end =
        scene.for == nil
        ? network.end ?? start
        : start + (try RehearsalPlan.time(scene.for, "\(path).for", from: 1))
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

  /// Each station's own threshold and margin where its site has them.
  private static func gates(
    _ file: StoryboardFile, _ usual: Gate, _ network: RehearsalPlan
  ) throws(InputError) -> [Gate] {
    var gates = [Gate](repeating: usual, count: network.stations.count)
    for (index, site) in (file.cascade.sites ?? []).enumerated() {
      let path = "cascade.sites[\(index)]"
      let stations = try network.stations(named: [site.station], "\(path).station")
      for station in stations {
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
    return OfflineQueue(
      capacity: try count(raw.capacity.bytes, "cascade.queue.capacity", 1...(1 << 50)),
      longestAge: try RehearsalPlan.time(raw.longestAge, "cascade.queue.longestAge", from: 1),
      batch: try count(raw.batch, "cascade.queue.batch", 1...10_000))
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

extension CascadePlan.Gate {
  fileprivate init(_ raw: StoryboardFile.Cascade) throws(InputError) {
    self.init(
      threshold: try RehearsalPlan.share(raw.threshold, "cascade.threshold", or: 0.55),
      margin: try RehearsalPlan.share(raw.margin, "cascade.margin", or: 0.15),
      cropsPerFrame: try CascadePlan.count(
        raw.cropsPerFrame ?? 1, "cascade.cropsPerFrame", 1...100))
  }
}

extension CascadePlan.CloudAccuracy {
  fileprivate init(
    _ raw: StoryboardFile.Cascade.Cloud, _ classes: [String], seed: UInt64
  ) throws(InputError) {
    var confusion: [[Double]] = []
    let given = raw.assumed
    for (index, entry) in given.enumerated() where !classes.contains(entry.name) {
      throw InputError(
        at: .key("cascade.cloud.assumed[\(index)].name"),
        "expected one of \(classes.joined(separator: ", ")), found “\(entry.name)”",
        advice: entry.name.closest(in: classes).map { "did you mean “\($0)”?" })
    }
    for (number, name) in classes.enumerated() {
      guard let index = given.firstIndex(where: { $0.name == name }) else {
        throw InputError(
          at: .key("cascade.cloud.assumed"), "expected an accuracy of “\(name)”, found none")
      }
      let right = try RehearsalPlan.share(
        given[index].accuracy, "cascade.cloud.assumed[\(index)].accuracy", or: 0)
      let wrong = classes.count > 1 ? (1 - right) / Double(classes.count - 1) : 0
      var row = [Double](repeating: wrong, count: classes.count)
      row[number] = classes.count > 1 ? right : 1
      confusion.append(row)
    }
    var nothing = [Double](repeating: 1 / Double(classes.count), count: classes.count)
    if let name = raw.nothing {
      guard let number = classes.firstIndex(of: name) else {
        throw InputError(
          at: .key("cascade.cloud.nothing"),
          "expected one of \(classes.joined(separator: ", ")), found “\(name)”",
          advice: name.closest(in: classes).map { "did you mean “\($0)”?" })
      }
      nothing = classes.indices.map { $0 == number ? 1 : 0 }
    }
    self.init(
      confusion: confusion, onNothing: nothing,
      score: try RehearsalPlan.share(raw.score, "cascade.cloud.score", or: 0.95), seed: seed)
  }
}
