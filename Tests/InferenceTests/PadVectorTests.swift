import Bytes
import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

@Suite("Padding answers as the published CMSIS-NN cases", .enabled(if: SharedData.isPresent))
struct PadVectorTests {
  private struct File: Decodable {
    struct Stored: Decodable { var data: [Int] }
    var params: [String: Int]
    var arrays: [String: Stored]
  }

  @Test("Both cases equal", arguments: ["pad_int8_1", "pad_int8_2"])
  func outputsEqual(name: String) throws {
    let bytes = try SharedData.bytes("cmsis_nn_vectors/\(name).json")
    let file = try JSONDecoder().decode(File.self, from: Data(bytes))
    let axes = ["n", "h", "w", "c"]
    let parameter = { file.params[$0] ?? 0 }
    let shape = axes.map { parameter("input_\($0)") }
    let paddings: [Int] = axes.flatMap { (axis: String) -> [Int] in
      [parameter("pre_pad_\(axis)"), parameter("post_pad_\(axis)")]
    }
    let result = axes.indices.map { paddings[2 * $0] + shape[$0] + paddings[2 * $0 + 1] }
    let littleEndian: [UInt8] = paddings.flatMap { (padding: Int) -> [UInt8] in
      [UInt8(padding), 0, 0, 0]
    }
    let quantization = Quantization(scales: [1], zeroPoints: [parameter("pad_value")])
    let graph = Graph(
      tensors: [
        Tensor(name: "input", shape: shape, type: .int8, quantization: quantization),
        Tensor(name: "paddings", shape: [4, 2], type: .int32, constant: littleEndian[...]),
        Tensor(name: "output", shape: result, type: .int8, quantization: quantization),
      ],
      operators: [Operator(kind: .pad, inputs: [0, 1], outputs: [2])], inputs: [0], outputs: [2])
    var interpreter = try Interpreter(
      Model(name: name, graphs: [graph], fileSize: 0), arithmetic: .doubleRounding)
    let input = try #require(file.arrays["input_tensor"])
    try interpreter.setInput(0, bytes: input.data.map { UInt8(truncatingIfNeeded: $0) })
    try interpreter.invoke()
    let expected = try #require(file.arrays["output"])
    #expect(interpreter.output(0) == expected.data.map { UInt8(truncatingIfNeeded: $0) })
  }
}
