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
      let found = ErrorSummary(
        heldOut.filter { $0.measurement.runtime == runtime && $0.measurement.isScored })
      let claimed = try Published.profile(runtime).evidence
      let mean = try #require(claimed.meanError)
      let worst = try #require(claimed.worstError)
      #expect((found.mean - mean).magnitude < 0.001, "\(runtime)")
      #expect((found.worst - worst).magnitude < 0.001, "\(runtime)")
      #expect(found.families == claimed.families)
      #expect(found.rows == claimed.rows)
      #expect(mean < baseline)
      #expect(mean < 0.10 && worst < 0.25, "\(runtime)")
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
    #expect(full.fit(without: "ResNet8") == without.fit())
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

  @Test("ResNet8 on the STM32H7A3 costs the cycles a MAC that it costs on the STM32H747, ± 5 %")
  func transfer() throws {
    let model = CycleModel(try Published.profile("x-cube-ai-7.3"))
    let h7a3 = LayerWork.of(try Published.model("ic_resnet8_int8.tflite").main)
    let h747 = LayerWork.of(try Published.model("resnet_v1_8_32_int8.tflite").main)
    func perMAC(_ works: [LayerWork]) -> Double {
      Double(works.reduce(0) { $0 + model.cycles(of: $1) })
        / Double(works.reduce(0) { $0 + $1.macs })
    }
    #expect((perMAC(h7a3) / perMAC(h747) - 1).magnitude < 0.05)
    // Measured: 1.217 on the STM32H7A3 at 280 MHz.
    #expect((perMAC(h7a3) / 1.217 - 1).magnitude < 0.05)
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
