import Boards
import Models
import TestSupport
import Testing
import Timing

@Suite("Calibration on published latencies", .enabled(if: SharedData.isPresent))
struct CalibrationTests {
  /// Held-out mean errors of an eight-term linear model of operator types, fitted on one tool version
  /// at a time.
  static let baselines = [
    ("x-cube-ai-7.3", 0.145), ("x-cube-ai-8.1", 0.214), ("x-cube-ai-10.0", 0.167),
    ("st-edge-ai-3.0", 0.152),
  ]

  @Test("profiles claim the held-out errors that the data give, and beat the baselines")
  func claims() throws {
    let heldOut = try Published.calibration().heldOut()
    for (runtime, baseline) in Self.baselines {
      let rows = heldOut.filter {
        $0.measurement.runtime == runtime && $0.measurement.isScored
      }
      let found = ErrorSummary(rows)
      let claimed = try Published.profile(runtime).evidence
      let mean = try #require(claimed.meanError)
      let worst = try #require(claimed.worstError)
      #expect((found.mean - mean).magnitude < 0.001, "\(runtime)")
      #expect((found.worst - worst).magnitude < 0.001, "\(runtime)")
      #expect(Set(rows.map(\.measurement.family)).sorted() == claimed.families)
      #expect(found.rows == claimed.rows)
      #expect(mean < baseline)
      #expect(mean < 0.10 && worst < 0.25, "\(runtime)")
      let errors = ErrorModel(heldOut, runtime: runtime).errors
      for (kind, evidence) in claimed.byKind {
        #expect((evidence.error - (errors[kind] ?? 0)).magnitude < 0.001, "\(runtime) \(kind)")
      }
    }
  }

  @Test("two of three networks left out lie within one error bar, nineteen of twenty within two")
  func coverage() throws {
    let heldOut = try Published.calibration().heldOut()
    var within = [0, 0]
    for row in heldOut {
      let bar = ErrorModel(heldOut, runtime: row.measurement.runtime).error(row.shares)
      for factor in 1...2 where row.error.magnitude <= Double(factor) * bar {
        within[factor - 1] += 1
      }
    }
    #expect(Double(within[0]) >= 0.66 * Double(heldOut.count))
    #expect(Double(within[1]) >= 0.95 * Double(heldOut.count))
  }

  @Test(
    "a choice of spreads that never saw the family errs about as much",
    .enabled(if: SharedData.runsSlowTests))
  func nested() throws {
    let calibration = try Published.calibration()
    for (runtime, _) in Self.baselines {
      func summary(_ rows: [Calibration.HeldOut]) -> ErrorSummary {
        ErrorSummary(
          rows.filter { $0.measurement.runtime == runtime && $0.measurement.isScored })
      }
      let again = summary(calibration.nestedHeldOut().flatMap(\.rows))
      #expect(again.mean < 0.10 && again.worst < 0.25, "\(runtime)")
      #expect(again.mean < summary(calibration.heldOut()).mean + 0.02, "\(runtime)")
    }
  }

  @Test(
    "constants found without separable convolutions time them, and the other way round, within half"
  )
  func structures() throws {
    let calibration = try Published.calibration()
    let separable: Set = ["MobileNetV1", "FdMobileNet", "SSD", "DS-CNN"]
    for removed in [separable, ["ResNet8", "ST MNIST", "AutoEncoder"]] {
      let fitted = calibration.fit(without: removed)
      for row in calibration.predictions(of: removed, by: fitted) {
        #expect(row.error.magnitude < 0.5, "\(row.measurement.file) \(row.error)")
      }
    }
  }

  @Test("profiles hold the constants that the data give")
  func constants() throws {
    for (runtime, cycles) in try Published.calibration().fit() {
      let stored = try Published.profile(runtime).cycles
      for (cost, (found, stored)) in zip(RuntimeCost.allCases, zip(cycles, stored)) {
        #expect((found - stored).magnitude <= 0.006, "\(runtime) \(cost.rawValue)")
      }
    }
  }

  @Test("leaving a family out leaves out its networks on every board and version")
  func leavesOut() throws {
    let full = try Published.calibration()
    var without = full
    without.measurements.removeAll { $0.family == "ResNet8" }
    #expect(full.measurements.contains { $0.family == "ResNet8" && !$0.isScored })
    #expect(full.fit(without: ["ResNet8"]) == without.fit())
  }

  @Test("a published network moves from one board to another by its cycles")
  func boards() throws {
    let rows = try Published.calibration().measurements
    for runtime in ["x-cube-ai-7.3", "x-cube-ai-8.1"] {
      let same = rows.filter { $0.runtime == runtime && $0.family == "ResNet8" }
      #expect(Set(same.map(\.board)).count == 2)
      let mostCycles = try #require(same.map(\.cycles).max())
      let fewest = try #require(same.map(\.cycles).min())
      #expect(mostCycles / fewest < 1.05)
    }
  }
}

@Suite("Non-negative least squares")
struct LeastSquaresTests {
  @Test("an exact system is solved")
  func exact() {
    var problem = LeastSquares(unknowns: 2)
    problem.add([(0, 1), (1, 2)], equals: 8)
    problem.add([(0, 3), (1, -1)], equals: 3)
    let x = problem.solution()
    #expect((x[0] - 2).magnitude < 1e-5 && (x[1] - 3).magnitude < 1e-5)
  }

  @Test("an unknown that would be negative is zero, and one that nothing mentions too")
  func bounded() {
    var problem = LeastSquares(unknowns: 3)
    problem.add([(0, 1)], equals: -5)
    problem.add([(0, 1), (1, 1)], equals: 4)
    let x = problem.solution()
    #expect(x[0] == 0 && (x[1] - 4).magnitude < 1e-9 && x[2] == 0)
  }
}
