package import Boards
import Glibc

/// Finds fixed and work-bound time of every box from published latencies, and how far they can be
/// trusted for models that they were not found on.
///
/// Relative errors are what is minimized. Boxes on which the same models were measured under one
/// runtime and precision share the shape of the line and differ by a factor: that halves what an odd
/// row of one box can do, and leaves one constant a box to find.
package struct BoxCalibration: Sendable {
  package struct Line: Equatable, Sendable {
    /// Milliseconds.
    package var fixed: Double
    /// Milliseconds a GFLOP.
    package var perWork: Double

    package func milliseconds(_ work: Double) -> Double { fixed + perWork * work }

    func scaled(_ factor: Double) -> Line {
      Line(fixed: fixed * factor, perWork: perWork * factor)
    }
  }

  /// One model on one box, and what is predicted for it.
  package struct Prediction: Sendable {
    package var measurement: BoxMeasurement
    /// Predicted / measured − 1, by a fit that left the model out on all boxes.
    package var heldOut: Double
    /// The same by the fit on all models.
    package var inSample: Double
  }

  private let rows: BoxRows
  private let boxes: [BoxProfile]
  private let groups: [Group]

  package init(_ rows: BoxRows, boxes: [BoxProfile]) {
    self.rows = rows
    self.boxes = boxes
    groups = Group.all(of: rows.measurements)
  }

  /// Models of fits with enough of them to leave one out.
  package var predictions: [Prediction] { groups.flatMap(\.predictions) }

  /// Networks that no fit saw, predicted by the fit of their kind on their box.
  package var transfers: [Prediction] {
    rows.transfers.compactMap { row in
      let key = Key(row)
      guard let line = groups.lazy.compactMap({ $0.key == key ? $0.lines[row.box] : nil }).first
      else { return nil }
      let error = line.milliseconds(row.work) / row.milliseconds - 1
      return Prediction(measurement: row, heldOut: error, inSample: error)
    }
  }

  // MARK: Profiles

  /// What the box's profile should say: fits first, then what is borrowed.
  package func latencies(of box: BoxProfile) -> [BoxLatency] {
    var found: [BoxLatency] = []
    for runtime in box.runtimes {
      for precision in runtime.precisions {
        for networks in NetworkClass.allCases {
          let key = Key(runtime: runtime.name, precision: precision, networks: networks)
          if let latency = fitted(key, on: box) ?? borrowed(key, on: box) { found.append(latency) }
        }
      }
    }
    return found
  }

  package func jitter(of box: BoxProfile) -> BoxJitter {
    let own = rows.tails.filter { $0.box == box.name }
    let used = own.isEmpty ? rows.tails : own
    let logarithms = used.map { log($0.ratio) }
    let mean = logarithms.reduce(0, +) / Double(max(1, used.count))
    let models = used.map(\.model).joined(separator: ", ")
    return BoxJitter(
      sigma: mean / BoxTiming.normal99, rows: own.count,
      source: own.isEmpty
        ? "modelled: as on the boxes whose 99th percentiles were audited"
        : "audited medians and 99th percentiles: \(models)")
  }

  private func fitted(_ key: Key, on box: BoxProfile) -> BoxLatency? {
    guard let group = groups.first(where: { $0.key == key && $0.lines[box.name] != nil }),
      let line = group.lines[box.name]
    else { return nil }
    let own = group.rows.filter { $0.box == box.name }
    let predictions = group.predictions.filter { $0.measurement.box == box.name }
    let heldOut = ErrorSummary(predictions.map(\.heldOut))
    let inSample = ErrorSummary(predictions.map(\.inSample))
    let isMeasured = own.count >= BoxLatency.fewestModels
    return latency(
      key, line, rows: own, models: own.map(\.model),
      heldOut: isMeasured ? heldOut : nil, inSample: isMeasured ? inSample : nil,
      note: isMeasured
        ? nil : "modelled: two models make a line, and none is left to check it")
  }

  private func latency(
    _ key: Key, _ line: Line, rows: [BoxMeasurement], models: [String], heldOut: ErrorSummary?,
    inSample: ErrorSummary?, note: String?
  ) -> BoxLatency {
    let work = rows.map(\.work)
    return BoxLatency(
      runtime: key.runtime, precision: key.precision, networks: key.networks, fixed: line.fixed,
      perWork: line.perWork, operators: rows.map(\.operators).min() ?? 1,
      work: [work.min() ?? 0, work.max() ?? 0], models: models, meanError: heldOut?.mean,
      worstError: heldOut?.worst, fittedMean: inSample?.mean, fittedWorst: inSample?.worst,
      note: note)
  }

  // MARK: Borrowing

  /// The line of another box, precision or kind of network, in order of how alike they are. Always
  /// marked as modelled.
  private func borrowed(_ key: Key, on box: BoxProfile) -> BoxLatency? {
    fromOneRow(key, on: box) ?? fromOtherPrecision(key, on: box) ?? fromOtherBox(key, on: box)
  }

  /// One model fixes one constant; how it divides into fixed and work-bound time is that of another fit
  /// of the box or, without one, of the runtime.
  private func fromOneRow(_ key: Key, on box: BoxProfile) -> BoxLatency? {
    guard
      let row = rows.measurements.first(where: { Key($0) == key && $0.box == box.name }),
      let like = groups.first(where: {
        $0.key.runtime == key.runtime && $0.lines[box.name] != nil
          && $0.key.precision == key.precision
      }) ?? groups.first(where: { $0.key.runtime == key.runtime }),
      let shape = like.lines[box.name] ?? like.lines.sorted(by: { $0.key < $1.key }).first?.value
    else { return nil }
    let line = shape.scaled(row.milliseconds / shape.milliseconds(row.work))
    return latency(
      key, line, rows: [row], models: [row.model], heldOut: nil, inSample: nil,
      note:
        "modelled: one model; how much is fixed is as of \(like.key.networks.rawValue) networks "
        + "at \(like.key.precision.rawValue)")
  }

  /// This kind of network at int8 on this box, times what the precision costs branching ones.
  private func fromOtherPrecision(_ key: Key, on box: BoxProfile) -> BoxLatency? {
    let known = Key(runtime: key.runtime, precision: .int8, networks: key.networks)
    guard key.precision != .int8, key.networks != .branching,
      let base = fitted(known, on: box) ?? borrowed(known, on: box),
      let to = branching(key, key.precision, box), let from = branching(key, .int8, box)
    else { return nil }
    var latency = base
    latency.precision = key.precision
    latency.fixed *= from.fixed > 0 ? to.fixed / from.fixed : 1
    latency.perWork *= to.perWork / from.perWork
    latency.models = []
    latency.note =
      "modelled: int8 of these networks, times what \(key.precision.rawValue) costs branching ones"
    return latency
  }

  private func branching(
    _ key: Key, _ precision: Precision, _ box: BoxProfile
  ) -> BoxLatency? {
    let key = Key(runtime: key.runtime, precision: precision, networks: .branching)
    return fitted(key, on: box) ?? fromOtherBox(key, on: box)
  }

  /// Another box's line by the ratio of what both can do at best.
  private func fromOtherBox(_ key: Key, on box: BoxProfile) -> BoxLatency? {
    for other in boxes where other.name != box.name {
      guard let base = fitted(key, on: other) ?? fromOneRow(key, on: other),
        let mine = box.peaks[key.precision], let theirs = other.peaks[key.precision],
        box.runtime(key.runtime)?.engine == .gpu
      else { continue }
      var latency = base
      latency.fixed *= theirs / mine
      latency.perWork *= theirs / mine
      latency.models = []
      (latency.meanError, latency.worstError) = (nil, nil)
      (latency.fittedMean, latency.fittedWorst) = (nil, nil)
      latency.note = "modelled: as on \(other.title), by peak operations a second"
      return latency
    }
    return nil
  }
}

/// What one line is fitted for.
private struct Key: Hashable, Sendable {
  var runtime: String
  var precision: Precision
  var networks: NetworkClass

  init(runtime: String, precision: Precision, networks: NetworkClass) {
    self.runtime = runtime
    self.precision = precision
    self.networks = networks
  }

  init(_ row: BoxMeasurement) {
    self.init(runtime: row.runtime, precision: row.precision, networks: row.networks)
  }
}

/// Boxes on which the same two or more models were measured in one way.
private struct Group: Sendable {
  var key: Key
  var rows: [BoxMeasurement]
  /// By box.
  var lines: [String: BoxCalibration.Line]

  init(key: Key, rows: [BoxMeasurement]) {
    self.key = key
    self.rows = rows
    lines = Self.fit(rows)
  }

  /// In order of first appearance.
  static func all(of rows: [BoxMeasurement]) -> [Group] {
    var keys: [Key] = []
    for row in rows where !keys.contains(Key(row)) { keys.append(Key(row)) }
    return keys.flatMap { key -> [Group] in
      let alike = rows.filter { Key($0) == key }
      var parts: [(models: Set<String>, rows: [BoxMeasurement])] = []
      for box in Set(alike.map(\.box)).sorted() {
        let own = alike.filter { $0.box == box }
        let models = Set(own.map(\.model))
        guard models.count >= 2 else { continue }
        if let place = parts.firstIndex(where: { $0.models == models }) {
          parts[place].rows += own
        } else {
          parts.append((models, own))
        }
      }
      return parts.map { Group(key: key, rows: $0.rows) }
    }
  }

  var models: [String] { Set(rows.map(\.model)).sorted() }

  var predictions: [BoxCalibration.Prediction] {
    guard models.count >= BoxLatency.fewestModels else { return [] }
    return models.flatMap { model -> [BoxCalibration.Prediction] in
      let without = Self.fit(rows.filter { $0.model != model })
      return rows.filter { $0.model == model }.map { row in
        func error(_ line: BoxCalibration.Line?) -> Double {
          (line?.milliseconds(row.work) ?? 0) / row.milliseconds - 1
        }
        return BoxCalibration.Prediction(
          measurement: row, heldOut: error(without[row.box]), inSample: error(lines[row.box]))
      }
    }
  }

  /// Alternately the line with the factors held, and each box's factor with the line held; both are
  /// least squares of relative errors, and 100 rounds are far beyond convergence.
  static func fit(_ rows: [BoxMeasurement]) -> [String: BoxCalibration.Line] {
    let boxes = Set(rows.map(\.box)).sorted()
    var factors = Dictionary(uniqueKeysWithValues: boxes.map { ($0, 1.0) })
    var line = BoxCalibration.Line(fixed: 0, perWork: 0)
    for _ in 0..<(boxes.count > 1 ? 100 : 1) {
      line = shape(rows, factors)
      for box in boxes {
        let ratios = rows.filter { $0.box == box }
          .map { line.milliseconds($0.work) / $0.milliseconds }
        factors[box] =
          ratios.reduce(0, +) / max(1e-12, ratios.reduce(0) { $0 + $1 * $1 })
      }
    }
    // With one box the factor is left at what the line says: 1 but for rounding.
    return Dictionary(
      uniqueKeysWithValues: boxes.map { ($0, line.scaled(boxes.count > 1 ? factors[$0]! : 1)) })
  }

  private static func shape(
    _ rows: [BoxMeasurement], _ factors: [String: Double]
  ) -> BoxCalibration.Line {
    var (ff, fw, ww, f, w) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in rows {
      let fixed = factors[row.box]! / row.milliseconds
      let work = fixed * row.work
      ff += fixed * fixed
      fw += fixed * work
      ww += work * work
      f += fixed
      w += work
    }
    let determinant = ff * ww - fw * fw
    let (fixed, perWork) = ((f * ww - w * fw) / determinant, (w * ff - f * fw) / determinant)
    // Neither part of a time is negative: the other one alone then.
    guard determinant > 1e-12 * ff * ww, fixed >= 0, perWork >= 0 else {
      let aloneWork = w / ww
      let aloneFixed = f / ff
      return fixed < 0
        ? BoxCalibration.Line(fixed: 0, perWork: aloneWork)
        : BoxCalibration.Line(fixed: aloneFixed, perWork: 0)
    }
    return BoxCalibration.Line(fixed: fixed, perWork: perWork)
  }
}
