import Boards
import Models
import TestSupport
import Testing
import Timing

@Suite("Cycles of layers")
struct CycleModelTests {
  /// A convolution of `channels` → `filters` channels on an image of 16 × 16.
  static func convolution(
    channels: Int, filters: Int, kernel: Int, depthwise: Bool = false
  ) -> Graph {
    let shape = depthwise ? [1, kernel, kernel, filters] : [filters, kernel, kernel, channels]
    let size = shape.reduce(1, *)
    return Graph(
      tensors: [
        Tensor(name: "in", shape: [1, 16, 16, channels], type: .int8),
        Tensor(
          name: "filter", shape: shape, type: .int8,
          constant: [UInt8](repeating: 0, count: size)[...]),
        Tensor(name: "out", shape: [1, 16, 16, filters], type: .int8),
      ],
      operators: [
        Operator(
          kind: depthwise ? .depthwiseConv2D : .conv2D, options: .convolution(ConvolutionOptions()),
          inputs: [0, 1], outputs: [2])
      ],
      inputs: [0], outputs: [2])
  }

  static let names = [
    "tflm-reference", "tflm-cmsis-nn", "x-cube-ai-7.3", "x-cube-ai-8.1", "x-cube-ai-10.0",
    "st-edge-ai-3.0",
  ]

  @Test("more work never costs fewer cycles", arguments: names)
  func monotonic(name: String) throws {
    let model = CycleModel(try Published.profile(name))
    func cycles(_ graph: Graph, _ setting: MemorySetting = .calibrated) -> Int {
      model.layers(of: graph, setting: setting).reduce(0) { $0 + $1.cycles }
    }
    for kernel in [1, 3, 5] {
      var last = 0
      for filters in [8, 16, 24, 32, 64, 128] {
        let now = cycles(Self.convolution(channels: 16, filters: filters, kernel: kernel))
        #expect(now > last)
        last = now
      }
    }
    let graph = Self.convolution(channels: 64, filters: 64, kernel: 3)
    let flash = MemorySetting(weights: MemorySetting.Access(fill: 62))
    let memory = MemorySetting(activations: MemorySetting.Access(fill: 64))
    #expect(cycles(graph, flash) > cycles(graph))
    #expect(cycles(graph, memory) > cycles(graph))
    #expect(cycles(graph, MemorySetting(dataCache: 4096)) >= cycles(graph))
  }

  @Test("work is counted from shapes")
  func counts() throws {
    let first = try #require(
      LayerWork.of(Self.convolution(channels: 3, filters: 8, kernel: 3)).first)
    #expect(first.macs == 256 * 8 * 27)
    // 27 products: 24 in groups of four, three that cost 2.5 times as much.
    let equivalent = Double(first.macs) * (24 + 2.5 * 3) / 27
    #expect((first[.convolutionMAC] - equivalent).magnitude < 1e-6)
    #expect(first[.gatherThinTap] == 256 * 9 && first[.gatherTap] == 0)
    #expect(first[.gatherValue] == 256 * 27)
    #expect(first.weightLines(cache: 16384) == 7)
    let deep = try #require(
      LayerWork.of(Self.convolution(channels: 64, filters: 64, kernel: 3)).first)
    // 36 KiB of weights do not stay in 16 KiB of cache: fetched for every four of 256 pixels.
    #expect(deep.weightLines(cache: 16384) == 1152 * 64)
    #expect(deep.weightLines(cache: 65536) == 1152)
    let depthwise = try #require(
      LayerWork.of(Self.convolution(channels: 8, filters: 8, kernel: 3, depthwise: true)).first)
    #expect(depthwise[.depthwiseMAC] == 256 * 8 * 9 && depthwise[.generalDepthwiseMAC] == 0)
  }

  @Test(
    "a compiler pays nothing for shapes, padding and constants", .enabled(if: SharedData.isPresent))
  func folding() throws {
    let graph = try Published.model("ssd_mobilenet_v1_025_192_int8.tflite").main
    let works = LayerWork.of(graph)
    let model = CycleModel(try Published.profile("x-cube-ai-7.3"))
    for work in works where [.shape, .pack, .stridedSlice, .pad].contains(work.kind) {
      #expect(model.cycles(of: work) == 0)
    }
    #expect(works.reduce(0) { $0 + $1.macs } == 39_942_272)
  }
}
