import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// One ADD, SUB or MUL with broadcasts, zero points and fused activations of all kinds; the answers
/// are those of tflite-micro 0.dev20261023 and of LiteRT 2.21 with XNNPACK.
private struct ElementwiseCase: Decodable, CustomTestStringConvertible {
  var name: String
  var model: Data
  /// Both inputs, one after the other.
  var inputs: Data
  var doubleRounding: Data
  var fp32HalfEven: Data

  var testDescription: String { name }

  static let all: [ElementwiseCase] = {
    do {
      let bytes = try SharedData.own("Tests/Fixtures/elementwise.json")
      return try JSONDecoder().decode([ElementwiseCase].self, from: Data(bytes))
    } catch { fatalError("elementwise.json: \(error)") }
  }()
}

@Suite("Elementwise operators")
struct ElementwiseTests {
  @Test(
    "Sums, differences and products equal the recorded ones", arguments: ElementwiseCase.all,
    Arithmetic.allCases)
  fileprivate func equal(sample: ElementwiseCase, arithmetic: Arithmetic) throws {
    let model = try Model(tflite: Array(sample.model), name: sample.name)
    var interpreter = try Interpreter(model, arithmetic: arithmetic)
    let first = interpreter.inputTensor(0).byteCount
    try interpreter.setInput(0, bytes: Array(sample.inputs.prefix(first)))
    try interpreter.setInput(1, bytes: Array(sample.inputs.dropFirst(first)))
    try interpreter.invoke()
    let expected =
      arithmetic == .doubleRounding ? sample.doubleRounding : sample.fp32HalfEven
    let difference = Difference(interpreter.output(0), Array(expected), size: 1)
    #expect(difference.differing == 0, "\(difference)")
  }
}
