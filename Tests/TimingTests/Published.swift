import Boards
import Bytes
import Models
import TestSupport
import Timing

/// The measurements and graphs that the profiles are calibrated on.
enum Published {
  static func model(_ file: String) throws -> Model {
    let zoo = try? SharedData.bytes("st_shapes/\(file)")
    return try Model(tflite: zoo ?? SharedData.bytes("models/\(file)"), name: file)
  }

  static func calibration() throws -> Calibration {
    let rows =
      try Measurement.modelZoo(SharedData.text("st_shapes/measured.csv"))
      + Measurement.mlperf(SharedData.text("mcu/mlperf_tiny_m7.csv"))
    var works: [String: [LayerWork]] = [:]
    for file in Set(rows.map(\.file)) { works[file] = LayerWork.of(try model(file).main) }
    var settings: [String: MemorySetting] = [:]
    for name in ["stm32h747i-disco", "stm32f769i-disco", "stm32h7a3zi"] {
      let board = try board(name)
      settings[board.title] = MemorySetting(board: board, weights: nil, arena: nil)
    }
    return Calibration(rows, works: works, settings: settings)
  }
}

extension Published {
  static func instructionFit() throws -> InstructionFit {
    let counts = try InstructionCount.read(
      SharedData.text("mcu/tflm_cmsisnn_instructions_per_layer.csv"))
    var works: [String: [LayerWork]] = [:]
    for file in Set(counts.map(\.file)) { works[file] = LayerWork.of(try model(file).main) }
    return InstructionFit(counts, works: works)
  }
}

extension Published {
  static func board(_ name: String) throws -> Board {
    let file = "boards/\(name).json5"
    return try Board(parsing: SharedData.own(file), file: file)
  }

  static func profile(_ name: String) throws -> RuntimeProfile {
    let file = "boards/runtimes/\(name).json5"
    return try RuntimeProfile(parsing: SharedData.own(file), file: file)
  }
}
