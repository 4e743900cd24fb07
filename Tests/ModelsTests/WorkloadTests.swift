import Models
import TestSupport
import Testing

/// A small CSV table of the shared data, for columns that hold no commas.
private struct Table {
  var rows: [[String: String]] = []

  init(_ name: String) throws {
    var lines = try SharedData.text(name).split(whereSeparator: \.isNewline)[...]
    let titles = lines.removeFirst().split(separator: ",", omittingEmptySubsequences: false)
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      rows.append(Dictionary(zip(titles, cells).map { (String($0), String($1)) }) { a, _ in a })
    }
  }
}

@Suite("The work that a model is", .enabled(if: SharedData.isPresent))
struct WorkloadTests {
  private func load(_ name: String) throws -> Model {
    for folder in ["models", "st_shapes"] {
      if let bytes = try? SharedData.bytes("\(folder)/\(name).tflite") {
        return try Model(tflite: bytes, name: name)
      }
    }
    throw MissingModel(name: name)
  }

  private struct MissingModel: Error { var name: String }

  @Test(
    "MACs, operators and bytes are those measured with TFLM",
    arguments: ["tflm_arena_cmsisnn.csv", "tflm_arena_refkernels.csv"])
  func tflmTables(file: String) throws {
    var checked = 0
    for row in try Table("mcu/" + file).rows {
      // An error message in the last column spills over into rows of its own.
      guard let name = row["model"], !name.hasPrefix(" "),
        let macs = row["macs"].flatMap(Int.init)
      else { continue }
      let model = try load(name)
      #expect(model.main.macs == macs, "\(name)")
      #expect(String(model.main.operators.count) == row["n_ops"], "\(name)")
      #expect(String(model.fileSize) == row["tflite_bytes"], "\(name)")
      #expect(String(model.main.constantBytes) == row["const_bytes"], "\(name)")
      checked += 1
    }
    #expect(checked >= 11)
  }

  @Test("MACs are those of the published models with these shapes")
  func publishedModels() throws {
    var checked = 0
    for row in try Table("st_shapes/measured.csv").rows {
      guard let file = row["file"], let macs = row["calc_macs"].flatMap(Int.init) else { continue }
      let model = try load(String(file.dropLast(".tflite".count)))
      #expect(model.main.macs == macs, "\(file)")
      checked += 1
    }
    #expect(checked >= 27)
  }

  @Test("MACs of each layer are those counted instruction by instruction")
  func layers() throws {
    var checked = 0
    var models: [String: Model] = [:]
    for row in try Table("mcu/tflm_cmsisnn_instructions_per_layer.csv").rows {
      guard let name = row["model"], let layer = row["layer"].flatMap(Int.init),
        let macs = row["macs"].flatMap({ Double($0) })
      else { continue }
      let model = try models[name] ?? load(name)
      models[name] = model
      let operation = model.main.operators[layer]
      #expect(operation.kind.name == row["op"], "\(name) \(layer)")
      #expect(Double(model.main.macs(of: operation)) == macs, "\(name) \(layer)")
      checked += 1
    }
    #expect(checked > 600)
  }

  @Test("every operator of the third-party models can be planned")
  func planned() throws {
    for folder in ["models", "st_shapes"] {
      for file in SharedData.names(in: folder, suffix: ".tflite") {
        let model = try Model(tflite: try SharedData.bytes("\(folder)/\(file)"), name: file)
        #expect(model.unsupportedOperators.isEmpty, "\(file)")
      }
    }
  }
}
