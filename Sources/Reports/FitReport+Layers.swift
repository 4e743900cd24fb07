import Boards
import Fit
import Models
import Timing

extension FitReport {
  /// Layers to list: all, or the costliest ones in order of cost.
  private var listed: [LayerCycles] {
    guard !listsLayers else { return estimate.layers }
    let costly = estimate.layers.enumerated().sorted {
      ($1.element.cycles, $0.offset) < ($0.element.cycles, $1.offset)
    }
    return costly.prefix(6).map(\.element).filter { $0.cycles > 0 }
  }

  func layers(_ style: Style) -> String {
    let total = Double(max(1, estimate.cycles))
    var table = TextTable([
      .init("#", .right), .init("operator"), .init("output"), .init("MACs", .right),
      .init("cycles", .right), .init("a MAC", .right), .init("ms", .right), .init("±", .right),
      .init("%", .right), .init(""),
    ])
    for layer in listed {
      let work = layer.work
      let nanoseconds = estimate.nanoseconds(of: layer.cycles)
      table.add(
        "\(work.operatorIndex)", Self.short(work.kind.name, 17),
        Self.short(work.outputShape.map(String.init).joined(separator: "×"), 16),
        work.macs == 0 ? "" : compact(work.macs), compact(layer.cycles),
        work.macs == 0 ? "" : (Double(layer.cycles) / Double(work.macs)).fixed(2),
        milliseconds(nanoseconds),
        layer.error.map { (Double(nanoseconds) / 1e6 * $0).fixed(3) } ?? "",
        (Double(layer.cycles) / total * 100).fixed(1), layer.isInFittedRange ? "" : "!")
    }
    let hidden = estimate.layers.count - listed.count
    let more = listsLayers || hidden <= 0 ? "" : "\(hidden) more layers: --layers\n"
    return table.text(style) + style(.dim, more) + reasons(style)
  }

  private static func short(_ text: String, _ width: Int) -> String {
    text.count > width ? text.prefix(width - 1) + "…" : text
  }

  /// Why the listed layers that carry a mark do, each reason once.
  private func reasons(_ style: Style) -> String {
    var layers: [(reason: String, indices: [Int])] = []
    for layer in listed {
      for reason in layer.outside {
        if let index = layers.firstIndex(where: { $0.reason == reason }) {
          layers[index].indices.append(layer.work.operatorIndex)
        } else {
          layers.append((reason, [layer.work.operatorIndex]))
        }
      }
    }
    return layers.map { reason, indices in
      let line = "! \(Self.layerText(indices)): \(reason)"
      return style(.yellow, line.wrapped(to: Self.width, indent: 2)) + "\n"
    }.joined()
  }

  /// `layer 3`, or `layers 3, 7, 9, …`.
  static func layerText(_ layers: [Int]) -> String {
    let shown = layers.prefix(8).map(String.init).joined(separator: ", ")
    let more = layers.count > 8 ? ", … (\(layers.count))" : ""
    return "\(layers.count == 1 ? "layer" : "layers") \(shown)\(more)"
  }

  func latency(_ style: Style) -> String {
    var lines = ["\(estimate.latencyErrorText)"]
    if let outside = estimate.outsideText { lines.append(outside) }
    var work = "\(estimate.cycles.grouped) cycles, \(estimate.macs.grouped) MACs"
    if estimate.macs > 0 {
      work += ", \((Double(estimate.cycles) / Double(estimate.macs)).fixed(2)) cycles a MAC"
    }
    if let macc = estimate.macc { work += ", \(macc.grouped) MACC as ST counts" }
    lines.append("\(work); profile \(estimate.runtime.name)")
    if let note = estimate.runtime.evidence.note { lines.append(note) }
    if estimate.setting.isOffChip {
      lines.append(
        "memory outside the chip is included: "
          + "\(estimate.setting.extraPerWeightLine.fixed(0)) cycles more a line of weights, "
          + "\(estimate.setting.extraPerActivationLine.fixed(0)) a line of activations")
    }
    var out = "Estimated latency \(style(.bold, estimate.latencyText))\n"
    for line in lines { out += "  \(line.wrapped(to: Self.width - 2, indent: 2))\n" }
    return out
  }
}
