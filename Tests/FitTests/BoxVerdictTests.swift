import Boards
import Bytes
import Fit
import Models
import Reports
import TestSupport
import Testing
import Timing
import VirtualTime

extension Bundled {
  static func box(_ name: String, _ mode: String) throws -> BoxSetting {
    let file = "boards/boxes/\(name).json5"
    let box = try BoxProfile(parsing: SharedData.own(file), file: file)
    let found: BoxProfile.Mode = try #require(box.mode(mode))
    return BoxSetting(box, mode: found)
  }

  /// One convolution of 1 × 1 on 16 channels, float, with these weights.
  static func float(weights: [Float], side: Int = 32) -> Model {
    let filters = weights.count / 16
    let bytes = weights.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    let graph = Graph(
      tensors: [
        Tensor(name: "in", shape: [1, side, side, 16], type: .float32),
        Tensor(name: "filter", shape: [filters, 1, 1, 16], type: .float32, constant: bytes[...]),
        Tensor(name: "out", shape: [1, side, side, filters], type: .float32),
      ],
      operators: [
        Operator(
          kind: .conv2D, options: .convolution(ConvolutionOptions()), inputs: [0, 1, nil],
          outputs: [2])
      ],
      inputs: [0], outputs: [2])
    return Model(name: "float.tflite", graphs: [graph], fileSize: bytes.count + 1000)
  }
}

@Suite("Verdicts on edge boxes")
struct BoxVerdictTests {
  static let dense = [Float](repeating: 0.5, count: 256)
  /// Half zeros: three in every other group of four, one in the rest.
  static let scattered = dense.indices.map { (3...6).contains($0 % 8) ? 0.5 : Float(0) }
  static let pairs = dense.indices.map { $0 % 4 < 2 ? Float(0) : 0.5 }

  static func verdict(
    _ model: Model = Bundled.float(weights: dense), _ box: String = "orin-nano-8gb",
    _ mode: String = "15w", precision: Precision? = nil, budget: String? = nil
  ) throws -> BoxVerdict {
    try BoxDeployment(
      model: model, setting: Bundled.box(box, mode), precision: precision,
      budget: budget.map { try Budget(parsing: $0) }
    ).verdict()
  }

  @Test("a budget met to the nanosecond and the byte passes, one less fails and says by how much")
  func boundary() throws {
    let verdict = try Self.verdict()
    let p99 = verdict.timing.p99.nanoseconds
    let ram = verdict.memory.process
    #expect(try Self.verdict(budget: "latency=\(p99)ns,ram=\(ram)B").passes)
    for (budget, subject) in [
      ("latency=\(p99 - 1)ns", BoxVerdict.Check.Subject.latency), ("ram=\(ram - 1)B", .ram),
    ] {
      let failing = try Self.verdict(budget: budget)
      #expect(failing.checks.filter { !$0.passes }.map(\.subject) == [subject])
      #expect(failing.checks.first { !$0.passes }?.margin == -1)
    }
  }

  @Test("memory is weights and arena at the precision, and the runtime")
  func memory() throws {
    for (precision, size) in [(Precision.fp32, 4), (.fp16, 2), (.int8, 1)] {
      let verdict = try Self.verdict(precision: precision)
      #expect(verdict.memory.weights == 256 * size)
      // Input and output live at once.
      #expect(verdict.memory.activations == 2 * 32 * 32 * 16 * size)
      #expect(verdict.memory.runtime == verdict.timing.runtime.memory)
      #expect(
        verdict.memory.process
          == verdict.memory.weights + verdict.memory.activations + verdict.memory.runtime)
    }
  }

  @Test("a float model is taken at fp16 where there is that, a quantized one at int8 alone")
  func precisions() throws {
    #expect(try Self.verdict().timing.precision == .fp16)
    let onCPU = try Self.verdict(Bundled.float(weights: Self.dense), "cortex-a72", "1500mhz")
    #expect(onCPU.timing.precision == .fp32 && onCPU.timing.runtime.name == "ncnn")
    let quantized = Bundled.convolution()
    #expect(try Self.verdict(quantized).timing.precision == .int8)
    let error = #expect(throws: InputError.self) { try Self.verdict(quantized, precision: .fp16) }
    #expect(error?.problem.contains("int8") == true)
    let missing = #expect(throws: InputError.self) {
      try Self.verdict(
        Bundled.float(weights: Self.dense), "cortex-a72", "1500mhz", precision: .fp16)
    }
    #expect(missing?.advice?.contains("fp32") == true)
  }

  @Test("flash is no limit of a box")
  func flash() throws {
    let error = #expect(throws: InputError.self) { try Self.verdict(budget: "flash=1MB") }
    #expect(error?.place == .key("budget.flash"))
  }

  @Test("scattered zeros buy nothing and the report says so; pairs are skipped where they can be")
  func zeros() throws {
    let dense = try Self.verdict(precision: .int8)
    let scattered = try Self.verdict(Bundled.float(weights: Self.scattered), precision: .int8)
    #expect(scattered.timing.work.zeros.share == 0.5)
    #expect(scattered.timing.median == dense.timing.median)
    #expect(!BoxFitReport(dense).text(.plain).contains("zeros"))
    #expect(BoxFitReport(scattered).text(.plain).contains("50 % of the weights are zeros and buy"))

    let pairs = Bundled.float(weights: Self.pairs)
    let skipped = try Self.verdict(pairs)
    #expect(skipped.timing.work.zeros.pairedShare == 1)
    #expect(skipped.timing.pairSpeedUp > 1)
    #expect(BoxFitReport(skipped).text(.plain).contains("skips those"))
    let kept = try Self.verdict(pairs, "xavier-nx", "15w")
    #expect(kept.timing.pairSpeedUp == 1)
    #expect(
      BoxFitReport(kept).text(.plain).contains("50 % of the weights are zeros and buy nothing"))
  }

  @Test("a time that no published latency speaks for says so in every form")
  func words() throws {
    let verdict = try Self.verdict(budget: "latency=1s")
    let text = BoxFitReport(verdict).text(.plain)
    #expect(text.contains("Extrapolated:") && text.contains("not validated"))
    #expect(text.contains("No latency in the mode 15 W is"))
    #expect(verdict.timing.error == nil)
    #expect(BoxFitReport(verdict).json.text.contains("\"status\": \"modelled, not validated\""))
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test("alternatives are every mode and precision, and the passing ones pass")
  func alternatives() throws {
    let setting = try Bundled.box("orin-nano-8gb", "7w")
    let slow = try Self.verdict(mode: "7w")
    let deployment = BoxDeployment(
      model: Bundled.float(weights: Self.dense), setting: setting,
      budget: Budget(latency: Int(slow.timing.p99.nanoseconds) - 1))
    let found = try BoxAlternatives(to: deployment)
    #expect(found.verdicts.count == 4 * 3)
    #expect(!found.passing.isEmpty)
    for verdict in found.passing {
      #expect(verdict.timing.p99 < slow.timing.p99)
    }
  }

  /// Names the mode alone.
  static func verdict(mode: String) throws -> BoxVerdict {
    try verdict(Bundled.float(weights: dense), "orin-nano-8gb", mode)
  }
}
