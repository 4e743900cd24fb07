import Bytes
import Models
import TestSupport
import Testing

@Suite struct TFLiteMetadataTests {
  static let data = Array("fourteen bytes".utf8)

  @Test(
    "a file with an attachment added reads as the same model with that attachment",
    .enabled(if: SharedData.isPresent), arguments: ["models", "st_shapes"])
  func same(folder: String) throws {
    let names = SharedData.names(in: folder, suffix: ".tflite")
    #expect(names.count > 10)
    for name in names {
      let bytes = try SharedData.bytes("\(folder)/\(name)")
      let old = try Model(tflite: bytes, name: name)
      let longer = try TFLiteMetadata.adding("Plan", Self.data, to: bytes)
      let new = try Model(tflite: longer, name: name)
      #expect(new.metadata["Plan"].map(Array.init) == Self.data)
      for (key, value) in old.metadata {
        #expect(new.metadata[key].map(Array.init) == Array(value))
      }
      #expect(new.summary == old.summary && new.graphs.count == old.graphs.count)
      for (one, other) in zip(old.graphs, new.graphs) {
        #expect(one.inputs == other.inputs && one.outputs == other.outputs)
        #expect(one.operators.map(\.kind) == other.operators.map(\.kind))
        #expect(one.operators.map(\.inputs) == other.operators.map(\.inputs))
        #expect(one.operators.map(\.outputs) == other.operators.map(\.outputs))
        #expect(one.tensors.map(\.shape) == other.tensors.map(\.shape))
        #expect(one.tensors.map(\.quantization) == other.tensors.map(\.quantization))
        #expect(
          one.tensors.map { $0.constant.map(Array.init) }
            == other.tensors.map { $0.constant.map(Array.init) })
      }
      #expect(Array(longer.suffix(bytes.count)) == bytes)
      #expect((longer.count - bytes.count) % 64 == 0)
    }
  }

  @Test("an attachment of the same name is replaced", .enabled(if: SharedData.isPresent))
  func replaced() throws {
    let bytes = try SharedData.bytes("models/vww_96_int8.tflite")
    let once = try TFLiteMetadata.adding("Plan", [1, 2, 3], to: bytes)
    let twice = try TFLiteMetadata.adding("Plan", Self.data, to: once)
    let model = try Model(tflite: twice, name: "twice")
    #expect(model.metadata["Plan"].map(Array.init) == Self.data)
  }

  @Test(
    "damaged files give an error or a longer file, never a trap",
    .enabled(if: SharedData.isPresent))
  func damaged() throws {
    let bytes = try SharedData.bytes("models/hello_world_int8.tflite")
    var errors = 0
    for length in stride(from: 0, to: bytes.count, by: 7) {
      do {
        _ = try TFLiteMetadata.adding("Plan", Self.data, to: Array(bytes[..<length]))
      } catch {
        errors += 1
      }
    }
    #expect(errors > 100)
    for seed in 1...2_000 as ClosedRange<UInt64> {
      var mutator = Mutator(seed: seed)
      let damaged = mutator.mutated(bytes)
      let longer = try? TFLiteMetadata.adding("Plan", Self.data, to: damaged)
      #expect(longer.map { $0.count > damaged.count } ?? true)
    }
  }
}
