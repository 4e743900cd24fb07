import Foundation
import Kernels
import Testing

@Suite("Tabled functions stay near the real ones")
struct ActivationTests {
  static let scales: [Float] = [0.001, 0.01, 0.0235, 0.047, 0.1, 0.25, 1]
  static let zeroPoints: [Int32] = [-128, -77, 0, 5, 127]

  /// The 256 results of a table.
  private func results(_ table: ByteTable) -> [Int] {
    let inputs = (Int(Int8.min)...Int(Int8.max)).map { Int8($0) }
    var outputs = [Int8](repeating: 0, count: 256)
    table.run(inputs, count: 256, to: &outputs)
    return outputs.map(Int.init)
  }

  /// The largest distance in steps between a table and the real function.
  private func error(
    _ table: ByteTable, from input: TensorScale, to output: TensorScale,
    _ function: (Double) -> Double
  ) -> Double {
    zip(-128...127, results(table)).map { value, result in
      let real = function(Double(input.scale) * Double(value - Int(input.zeroPoint)))
      let steps = real / Double(output.scale) + Double(output.zeroPoint)
      return abs(min(127, max(-128, steps)) - Double(result))
    }.max() ?? 0
  }

  @Test("Logistic is within a step of the real one", arguments: scales, zeroPoints)
  func logistic(scale: Float, zeroPoint: Int32) throws {
    let table = try #require(ByteTable(logistic: (scale, zeroPoint)))
    let worst = error(table, from: (scale, zeroPoint), to: (1 / 256, -128)) { 1 / (1 + exp(-$0)) }
    #expect(worst < 1)
  }

  @Test("Tanh is within a step of the real one", arguments: scales, zeroPoints)
  func hyperbolicTangent(scale: Float, zeroPoint: Int32) throws {
    let table = try #require(ByteTable(tanh: (scale, zeroPoint)))
    #expect(error(table, from: (scale, zeroPoint), to: (1 / 128, 0), tanh) < 1)
  }

  @Test("Leaky rectification is within a step of the real one", arguments: zeroPoints)
  func leaky(zeroPoint: Int32) throws {
    for alpha: Float in [-0.5, 0, 0.1, 0.3, 1.5] {
      let input: TensorScale = (0.05, zeroPoint)
      let output: TensorScale = (0.04, -3)
      let table = try #require(ByteTable(leaky: alpha, from: input, to: output))
      let worst = error(table, from: input, to: output) { $0 > 0 ? $0 : $0 * Double(alpha) }
      // Rounded twice: half a step in the product, then half a step.
      #expect(worst < 1)
    }
  }

  @Test("Hard swish is within two steps of the real one", arguments: zeroPoints)
  func hardSwish(zeroPoint: Int32) throws {
    let input: TensorScale = (0.05, zeroPoint)
    let output: TensorScale = (0.06, -100)
    let table = try #require(ByteTable(hardSwish: input, to: output))
    // Two 16-bit products are rounded on the way.
    #expect(error(table, from: input, to: output) { $0 * min(6, max(0, $0 + 3)) / 6 } < 2)
  }

  @Test("Int16 sigmoids are within four steps of the real ones at every input")
  func wideSigmoids() throws {
    let inputs = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
    for (function, real) in [
      (WideSigmoid.Function.logistic, { 1 / (1 + exp(-$0)) }), (.tanh, { tanh($0) }),
    ] as [(WideSigmoid.Function, (Double) -> Double)] {
      var outputs = [Int16](repeating: 0, count: inputs.count)
      WideSigmoid(function).run(inputs, count: inputs.count, to: &outputs)
      let worst = zip(inputs, outputs).map { input, output in
        abs(real(Double(input) / 4096) * 32768 - Double(output))
      }.max()
      #expect(try #require(worst) < 4)
    }
  }

  @Test("A softmax's shares add up to one within a step per class")
  func softmaxShares() throws {
    let softmax = try #require(
      Softmax(scale: 0.1, beta: 1, output: (1 / 256, -128), arithmetic: .doubleRounding))
    for depth in [1, 2, 3, 10, 12, 100] {
      let scores = (0..<depth).map { Int8(truncatingIfNeeded: $0 &* 97 &+ 13) }
      var shares = [Int8](repeating: 0, count: depth)
      softmax.run(scores, rows: 1, depth: depth, to: &shares)
      let sum = shares.reduce(0) { $0 + Int($1) + 128 }
      #expect(abs(sum - 256) <= max(1, depth / 2))
    }
  }
}

@Suite("Multipliers agree with wide arithmetic")
struct MultiplierTests {
  @Test("Every int16 product under every right shift is the nearest, halves away from zero")
  func roundsTwice() throws {
    for exponent: Int32 in [-12, -7, -3, -1, 0] {
      // 2³⁰ is one half: the high product is exact for even values, so only one rounding is left.
      let multiplier = QuantizedMultiplier(significand: 1 << 30, exponent: exponent)
      for value in Int32(Int16.min)...Int32(Int16.max) {
        let real = Double(value) * 2 * 0.5 * exp2(Double(exponent))
        let expected = real.rounded(.toNearestOrAwayFromZero)
        #expect(Double(multiplier.multiply(value &* 2)) == expected)
      }
    }
  }

  @Test("Sums of 64 bits are scaled within 2⁻¹⁵ of the real factor")
  func wideSums() throws {
    for real in [1e-5, 0.0123, 0.5, 0.99, 3.7] {
      let multiplier = try #require(QuantizedMultiplier(real))
      for sum: Int64 in [-1_000_003, -77, -1, 0, 1, 77, 8_000_009] {
        let result = Double(multiplier.multiply(sum))
        #expect(abs(result - Double(sum) * real) <= 0.5 + abs(Double(sum) * real) * 0x1p-14)
      }
    }
  }
}
