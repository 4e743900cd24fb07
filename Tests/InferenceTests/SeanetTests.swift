import Bytes
import Inference
import Kernels
import Models
import TestSupport
import Testing

@Suite("Single int16 operators answer as recorded", .enabled(if: SharedData.isPresent))
struct SeanetTests {
  /// One operator in a file, with the inputs and the output recorded beside it.
  struct Case: Sendable {
    let folder: String
    let name: String

    private func values(_ role: String) throws -> [UInt8] {
      for (type, size) in [("int16", 2), ("int32", 4)] {
        let path = "tflm_seanet/\(folder)/\(name)_\(role)_\(type).csv"
        guard let text = try? SharedData.text(path) else { continue }
        var bytes: [UInt8] = []
        for number in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
          let value = try #require(Int(number))
          for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
        }
        return bytes
      }
      return []
    }

    func difference() throws -> Difference {
      let file = "tflm_seanet/\(folder)/\(name).tflite"
      let model = try Model(tflite: SharedData.bytes(file), name: file)
      var interpreter = try Interpreter(model, arithmetic: .doubleRounding)
      for index in 0..<interpreter.inputCount {
        try interpreter.setInput(index, bytes: try values("input\(index)"))
      }
      try interpreter.invoke()
      let size = interpreter.outputTensor(0).type.size ?? 0
      return Difference(interpreter.output(0), try values("golden"), size: size)
    }
  }

  static let folders = [
    "add", "conv", "leaky_relu", "pad", "quantize", "strided_slice", "sub", "transpose_conv",
  ]

  static let cases: [Case] = folders.flatMap { folder in
    SharedData.names(in: "tflm_seanet/\(folder)", suffix: ".tflite").map {
      Case(folder: folder, name: String($0.dropLast(7)))
    }
  }

  /// Cases whose recorded outputs, made by LiteRT, differ from the microcontroller runtime.
  static let exceptions: [String: String] = [:]

  @Test("All 127 equal, but for the listed ones")
  func outputsEqual() throws {
    #expect(Self.cases.count == 127)
    var differing: [String: String] = [:]
    for single in Self.cases {
      do {
        let difference = try single.difference()
        if difference.differing > 0 { differing[single.name] = difference.description }
      } catch {
        differing[single.name] = "\(error)"
      }
    }
    #expect(differing == Self.exceptions)
  }
}
