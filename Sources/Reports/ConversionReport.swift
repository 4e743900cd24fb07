package import Events

/// What `convert` tells: what was written, and what of the recording is not in it.
package struct ConversionReport {
  package var output: String
  package var outputFormat: TraceFormat
  package var outputBytes: Int
  package var input: String
  package var inputFormat: TraceFormat
  package var sensor: SensorSize?
  package var eventCount: Int
  /// Events that got a later time for the order's sake.
  package var raisedTimes: Int
  /// Triggers that were written, and those that the new format has no place for.
  package var triggers: Int
  package var triggersLeftOut: Int
  package var anomalies: TraceAnomalies

  package init(
    _ reader: EventReader, to output: String, _ format: TraceFormat, byteCount: Int,
    triggers: Int
  ) {
    self.output = output
    outputFormat = format
    outputBytes = byteCount
    input = reader.name
    inputFormat = reader.format
    sensor = reader.sensor
    eventCount = reader.eventCount
    raisedTimes = reader.raisedTimes
    self.triggers = triggers
    triggersLeftOut = reader.triggerCount - triggers
    anomalies = reader.anomalies
  }

  /// Losses with their counts, in a fixed order; empty when nothing is missing.
  private var losses: [(what: String, count: Int)] {
    var losses: [(String, Int)] = []
    if triggersLeftOut > 0 {
      losses.append(("triggers that the format has no place for", triggersLeftOut))
    }
    if raisedTimes > 0 { losses.append(("times raised to the one before", raisedTimes)) }
    for (kind, entry) in anomalies.found
    where kind.leavesEventOut || kind == .truncatedTail
      || kind == .damagedPacket
    {
      losses.append((kind.title, entry.count))
    }
    return losses
  }

  package func text(_ style: Style) -> String {
    let out = style(.bold, output) + "\n"
    var table = TextTable([.init(""), .init("")])
    table.add("From", "\(input), \(inputFormat.title)")
    table.add("Format", "\(outputFormat.title), \(outputBytes.bytesText)")
    if let sensor { table.add("Sensor", "\(sensor.width) × \(sensor.height)") }
    table.add("Events", eventCount.grouped)
    if triggers > 0 { table.add("Triggers", triggers.grouped) }
    if losses.isEmpty { table.add("Lost", style(.green, "nothing")) }
    for loss in losses { table.add("Lost", style(.yellow, "\(loss.what): \(loss.count.grouped)")) }
    return out + table.text(style, indent: 2)
  }

  package var json: JSONValue {
    [
      "file": .string(output), "format": .string(outputFormat.rawValue),
      "bytes": .integer(outputBytes), "from": .string(input),
      "fromFormat": .string(inputFormat.rawValue), "events": .integer(eventCount),
      "triggers": .integer(triggers),
      "lost": .array(
        losses.map { ["what": .string($0.what), "count": .integer($0.count)] }),
    ]
  }
}
