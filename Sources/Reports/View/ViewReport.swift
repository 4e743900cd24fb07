package import Events

/// What `view` showed or wrote, and what of the recording it left out.
package struct ViewReport: Sendable {
  package var name: String
  package var size: SensorSize
  /// Microseconds.
  package var window: Int64
  package var frames = 0
  /// Windows without events that were left out because many followed one another.
  package var emptyWindows = 0
  package var shownEvents = 0
  package var outsideEvents = 0
  /// Files and folders that were written.
  package var written: [String] = []

  package init(name: String, size: SensorSize, window: Int64) {
    self.name = name
    self.size = size
    self.window = window
  }

  package mutating func add(_ frame: AccumulatedFrame) {
    frames += 1
    shownEvents += frame.eventCount - frame.outsideCount
    outsideEvents += frame.outsideCount
  }

  package var text: String {
    var lines = [
      "\(name): \(shownEvents.grouped) events in \(frames.grouped) frames of "
        + "\((Double(window) / 1000).shortText) ms, \(size.width)×\(size.height)"
    ]
    if emptyWindows > 0 { lines.append("  left out: \(emptyWindows.grouped) empty frames") }
    if outsideEvents > 0 {
      lines.append("  not shown: \(outsideEvents.grouped) events outside the sensor")
    }
    for path in written { lines.append("  wrote \(path)") }
    return lines.joined(separator: "\n")
  }

  package var json: JSONValue {
    [
      "trace": .string(name), "width": .integer(size.width), "height": .integer(size.height),
      "windowMicroseconds": .integer(Int(window)), "frames": .integer(frames),
      "emptyFramesLeftOut": .integer(emptyWindows), "events": .integer(shownEvents),
      "eventsOutside": .integer(outsideEvents),
      "written": .array(written.map { .string($0) }),
    ]
  }
}

extension AccumulatedFrame {
  /// `1.250 s  arm roll`: what is drawn into a picture.
  package func caption(_ label: String?) -> String {
    let time = "\((Double(start) * 1e-6).fixed(3)) s"
    return label.map { "\(time) \($0)" } ?? time
  }

  /// The line below a picture in a terminal.
  package func status(_ label: String?) -> String {
    let times = "\((Double(start) * 1e-6).fixed(3))–\((Double(end) * 1e-6).fixed(3)) s"
    let counts = "\(eventCount.grouped) events, \(onCount.grouped) ON"
    return ([times, counts] + (label.map { [$0] } ?? [])).joined(separator: "  ")
  }
}

extension Double {
  /// `33` or `2.5`.
  fileprivate var shortText: String {
    self == rounded() ? fixed(0) : fixed(3)
  }
}
