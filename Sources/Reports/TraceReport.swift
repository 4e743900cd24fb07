import Bytes
package import Events

/// What `inspect trace` tells about a recording.
package struct TraceReport {
  package var name: String
  package var format: TraceFormat
  package var byteCount: Int
  package var sensor: SensorSize?
  package var comments: [String]
  package var survey: TraceSurvey
  package var triggerCount: Int
  package var anomalies: TraceAnomalies
  package var hasLabels: Bool
  package var overlappingLabels: Int

  /// - Parameter byteCount: Of the whole file, of which a slice uses a part.
  package init(
    _ reader: EventReader, _ survey: TraceSurvey, byteCount: Int, hasLabels: Bool,
    overlappingLabels: Int
  ) {
    name = reader.name
    format = reader.format
    self.byteCount = byteCount
    sensor = reader.sensor
    comments = reader.comments
    self.survey = survey
    triggerCount = reader.triggerCount
    anomalies = reader.anomalies
    self.hasLabels = hasLabels
    self.overlappingLabels = overlappingLabels
  }
}

extension TraceReport {
  package func text(_ style: Style) -> String {
    var out = style(.bold, name) + "\n"
    var table = TextTable([.init(""), .init("")])
    table.add("Format", "\(format.title), \(byteCount.bytesText)")
    for comment in comments { table.add("Comment", comment.trimmedOfBlanks) }
    table.add("Sensor", sensorText)
    table.add("Events", eventsText)
    if let times = survey.times {
      table.add(
        "Time",
        "\(times.lowerBound.secondsText) to \(times.upperBound.secondsText), "
          + "\(survey.duration.secondsText) long")
    }
    if let mean = survey.meanRate {
      let slice = (Double(survey.rate.sliceLength) / 1000).fixed(0)
      table.add(
        "Rate",
        "mean \(mean.rateText), peak \(survey.rate.peakRate.rateText) over \(slice) ms")
    }
    for (row, channel) in survey.triggers.keys.sorted().enumerated() {
      table.add(row == 0 ? "Triggers" : "", triggerText(channel))
    }
    if anomalies.isEmpty { table.add("Anomalies", style(.green, "none")) }
    out += table.text(style, indent: 2)
    if survey.meanRate != nil { out += "\n" + sparklineText(style) }
    if !anomalies.isEmpty { out += "\n" + anomalyText(style) }
    if hasLabels { out += "\n" + labelText(style) }
    return out
  }

  private var sensorText: String {
    if let sensor { return "\(sensor.width) × \(sensor.height)" }
    guard survey.eventCount > 0 else { return "not stated" }
    return "not stated; events reach x = \(survey.highestX), y = \(survey.highestY)"
  }

  private var eventsText: String {
    guard survey.eventCount > 0 else { return "0" }
    let share = 100 * Double(survey.onCount) / Double(survey.eventCount)
    let off = survey.eventCount - survey.onCount
    return "\(survey.eventCount.grouped): \(survey.onCount.grouped) ON (\(share.fixed(1)) %), "
      + "\(off.grouped) OFF"
  }

  /// `channel 0: 12 rising, 12 falling, 0.100000 s to 2.300000 s`
  private func triggerText(_ channel: UInt8) -> String {
    guard let found = survey.triggers[channel] else { return "" }
    let counts = [
      (found.rising, "rising"), (found.falling, "falling"), (found.pulses, "pulses"),
    ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
    return "channel \(channel): \(counts.joined(separator: ", ")), "
      + "\(found.times.lowerBound.secondsText) to \(found.times.upperBound.secondsText)"
  }

  private func sparklineText(_ style: Style) -> String {
    let width = max(10, style.width - 4)
    let line = Sparkline.text(survey.rate.counts, width: width)
    let end = "\(survey.duration.secondsText) after the first event"
    let gap = String(repeating: " ", count: max(1, line.count - 3 - end.count))
    return "  \(style(.cyan, line))\n" + style(.dim, "  0 s\(gap)\(end)") + "\n"
  }

  private func anomalyText(_ style: Style) -> String {
    var table = TextTable([
      .init("Anomaly"), .init("Count", .right), .init("At"), .init("Events are"),
    ])
    for (kind, entry) in anomalies.found {
      table.add(
        style(.yellow, kind.title), entry.count.grouped, places(of: entry),
        kind.leavesEventOut ? "left out" : "kept")
    }
    return table.text(style, indent: 2)
  }

  /// `byte 0x1c, 0x2c and 3 more`
  private func places(of entry: TraceAnomalies.Entry) -> String {
    let texts = entry.places.map { $0.text ?? "" }
    let kind = texts[0].prefix { $0 != " " } + " "
    let others = texts.dropFirst().prefix(2).map {
      $0.hasPrefix(kind) ? String($0.dropFirst(kind.count)) : $0
    }
    let rest = entry.count - 1 - others.count
    return ([texts[0]] + others).joined(separator: ", ")
      + (rest > 0 ? " and \(rest.grouped) more" : "")
  }

  private func labelText(_ style: Style) -> String {
    var table = TextTable([
      .init("Label", .right), .init("Class"), .init("From", .right), .init("To", .right),
      .init("Length", .right), .init("Events", .right),
    ])
    for (label, count) in survey.labels {
      table.add(
        String(label.classNumber), GestureLabels.classNames[label.classNumber - 1],
        label.start.secondsText, label.end.secondsText, (label.end - label.start).secondsText,
        count.grouped)
    }
    var out = table.text(style, indent: 2)
    if overlappingLabels > 0 {
      out += "  \(style(.yellow, "\(overlappingLabels) labels overlap the one before them"))\n"
    }
    let empty = survey.labels.count { $0.eventCount == 0 }
    if empty > 0 { out += "  \(style(.yellow, "\(empty) labels hold no event"))\n" }
    return out
  }
}

extension TraceReport {
  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("file", .string(name)), .init("format", .string(format.rawValue)),
      .init("bytes", .integer(byteCount)),
      .init("comments", .array(comments.map { .string($0.trimmedOfBlanks) })),
      .init(
        "sensor",
        sensor.map { ["width": .integer($0.width), "height": .integer($0.height)] } ?? .null),
      .init("events", .integer(survey.eventCount)), .init("on", .integer(survey.onCount)),
      .init("off", .integer(survey.eventCount - survey.onCount)),
      .init("firstMicrosecond", survey.times.map { .integer(Int($0.lowerBound)) } ?? .null),
      .init("lastMicrosecond", survey.times.map { .integer(Int($0.upperBound)) } ?? .null),
      .init("durationMicroseconds", .integer(Int(survey.duration))),
      .init("meanEventsPerSecond", survey.meanRate.map { .decimal($0, places: 1) } ?? .null),
      .init("peakEventsPerSecond", .decimal(survey.rate.peakRate, places: 1)),
      .init(
        "rate",
        [
          "sliceMicroseconds": .integer(Int(survey.rate.sliceLength)),
          "events": .array(survey.rate.counts.map { .integer($0) }),
        ]),
      .init("triggers", .integer(triggerCount)),
      .init("triggerChannels", .array(survey.triggers.keys.sorted().map(triggerJSON))),
      .init("firstTriggers", .array(survey.firstTriggers.map(triggerJSON))),
      .init("anomalies", .array(anomalies.found.map(anomalyJSON))),
    ]
    if hasLabels {
      members.append(.init("labels", .array(survey.labels.map(labelJSON))))
      members.append(.init("overlappingLabels", .integer(overlappingLabels)))
    }
    return .object(members)
  }

  private func anomalyJSON(
    _ found: (kind: TraceAnomalies.Kind, entry: TraceAnomalies.Entry)
  ) -> JSONValue {
    [
      "kind": .string(found.kind.title), "count": .integer(found.entry.count),
      "first": .string(found.entry.first.text ?? ""),
      "places": .array(found.entry.places.map { .string($0.text ?? "") }),
      "leftOut": .bool(found.kind.leavesEventOut),
    ]
  }

  private func triggerJSON(_ channel: UInt8) -> JSONValue {
    guard let found = survey.triggers[channel] else { return .null }
    return [
      "channel": .integer(Int(channel)), "rising": .integer(found.rising),
      "falling": .integer(found.falling), "pulses": .integer(found.pulses),
      "firstMicrosecond": .integer(Int(found.times.lowerBound)),
      "lastMicrosecond": .integer(Int(found.times.upperBound)),
    ]
  }

  private func triggerJSON(_ trigger: Trigger) -> JSONValue {
    [
      "microsecond": .integer(Int(trigger.time)), "channel": .integer(Int(trigger.channel)),
      "edge": .string("\(trigger.edge)"),
    ]
  }

  private func labelJSON(_ row: (label: TraceLabel, eventCount: Int)) -> JSONValue {
    [
      "class": .integer(row.label.classNumber),
      "name": .string(GestureLabels.classNames[row.label.classNumber - 1]),
      "startMicrosecond": .integer(Int(row.label.start)),
      "endMicrosecond": .integer(Int(row.label.end)),
      "events": .integer(row.eventCount),
    ]
  }
}

extension Int64 {
  /// Microseconds as seconds: `53.036986 s`.
  fileprivate var secondsText: String {
    let digits = String(magnitude % 1_000_000)
    let fraction = String(repeating: "0", count: 6 - digits.count) + digits
    return "\(self < 0 ? "-" : "")\(Int(magnitude / 1_000_000).grouped).\(fraction) s"
  }
}

extension Double {
  /// Events a second: `84.2 k events/s`.
  fileprivate var rateText: String {
    if self >= 1e6 { return "\((self / 1e6).fixed(2)) M events/s" }
    if self >= 1e3 { return "\((self / 1e3).fixed(1)) k events/s" }
    return "\(fixed(1)) events/s"
  }
}

extension String {
  fileprivate var trimmedOfBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
