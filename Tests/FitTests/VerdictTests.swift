import Boards
import Fit
import Models
import Planning
import TestSupport
import Testing
import Timing

@Suite("Verdicts")
struct VerdictTests {
  static func verdict(
    _ model: Model, board: String = "stm32h743zi", runtime: String = "tflm-cmsis-nn",
    budget: Budget? = nil
  ) throws -> Verdict {
    try Verdict(
      of: model, on: Bundled.board(board), runtime: Bundled.runtime(runtime), budget: budget)
  }

  static func check(_ verdict: Verdict, _ subject: Verdict.Check.Subject) -> Verdict.Check? {
    verdict.checks.first { $0.subject == subject }
  }

  @Test(
    "a budget met to the byte and the nanosecond passes, one less fails and says what is missing")
  func boundary() throws {
    let model = Bundled.convolution()
    let estimate = try Self.verdict(model).estimate
    let exact = Budget(
      flash: estimate.flash.total, ram: estimate.ram.total, latency: estimate.nanoseconds)
    #expect(try Self.verdict(model, budget: exact).passes)
    for subject in [Verdict.Check.Subject.flash, .ram, .latency] {
      var tight = exact
      switch subject {
      case .flash: tight.flash! -= 1
      case .ram: tight.ram! -= 1
      default: tight.latency! -= 1
      }
      let verdict = try Self.verdict(model, budget: tight)
      #expect(!verdict.passes)
      #expect(verdict.checks.filter { !$0.passes }.map(\.subject) == [subject])
      #expect(Self.check(verdict, subject)?.margin == -1)
    }
  }

  @Test("without a budget the board's own memory is the budget, and latency has none")
  func ownMemory() throws {
    let verdict = try Self.verdict(Bundled.convolution())
    #expect(verdict.passes)
    #expect(Self.check(verdict, .flash)?.limit == 2 << 20)
    #expect(Self.check(verdict, .latency) == nil)
  }

  @Test("an arena larger than every region fails with the bytes that are missing")
  func tooLarge() throws {
    // 300 × 300 × 8 and × 16 bytes alive at once: 2.16 MB against 512 KiB of AXI SRAM.
    let verdict = try Self.verdict(Bundled.convolution(side: 300))
    #expect(!verdict.passes)
    let ram = try #require(Self.check(verdict, .ram))
    #expect(!ram.passes && -ram.margin == verdict.estimate.ram.total - ram.limit)
    let misfit = try #require(verdict.estimate.placement.misfits.first)
    #expect(misfit.missing == verdict.estimate.ram.arena - 512 * 1024)
    #expect(Self.check(verdict, .placement)?.used == misfit.missing)
  }

  @Test("the clock divides cycles, weights outside the chip cost more of them")
  func boards() throws {
    let model = Bundled.convolution(filters: 512)
    let fast = try Self.verdict(model).estimate
    let slow = try Self.verdict(model, board: "stm32h7a3zi").estimate
    // But for the lines of flash and SRAM, which other buses fill in other times.
    #expect((Double(slow.cycles) / Double(fast.cycles) - 1).magnitude < 0.01)
    #expect(fast.nanoseconds < slow.nanoseconds)
    let ratio = Double(slow.nanoseconds) / Double(fast.nanoseconds)
    #expect((ratio / (480.0 / 280.0) - 1).magnitude < 0.01)
    let outside = try DeviceEstimate(
      of: model, on: Bundled.board("stm32h750b-dk"), runtime: Bundled.runtime("tflm-cmsis-nn"),
      overrides: PlacementOverrides([.weights: "QSPI_FLASH"]))
    #expect(outside.setting.extraPerWeightLine > 100)
    #expect(outside.cycles > fast.cycles * 5 / 4)
    let compiled = try DeviceEstimate(
      of: model, on: Bundled.board("stm32h750b-dk"), runtime: Bundled.runtime("x-cube-ai-10.0"),
      overrides: PlacementOverrides([.weights: "QSPI_FLASH"]))
    #expect(!compiled.isCalibrated)
  }

  @Test("without published latencies behind it an estimate is modelled, not validated")
  func status() throws {
    let model = Bundled.convolution()
    #expect(try !Self.verdict(model).estimate.isCalibrated)
    #expect(try Self.verdict(model, runtime: "x-cube-ai-10.0").estimate.isCalibrated)
  }
}

@Suite("Verdicts on published models", .enabled(if: SharedData.isPresent))
struct PublishedVerdictTests {
  @Test("the operator that TFLM refuses is named with its layers and fails the verdict")
  func missingOperator() throws {
    let model = try Bundled.published("st_shapes/ssd_mobilenet_v1_025_192_int8.tflite")
    let verdict = try VerdictTests.verdict(model)
    #expect(!verdict.passes)
    #expect(verdict.audit.missing.map(\.name) == ["TILE"])
    #expect(verdict.audit.missing.first?.layers.count == 5)
    for layer in verdict.audit.missing.first?.layers ?? [] {
      #expect(model.main.operators[layer].kind == .tile)
    }
    #expect(try VerdictTests.verdict(model, runtime: "x-cube-ai-8.1").audit.findings.isEmpty)
  }

  @Test(
    "weights in flash are those that the compiler's report printed",
    arguments: [
      ("resnet_v1_8_32_int8", 76.90), ("fdmobilenet_0.25_128_tfs_int8", 128.32),
      ("mobilenet_v1_0.25_96_fft_int8", 214.69), ("mobilenet_v1_0.5_224_int8", 812.61),
      ("mobilenet_v1_0.25_96_grayscale_int8", 214.55), ("stmnist_v1_int8", 10.08),
      ("st_fdmobilenet_v1_128_tfs_int8", 144.93), ("ssd_mobilenet_v1_025_192_int8", 438.28),
      ("ssd_mobilenet_v1_025_224_int8_2", 595.66),
    ])
  func weights(file: String, kibibytes: Double) throws {
    let model = try Bundled.published("st_shapes/\(file).tflite")
    let flash = try VerdictTests.verdict(model, runtime: "x-cube-ai-8.1").estimate.flash
    #expect((Double(flash.model) / 1024 - kibibytes).magnitude < 0.006)
  }

  @Test("latencies published for boards are met within the profile's worst error")
  func latencies() throws {
    for (file, runtime, milliseconds) in [
      ("mobilenet_v1_0.25_96_int8", "x-cube-ai-7.3", 35.48),
      ("resnet_v1_8_32_tfs_int8", "x-cube-ai-10.0", 28.67),
      ("st_ssd_mobilenet_v1_025_192_int8", "x-cube-ai-8.1", 169.13),
      ("st_fdmobilenet_v1_224_tfs_int8", "st-edge-ai-3.0", 113.66),
    ] {
      let model = try Bundled.published("st_shapes/\(file).tflite")
      let estimate = try VerdictTests.verdict(model, board: "stm32h747i-disco", runtime: runtime)
        .estimate
      let worst = try #require(estimate.runtime.evidence.worstError)
      #expect((Double(estimate.nanoseconds) / 1e6 / milliseconds - 1).magnitude < worst)
    }
  }
}
