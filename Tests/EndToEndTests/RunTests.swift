import Foundation
import TestSupport
import Testing

@Suite("preflash run")
struct RunTests {
  /// The elements of a `.npy` file of one byte each.
  private func elements(_ npy: [UInt8]) -> [UInt8] { Array(npy[(10 + Int(npy[8]))...]) }

  @Test(
    "answers what the reference runtime answered, byte for byte",
    .enabled(if: SharedData.isPresent),
    arguments: [
      ("double-rounding", "tflite-micro"), ("fp32-half-even", "xnnpack"),
    ])
  func golden(arithmetic: String, runtime: String) throws {
    let goldens = "goldens/ad01_int8"
    try Folder.temporary { folder in
      let outcome = try Tool.run([
        "run", "\(SharedData.path)/models/ad01_int8.tflite",
        "--input", "\(SharedData.path)/\(goldens)/input0_case0.int8.bin",
        "--arithmetic", arithmetic, "--output", folder.file("out.npy"),
        "--layers", folder.file("layers"),
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let expected = try SharedData.bytes("\(goldens)/output0_case0.\(runtime).int8.bin")
      #expect(elements(try folder.bytes("out.npy")) == expected)
      let layers = try FileManager.default.contentsOfDirectory(atPath: folder.file("layers"))
      #expect(layers.count == 31)
      #expect(layers.contains { $0.hasPrefix("000-") && $0.hasSuffix(".npy") })
    }
  }

  @Test("quantizes real inputs by the model's own scale, and says so")
  func quantizes() throws {
    try Folder.temporary { folder in
      let model = try folder.write(ModelFile().bytes(), to: "small.tflite")
      // 60 float32 elements of 0.5: with scale 0.5 and zero point 0 each becomes 1.
      let header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 6, 5, 2), }"
        .padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
      var npy: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      for _ in 0..<60 { npy += [0, 0, 0, 0x3F] }
      let real = try folder.write(npy, to: "real.npy")
      let whole = try folder.write([UInt8](repeating: 1, count: 60), to: "whole.bin")
      let fromReal = try Tool.run(["run", model, "--input", real])
      let fromWhole = try Tool.run(["run", model, "--input", whole])
      #expect(fromReal.status == 0, "\(fromReal.errors)")
      #expect(fromReal.output.contains("quantized with scale 0.5, zero point 0"))
      let table = { (text: String) in text.split(separator: "\n").suffix(12) }
      #expect(table(fromReal.output) == table(fromWhole.output))
    }
  }

  @Test("runs its first example on the bundled model")
  func example() throws {
    let model = "\(SharedData.repository)/models/gesture/gesture_int8.tflite"
    let outcome = try Tool.run(["run", model, "--input", "zeros", "--top", "11"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Two lines of names, a line of titles, eleven classes and a blank line between them.
    #expect(outcome.output.split(separator: "\n").count == 14)
  }

  @Test("refuses an input of the wrong size, and says what it wants")
  func wrongSize() throws {
    try Folder.temporary { folder in
      let model = try folder.write(ModelFile().bytes(), to: "small.tflite")
      let input = try folder.write([1, 2, 3], to: "short.bin")
      let outcome = try Tool.run(["run", model, "--input", input])
      #expect(outcome.status == 2)
      #expect(
        outcome.errors
          == "preflash: \(input): byte 0x3: expected 60 bytes for input ‘input’ "
          + "(1×6×5×2 of int8), found 3\n")
      let none = try Tool.run(["run", model])
      #expect(none.status == 2)
      #expect(none.errors.contains("has 1 input; found --input 0 times"))
    }
  }
}
