import Boards
import Models
import Planning
import Timing

/// Activations, code and tables in RAM of compiled networks against ST's tables.
enum MemoryAccuracy {
  static func rows(_ data: PublishedData) throws -> [AccuracyRow] {
    let footprints = try Footprint.modelZoo(data.text("st_shapes/measured.csv"))
    var out: [AccuracyRow] = []
    for name in Set(footprints.map(\.runtime)).sorted() {
      let profile = try data.profile(name)
      guard let rules = profile.activations else { continue }
      let own = footprints.filter { $0.runtime == name }
      let memory = try MemoryCalibration(own, graph: data.graph(of:), rules: rules)
      for (row, arena) in zip(own, memory.arenas) {
        out.append(Self.row(row, "activations", Double(arena.size), row.activations))
      }
      for (quantity, fit) in [("code", memory.codeFit), ("runtime RAM", memory.ramFit)] {
        let leftOut = fit.leftOut()
        for (index, (row, miss)) in zip(own, fit.inSample()).enumerated() {
          let published = fit.rows[index].bytes
          var line = Self.row(row, quantity, published + miss, published)
          line.heldOut = (published + leftOut[index]) / 1024
          out.append(line)
        }
      }
    }
    return out
  }

  private static func row(
    _ footprint: Footprint, _ quantity: String, _ predicted: Double, _ published: Double
  ) -> AccuracyRow {
    AccuracyRow(
      profile: footprint.runtime, model: footprint.file, board: "STM32H747I-DISCO",
      quantity: quantity, unit: "KiB", predicted: predicted / 1024, published: published / 1024)
  }
}
