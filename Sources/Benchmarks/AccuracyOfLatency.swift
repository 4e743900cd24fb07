import Boards
import Bytes
import Timing

/// Latencies in the shared tables.
enum LatencyAccuracy {
  static func rows(_ data: PublishedData) throws -> [AccuracyRow] {
    let calibration = try data.calibration()
    let boards = try data.measuredBoards()
    let inSample = calibration.inSample()
    let heldOut = calibration.heldOut()
    var rows = zip(inSample, heldOut).map { fitted, out in
      let row = fitted.measurement
      // The title was found when the measurements were read.
      let published = row.cycles / Double(boards[row.board]!.clock) * 1000
      return AccuracyRow(
        profile: row.runtime, model: row.file, board: row.board, quantity: "latency", unit: "ms",
        predicted: published * (1 + fitted.error), published: published,
        heldOut: published * (1 + out.error))
    }
    rows += try externalMemory(data)
    rows += try instructions(data)
    return rows
  }

  /// TFLM with CMSIS-NN on an STM32F767 at 216 MHz with its arena in SDRAM, which nothing was fitted on.
  /// The F769 is the same core and bus.
  private static func externalMemory(_ data: PublishedData) throws -> [AccuracyRow] {
    let profile = try data.profile("tflm-cmsis-nn")
    let board = try data.board("stm32f769i-disco")
    // Without an MPU region of its own, SDRAM at 0xC0000000 is device memory to a Cortex-M7: no cache.
    var memory = board.region("SDRAM")
    memory?.isCacheable = false
    let setting = MemorySetting(board: board, weights: nil, arena: memory)
    let cycles = CycleModel(profile).layers(
      of: try data.graph(of: "person_detect.tflite"), setting: setting
    ).total.cycles
    return [
      AccuracyRow(
        profile: profile.name, model: "person_detect.tflite",
        board: "STM32F767ZI, arena in SDRAM, no cache", quantity: "latency", unit: "ms",
        predicted: Double(cycles) / Double(board.clock) * 1000,
        // mcu/misc_measured_m7.csv, in whose row a comma without quotes shifts the columns.
        published: 393.753)
    ]
  }

  /// Instructions of whole networks under TFLM with CMSIS-NN.
  private static func instructions(_ data: PublishedData) throws -> [AccuracyRow] {
    let counts = try InstructionCount.read(
      data.text("mcu/tflm_cmsisnn_instructions_per_layer.csv"))
    let works = try data.works(of: counts.map(\.file))
    let fit = InstructionFit(counts, works: works)
    let fitted = fit.fit()
    let heldOut = Dictionary(
      fit.heldOut().map { ($0.file, $0.error) }, uniquingKeysWith: { first, _ in first })
    var counted: [String: Double] = [:]
    for count in counts { counted[count.file, default: 0] += count.instructions }
    return counted.keys.sorted().map { file in
      let published = counted[file]! / 1e6
      return AccuracyRow(
        profile: "tflm-cmsis-nn", model: file, board: "Cortex-M7, simulated",
        quantity: "instructions", unit: "M",
        predicted: InstructionFit.instructions(of: works[file] ?? [], fitted) / 1e6,
        published: published, heldOut: heldOut[file].map { published * (1 + $0) })
    }
  }
}
