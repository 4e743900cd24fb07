import Bytes
import Models
import Planning
import TestSupport
import Testing

/// Arenas measured with TFLM on an emulated Cortex-M7.
@Suite struct ArenaReferenceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var model: String
    var kernels: KernelSet
    var peakLiveBytes: Int
    /// Nil where the runtime refuses the model.
    var used: Int?
    var minimum: Int?
    var head: Int?
    var testDescription: String { "\(model), \(kernels.rawValue)" }
  }

  static let rows: [Row] = {
    guard SharedData.isPresent else { return [] }
    return read("cmsisnn", .cmsisNN) + read("refkernels", .reference)
  }()

  static func read(_ name: String, _ kernels: KernelSet) -> [Row] {
    let text = (try? SharedData.text("mcu/tflm_arena_\(name).csv")) ?? ""
    return text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard cells.count >= 11, let peak = Int(cells[5]) else { return nil }
      return Row(
        model: cells[0], kernels: kernels, peakLiveBytes: peak, used: Int(cells[6]),
        minimum: Int(cells[7]), head: Int(cells[8]))
    }
  }

  static func load(_ name: String) throws -> Model {
    for folder in ["models", "st_shapes"] {
      guard let bytes = try? SharedData.bytes("\(folder)/\(name).tflite") else { continue }
      return try Model(tflite: bytes, name: name)
    }
    throw InputError(file: name, at: .nowhere, "missing")
  }

  @Test(
    "head, tail and smallest arena are the measured ones to the byte",
    .enabled(if: SharedData.isPresent), arguments: rows.filter { $0.used != nil })
  func exact(row: Row) throws {
    let arena = try InterpreterArena(of: Self.load(row.model), kernels: row.kernels)
    #expect(arena.head == row.head)
    #expect(arena.used == row.used)
    #expect(arena.minimum == row.minimum)
    #expect(arena.plan.collisions.isEmpty)
  }

  @Test(
    "the peak of live tensors is the measured one", .enabled(if: SharedData.isPresent),
    arguments: rows)
  func peak(row: Row) throws {
    let model = try Self.load(row.model)
    let arena = try InterpreterArena(of: model, kernels: row.kernels)
    let timeline = PlanTimeline(of: arena.plan, in: model.main)
    #expect(timeline.steps.map(\.tensorBytes).max() == row.peakLiveBytes)
  }

  /// Printed by `print_allocations()` of the PyPI package tflite-micro 0.dev20261023, whose kernels
  /// are the portable ones; its head is the same on every machine.
  @Test(
    "heads of further models are those that TFLM prints", .enabled(if: SharedData.isPresent),
    arguments: [
      ("ad01_int8", 768),
      ("hello_world_int8", 32),
      ("ic_resnet8_int8", 49_152),
      ("keyword_scrambled_8bit", 672),
      ("kws_ref_model_int8", 16_000),
      ("mcunet_person_detection_int8", 337_024),
      ("micro_speech_quantized", 5_968),
      ("person_detect", 55_296),
      ("pretrainedResnet", 196_608),
      ("ssd_slim_120x160x1_int8", 316_288),
      ("str_ww_ref_model_int8", 6_656),
      ("trained_lstm_int8", 1_536),
      ("vww_96_float", 294_912),
      ("vww_96_int8", 73_728),
      ("fdmobilenet_0.25_128_int8", 98_304),
      ("fdmobilenet_0.25_128_tfs_int8", 98_304),
      ("fdmobilenet_0.25_224_int8", 301_056),
      ("fdmobilenet_0.25_224_tfs_int8", 301_056),
      ("mobilenet_v1_0.25_224_fft_int8", 405_008),
      ("mobilenet_v1_0.25_96_fft_int8", 75_280),
      ("mobilenet_v1_0.25_96_grayscale_int8", 75_280),
      ("mobilenet_v1_0.25_96_grayscale_tfs_int8", 75_280),
      ("mobilenet_v1_0.5_224_fft_int8", 810_016),
      ("mobilenet_v1_0.5_224_int8", 810_016),
      ("resnet_v1_8_32_tfs_int8", 49_152),
      ("st_fdmobilenet_v1_128_tfs_int8", 114_688),
      ("st_fdmobilenet_v1_224_tfs_int8", 351_232),
      ("stmnist_v1_int8", 9_408),
    ])
  func printed(name: String, head: Int) throws {
    #expect(try InterpreterArena(of: Self.load(name), kernels: .reference).head == head)
  }

  /// Single operators in 16 and 32 bits, printed in the same way; heads are added up by folder.
  @Test(
    "heads of single 16-bit operators are those that TFLM prints",
    .enabled(if: SharedData.isPresent),
    arguments: [
      ("add", 17, 211_200),
      ("conv", 22, 206_272),
      ("leaky_relu", 23, 126_080),
      ("pad", 19, 109_616),
      ("quantize", 2, 7_680),
      ("strided_slice", 34, 376_272),
      ("sub", 5, 43_696),
      ("transpose_conv", 5, 199_760),
    ])
  func wide(folder: String, count: Int, sum: Int) throws {
    let names = SharedData.names(in: "tflm_seanet/\(folder)", suffix: ".tflite")
    #expect(names.count == count)
    let heads = try names.map { name in
      let model = try Model(tflite: SharedData.bytes("tflm_seanet/\(folder)/\(name)"), name: name)
      return try InterpreterArena(of: model, kernels: .reference).head
    }
    #expect(heads.reduce(0, +) == sum)
  }

  @Test("all rows are read", .enabled(if: SharedData.isPresent))
  func count() {
    #expect(Self.rows.count == 22)
    #expect(Self.rows.count { $0.used != nil } == 20)
  }
}
