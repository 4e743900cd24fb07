import Bytes
import Commands
import Foundation
import Models
import TestSupport
import Testing

/// Everything that is done with a model file, done with damaged ones that may still load: a trap, or
/// memory written out of bounds, ends the test process.
@Suite("Commands on mutated models")
struct MutatedModelsTests {
  /// A model goes through six commands, two of which search for plans and for smaller networks: some
  /// ten milliseconds a mutant. The reader alone has mutants by the ten thousand in its own test.
  private static let runs = SharedData.runsSlowTests ? 400 : 150

  @Test("made by hand end with an exit code, and complain in one line", .timeLimit(.minutes(10)))
  func handMade() throws {
    try check(ModelFile().bytes(), runs: Self.runs, seed: 21)
  }

  @Test(
    "of other people do so too", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(10)),
    arguments: [
      "models/hello_world_int8", "models/trained_lstm_int8", "models/keyword_scrambled_8bit",
      "models/micro_speech_quantized", "tflm_seanet/strided_slice/strided_slice0",
      "tflm_seanet/transpose_conv/transpose_conv0", "tflm_seanet/pad/pad0",
      "tflm_seanet/leaky_relu/leaky_relu0", "tflm_seanet/sub/sub0", "tflm_seanet/conv/conv0",
    ])
  func real(name: String) throws {
    let seed = name.utf8.reduce(UInt64(5)) { $0 &* 31 &+ UInt64($1) }
    try check(try SharedData.bytes(name + ".tflite"), runs: Self.runs, seed: seed)
  }

  private func check(_ bytes: [UInt8], runs: Int, seed: UInt64) throws {
    let path = NSTemporaryDirectory() + "preflash-mutant-\(UUID().uuidString).tflite"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var mutator = Mutator(seed: seed)
    let places = structure(of: try Model(tflite: bytes, name: "whole"), bytes.count)
    for _ in 0..<runs {
      let mutant = mutator.mutated(bytes, at: places)
      // The reader alone refuses most; its own test counts those.
      guard let model = try? Model(tflite: mutant, name: "mutant") else { continue }
      try Data(mutant).write(to: URL(fileURLWithPath: path))
      for words in commands(path, model) { run(words) }
    }
  }

  private func commands(_ path: String, _ model: Model) -> [[String]] {
    var commands = [
      ["inspect", "model", path, "--tensors"], ["inspect", "model", path, "--json"],
      ["fit", path, "--board", "stm32h743zi"],
      // Fails, and so looks for smaller networks.
      ["fit", path, "--budget", "flash=60KB,ram=2KB,latency=50us"],
    ]
    // A damaged shape can ask for hours of work, which is no fault.
    let bytes = model.main.tensors.reduce(0) { $0 + min($1.byteCount, 1 << 32) }
    if model.main.macs < 5_000_000 && bytes < 10_000_000 {
      let inputs = model.main.inputs.flatMap { _ in ["--input", "zeros"] }
      for arithmetic in ["double-rounding", "fp32-half-even"] {
        commands.append(["run", path, "--arithmetic", arithmetic] + inputs)
      }
    }
    return commands
  }

  private func run(_ words: [String]) {
    let (status, _, errors) = Capture.run(words)
    guard status == .badInput else { return }
    #expect(errors.hasPrefix("preflash: "), "\(words): \(errors)")
    #expect(errors.filter { $0 == "\n" }.count == 1, "\(words): \(errors)")
  }

  /// Offsets outside the constants, whose values a reader does not look at.
  private func structure(of model: Model, _ count: Int) -> [Int] {
    var isData = [Bool](repeating: false, count: count)
    for tensor in model.main.tensors {
      guard let constant = tensor.constant, constant.count > 64 else { continue }
      for index in constant.indices { isData[index] = true }
    }
    return (0..<count).filter { !isData[$0] }
  }
}
