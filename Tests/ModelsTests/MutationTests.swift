import Bytes
import Models
import TestSupport
import Testing

/// A reader that traps kills the test process; one that loops or swallows memory runs into the
/// limit of time. Everything else is told here.
@Suite("Mutated .tflite files")
struct MutationTests {
  private static let runs = SharedData.runsSlowTests ? 20_000 : 500

  @Test("made by hand load or throw", .timeLimit(.minutes(5)))
  func handMade() throws {
    var plain = ModelFile()
    plain.metadata = [("OfflineMemoryAllocation", 2)]
    try check(plain.bytes(), runs: Self.runs, seed: 1)
  }

  @Test(
    "of other people load or throw", .enabled(if: SharedData.isPresent), .timeLimit(.minutes(5)),
    arguments: [
      "models/hello_world_int8", "models/trained_lstm_int8", "models/micro_speech_quantized",
      "models/keyword_scrambled_8bit", "st_shapes/st_mnist_v1_28_tfs_int8",
      "tflm_seanet/strided_slice/strided_slice0", "tflm_seanet/transpose_conv/transpose_conv0",
      "tflm_seanet/pad/pad0", "models/mcunet_person_detection_int8",
    ])
  func real(name: String) throws {
    let seed = name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
    let isLarge = name.contains("mcunet")
    try check(
      try SharedData.bytes(name + ".tflite"), runs: isLarge ? Self.runs / 5 : Self.runs, seed: seed)
  }

  private func check(_ bytes: [UInt8], runs: Int, seed: UInt64) throws {
    var mutator = Mutator(seed: seed)
    let places = structure(of: try Model(tflite: bytes, name: "whole"), bytes.count)
    var loaded = 0
    var refused = 0
    for _ in 0..<runs {
      do throws(InputError) {
        let model = try Model(tflite: mutator.mutated(bytes, at: places), name: "mutant")
        analyse(model)
        loaded += 1
      } catch {
        #expect(error.file == "mutant")
        guard case .byte = error.place else {
          Issue.record("expected a byte offset: \(error)")
          return
        }
        refused += 1
      }
    }
    // Both must happen often, or the mutations are too weak or too strong to test anything.
    #expect(loaded > runs / 50 && refused > runs / 50, "\(loaded) loaded, \(refused) refused")
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

  private func analyse(_ model: Model) {
    _ = model.unsupportedOperators
    for graph in model.graphs {
      _ = graph.macs
      _ = graph.parameterCount
      for operation in graph.operators { _ = try? graph.inferredOutputShapes(of: operation) }
      for tensor in graph.tensors {
        _ = tensor.byteCount
        _ = tensor.integerValues?.count
        _ = tensor.floatValues?.count
      }
    }
  }
}
