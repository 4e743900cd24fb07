import Boards
import Fit
import Models
import TestSupport
import Testing

@Suite("Operator audit")
struct OperatorAuditTests {
  /// One operator on given tensors, the last of which is its output.
  private func audit(
    _ operation: Operator, _ tensors: [Tensor], runtime: String = "tflm-cmsis-nn"
  ) throws -> OperatorAudit {
    let graph = Graph(
      tensors: tensors, operators: [operation], inputs: [0], outputs: [tensors.count - 1])
    return OperatorAudit(
      Model(name: "one", graphs: [graph], fileSize: 1000), runtime: try Bundled.runtime(runtime))
  }

  private func tensor(
    _ shape: [Int], _ type: ElementType = .int8, isConstant: Bool = false, scale: Float? = nil
  ) -> Tensor {
    Tensor(
      name: "t", shape: shape, type: type,
      quantization: scale.map { Quantization(scales: [$0], zeroPoints: [0]) },
      constant: isConstant ? [UInt8](repeating: 0, count: shape.reduce(1, *))[...] : nil)
  }

  private func convolution(
    channels: Int = 8, depth: Int = 8, type: ElementType = .int8, weights: ElementType = .int8,
    runtime: String = "tflm-cmsis-nn"
  ) throws -> OperatorAudit {
    try audit(
      Operator(
        kind: .conv2D, options: .convolution(ConvolutionOptions()), inputs: [0, 1], outputs: [2]),
      [
        tensor([1, 8, 8, channels], type), tensor([8, 3, 3, depth], weights, isConstant: true),
        tensor([1, 8, 8, 8], type),
      ], runtime: runtime)
  }

  @Test("what a runtime lacks blocks, with a remedy")
  func missing() throws {
    let audit = try audit(
      Operator(kind: .tile, inputs: [0, 1], outputs: [2]),
      [tensor([1, 2]), tensor([2], .int32, isConstant: true), tensor([1, 4])])
    #expect(audit.blocking.map(\.name) == ["TILE"])
    #expect(audit.blocking.first?.remedy.contains("CONCATENATION") == true)
    let custom = try self.audit(
      Operator(kind: .custom, customName: "MyOp", inputs: [0], outputs: [1]),
      [tensor([1, 2]), tensor([1, 2])])
    #expect(custom.blocking.map(\.name) == ["custom ‘MyOp’"])
  }

  @Test("an operator without a kernel for the element type blocks, from memory it warns")
  func types() throws {
    let mirror = Operator(
      kind: .mirrorPad, options: .mirrorPad(reflect: true), inputs: [0, 1], outputs: [2])
    func tensors(_ type: ElementType) -> [Tensor] {
      [tensor([4, 4], type), tensor([2, 2], .int32, isConstant: true), tensor([6, 6], type)]
    }
    #expect(try audit(mirror, tensors(.int8)).findings.isEmpty)
    let wide = try audit(mirror, tensors(.int16))
    #expect(wide.blocking.map(\.kind) == [.type])
    #expect(wide.blocking.first?.problem == "no kernel for int16; it takes int8, float32")
    let remembered = try convolution(type: .int16, runtime: "x-cube-ai-8.1")
    #expect(remembered.blocking.isEmpty)
    #expect(remembered.warnings.map(\.kind) == [.type])
  }

  @Test("grouped convolution warns in int8 and blocks where kernels read the wrong weights")
  func grouped() throws {
    #expect(try convolution().findings.isEmpty)
    let int8 = try convolution(channels: 16, depth: 8)
    #expect(int8.blocking.isEmpty && int8.warnings.count == 1)
    #expect(int8.warnings.first?.source.contains("tflite-micro/pull/2446") == true)
    #expect(try convolution(channels: 16, depth: 8, type: .int16).blocking.count == 1)
    #expect(try convolution(channels: 16, depth: 8, weights: .int4).blocking.count == 1)
    #expect(
      try convolution(channels: 16, depth: 8, type: .int16, runtime: "tflm-reference").blocking
        .isEmpty)
  }

  @Test("weights quantized without their data are refused, float data are slow with CMSIS-NN")
  func hybrid() throws {
    #expect(try convolution(type: .float32).blocking.map(\.kind) == [.limit])
    let float = try convolution(type: .float32, weights: .float32)
    #expect(float.blocking.isEmpty && float.warnings.count == 1)
    #expect(
      try convolution(type: .float32, weights: .float32, runtime: "tflm-reference").findings.isEmpty
    )
    #expect(try convolution(weights: .int4).findings.isEmpty)
  }

  @Test("concatenation refuses unequal scales, activations and more than ten inputs")
  func concatenation() throws {
    func findings(
      _ scales: [Float], activation: FusedActivation = .none
    ) throws -> [String] {
      let count = scales.count
      return try audit(
        Operator(
          kind: .concatenation, options: .concatenation(axis: 1, activation: activation),
          inputs: (0..<count).map { $0 }, outputs: [count]),
        scales.map { tensor([1, 2], scale: $0) } + [tensor([1, 2 * count], scale: 0.5)]
      ).blocking.map(\.problem)
    }
    #expect(try findings([0.5, 0.5]).isEmpty)
    #expect(try findings([0.5, 0.25]) == ["int8 inputs are not rescaled to the output"])
    #expect(try findings([0.5, 0.5], activation: .relu) == ["a fused activation is refused"])
    #expect(
      try findings(Array(repeating: 0.5, count: 11)) == ["more than ten inputs are refused"])
  }

  @Test("more dimensions than kernels know, and ranges computed at run time, are refused")
  func dimensions() throws {
    func slice(_ shape: [Int], isConstant: Bool = true) throws -> OperatorAudit {
      let range = tensor([shape.count], .int32, isConstant: isConstant)
      return try audit(
        Operator(
          kind: .stridedSlice, options: .stridedSlice(StridedSliceOptions()),
          inputs: [0, 1, 2, 3], outputs: [4]),
        [tensor(shape), range, range, range, tensor(shape)])
    }
    #expect(try slice([1, 2, 2, 2]).findings.isEmpty)
    #expect(try slice([1, 2, 2, 2, 2]).blocking.count == 1)
    #expect(try slice([1, 2, 2, 2], isConstant: false).blocking.count == 1)
  }

  @Test("a layer that is repeated is one finding with all its places, blocking ones first")
  func order() throws {
    let tile = Operator(kind: .tile, inputs: [0, 1], outputs: [2])
    var depthwise = ConvolutionOptions()
    depthwise.dilation = Stride(height: 2, width: 2)
    let dilated = Operator(
      kind: .depthwiseConv2D, options: .convolution(depthwise), inputs: [0, 3], outputs: [2])
    let graph = Graph(
      tensors: [
        tensor([1, 4, 4, 8]), tensor([4], .int32, isConstant: true), tensor([1, 4, 4, 8]),
        tensor([1, 3, 3, 8], isConstant: true),
      ],
      operators: [dilated, tile, dilated, tile], inputs: [0], outputs: [2])
    let audit = OperatorAudit(
      Model(name: "m", graphs: [graph], fileSize: 1), runtime: try Bundled.runtime("tflm-cmsis-nn"))
    #expect(audit.findings.map(\.name) == ["TILE", "DEPTHWISE_CONV_2D"])
    #expect(audit.findings.map(\.layers) == [[1, 3], [0, 2]])
    #expect(audit.findings.map(\.severity) == [.blocks, .warns])
  }
}

@Suite("Verdicts on every shared model", .enabled(if: SharedData.isPresent))
struct EveryModelTests {
  /// Folders that hold models, one level of seanet's test cases among them.
  private var paths: [String] {
    let seanet = SharedData.folders(in: "tflm_seanet").map { "tflm_seanet/\($0)" }
    return (["models", "st_shapes"] + seanet).flatMap { folder in
      SharedData.names(in: folder, suffix: ".tflite").map { "\(folder)/\($0)" }
    }
  }

  /// What TFLM itself does with them: 159 allocate and run, nine end with “Didn't find op for builtin
  /// opcode 'TILE'” (tflite-micro 90b983c's Python package, 16 MiB of arena).
  @Test(
    "the runtime's own refusals, and no others, block",
    arguments: ["tflm-reference", "tflm-cmsis-nn"])
  func refusals(name: String) throws {
    let runtime = try Bundled.runtime(name)
    var blocked: [String] = []
    for path in paths {
      let audit = OperatorAudit(try Bundled.published(path), runtime: runtime)
      if !audit.blocking.isEmpty {
        #expect(audit.blocking.map(\.name) == ["TILE"], "\(path)")
        blocked.append(path)
      }
    }
    #expect(paths.count >= 160)
    #expect(blocked.count == 9)
    #expect(blocked.contains("st_shapes/model.tflite"))
    #expect(blocked.allSatisfy { $0.contains("ssd") || $0.hasSuffix("/model.tflite") })
  }

  @Test("every network that ST measured is one that its compilers take")
  func measured() throws {
    for name in ["x-cube-ai-7.3", "x-cube-ai-8.1", "x-cube-ai-10.0", "st-edge-ai-3.0"] {
      let runtime = try Bundled.runtime(name)
      for file in SharedData.names(in: "st_shapes", suffix: ".tflite") {
        let audit = OperatorAudit(try Bundled.published("st_shapes/\(file)"), runtime: runtime)
        #expect(audit.findings.isEmpty, "\(file) with \(name)")
      }
    }
  }

  @Test("every model gets a verdict with every runtime")
  func verdicts() throws {
    let board = try Bundled.board("stm32h743zi")
    let runtimes = try ["tflm-cmsis-nn", "tflm-reference", "x-cube-ai-8.1", "st-edge-ai-3.0"].map {
      try Bundled.runtime($0)
    }
    for path in paths {
      let model = try Bundled.published(path)
      for runtime in runtimes {
        let verdict = try Verdict(of: model, on: board, runtime: runtime)
        #expect(verdict.estimate.ram.total > 0 && verdict.estimate.flash.total > 0, "\(path)")
        #expect(verdict.checks.count == 4)
      }
    }
  }
}
