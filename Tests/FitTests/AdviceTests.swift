import Boards
import Fit
import Models
import Planning
import Reports
import TestSupport
import Testing

@Suite("Advice")
struct AdviceTests {
  /// Image of 64 × 64 × 10 → convolution of 24 channels at stride 2 → 48 at stride 2 → pooling → 11
  /// classes.
  static func network() -> Model {
    func constant(_ shape: [Int], _ type: ElementType = .int8) -> Tensor {
      let count = shape.reduce(1, *) * (type.size ?? 1)
      return Tensor(
        name: "w", shape: shape, type: type, constant: [UInt8](repeating: 1, count: count)[...])
    }
    func image(_ shape: [Int]) -> Tensor { Tensor(name: "t", shape: shape, type: .int8) }
    let half = ConvolutionOptions(stride: Stride(height: 2, width: 2))
    let pool = PoolOptions(
      stride: Stride(height: 16, width: 16), filter: Stride(height: 16, width: 16))
    let graph = Graph(
      tensors: [
        image([1, 64, 64, 10]), constant([24, 3, 3, 10]), constant([24], .int32),
        image([1, 32, 32, 24]), constant([48, 3, 3, 24]), constant([48], .int32),
        image([1, 16, 16, 48]), image([1, 1, 1, 48]), constant([11, 48]),
        constant([11], .int32), image([1, 11]),
      ],
      operators: [
        Operator(kind: .conv2D, options: .convolution(half), inputs: [0, 1, 2], outputs: [3]),
        Operator(kind: .conv2D, options: .convolution(half), inputs: [3, 4, 5], outputs: [6]),
        Operator(kind: .averagePool2D, options: .pool(pool), inputs: [6], outputs: [7]),
        Operator(
          kind: .fullyConnected,
          options: .fullyConnected(activation: .none, keepDimensions: false, shuffled: false),
          inputs: [7, 8, 9], outputs: [10]),
      ],
      inputs: [0], outputs: [10])
    return Model(name: "net.tflite", graphs: [graph], fileSize: graph.constantBytes + 2000)
  }

  static func deployment(
    _ budget: String, model: Model = network(), runtime: String = "tflm-cmsis-nn",
    overrides: PlacementOverrides = .none
  ) throws -> Deployment {
    Deployment(
      model: model, board: try Bundled.board("stm32h743zi"),
      runtime: try Bundled.runtime(runtime), budget: try Budget(parsing: budget),
      overrides: overrides)
  }

  static func advice(
    _ deployment: Deployment, runtimes: [String] = [], boards: [String] = []
  ) throws -> Advice {
    Advice(
      for: deployment, verdict: try deployment.verdict(),
      runtimes: try runtimes.map(Bundled.runtime), boards: try boards.map(Bundled.board))
  }

  private func change(_ remedy: Remedy) -> [ShapeChange] {
    remedy.steps.compactMap { if case .reshape(let change) = $0 { change } else { nil } }
  }

  @Test(
    "a latency that is missed calls for the mildest setting of each lever, and the next milder fails"
  )
  func mildest() throws {
    let estimate = try Self.deployment("latency=1s").verdict().estimate
    let goal = estimate.nanoseconds * 8 / 10
    let deployment = try Self.deployment("latency=\(goal)ns")
    let advice = try Self.advice(deployment)
    #expect(advice.remedies.count >= 3)
    #expect(advice.nearest == nil)
    for remedy in advice.remedies {
      #expect(remedy.verdict.passes && remedy.steps.count == 1)
      let milder: ShapeChange
      switch try #require(change(remedy).first) {
      case .inputSize(let height, let width):
        milder = .inputSize(height: height + 8, width: width + 8)
      case .inputChannels(let count): milder = .inputChannels(count + 2)
      case .firstLayer(let count): milder = .firstLayer(channels: count + 4)
      case .width(let percent): milder = .width(percent: percent + 2)
      }
      var other = deployment
      other.model = try deployment.model.reshaped(milder)
      #expect(try !other.verdict().passes, "\(milder)")
      // What is printed is what planning the changed network gives.
      var same = deployment
      same.model = try deployment.model.reshaped(change(remedy))
      #expect(try same.verdict().estimate.nanoseconds == remedy.verdict.estimate.nanoseconds)
    }
    // The one that keeps most of the network comes first.
    let shares = advice.remedies.map(\.macShare)
    #expect(shares == shares.sorted(by: >))
  }

  @Test("another runtime comes before a smaller network, another board after it")
  func ranking() throws {
    let estimate = try Self.deployment("latency=1s").verdict().estimate
    let advice = try Self.advice(
      try Self.deployment("latency=\(estimate.nanoseconds * 9 / 10)ns"),
      runtimes: ["x-cube-ai-10.0"], boards: ["stm32h723zg", "stm32h7a3zi"])
    let order = advice.remedies.map { $0.steps[0].disturbance }
    #expect(order.first == .runtime)
    #expect(order == order.sorted())
    // 550 MHz instead of 480 is faster than nine tenths; 280 MHz is not.
    let boards = advice.remedies.filter { $0.steps[0].disturbance == .board }
    #expect(boards.map { $0.verdict.estimate.board.name } == ["stm32h723zg"])
    #expect(
      advice.remedies[0].changesArithmetic(from: try Bundled.runtime("tflm-cmsis-nn")))
  }

  @Test("a region that somebody insisted on is given up first")
  func placement() throws {
    let overrides = PlacementOverrides([.arena: "SRAM3"])
    let advice = try Self.advice(try Self.deployment("ram=1MB", overrides: overrides))
    let first = try #require(advice.remedies.first)
    guard case .freePlacement = first.steps[0] else {
      Issue.record("expected free placement, found \(first.steps)")
      return
    }
    #expect(
      advice.remedies.contains { if case .place(.arena, _) = $0.steps[0] { true } else { false } })
  }

  @Test("a model in external flash by wish does not count against the chip's flash")
  func externalFlash() throws {
    var deployment = try Self.deployment("flash=90KB")
    deployment.board = try Bundled.board("stm32h747i-disco")
    deployment.model.fileSize = 600_000
    let verdict = try deployment.verdict()
    #expect(!verdict.passes)
    let advice = try Self.advice(deployment)
    let external = advice.remedies.filter {
      if case .place(.weights, _) = $0.steps[0] { true } else { false }
    }
    #expect(external.count == 1)
    let found = try #require(external.first?.verdict)
    #expect(found.estimate.placement.region(for: .weights)?.kind == .externalFlash)
    #expect(found.checks.first { $0.subject == .flash }?.used == found.estimate.flash.code)
    #expect(found.estimate.nanoseconds > verdict.estimate.nanoseconds)
  }

  @Test("two changes together where no single one is enough")
  func pairs() throws {
    // Flash asks for a narrow network, and what is left of the time for a small image besides.
    var narrow = try Self.deployment("latency=1s")
    narrow.model = try narrow.model.reshaped(.width(percent: 10))
    let least = try narrow.verdict().estimate
    let deployment = try Self.deployment(
      "flash=\(least.flash.total + 1500),latency=\(least.nanoseconds * 7 / 10)ns")
    let single = try Self.advice(deployment)
    #expect(single.remedies.allSatisfy { $0.steps.count == 2 } && !single.remedies.isEmpty)
    for remedy in single.remedies { #expect(remedy.verdict.passes) }
  }

  @Test("where nothing passes the nearest is named, with what it still lacks")
  func nearest() throws {
    let advice = try Self.advice(try Self.deployment("flash=1KB"))
    #expect(advice.remedies.isEmpty)
    let nearest = try #require(advice.nearest)
    #expect(!nearest.verdict.passes && nearest.verdict.excess > 1)
    #expect(advice.tried > 4)
    let text = FitReport(
      try Self.deployment("flash=1KB").verdict(), advice: advice
    ).text(.plain)
    #expect(text.contains("Nothing that was tried would pass"))
    #expect(text.contains("missing"))
  }

  @Test("an operator that the runtime lacks is answered by a runtime that has it")
  func operators() throws {
    var model = Self.network()
    model.graphs[0].operators[2].kind = .localResponseNormalization
    let deployment = try Self.deployment("ram=1MB", model: model)
    #expect(try Self.advice(deployment).remedies.isEmpty)
    let advice = try Self.advice(deployment, runtimes: ["tflm-reference", "x-cube-ai-8.1"])
    #expect(advice.remedies.map { $0.verdict.estimate.runtime.name } == ["x-cube-ai-8.1"])
  }

  @Test("the same question has the same answer")
  func deterministic() throws {
    let deployment = try Self.deployment("latency=900us")
    let reports = try (0..<3).map { _ in
      FitReport(
        try deployment.verdict(),
        advice: try Self.advice(
          deployment, runtimes: ["x-cube-ai-10.0", "x-cube-ai-7.3"], boards: ["stm32h723zg"])
      ).json.text
    }
    #expect(Set(reports).count == 1)
  }

  @Test("no line of any report is wider than 100 columns")
  func width() throws {
    let runtimes = try ["tflm-cmsis-nn", "x-cube-ai-10.0", "st-edge-ai-3.0"].map(Bundled.runtime)
    var model = Self.network()
    model.name = String(repeating: "a/long/path/", count: 12) + "net.tflite"
    for budget in [
      "latency=900us,ram=13KB,flash=1MB", "flash=1KB", "ram=1MB", "ram=1KB,latency=1us",
    ] {
      for runtime in ["tflm-cmsis-nn", "x-cube-ai-10.0"] {
        let deployment = try Self.deployment(budget, model: model, runtime: runtime)
        let verdict = try deployment.verdict()
        let advice = Advice(for: deployment, verdict: verdict, runtimes: runtimes)
        let text =
          FitReport(verdict, advice: advice, listsLayers: true).text(.plain)
          + RuntimeComparisonReport(try RuntimeComparison(deployment, runtimes: runtimes))
          .text(.plain)
        for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
      }
    }
  }

  @Test("runtimes are compared with the fastest that passes first")
  func comparison() throws {
    let runtimes = try ["tflm-reference", "tflm-cmsis-nn", "x-cube-ai-10.0"].map(Bundled.runtime)
    let deployment = try Self.deployment("latency=1s")
    let all = try RuntimeComparison(deployment, runtimes: runtimes)
    #expect(all.passes)
    let times = all.verdicts.map(\.estimate.nanoseconds)
    #expect(times == times.sorted() && times.count == 3)
    // Only one of them is fast enough: it is first, and the whole passes.
    let tight = try Self.deployment("latency=\(times[0])ns")
    let one = try RuntimeComparison(tight, runtimes: runtimes)
    #expect(one.passes && one.verdicts.map(\.passes) == [true, false, false])
    let none = try RuntimeComparison(try Self.deployment("latency=1ns"), runtimes: runtimes)
    #expect(!none.passes)
    let text = RuntimeComparisonReport(one).text(.plain)
    #expect(text.hasPrefix("PASS  net.tflite on NUCLEO-H743ZI"))
    #expect(RuntimeComparisonReport(none).json.text.hasPrefix("{\n  \"passes\": false"))
  }
}

@Suite("Advice on published models", .enabled(if: SharedData.isPresent))
struct PublishedAdviceTests {
  /// MobileNetV1 0.5 at 224 × 224 does not fit where its published siblings do.
  @Test("a budget that a published sibling meets is met by no smaller network than the sibling")
  func siblings() throws {
    let runtime = try Bundled.runtime("x-cube-ai-8.1")
    let board = try Bundled.board("stm32h747i-disco")
    let small = Deployment(
      model: try Bundled.published("st_shapes/mobilenet_v1_0.25_224_int8.tflite"), board: board,
      runtime: runtime)
    let sibling = try small.verdict().estimate
    var large = small
    large.model = try Bundled.published("st_shapes/mobilenet_v1_0.5_224_int8.tflite")
    large.budget = Budget(flash: sibling.flash.total, latency: sibling.nanoseconds)
    let advice = Advice(for: large, verdict: try large.verdict())
    let widths = advice.remedies.compactMap { remedy -> Int? in
      if case .reshape(.width(let percent)) = remedy.steps[0], remedy.steps.count == 1 {
        return percent
      }
      return nil
    }
    #expect(widths.count == 1 && widths[0] >= 50, "\(widths)")
    let narrowed = try #require(advice.remedies.first { $0.steps.count == 1 && $0.changesNetwork })
    #expect(narrowed.verdict.estimate.macs >= sibling.macs)
  }
}
