package import Boards

/// Finds the cycles per unit of several releases of one runtime from latencies of whole networks, and
/// how far they can be trusted on architectures that they were not found on.
package struct Calibration: Sendable {
  package var measurements: [Measurement]
  private let works: [String: [LayerWork]]
  /// By the board's name in the tables.
  private let settings: [String: MemorySetting]
  /// Counts of a whole network by file and board, in order of `RuntimeCost.allCases`.
  private let totals: [Place: [Double]]
  private let runtimes: [String]

  private struct Place: Hashable {
    var file: String
    var board: String
  }

  /// - Parameters:
  ///   - works: the layers of every file that a measurement names.
  ///   - settings: the memory of every board that a measurement names.
  package init(
    _ measurements: [Measurement], works: [String: [LayerWork]], settings: [String: MemorySetting]
  ) {
    self.measurements = measurements
    self.works = works
    self.settings = settings
    runtimes = Set(measurements.map(\.runtime)).sorted()
    var totals: [Place: [Double]] = [:]
    for row in measurements {
      let place = Place(file: row.file, board: row.board)
      guard totals[place] == nil else { continue }
      totals[place] = Self.total(works[row.file] ?? [], setting: settings[row.board])
    }
    self.totals = totals
  }

  private static func total(_ works: [LayerWork], setting: MemorySetting?) -> [Double] {
    var total = [Double](repeating: 0, count: RuntimeCost.allCases.count)
    for work in works {
      let counts = CycleModel.counts(
        of: work, compilesAhead: true, setting: setting ?? .calibrated)
      for index in total.indices { total[index] += counts[index] }
    }
    return total
  }

  private func counts(_ row: Measurement) -> [Double] {
    totals[Place(file: row.file, board: row.board)]!
  }

  package var families: [String] { Set(measurements.map(\.family)).sorted() }

  /// Cycles per unit of every runtime, fitted without the networks of some families.
  package func fit(
    without families: Set<String> = [], spread: CostSpread = .chosen
  ) -> [String: [Double]] {
    let rows = measurements.filter { !families.contains($0.family) }.map { row in
      CostFit.Row(
        release: runtimes.firstIndex(of: row.runtime)!, counts: counts(row), cycles: row.cycles)
    }
    let solution = CostFit(rows, releases: runtimes.count, spread: spread).solution()
    return Dictionary(uniqueKeysWithValues: zip(runtimes, solution))
  }

  package struct HeldOut: Sendable {
    package var measurement: Measurement
    /// Predicted / measured − 1.
    package var error: Double
    /// Share of the predicted cycles by kind of layer.
    package var shares: [LayerKind: Double]
  }

  /// Every measurement, predicted by a fit that left its family out on all boards and in all releases.
  package func heldOut(spread: CostSpread = .chosen) -> [HeldOut] {
    families.flatMap { family in
      predictions(of: family, by: fit(without: [family], spread: spread))
    }
  }

  /// Every measurement, predicted by the fit on all of them.
  package func inSample() -> [HeldOut] {
    let fitted = fit()
    return families.flatMap { predictions(of: $0, by: fitted) }
  }

  /// As `heldOut`, but how far costs may stray is chosen anew for every family, by leaving out each of
  /// the others in turn: the family takes no part in any choice among `candidates`.
  package func nestedHeldOut(
    candidates: [CostSpread] = CostSpread.candidates
  ) -> [(family: String, spread: CostSpread, rows: [HeldOut])] {
    families.map { family in
      var best = candidates[0]
      var least = Double.infinity
      for candidate in candidates {
        let rows = families.filter { $0 != family }.flatMap { other in
          predictions(of: other, by: fit(without: [family, other], spread: candidate))
        }
        let score = Self.score(rows)
        if score < least {
          least = score
          best = candidate
        }
      }
      return (family, best, predictions(of: family, by: fit(without: [family], spread: best)))
    }
  }

  /// Mean square error, every family under every runtime weighing the same.
  private static func score(_ rows: [HeldOut]) -> Double {
    var sums: [String: (squares: Double, rows: Double)] = [:]
    for row in rows {
      let key = row.measurement.family + "/" + row.measurement.runtime
      let sum = sums[key] ?? (0, 0)
      sums[key] = (sum.squares + row.error * row.error, sum.rows + 1)
    }
    return sums.keys.sorted().reduce(0) { $0 + sums[$1]!.squares / sums[$1]!.rows }
      / Double(max(1, sums.count))
  }

  /// Measurements of `families`, predicted with these cycles per unit.
  package func predictions(
    of families: Set<String>, by fitted: [String: [Double]]
  ) -> [HeldOut] {
    families.sorted().flatMap { predictions(of: $0, by: fitted) }
  }

  private func predictions(of family: String, by fitted: [String: [Double]]) -> [HeldOut] {
    measurements.filter { $0.family == family }.map { row in
      let model = CycleModel(cyclesPerUnit: fitted[row.runtime]!, compilesAhead: true)
      var byKind: [LayerKind: Double] = [:]
      var total = 0.0
      for work in works[row.file] ?? [] {
        let cycles = Double(model.cycles(of: work, setting: settings[row.board] ?? .calibrated))
        total += cycles
        byKind[work.layerKind, default: 0] += cycles
      }
      return HeldOut(
        measurement: row, error: total / row.cycles - 1,
        shares: byKind.mapValues { $0 / max(1, total) })
    }
  }

  /// The shapes of layers that measurements of `runtime` had, by kind.
  package func ranges(of runtime: String) -> [LayerKind: ShapeRange] {
    var out: [LayerKind: ShapeRange] = [:]
    for file in Set(measurements.filter { $0.runtime == runtime }.map(\.file)) {
      for work in works[file] ?? [] where !work.isConstant && !work.vanishesWhenCompiled {
        out[work.layerKind, default: ShapeRange()].include(work)
      }
    }
    return out
  }
}

/// Mean, median and worst magnitude of relative errors.
package struct ErrorSummary: Sendable, Equatable {
  package var mean: Double
  package var median: Double
  package var worst: Double
  package var rows: Int

  package init(_ errors: [Double]) {
    let sorted = errors.map(\.magnitude).sorted()
    mean = sorted.reduce(0, +) / Double(max(1, sorted.count))
    let middle = sorted.count / 2
    median =
      sorted.isEmpty
      ? 0 : sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    worst = sorted.last ?? 0
    rows = sorted.count
  }

  package init(_ rows: [Calibration.HeldOut]) { self.init(rows.map(\.error)) }
}
