import Commands
import Foundation
import TestSupport
import Testing

@Suite("preflash validate")
struct ValidateTests {
  /// Four real inputs of a model and what TensorFlow Lite Micro answered, as an archive.
  private func archive(shape: String = "(4, 2)", spoiled: Bool = false) throws -> [UInt8] {
    let folder = "goldens/vww_96_int8"
    let inputs = try (0..<4).flatMap { try SharedData.bytes("\(folder)/input0_case\($0).int8.bin") }
    var logits = try (0..<4).flatMap {
      try SharedData.bytes("\(folder)/output0_case\($0).tflite-micro.int8.bin")
    }
    // Ten steps of the output's scale, 1 ÷ 256.
    if spoiled {
      let value = Int8(bitPattern: logits[3])
      logits[3] = UInt8(bitPattern: value > 0 ? value - 10 : value + 10)
    }
    return NumpyFixture.zip([
      ("inputs", NumpyFixture.npy("'|i1'", "(4, 96, 96, 3)", inputs)),
      ("logits_tflm", NumpyFixture.npy("'|i1'", shape, logits)),
    ])
  }

  private func validate(_ archive: [UInt8], _ options: [String] = []) throws -> Capture.Outcome {
    try Folder.temporary { folder in
      let file = try folder.write(archive, to: "saved.npz")
      let model = "\(SharedData.path)/models/vww_96_int8.tflite"
      return Capture.run(["validate", model, "--against", file] + options)
    }
  }

  @Test("passes where the answers are the same bytes", .enabled(if: SharedData.isPresent))
  func same() throws {
    let (status, output, errors) = try validate(
      archive(), ["--threshold", "0", "--arithmetic", "double-rounding"])
    #expect(status == .success, "\(errors)")
    #expect(output.hasPrefix("PASS"))
    #expect(output.contains("4 of 4"))
  }

  @Test("fails with 1 beyond the threshold and tells where", .enabled(if: SharedData.isPresent))
  func differs() throws {
    let options = ["--arithmetic", "double-rounding", "--json"]
    let (status, output, errors) = try validate(
      archive(spoiled: true), options + ["--threshold", "0.03"])
    #expect(status == .verdictFailed, "\(errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let row = try #require((json["outputs"] as? [[String: Any]])?.first)
    #expect(row["largest"] as? Double == 0.0390625)
    #expect(row["largestInput"] as? Int == 1 && row["largestElement"] as? Int == 1)
    #expect(row["reference"] as? String == "tflm")
    #expect(try validate(archive(spoiled: true), options).status == .success)
  }

  @Test("tells in one line what does not fit", .enabled(if: SharedData.isPresent))
  func wrong() throws {
    for bytes in [try archive(shape: "(8, 1)"), [1, 2, 3], Array(try archive().dropLast(9))] {
      let (status, output, errors) = try validate(bytes)
      #expect(status == .badInput && output.isEmpty)
      #expect(errors.contains("saved.npz: "))
      #expect(errors.filter { $0 == "\n" }.count == 1, "\(errors)")
    }
  }
}
