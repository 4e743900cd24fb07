import Boards
import Models
import Planning
import TestSupport
import Testing

@Suite("Activations of a compiled network")
struct CompiledArenaTests {
  static let rules = Activations(
    overlaps: Activations.Overlap.allCases, packing: .overlapFirst, weightCache: .asNeeded,
    meanError: 0, worstError: 0, rows: 0)

  /// One convolution, same padding, int8.
  static func convolution(
    _ kind: OperatorKind = .conv2D, input: [Int], filter: [Int], output: [Int], stride: Int = 1
  ) -> Graph {
    Graph(
      tensors: [
        Tensor(name: "in", shape: input, type: .int8),
        Tensor(
          name: "w", shape: filter, type: .int8,
          constant: ArraySlice(repeating: 1, count: filter.reduce(1, *))),
        Tensor(name: "out", shape: output, type: .int8),
      ],
      operators: [
        Operator(
          kind: kind,
          options: .convolution(
            ConvolutionOptions(stride: Stride(height: stride, width: stride))),
          inputs: [0, 1], outputs: [2])
      ], inputs: [0], outputs: [2])
  }

  @Test("a layer that grows sixfold needs input, output and scratch beside each other")
  func expansion() {
    // X-CUBE-AI 8.1 reports 129,536 B for a MobileNetV2 0.35 at 96 px, whose peak this layer is.
    let graph = Self.convolution(
      input: [1, 48, 48, 8], filter: [48, 1, 1, 8], output: [1, 48, 48, 48])
    #expect(CompiledArena(of: graph, rules: Self.rules).size == 129_536)
  }

  @Test("an output lies over its input, a row ahead")
  func pointwise() {
    let graph = Self.convolution(
      input: [1, 48, 48, 16], filter: [8, 1, 1, 16], output: [1, 48, 48, 8])
    let arena = CompiledArena(of: graph, rules: Self.rules)
    let row = 48 * 8
    #expect(arena.overlaps.map(\.lead) == [row])
    #expect(arena.size == 48 * 48 * 16 + row + (4 * 16 + 10 * 8))
    #expect(arena.placements[0].offset == row && arena.placements[1].offset == 0)
    var apart = Self.rules
    apart.overlaps = []
    #expect(CompiledArena(of: graph, rules: apart).size == 48 * 48 * 24 + 144)
  }

  @Test("a convolution that keeps the size is padded where it lies and written two rows ahead")
  func padded() {
    // Generated code of ST's MNIST network: 13,376 B, 6,144 of them scratch.
    let graph = Self.convolution(
      input: [1, 14, 14, 16], filter: [32, 3, 3, 16], output: [1, 14, 14, 32])
    let arena = CompiledArena(of: graph, rules: Self.rules)
    #expect(arena.size == 6272 + 960 + 6144)
    #expect(arena.counts.steps == 2 && arena.counts.channels == 32)
    #expect(arena.counts.kernels == [.convolution])
  }

  @Test("scratch of a first layer holds its weights, of a depthwise layer its filter")
  func scratch() {
    func scratch(_ graph: Graph) -> Int {
      var rules = Self.rules
      rules.overlaps = []
      let arena = CompiledArena(of: graph, rules: rules)
      return arena.size - (arena.placements.map(\.end).max() ?? 0)
    }
    let colour = Self.convolution(
      input: [1, 96, 96, 3], filter: [16, 3, 3, 3], output: [1, 48, 48, 16], stride: 2)
    #expect(scratch(colour) == 1196)
    let grey = Self.convolution(
      input: [1, 96, 96, 1], filter: [8, 3, 3, 1], output: [1, 48, 48, 8], stride: 2)
    #expect(scratch(grey) == 292)
    let depthwise = Self.convolution(
      .depthwiseConv2D, input: [1, 24, 24, 40], filter: [1, 3, 3, 40], output: [1, 24, 24, 40])
    #expect(scratch(depthwise) == 37 * 40 + 4)
  }

  @Test(
    "nothing alive is overwritten but an input by its own output",
    .enabled(if: SharedData.isPresent))
  func sound() throws {
    for file in [
      "ic_resnet8_int8", "vww_96_int8", "mcunet_person_detection_int8", "kws_ref_model_int8",
    ] {
      let graph = try Model(tflite: SharedData.bytes("models/\(file).tflite"), name: file).main
      for packing in Activations.Packing.allCases {
        var rules = Self.rules
        rules.packing = packing
        let arena = CompiledArena(of: graph, rules: rules)
        #expect(Self.conflicts(arena) == 0, "\(file)")
        #expect(arena.placements.allSatisfy { $0.offset >= 0 && $0.end <= arena.size })
        #expect(arena.peakOperator != nil)
      }
    }
  }

  private static func conflicts(_ arena: CompiledArena) -> Int {
    var count = 0
    for (i, one) in arena.placements.enumerated() {
      for (j, other) in arena.placements.enumerated().dropFirst(i + 1)
      where one.overlapsInTime(other) && one.offset < other.end && other.offset < one.end {
        let isAllowed = arena.overlaps.contains {
          let lead = arena.placements[$0.input].offset - arena.placements[$0.output].offset
          return Set([$0.input, $0.output]) == [i, j] && lead >= $0.lead
        }
        count += isAllowed ? 0 : 1
      }
    }
    return count
  }

  @Test(
    "published activations of X-CUBE-AI 8.1 within 0.1 %", .enabled(if: SharedData.isPresent),
    arguments: [
      ("fdmobilenet_0.25_128_tfs_int8", 51.18), ("fdmobilenet_0.25_224_tfs_int8", 152.05),
      ("mobilenet_v1_0.25_96_fft_int8", 50.2), ("mobilenet_v1_0.25_96_grayscale_tfs_int8", 41.21),
      ("st_fdmobilenet_v1_128_tfs_int8", 70.75), ("st_fdmobilenet_v1_224_tfs_int8", 206.88),
      ("st_ssd_mobilenet_v1_025_192_int8", 249.54), ("st_ssd_mobilenet_v1_025_256_int8", 439.34),
    ])
  func published(file: String, kibibytes: Double) throws {
    let graph = try Model(tflite: SharedData.bytes("st_shapes/\(file).tflite"), name: file).main
    let bytes = Double(CompiledArena(of: graph, rules: Self.rules).size)
    #expect((bytes / (kibibytes * 1024) - 1).magnitude < 0.001)
  }
}

@Suite("Why an arena must be larger than what the interpreter reports")
struct ArenaReasonTests {
  @Test(
    "an auto-encoder's planning takes more than its run", .enabled(if: SharedData.isPresent))
  func planning() throws {
    let model = try Model(tflite: SharedData.bytes("models/ad01_int8.tflite"), name: "ad01")
    let arena = try InterpreterArena(of: model, kernels: .cmsisNN)
    #expect(arena.minimum > arena.used)
    #expect(arena.reason?.contains("B of temporaries beside") == true)
  }

  @Test("a large network needs what it reports", .enabled(if: SharedData.isPresent))
  func running() throws {
    let model = try Model(tflite: SharedData.bytes("models/vww_96_int8.tflite"), name: "vww")
    #expect(try InterpreterArena(of: model, kernels: .cmsisNN).reason == nil)
  }
}
