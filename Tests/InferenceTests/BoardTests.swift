import Foundation
import Inference
import Kernels
import Models
import TestSupport
import Testing

/// What four real boards answered to the 1,000 official keyword inputs of MLPerf Tiny.
private struct Board: Decodable, CustomTestStringConvertible {
  var file: String
  var requantization: String

  var testDescription: String { file }

  static let all: [Board] = {
    guard SharedData.isPresent else { return [] }
    do {
      let bytes = try SharedData.bytes("kws01/boards.json")
      return try JSONDecoder().decode([Board].self, from: Data(bytes))
    } catch { fatalError("kws01/boards.json: \(error)") }
  }()
}

@Suite("Real boards", .enabled(if: SharedData.isPresent))
struct BoardTests {
  @Test("All 1,000 keyword answers equal the board's", arguments: Board.all)
  fileprivate func answersEqual(board: Board) throws {
    let arithmetic = try #require(Arithmetic(rawValue: board.requantization))
    let model = try Model(
      tflite: SharedData.bytes("models/kws_ref_model_int8.tflite"), name: "kws")
    var interpreter = try Interpreter(model, arithmetic: arithmetic)
    let inputs = try SharedData.bytes("kws01/inputs.int8.bin")
    let answers = try SharedData.bytes("kws01/" + board.file)
    var equal = 0
    for sample in 0..<1000 {
      interpreter.withInput(0) { $0.copyBytes(from: inputs[sample * 490..<(sample + 1) * 490]) }
      try interpreter.invoke()
      if interpreter.output(0)[...] == answers[sample * 12..<(sample + 1) * 12] { equal += 1 }
    }
    #expect(equal == 1000)
  }
}
