import Boards
package import Models
package import Planning

/// Where a model lies on a board, and what its arena holds when.
package struct PlanReport: Sendable {
  package var placement: Placement
  package var arena: InterpreterArena
  package var timeline: PlanTimeline
  package var graph: Graph
  /// The arena's plan against better ones, where somebody asked.
  package var comparison: PlanComparison?

  package init(
    placement: Placement, arena: InterpreterArena, graph: Graph,
    comparison: PlanComparison? = nil
  ) {
    self.comparison = comparison
    self.placement = placement
    self.arena = arena
    self.graph = graph
    timeline = PlanTimeline(of: arena.plan, in: graph)
  }

  /// Bars for each region in use, then the arena over the layers; at most 100 columns.
  package func text(_ style: Style) -> String {
    var out = regionsText(style) + "\n" + arenaText(style) + "\n"
    if let comparison { out += comparisonText(comparison, style) + "\n" }
    return out + TimelineText(self).text(style)
  }

  // MARK: Regions

  private static let barWidth = 40

  /// The bars alone.
  package func regionsText(_ style: Style) -> String {
    var out = ""
    let used = placement.usage.filter { !$0.parts.isEmpty }
    let nameWidth = used.map(\.region.name.count).max() ?? 0
    for usage in used {
      let name = usage.region.name
      let gap = String(repeating: " ", count: nameWidth - name.count)
      out += "\(style(.bold, name))\(gap)  \(bar(usage, style))  "
      out += "\(usage.used.grouped) of \(usage.region.size.grouped) B, "
      out += "\(usage.free.grouped) free\n"
    }
    var table = TextTable([
      .init(""), .init("Use"), .init("What"), .init("Region"), .init("Address"),
      .init("Bytes", .right), .init(""),
    ])
    for usage in used {
      for part in usage.parts {
        table.add(
          letter(part.demand.use, style), part.demand.use.rawValue, part.demand.name,
          usage.region.name, hexadecimal(part.address), part.demand.bytes.grouped,
          Self.reach(usage.region))
      }
      if usage.padding > 0 {
        table.add("", "", "alignment", usage.region.name, "", usage.padding.grouped, "")
      }
    }
    out += "\n" + table.text(style)
    for misfit in placement.misfits {
      out += style(.red, "does not fit: \(Self.describe(misfit))") + "\n"
    }
    let unused = placement.usage.filter(\.parts.isEmpty).map(\.region.name)
    if !unused.isEmpty { out += style(.dim, "unused: \(unused.joined(separator: ", "))\n") }
    return out
  }

  /// How the core and DMA get there, where it matters.
  private static func reach(_ region: MemoryRegion) -> String {
    var words: [String] = []
    if region.isTightlyCoupled { words.append("tightly coupled") }
    if region.kind == .externalFlash || region.kind == .externalRAM {
      words.append("external, \(region.readLatency ?? 0) cycles a read")
    }
    if !region.kind.isFlash { words.append(region.isDMAReachable ? "DMA" : "no DMA") }
    return words.joined(separator: ", ")
  }

  /// `tensor arena needs 600,000 B; AXI_SRAM lacks 75,712 B`
  package static func describe(_ misfit: Placement.Misfit) -> String {
    let need = "\(misfit.demand.name) needs \(misfit.demand.bytes.grouped) B"
    guard let region = misfit.region else {
      return "\(need); no region may hold \(misfit.demand.use.rawValue)"
    }
    return "\(need); \(region) lacks \(misfit.missing.grouped) B"
  }

  private func bar(_ usage: Placement.RegionUsage, _ style: Style) -> String {
    let cells = BarCells.shares(
      of: usage.parts.map(\.demand.bytes), total: usage.region.size, width: Self.barWidth)
    var out = ""
    for (part, count) in zip(usage.parts, cells) {
      out += style(tone(part.demand.use), String(repeating: symbol(part.demand.use), count: count))
    }
    let free = Self.barWidth - cells.reduce(0, +)
    return out + style(.dim, String(repeating: "·", count: free))
  }

  private func letter(_ use: MemoryUse, _ style: Style) -> String { style(tone(use), symbol(use)) }

  /// Letters, so that a bar can be read without colours.
  private func symbol(_ use: MemoryUse) -> String { String(use.rawValue.first ?? "?") }

  private func tone(_ use: MemoryUse) -> Style.Tone {
    switch use {
    case .code: .yellow
    case .weights: .cyan
    case .arena: .green
    case .stack: .red
    case .buffer, .data: .bold
    }
  }

  // MARK: Arena

  private func arenaText(_ style: Style) -> String {
    var out = "Tensor arena (\(arena.kernels.rawValue) kernels): \(arena.used.bytesText)\n"
    out += "  head \(arena.head.grouped) B of activations and scratch"
    out += ", tail \(arena.tail.grouped) B of records\n"
    if arena.minimum > arena.used {
      out += "  allocation needs \(arena.minimum.grouped) B: set the arena to that\n"
      if let reason = arena.reason { out += "  \(reason)\n" }
    }
    let parts = arena.tailParts.map { "\($0.name) \($0.bytes.grouped)" }
    let lines = wrapped(parts, separator: ", ", width: 96)
    return out + style(.dim, lines.map { "  \($0)\n" }.joined())
  }

  private func wrapped(_ words: [String], separator: String, width: Int) -> [String] {
    words.reduce(into: []) { lines, word in
      if let last = lines.last, last.count + separator.count + word.count <= width {
        lines[lines.count - 1] = last + separator + word
      } else {
        lines.append(word)
      }
    }
  }

  /// What a reader calls a buffer: its tensor's name, or the layer that scribbles there.
  func name(of buffer: ArenaBuffer) -> String {
    switch buffer.owner {
    case .tensor(0, let index):
      let name = graph.tensors[index].name
      return name.isEmpty ? "tensor \(index)" : name
    case .tensor(let graphIndex, let index): return "graph \(graphIndex) tensor \(index)"
    case .scratch(_, let operation, _): return "scratch of layer \(operation)"
    }
  }
}

/// Shares of a bar's cells.
enum BarCells {
  /// Cells in proportion to each part, at least one where there is anything and room for it.
  static func shares(of parts: [Int], total: Int, width: Int) -> [Int] {
    guard total > 0 else { return parts.map { _ in 0 } }
    var cells: [Int] = []
    var sum = 0
    for part in parts {
      sum += part
      let target = Int((Double(sum) / Double(total) * Double(width)).rounded())
      let room = width - cells.reduce(0, +)
      cells.append(min(room, max(part > 0 ? 1 : 0, target - cells.reduce(0, +))))
    }
    return cells
  }
}
