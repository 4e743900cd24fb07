import Boards
import Models
import TestSupport
import Testing
import Timing

@Suite("Cycles over shapes that nobody measured")
struct ShapePropertyTests {
  /// Cycles per multiply-accumulate of one layer.
  private static func perMAC(_ graph: Graph, _ model: CycleModel) -> Double {
    let layer = model.layers(of: graph)[0]
    return Double(layer.cycles) / Double(max(1, layer.work.macs))
  }

  /// Two products per SMLAD, one of them a cycle: nothing is faster than half a cycle a product.
  private static let fastest = 0.5

  @Test("more channels cost more in all and no more each", arguments: CycleModelTests.names)
  func channels(name: String) throws {
    let model = CycleModel(try Published.profile(name))
    for kernel in [1, 3, 5] {
      for filters in [6, 8, 10, 16, 64] {
        var last = Double.infinity
        for channels in [4, 8, 16, 32, 64, 128, 256, 512] {
          let graph = CycleModelTests.convolution(
            channels: channels, filters: filters, kernel: kernel)
          let each = Self.perMAC(graph, model)
          #expect(each > Self.fastest)
          // A layer that outgrows the data cache pays for it, by at most a cycle a product.
          let outgrows = channels * filters * kernel * kernel > 16384
          // Gathering for a first layer is another loop.
          #expect(each <= last * (channels == 8 ? 1.3 : 1) + (outgrows ? 1 : 0))
          last = each
        }
      }
    }
  }

  @Test(
    "a remainder costs more than the next multiple of four at most",
    arguments: CycleModelTests.names)
  func remainders(name: String) throws {
    let model = CycleModel(try Published.profile(name))
    func cycles(_ channels: Int, _ kernel: Int) -> Double {
      let graph = CycleModelTests.convolution(channels: channels, filters: 16, kernel: kernel)
      return Double(model.layers(of: graph)[0].cycles)
    }
    for kernel in [1, 3, 5] {
      for channels in [5, 6, 7, 9, 10, 11, 18, 33, 131] {
        let below = cycles(channels / 4 * 4, kernel)
        let above = cycles((channels + 3) / 4 * 4, kernel)
        let own = cycles(channels, kernel)
        #expect(own < above * 1.45, "\(channels) \(kernel)")
        // Up to four channels are gathered by another loop.
        #expect(own > below || channels < 8, "\(channels) \(kernel)")
      }
    }
  }

  @Test("depthwise layers cost by outputs and positions", arguments: CycleModelTests.names)
  func depthwise(name: String) throws {
    let model = CycleModel(try Published.profile(name))
    func cycles(_ channels: Int, _ kernel: Int) -> Int {
      let graph = CycleModelTests.convolution(
        channels: channels, filters: channels, kernel: kernel, depthwise: true)
      return model.layers(of: graph)[0].cycles
    }
    for kernel in [3, 5] {
      var last = 0
      for channels in [1, 3, 6, 10, 18, 32, 96, 512] {
        let now = cycles(channels, kernel)
        #expect(now > last)
        last = now
      }
    }
    for channels in [8, 96] {
      // Twenty-five products against nine, by a loop that is no better.
      let ratio = Double(cycles(channels, 5)) / Double(cycles(channels, 3))
      #expect((1.5...8).contains(ratio), "\(ratio)")
    }
  }

  @Test("fully connected layers cost at least half a cycle a product, and no more when larger")
  func fullyConnected() throws {
    for name in CycleModelTests.names {
      let model = CycleModel(try Published.profile(name))
      var last = Double.infinity
      for inputs in [4, 16, 64, 256, 1024] {
        let graph = Graph(
          tensors: [
            Tensor(name: "in", shape: [1, inputs], type: .int8),
            Tensor(
              name: "weights", shape: [64, inputs], type: .int8,
              constant: [UInt8](repeating: 0, count: 64 * inputs)[...]),
            Tensor(name: "out", shape: [1, 64], type: .int8),
          ],
          operators: [
            Operator(kind: .fullyConnected, options: .none, inputs: [0, 1], outputs: [2])
          ],
          inputs: [0], outputs: [2])
        let each = Self.perMAC(graph, model)
        #expect(each > Self.fastest && each < last)
        last = each
      }
    }
  }

  @Test(
    "costs are positive and in the order of the work behind them", arguments: CycleModelTests.names)
  func order(name: String) throws {
    let profile = try Published.profile(name)
    func cost(_ cost: RuntimeCost) -> Double { profile.cycles(cost) }
    for each in RuntimeCost.allCases where !name.hasSuffix("reference") {
      #expect(cost(each) > 0, "\(each.rawValue)")
    }
    // A product is cheaper than a requantization, which is cheaper than an exponential.
    #expect(cost(.convolutionMAC) >= Self.fastest && cost(.pointwiseMAC) >= Self.fastest)
    #expect(cost(.matrixMAC) >= Self.fastest)
    guard !name.hasSuffix("reference") else { return }
    // Loading weights once each is dearer than loading them for two pixels.
    #expect(cost(.matrixMAC) > cost(.pointwiseMAC))
    #expect(cost(.convolutionMAC) * 10 < cost(.convolutionOutput))
    #expect(cost(.convolutionOutput) * 3 < cost(.softmax))
    #expect(cost(.copy) < cost(.elementwise))
    #expect(cost(.weightFill) <= 1.2 && cost(.activationFill) <= cost(.weightFill) * 1.2)
  }
}
