import Boards
import Bytes
import Commands
import Models
import Timing

/// The published measurements and graphs in a folder of shared data.
struct PublishedData {
  private let folder: String
  private let boards: String

  init(folder: String, boards: String = "boards") {
    self.folder = folder
    self.boards = boards
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Files.read("\(folder)/\(name)"), as: UTF8.self)
  }

  func model(_ file: String) throws -> Model {
    let zoo = "\(folder)/st_shapes/\(file)"
    let path = Files.exists(zoo) ? zoo : "\(folder)/models/\(file)"
    return try Model(tflite: Files.read(path), name: file)
  }

  func graph(of file: String) throws -> Graph { try model(file).main }

  func work(of file: String) throws -> [LayerWork] { LayerWork.of(try graph(of: file)) }

  func works(of files: [String]) throws -> [String: [LayerWork]] {
    var out: [String: [LayerWork]] = [:]
    for file in files where out[file] == nil { out[file] = try work(of: file) }
    return out
  }

  func board(_ name: String) throws -> Board {
    let file = "\(boards)/\(name).json5"
    return try Board(parsing: Files.read(file), file: file)
  }

  func profile(_ name: String) throws -> RuntimeProfile {
    let file = "\(boards)/runtimes/\(name).json5"
    return try RuntimeProfile(parsing: Files.read(file), file: file)
  }

  /// Every bundled edge box, in order of its name.
  func boxes() throws -> [BoxProfile] {
    try Files.names(in: "\(boards)/boxes").filter { $0.hasSuffix(".json5") }.sorted().map {
      let file = "\(boards)/boxes/\($0)"
      return try BoxProfile(parsing: Files.read(file), file: file)
    }
  }

  /// The boards that the tables of latencies name, by their titles.
  func measuredBoards() throws -> [String: Board] {
    var out: [String: Board] = [:]
    for name in ["stm32h747i-disco", "stm32f769i-disco", "stm32h7a3zi"] {
      let board = try board(name)
      out[board.title] = board
    }
    return out
  }

  func measurements() throws -> [Measurement] {
    try Measurement.modelZoo(text("st_shapes/measured.csv"))
      + Measurement.mlperf(text("mcu/mlperf_tiny_m7.csv"))
  }

  func calibration() throws -> Calibration {
    let rows = try measurements()
    let settings = try measuredBoards().mapValues {
      MemorySetting(board: $0, weights: nil, arena: nil)
    }
    for row in rows where settings[row.board] == nil {
      throw InputError(
        at: .nowhere, "expected a board file for ‘\(row.board)’ of the tables, found none")
    }
    return Calibration(rows, works: try works(of: rows.map(\.file)), settings: settings)
  }
}
