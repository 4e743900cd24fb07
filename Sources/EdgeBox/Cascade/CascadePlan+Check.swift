package import Bytes
import Metrics
import Uplink
import VirtualTime

extension CascadePlan {
  /// A day: a belt cannot run longer in one.
  static let day = Duration.seconds(86_400)
  private static let mostDays = 366
  /// A frame's answers are told apart by 64 bits, 16 for each crop.
  private static let mostCropsPerFrame = 4

  /// Whether a plan can be carried out.
  ///
  /// - Throws: `InputError` with the name of the member that is out of range.
  package func check() throws(InputError) {
    func need(
      _ holds: Bool, _ key: String, _ problem: @autoclosure () -> String
    ) throws(InputError) {
      guard holds else { throw InputError(at: .key(key), problem()) }
    }
    try need(!records.isEmpty, "records", "expected a recording, found none")
    try checkRecords()
    try need(
      products.isEmpty || products.count == records.count, "products",
      "expected one for each of \(records.count) recordings, found \(products.count)")
    try need(
      block > .zero && block <= Self.day, "block", "expected more than 0 and at most a day")
    try need(
      shift > .zero && shift <= Self.day, "shift", "expected more than 0 and at most a day")
    try need(1...Self.mostDays ~= days, "days", "expected 1 to \(Self.mostDays), found \(days)")
    try need(timing.median > .zero, "timing.median", "expected more than 0")
    try need(
      0...3 ~= timing.jitter, "timing.jitter", "expected 0 to 3, found \(timing.jitter)")
    try need(
      timing.busyPower >= 0 && timing.idlePower >= 0, "timing.busyPower", "expected at least 0")
    try need(
      0...100_000 ~= timing.queueDepth, "timing.queueDepth",
      "expected 0 to 100000, found \(timing.queueDepth)")
    try need(
      gates.count == network.stations.count, "gates",
      "expected one for each of \(network.stations.count) stations, found \(gates.count)")
    for (index, gate) in gates.enumerated() {
      try need(
        0...1 ~= gate.threshold, "gates[\(index)].threshold",
        "expected 0 to 1, found \(gate.threshold)")
      try need(
        0...1 ~= gate.margin, "gates[\(index)].margin", "expected 0 to 1, found \(gate.margin)")
      try need(
        1...Self.mostCropsPerFrame ~= gate.cropsPerFrame, "gates[\(index)].cropsPerFrame",
        "expected 1 to \(Self.mostCropsPerFrame), found \(gate.cropsPerFrame)")
    }
    try need(buffer > .zero && buffer <= Self.day, "buffer", "expected more than 0")
    try need(
      0...1 << 30 ~= overhead, "overhead", "expected 0 to 1 GiB, found \(overhead) bytes")
    try checkPolicies()
    try checkCloud()
    try checkTimes()
  }

  private func checkRecords() throws(InputError) {
    for (index, record) in records.enumerated() {
      let path = "records[\(index)]"
      guard record.frameCount > 0 else {
        throw InputError(at: .key(path), "expected frames, found none")
      }
      guard record.classNames == records[0].classNames else {
        throw InputError(
          at: .key(path),
          "expected the classes \(records[0].classNames.joined(separator: ", ")), found "
            + record.classNames.joined(separator: ", "))
      }
      guard record.framePeriod == records[0].framePeriod,
        1...86_400_000_000 ~= record.framePeriod
      else {
        throw InputError(
          at: .key(path),
          "expected \(records[0].framePeriod) µs between frames, found \(record.framePeriod)")
      }
      let classes = record.classNames.count
      for detection in record.detections
      where !(0..<Int32(classes) ~= detection.category) || detection.cropBytes < 0
        || !detection.score.isFinite
      {
        throw InputError(
          at: .key(path), "expected classes below \(classes), bytes of at least 0 and finite scores"
        )
      }
      for box in record.truth
      where !(0..<record.frameCount ~= box.image) || !(0..<classes ~= box.category) {
        throw InputError(at: .key(path), "expected truth of its own frames and classes")
      }
    }
  }

  private func checkPolicies() throws(InputError) {
    if let queue {
      guard 0...100_000_000 ~= queue.capacity else {
        throw InputError(
          at: .key("queue.capacity"), "expected 0 to 100000000 crops, found \(queue.capacity)")
      }
      guard queue.longestAge > .zero else {
        throw InputError(at: .key("queue.longestAge"), "expected more than 0")
      }
      guard 1...10_000 ~= queue.batch else {
        throw InputError(at: .key("queue.batch"), "expected 1 to 10000, found \(queue.batch)")
      }
      guard queue.probeInterval > .zero else {
        throw InputError(at: .key("queue.probeInterval"), "expected more than 0")
      }
    }
    if let ceiling, ceiling.limit < 0 || ceiling.every <= .zero {
      throw InputError(
        at: .key("ceiling"), "expected a limit of at least 0 and a period of more than 0")
    }
    if let drift {
      guard drift.window > .zero, drift.baseline > 0, drift.falseAlarmsPerDay > 0, drift.shift > 1,
        drift.relativeBand ?? 1 > 0, drift.absoluteBand ?? 1 > 0, drift.silence >= .zero
      else {
        throw InputError(
          at: .key("drift"),
          "expected a window, a baseline, bands and false alarms above 0, and a shift above 1")
      }
    }
    guard 0...100_000 ~= resamples else {
      throw InputError(at: .key("resamples"), "expected 0 to 100000, found \(resamples)")
    }
  }

  private func checkCloud() throws(InputError) {
    let classes = records[0].classNames.count
    guard cloud.confusion.count == classes else {
      throw InputError(
        at: .key("cloud.confusion"), "expected \(classes) rows, found \(cloud.confusion.count)")
    }
    let rows =
      cloud.confusion.enumerated().map { ("cloud.confusion[\($0)]", $1) }
      + [("cloud.onNothing", cloud.onNothing)]
    for (path, row) in rows {
      let sum = row.reduce(0, +)
      guard classes...classes + 1 ~= row.count, row.allSatisfy({ 0...1 ~= $0 }),
        abs(sum - 1) < 1e-6
      else {
        throw InputError(
          at: .key(path),
          "expected \(classes) shares, or one more for no object, that sum to 1, found "
            + "\(row.count) that sum to \(sum)")
      }
    }
    guard 0...1 ~= cloud.score else {
      throw InputError(at: .key("cloud.score"), "expected 0 to 1, found \(cloud.score)")
    }
    for (index, answer) in recordedAnswers.enumerated() {
      guard records.indices ~= answer.record,
        0..<records[answer.record].frameCount ~= answer.frame,
        records[answer.record][answer.frame].indices
          ~= records[answer.record].starts[answer.frame] + answer.detection,
        0..<Int32(classes) ~= answer.category ?? 0, 0...1 ~= answer.score
      else {
        throw InputError(
          at: .key("recordedAnswers[\(index)]"),
          "expected a box of the recordings, a class and a score from 0 to 1")
      }
    }
  }

  private func checkTimes() throws(InputError) {
    func check(
      _ path: String, _ start: Instant, _ end: Instant, _ stations: [Int]
    ) throws(InputError) {
      guard start < end, start >= .zero else {
        throw InputError(at: .key(path), "expected an end after its beginning")
      }
      if let station = stations.first(where: { !network.stations.indices.contains($0) }) {
        throw InputError(
          at: .key(path),
          "expected stations below \(network.stations.count), found \(station)")
      }
    }
    for (index, change) in changes.enumerated() {
      let path = "changes[\(index)]"
      try check(path, change.start, change.end, change.stations)
      guard records.indices ~= change.record else {
        throw InputError(
          at: .key(path), "expected a recording below \(records.count), found \(change.record)")
      }
      for other in changes[..<index]
      where change.start < other.end && other.start < change.end
        && !Set(change.stations).isDisjoint(with: other.stations)
      {
        throw InputError(
          at: .key(path),
          "expected one recording at a time, found ‘\(other.title)’ at the same time")
      }
    }
    for (index, runaway) in runaways.enumerated() {
      try check("runaways[\(index)]", runaway.start, runaway.end, runaway.stations)
    }
  }
}
