import Boards
import Models
import Planning

/// Tensors down the page, layers across it.
struct TimelineText {
  private let report: PlanReport
  /// Layers that one column stands for.
  private let layersPerColumn: Int
  private let columnCount: Int

  private static let mostRows = 12
  private static let nameWidth = 26
  private static let mostColumns = 54

  init(_ report: PlanReport) {
    self.report = report
    let layers = report.timeline.steps.count
    layersPerColumn = max(1, (layers + Self.mostColumns - 1) / Self.mostColumns)
    columnCount = (layers + layersPerColumn - 1) / layersPerColumn
  }

  func text(_ style: Style) -> String {
    guard let peak = report.timeline.peak else { return "No layers.\n" }
    let operation = report.graph.operators[peak.operation]
    var out = "Peak at layer \(peak.operation) (\(operation.kind.name)): "
    out += "\(peak.bytes.grouped) B alive in \(peak.alive.count) buffers"
    out += ", \(peak.scratchBytes.grouped) B of it scratch\n\n"
    let peakColumn = peak.operation / layersPerColumn
    out += row("live bytes", peak.bytes.grouped, sparkline(peak.bytes), style)
    let alive = Set(peak.alive)
    for index in largest {
      let placement = report.arena.plan.placements[index]
      out += row(
        report.name(of: placement.buffer), placement.buffer.bytes.grouped, life(placement.buffer),
        style, isBold: alive.contains(index))
    }
    let marker = String(repeating: " ", count: peakColumn) + "^ layer \(peak.operation)"
    out += row("", "", marker, style)
    let rest = report.arena.plan.placements.count - largest.count
    if rest > 0 { out += style(.dim, "and \(rest) smaller buffers\n") }
    if layersPerColumn > 1 {
      out += style(.dim, "one column stands for \(layersPerColumn) layers\n")
    }
    return out
  }

  /// Indices of the largest buffers, in the order in which they come to life.
  private var largest: [Int] {
    let placements = report.arena.plan.placements
    let bySize = placements.indices.sorted {
      (-placements[$0].buffer.bytes, $0) < (-placements[$1].buffer.bytes, $1)
    }
    return bySize.prefix(Self.mostRows).sorted {
      (placements[$0].buffer.first, $0) < (placements[$1].buffer.first, $1)
    }
  }

  private func layers(of column: Int) -> Range<Int> {
    let start = column * layersPerColumn
    return start..<min(start + layersPerColumn, report.timeline.steps.count)
  }

  private func life(_ buffer: ArenaBuffer) -> String {
    (0..<columnCount).map { column in
      layers(of: column).contains { buffer.isAlive(in: $0 + 1) } ? "▇" : "·"
    }.joined()
  }

  private func sparkline(_ peak: Int) -> String {
    let levels = Array("▁▂▃▄▅▆▇█")
    return String(
      (0..<columnCount).map { column in
        let most = layers(of: column).map { report.timeline.steps[$0].bytes }.max() ?? 0
        return levels[min(7, most * 7 / max(1, peak))]
      })
  }

  private func row(
    _ name: String, _ bytes: String, _ cells: String, _ style: Style, isBold: Bool = false
  ) -> String {
    let short = name.count > Self.nameWidth ? "…" + name.suffix(Self.nameWidth - 1) : name
    let padded = short + String(repeating: " ", count: Self.nameWidth - short.count)
    let gap = String(repeating: " ", count: max(0, 12 - bytes.count))
    var line = "\(padded)\(gap)\(bytes)  \(cells)"
    while line.last == " " { line.removeLast() }
    return (isBold ? style(.bold, line) : line) + "\n"
  }
}

extension PlanReport {
  package var json: JSONValue {
    [
      "regions": .array(placement.usage.map(json)),
      "misfits": .array(placement.misfits.map(json)),
      "arena": [
        "kernels": .string(arena.kernels.rawValue),
        "headBytes": .integer(arena.head),
        "tailBytes": .integer(arena.tail),
        "usedBytes": .integer(arena.used),
        "minimumBytes": .integer(arena.minimum),
        "tail": .array(
          arena.tailParts.map { ["part": .string($0.name), "bytes": .integer($0.bytes)] }),
        "buffers": .array(arena.plan.placements.map(json)),
      ],
      "comparison": comparison.map(Self.json) ?? .null,
      "layers": .array(timeline.steps.map(json)),
      "peakLayer": timeline.peak.map { .integer($0.operation) } ?? .null,
    ]
  }

  private func json(_ usage: Placement.RegionUsage) -> JSONValue {
    [
      "region": .string(usage.region.name),
      "bytes": .integer(usage.region.size),
      "usedBytes": .integer(usage.used),
      "paddingBytes": .integer(usage.padding),
      "freeBytes": .integer(usage.free),
      "parts": .array(
        usage.parts.map { part in
          [
            "name": .string(part.demand.name), "use": .string(part.demand.use.rawValue),
            "address": .integer(part.address), "bytes": .integer(part.demand.bytes),
          ]
        }),
    ]
  }

  private func json(_ misfit: Placement.Misfit) -> JSONValue {
    [
      "name": .string(misfit.demand.name), "use": .string(misfit.demand.use.rawValue),
      "bytes": .integer(misfit.demand.bytes),
      "region": misfit.region.map { .string($0) } ?? .null,
      "missingBytes": .integer(misfit.missing),
    ]
  }

  private func json(_ placement: ArenaPlan.Placement) -> JSONValue {
    [
      "name": .string(name(of: placement.buffer)),
      "offset": .integer(placement.offset),
      "bytes": .integer(placement.buffer.bytes),
      "firstScope": .integer(placement.buffer.first),
      "lastScope": .integer(placement.buffer.last),
    ]
  }

  private func json(_ step: PlanTimeline.Step) -> JSONValue {
    [
      "layer": .integer(step.operation),
      "operator": .string(graph.operators[step.operation].kind.name),
      "tensorBytes": .integer(step.tensorBytes),
      "scratchBytes": .integer(step.scratchBytes),
    ]
  }
}
