import Bytes
import Inference
import Kernels
import Models
import TestSupport
import Testing

@Suite(
  "Real models answer as the runtimes that own each arithmetic", .enabled(if: SharedData.isPresent))
struct GoldenTests {
  @Test("Outputs equal the recorded ones", arguments: Golden.tflite, Arithmetic.allCases)
  func outputsEqual(golden: Golden, arithmetic: Arithmetic) throws {
    var interpreter = try Interpreter(try golden.load(), arithmetic: arithmetic)
    for (number, sample) in golden.cases.enumerated() {
      guard let outputs = sample.outputs(arithmetic) else { continue }
      for (index, input) in sample.inputs.enumerated() {
        try interpreter.setInput(index, bytes: try SharedData.bytes(input))
      }
      interpreter.resetVariables()
      try interpreter.invoke()
      for (index, output) in outputs.enumerated() {
        let expected = try SharedData.bytes(output)
        let found = interpreter.output(index)
        let size = golden.outputs[index].integerSize
        if size == 0 {
          let (found, expected) = (floats(found), floats(expected))
          try #require(found.count == expected.count)
          let scale = expected.map(abs).max() ?? 0
          let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
          #expect(worst <= 1e-5 * scale, "case \(number) output \(index)")
        } else {
          let difference = Difference(found, expected, size: size)
          #expect(difference.differing == 0, "case \(number) output \(index): \(difference)")
        }
      }
    }
  }
}
