import Models
import TestSupport
import Testing

@Suite("Reshaping")
struct ReshapingTests {
  /// Image → 3 × 3 convolution of stride 2 → depthwise → residual convolution and addition → mean →
  /// fully connected.
  static func residual() -> Model {
    func constant(_ name: String, _ shape: [Int], _ type: ElementType = .int8) -> Tensor {
      let count = shape.reduce(1, *) * (type.size ?? 1)
      return Tensor(
        name: name, shape: shape, type: type, constant: [UInt8](repeating: 1, count: count)[...])
    }
    func image(_ name: String, _ shape: [Int]) -> Tensor {
      Tensor(name: name, shape: shape, type: .int8)
    }
    var axes = constant("axes", [2], .int32)
    axes.constant = [1, 0, 0, 0, 2, 0, 0, 0]
    let half = ConvolutionOptions(stride: Stride(height: 2, width: 2))
    let graph = Graph(
      tensors: [
        image("in", [1, 32, 32, 10]),  // 0
        constant("w1", [16, 3, 3, 10]), constant("b1", [16], .int32), image("c1", [1, 16, 16, 16]),
        constant("w2", [1, 3, 3, 16]), constant("b2", [16], .int32), image("d2", [1, 16, 16, 16]),
        constant("w3", [16, 1, 1, 16]), constant("b3", [16], .int32), image("c3", [1, 16, 16, 16]),
        image("sum", [1, 16, 16, 16]),  // 10
        axes, image("mean", [1, 16]),
        constant("w4", [5, 16]), constant("b4", [5], .int32), image("out", [1, 5]),
      ],
      operators: [
        Operator(
          kind: .conv2D, options: .convolution(half), inputs: [0, 1, 2], outputs: [3]),
        Operator(
          kind: .depthwiseConv2D, options: .convolution(ConvolutionOptions()), inputs: [3, 4, 5],
          outputs: [6]),
        Operator(
          kind: .conv2D, options: .convolution(ConvolutionOptions()), inputs: [6, 7, 8],
          outputs: [9]),
        Operator(
          kind: .add, options: .elementwise(activation: .none), inputs: [3, 9], outputs: [10]),
        Operator(
          kind: .mean, options: .reduce(keepDimensions: false), inputs: [10, 11], outputs: [12]),
        Operator(
          kind: .fullyConnected,
          options: .fullyConnected(activation: .none, keepDimensions: false, shuffled: false),
          inputs: [12, 13, 14], outputs: [15]),
      ],
      inputs: [0], outputs: [15])
    return Model(name: "residual", graphs: [graph], fileSize: graph.constantBytes + 1000)
  }

  private func shapes(_ model: Model) -> [[Int]] { model.main.tensors.map(\.shape) }

  @Test("channels that are added to each other change together, inputs and outputs stay")
  func width() throws {
    let model = try Self.residual().reshaped(.width(percent: 50))
    try model.main.check()
    #expect(model.main.tensors[3].shape == [1, 16, 16, 8])
    #expect(model.main.tensors[7].shape == [8, 1, 1, 8])
    #expect(model.main.tensors[13].shape == [5, 8])
    #expect(model.main.tensors[0].shape == [1, 32, 32, 10])
    #expect(model.main.tensors[15].shape == [1, 5])
    // The file shrinks by what its constants lose.
    let lost = Self.residual().main.constantBytes - model.main.constantBytes
    #expect(lost > 0 && model.fileSize == Self.residual().fileSize - lost)
  }

  @Test("a smaller image and fewer channels reach just the layers that they concern")
  func input() throws {
    let small = try Self.residual().reshaped(.inputSize(height: 24, width: 20))
    try small.main.check()
    #expect(small.main.tensors[10].shape == [1, 12, 10, 16])
    #expect(small.main.constantBytes == Self.residual().main.constantBytes)
    let thin = try Self.residual().reshaped(.inputChannels(6))
    try thin.main.check()
    #expect(thin.main.tensors[1].shape == [16, 3, 3, 6])
    #expect(thin.main.tensors[1].constant?.count == 16 * 9 * 6)
    #expect(thin.main.tensors[3].shape == [1, 16, 16, 16])
  }

  @Test("what regroups channels holds them, what has no image refuses")
  func refusals() throws {
    var model = Self.residual()
    model.graphs[0].tensors[12].shape = [1, 4, 4]
    model.graphs[0].tensors.append(Tensor(name: "flat", shape: [1, 16], type: .int8))
    model.graphs[0].tensors.append(Tensor(name: "kept", shape: [1, 16], type: .int8))
    model.graphs[0].operators[4].outputs = [17]
    model.graphs[0].operators.insert(
      Operator(
        kind: .reshape, options: .reshape(newShape: [1, 4, 4]), inputs: [17], outputs: [12]),
      at: 5)
    model.graphs[0].operators.insert(
      Operator(kind: .reshape, options: .reshape(newShape: [1, 16]), inputs: [12], outputs: [16]),
      at: 6)
    model.graphs[0].operators[7].inputs[0] = 16
    try model.main.check()
    #expect(throws: GraphProblem.self) { try model.reshaped(.firstLayer(channels: 8)) }
    var flat = Self.residual()
    flat.graphs[0].tensors[0].shape = [1, 1024, 10]
    #expect(throws: GraphProblem.self) { try flat.reshaped(.inputChannels(4)) }
  }

  @Test("constants keep what fits of them, and per-channel scales follow")
  func constants() throws {
    var model = Self.residual()
    let bytes = (0..<(16 * 16)).map { UInt8($0) }
    model.graphs[0].tensors[7].constant = bytes[...]
    model.graphs[0].tensors[7].quantization = Quantization(
      scales: (0..<16).map(Float.init), zeroPoints: [0])
    let narrow = try model.reshaped(.width(percent: 25)).main.tensors[7]
    #expect(
      narrow.constant.map(Array.init) == [
        0, 1, 2, 3, 16, 17, 18, 19, 32, 33, 34, 35, 48, 49, 50, 51,
      ])
    #expect(narrow.quantization?.scales == [0, 1, 2, 3])
    let wide = try model.reshaped(.width(percent: 200)).main.tensors[7]
    #expect(wide.constant?.count == 32 * 32)
    #expect(wide.constant?.prefix(18).map(Int.init) == Array(0..<16) + [0, 1])
  }
}

@Suite("Reshaping published models", .enabled(if: SharedData.isPresent))
struct PublishedReshapingTests {
  private func model(_ name: String) throws -> Model {
    try Model(tflite: SharedData.bytes("st_shapes/\(name).tflite"), name: name)
  }

  /// Operators with their output shapes, and the shapes of all parameters.
  private func structure(_ model: Model) -> [String] {
    model.main.operators.map { operation in
      let tensors = operation.inputs.compactMap(\.self) + operation.outputs
      return "\(operation.kind.name) \(tensors.map { model.main.tensors[$0].shape })"
    }
  }

  private func side(_ side: Int) -> ShapeChange { .inputSize(height: side, width: side) }

  /// Networks that their authors published in two sizes: each must become the other.
  @Test(
    "one size of a published network becomes the other",
    arguments: [
      ("mobilenet_v1_0.25_224_int8", "mobilenet_v1_0.25_96_int8"),
      ("mobilenet_v1_0.25_224_fft_int8", "mobilenet_v1_0.25_96_fft_int8"),
      ("mobilenet_v1_0.5_224_int8", "mobilenet_v1_0.25_224_int8"),
      ("mobilenet_v1_0.5_224_int8", "mobilenet_v1_0.25_96_int8"),
      ("mobilenet_v1_0.25_96_int8", "mobilenet_v1_0.25_96_grayscale_int8"),
      ("fdmobilenet_0.25_224_int8", "fdmobilenet_0.25_128_int8"),
      ("fdmobilenet_0.25_224_tfs_int8", "fdmobilenet_0.25_128_tfs_int8"),
      ("st_fdmobilenet_v1_224_tfs_int8", "st_fdmobilenet_v1_128_tfs_int8"),
    ])
  func siblings(from: String, to: String) throws {
    let (one, other) = (try model(from), try model(to))
    for (a, b) in [(one, other), (other, one)] {
      let target = try #require(b.main.imageSize)
      let now = try #require(a.main.imageSize)
      var changes: [ShapeChange] = []
      if target.channels != now.channels { changes.append(.inputChannels(target.channels)) }
      let widths = [a, b].map { $0.main.tensors[$0.main.operators[1].outputs[0]].shape[3] }
      if widths[0] != widths[1] { changes.append(.width(percent: widths[1] * 100 / widths[0])) }
      changes.append(.inputSize(height: target.height, width: target.width))
      let reshaped = try a.reshaped(changes)
      try reshaped.main.check()
      #expect(structure(reshaped) == structure(b))
      #expect(reshaped.main.macs == b.main.macs)
      #expect(reshaped.main.constantBytes == b.main.constantBytes)
      // What the file holds besides constants and scales differs by names and alignment.
      #expect((reshaped.fileSize - b.fileSize).magnitude < 4096)
    }
  }

  /// There and back: every operator's shape is derived twice.
  @Test("every published image network returns from another size to its own shapes exactly")
  func thereAndBack() throws {
    var returned: [String] = []
    var refused: [String] = []
    for folder in ["models", "st_shapes"] {
      for name in SharedData.names(in: folder, suffix: ".tflite") {
        let model = try Model(tflite: SharedData.bytes("\(folder)/\(name)"), name: name)
        guard let size = model.main.imageSize, size.height > 1, size.width > 1 else { continue }
        let twice = ShapeChange.inputSize(height: size.height * 2, width: size.width * 2)
        guard let larger = try? model.reshaped(twice) else {
          refused.append(name)
          continue
        }
        let back = try larger.reshaped(.inputSize(height: size.height, width: size.width))
        #expect(structure(back) == structure(model), "\(name)")
        #expect(larger.main.macs > model.main.macs, "\(name)")
        returned.append(name)
      }
    }
    #expect(returned.count == 26)
    // Their boxes are laid over a fixed grid by TILE of constants.
    #expect(refused.count == 9 && refused.allSatisfy { $0.contains("ssd") || $0 == "model.tflite" })
  }

  @Test("every operator of every published model derives the shapes that its file states")
  func inference() throws {
    var checked = 0
    for folder in ["models", "st_shapes"] {
      for name in SharedData.names(in: folder, suffix: ".tflite") {
        let model = try Model(tflite: SharedData.bytes("\(folder)/\(name)"), name: name)
        for operation in model.main.operators {
          guard let shapes = try model.main.inferredOutputShapes(of: operation) else { continue }
          #expect(shapes == operation.outputs.map { model.main.tensors[$0].shape })
          checked += 1
        }
      }
    }
    #expect(checked > 2000)
  }
}
