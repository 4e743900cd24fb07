import Commands
import Foundation
import TestSupport
import Testing

/// The recipe saved what TensorFlow answered (fp32-half-even) and what TensorFlow Lite Micro did
/// (double-rounding); Preflash must say the same of every file.
@Suite("Conveyor models")
struct ConveyorModelsTests {
  private static let folder = SharedData.repository + "/models/conveyor"

  private func validate(_ name: String, _ saved: String, _ options: [String]) throws {
    let (status, output, errors) = Capture.run(
      [
        "validate", "\(Self.folder)/\(name).tflite", "--against",
        "\(Self.folder)/outputs/\(saved).npz",
      ] + options)
    #expect(status == .success, "\(name): \(output)\(errors)")
  }

  private func validate(_ name: String) throws {
    let arithmetics = ["fp32-half-even", "double-rounding"]
    let files = FileManager.default
    if files.fileExists(atPath: "\(Self.folder)/outputs/\(name).npz") {
      return try validate(name, name, [])
    }
    for arithmetic in arithmetics {
      try validate(name, "\(name).\(arithmetic)", ["--arithmetic", arithmetic])
    }
  }

  @Test(
    "answer as the runtimes of their recipe",
    arguments: ["frames_structured_qat", "frames_unstructured_qat"])
  func one(name: String) throws { try validate(name) }

  @Test(
    "answer as the runtimes of their recipe, every file",
    .enabled(if: SharedData.runsSlowTests, "PREFLASH_SLOW_TESTS runs it"))
  func all() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
    let names = files.filter { $0.hasSuffix(".tflite") }.map { String($0.dropLast(7)) }
    #expect(names.count >= 2)
    for name in names { try validate(name) }
  }
}
