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

  @Test("all rows are read", .enabled(if: SharedData.isPresent))
  func count() {
    #expect(Self.rows.count == 22)
    #expect(Self.rows.count { $0.used != nil } == 20)
  }
}
