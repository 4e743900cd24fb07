package import EdgeBox
import VirtualTime

/// What `preflash sweep cascade` tells: every point, and the front of cost against accuracy.
package struct CascadeSweepReport: Sendable {
  package var name: String
  package var sweep: CascadeSweep

  package init(name: String, sweep: CascadeSweep) {
    self.name = name
    self.sweep = sweep
  }

  private func money(_ micro: Int64) -> String {
    "\(sweep.currency)\((Double(micro) / 1e6).fixed(2))"
  }

  package func text(_ style: Style = .plain) -> String {
    let front = Set(sweep.front)
    var table = TextTable([
      .init(""), .init("threshold", .right), .init("policy"), .init("link"),
      .init("escalated", .right),
      .init("mAP", .right), .init("cost a day", .right), .init("in time", .right),
      .init("final p99", .right),
    ])
    for (index, point) in sweep.points.enumerated() {
      let mark = (front.contains(index) ? "●" : "·") + (point.isOperating ? " ◎" : "")
      table.add(
        front.contains(index) ? style(.green, mark) : mark,
        point.threshold.map { $0.fixed(2) } ?? "–", point.policy.rawValue, point.link,
        StoryboardReport.percent(point.escalationRate),
        StoryboardReport.percent(point.meanPrecision, 1), money(point.costPerDay),
        StoryboardReport.percent(point.inTime, 1), StoryboardReport.text(point.p99))
    }
    return style(.bold, name) + "\n" + table.text(style) + "\n" + plot(style)
      + "● no point is both cheaper and more accurate; ◎ as the storyboard has it; · others\n"
  }

  /// Accuracy upwards, cost to the right.
  private func plot(_ style: Style) -> String {
    let known = sweep.points.indices.filter { sweep.points[$0].meanPrecision != nil }
    let precisions = known.compactMap { sweep.points[$0].meanPrecision }
    guard let low = precisions.min(), let high = precisions.max() else { return "" }
    let dearest = max(1, known.map { sweep.points[$0].costPerDay }.max() ?? 1)
    let (rows, columns) = (12, max(30, min(72, style.width - 12)))
    let span = max(high - low, 1e-6)
    var grid = [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
    let front = Set(sweep.front)
    // What matters most is drawn last.
    let order = known.filter { !front.contains($0) } + sweep.front
    for index in order + known.filter({ sweep.points[$0].isOperating }) {
      let point = sweep.points[index]
      let column = Int(Double(point.costPerDay) / Double(dearest) * Double(columns - 1))
      let row = Int(((point.meanPrecision ?? low) - low) / span * Double(rows - 1))
      grid[rows - 1 - row][column] = point.isOperating ? "◎" : front.contains(index) ? "●" : "·"
    }
    var out = ""
    for (row, line) in grid.enumerated() {
      let value = high - span * Double(row) / Double(rows - 1)
      let label = row % 4 == 0 || row == rows - 1 ? StoryboardReport.percent(value, 1) : ""
      var text = String(line)
      while text.last == " " { text.removeLast() }
      out += String(repeating: " ", count: max(0, 8 - label.count)) + label + " ┤" + text + "\n"
    }
    let last = "\(money(dearest)) a day"
    let first = "\(sweep.currency)0"
    return out + String(repeating: " ", count: 10) + first
      + String(repeating: " ", count: max(1, columns - first.count - last.count)) + last + "\n"
  }

  package var json: JSONValue {
    let front = Set(sweep.front)
    return [
      "storyboard": .string(name), "currency": .string(sweep.currency),
      "points": .array(
        sweep.points.enumerated().map { index, point in
          .object([
            .init("threshold", point.threshold.map { .decimal($0, places: 4) } ?? .null),
            .init("policy", .string(point.policy.rawValue)),
            .init("link", .string(point.link)),
            .init("isOperatingPoint", .bool(point.isOperating)),
            .init("isOnFront", .bool(front.contains(index))),
            .init("escalationRate", .decimal(point.escalationRate, places: 6)),
            .init(
              "meanPrecisionAt50", point.meanPrecision.map { .decimal($0, places: 6) } ?? .null),
            .init("costPerDayMicroUnits", .integer(Int(point.costPerDay))),
            .init("inTime", point.inTime.map { .decimal($0, places: 6) } ?? .null),
            .init("p99Nanoseconds", point.p99.map { .integer(Int($0.nanoseconds)) } ?? .null),
          ])
        }),
    ]
  }
}
