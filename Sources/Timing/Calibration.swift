package import Boards

/// Finds the cycles per unit of several versions of one runtime from latencies of whole networks.
///
/// A network gives one equation, and there are more constants than networks. Three things keep the
/// fit honest:
/// - all constants are at least zero;
/// - every constant is drawn to a prior, the instructions that CMSIS-NN's kernels spend on the same
///   work, times one common factor for cycles per instruction;
/// - versions are drawn to a common base: a release changes some kernels, not all of them.
///
/// All errors are relative, so that a network of 1 MMAC weighs as much as one of 150.
package struct Calibration: Sendable {
  package var measurements: [Measurement]
  /// Counts of a whole network by file, in order of `RuntimeCost.allCases`.
  private var totals: [String: [Double]]
  private let runtimes: [String]

  /// How strongly the base is drawn to the prior, and a version to the base, against one row of
  /// measurement. From 0.1 to 0.3 the held-out means move by half a point.
  package static let strength = 0.2

  /// `works` holds the layers of every file that a measurement names.
  package init(_ measurements: [Measurement], works: [String: [LayerWork]]) {
    self.measurements = measurements
    runtimes = Set(measurements.map(\.runtime)).sorted()
    totals = works.mapValues { Self.total($0, compilesAhead: true) }
  }

  package static func total(_ works: [LayerWork], compilesAhead: Bool) -> [Double] {
    var total = [Double](repeating: 0, count: RuntimeCost.allCases.count)
    for work in works {
      let counts = CycleModel.counts(
        of: work, compilesAhead: compilesAhead, cache: MemorySetting.calibrated.dataCache)
      for index in total.indices { total[index] += counts[index] }
    }
    return total
  }

  /// Instructions per unit, the shape of the prior.
  ///
  /// Most are CMSIS-NN's own, see `InstructionFit`. Three differ, as the code of the two runtimes
  /// does: gathering a value takes a compiler with fixed shapes about two instructions (a word copy
  /// and its widening), not six; an addition without TFLM's two rescalings of inputs about twenty; a
  /// mean is a pooling. `weightLine` is in cycles: 7.5 are visible per line in MLPerf Tiny AD on an
  /// STM32H7A3 at 280 MHz.
  package static func prior(_ cost: RuntimeCost) -> Double {
    switch cost {
    case .convolutionMAC: 1.5
    case .convolutionOutput: 39.5
    case .gatherTap, .gatherThinTap: 64.5
    case .gatherValue: 2
    case .depthwiseMAC: 1.46
    case .depthwiseOutput: 57.2
    case .generalDepthwiseMAC: 8
    case .generalDepthwiseOutput: 40
    case .matrixMAC: 1.91
    case .matrixOutput: 47
    case .floatMAC: 9.5
    case .elementwise: 20
    case .pooling, .reduction: 10
    case .softmax: 336
    case .function: 30
    case .conversion: 5
    case .copy: 2
    case .resize: 60
    case .layer: 3000
    case .weightLine: 12.5
    }
  }

  /// Cycles per unit of every runtime, fitted without the networks of one family.
  package func fit(without family: String? = nil) -> [String: [Double]] {
    let rows = measurements.filter { $0.family != family }
    let prior = RuntimeCost.allCases.map { Self.prior($0) * cyclesPerInstruction(rows) }
    let terms = prior.count
    var problem = LeastSquares(unknowns: terms * (1 + runtimes.count))
    for row in rows {
      let block = terms * (1 + runtimes.firstIndex(of: row.runtime)!)
      let counts = totals[row.file]!
      problem.add(
        (0..<terms).map { (block + $0, counts[$0] * prior[$0] / row.cycles) }, equals: 1)
    }
    // Unknowns are multiples of the prior: the base's are drawn to 1, a version's to the base's.
    for term in 0..<terms {
      problem.add([(term, Self.strength)], equals: Self.strength)
      for block in 1...runtimes.count {
        problem.add(
          [(block * terms + term, Self.strength), (term, -Self.strength)], equals: 0)
      }
    }
    let solution = problem.solution()
    var out: [String: [Double]] = [:]
    for (index, runtime) in runtimes.enumerated() {
      out[runtime] = (0..<terms).map { solution[(index + 1) * terms + $0] * prior[$0] }
    }
    return out
  }

  /// The common factor of the prior: the mean ratio of measured cycles to the prior's instructions.
  private func cyclesPerInstruction(_ rows: [Measurement]) -> Double {
    let ratios = rows.map { row in
      row.cycles
        / zip(totals[row.file]!, RuntimeCost.allCases).reduce(0) { $0 + $1.0 * Self.prior($1.1) }
    }
    return ratios.reduce(0, +) / Double(max(1, ratios.count))
  }

  package struct HeldOut: Sendable {
    package var measurement: Measurement
    /// Predicted / measured − 1, by a fit that saw no network of the family on any board or version.
    package var error: Double
  }

  /// Every measurement, predicted by the fit that left its family out.
  package func heldOut() -> [HeldOut] {
    var out: [HeldOut] = []
    for family in Set(measurements.map(\.family)).sorted() {
      let fitted = fit(without: family)
      for row in measurements where row.family == family {
        let cycles = zip(totals[row.file]!, fitted[row.runtime]!).reduce(0) { $0 + $1.0 * $1.1 }
        out.append(HeldOut(measurement: row, error: cycles / row.cycles - 1))
      }
    }
    return out
  }
}

/// Mean and worst magnitude of relative errors.
package struct ErrorSummary: Sendable, Equatable {
  package var mean: Double
  package var worst: Double
  package var rows: Int
  package var families: [String]

  package init(_ rows: [Calibration.HeldOut]) {
    let errors = rows.map(\.error.magnitude)
    mean = errors.reduce(0, +) / Double(max(1, errors.count))
    worst = errors.max() ?? 0
    self.rows = errors.count
    families = Set(rows.map(\.measurement.family)).sorted()
  }
}
