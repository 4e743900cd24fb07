package import EdgeBox

/// What `preflash calibrate` tells: for each recording the gate within a target, and what it comes to on
/// the half of the recording that had no say.
package struct GateCalibrationReport: Sendable {
  package struct Row: Sendable {
    package var recording: String
    /// Of all stations that see it.
    package var stations: [String]
    /// Nil when no gate is within the target.
    package var choice: GateCalibration.Choice?

    package init(recording: String, stations: [String], choice: GateCalibration.Choice?) {
      self.recording = recording
      self.stations = stations
      self.choice = choice
    }
  }

  package var name: String
  package var currency: String
  package var target: GateCalibration.Target
  package var rows: [Row]

  package init(name: String, currency: String, target: GateCalibration.Target, rows: [Row]) {
    self.name = name
    self.currency = currency
    self.target = target
    self.rows = rows
  }

  package var passes: Bool { rows.allSatisfy { $0.choice != nil } }

  private func money(_ micro: Int64) -> String {
    "\(currency)\((Double(micro) / 1e6).fixed(2))"
  }

  private var targetText: String {
    switch target {
    case .rate(let most): "at most \(StoryboardReport.percent(most)) of frames escalated"
    case .cost(let most): "at most \(money(most)) a station and day"
    case .accuracy(let least): "mAP at overlap 0.5 of at least \(StoryboardReport.percent(least))"
    }
  }

  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, "Thresholds for “\(name)”: \(targetText)") + "\n"
    var table = TextTable([
      .init("recording"), .init("threshold", .right), .init("margin", .right), .init("on"),
      .init("escalated", .right), .init("a station and day", .right), .init("mAP", .right),
      .init("edge only", .right),
    ])
    for row in rows {
      guard let choice = row.choice else {
        table.add(row.recording, style(.red, "none"), "", "", "", "", "", "")
        continue
      }
      for (name, point, edge) in [
        ("chosen by", choice.chosen, nil), ("held out", choice.heldOut, choice.heldOutEdgeOnly),
      ] {
        let isFirst = name == "chosen by"
        table.add(
          isFirst ? row.recording : "", isFirst ? point.gate.threshold.fixed(2) : "",
          isFirst ? point.gate.margin.fixed(2) : "", name, StoryboardReport.percent(point.rate),
          money(point.costPerDay), StoryboardReport.percent(point.accuracy, 1),
          isFirst ? "" : StoryboardReport.percent(edge, 1))
      }
    }
    out += table.text(style)
    for row in rows where row.stations.count < 9 {
      out += "\(row.recording): seen by \(row.stations.joined(separator: ", "))\n"
    }
    out +=
      "Every second block is held out. Without a network: every doubtful crop is answered, and at"
    return out + " once.\n"
  }

  package var json: JSONValue {
    let kind: (String, JSONValue) =
      switch target {
      case .rate(let most): ("rateAtMost", .decimal(most, places: 6))
      case .cost(let most): ("costPerStationAndDayAtMostMicroUnits", .integer(Int(most)))
      case .accuracy(let least): ("meanPrecisionAt50AtLeast", .decimal(least, places: 6))
      }
    return .object([
      .init("storyboard", .string(name)), .init("currency", .string(currency)),
      .init("target", .object([.init(kind.0, kind.1)])),
      .init("recordings", .array(rows.map(Self.row))),
    ])
  }

  private static func row(_ row: Row) -> JSONValue {
    func decimal(_ value: Double?) -> JSONValue {
      value.map { .decimal($0, places: 6) } ?? .null
    }
    func point(_ point: GateCalibration.Point) -> JSONValue {
      [
        "escalationRate": decimal(point.rate),
        "costPerStationAndDayMicroUnits": .integer(Int(point.costPerDay)),
        "meanPrecisionAt50": decimal(point.accuracy),
      ]
    }
    return .object([
      .init("recording", .string(row.recording)),
      .init("stations", .array(row.stations.map { .string($0) })),
      .init("threshold", decimal(row.choice?.chosen.gate.threshold)),
      .init("margin", decimal(row.choice?.chosen.gate.margin)),
      .init("chosenBy", row.choice.map { point($0.chosen) } ?? .null),
      .init("heldOut", row.choice.map { point($0.heldOut) } ?? .null),
      .init("heldOutEdgeOnly", decimal(row.choice?.heldOutEdgeOnly)),
    ])
  }
}
