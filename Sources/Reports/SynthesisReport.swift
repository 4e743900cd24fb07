package import Events

/// What `synthesize frames` and `synthesize conveyor` tell about the recording that they made.
package struct SynthesisReport: Sendable {
  /// What only a conveyor has.
  package struct Conveyor: Sendable {
    package var boxFile: String
    package var boxCount: Int
    /// Objects that were labelled at least once, by class.
    package var objectCounts: [Int]
    package var frameFile: String?
    package var frameCount: Int

    package init(
      boxFile: String, boxCount: Int, objectCounts: [Int], frameFile: String?, frameCount: Int
    ) {
      self.boxFile = boxFile
      self.boxCount = boxCount
      self.objectCounts = objectCounts
      self.frameFile = frameFile
      self.frameCount = frameCount
    }
  }

  /// Nil when only frames were made.
  package var recording: String?
  package var size: SensorSize
  /// Microseconds.
  package var duration: Int64
  package var events: Int
  /// Crossings and noise within a pixel's refractory period.
  package var silenced: Int
  package var seed: UInt64
  /// Frames read; nil when the scene was described.
  package var frames: Int?
  package var conveyor: Conveyor?

  package init(
    recording: String?, size: SensorSize, duration: Int64, events: Int, silenced: Int,
    seed: UInt64, frames: Int? = nil, conveyor: Conveyor? = nil
  ) {
    self.recording = recording
    self.size = size
    self.duration = duration
    self.events = events
    self.silenced = silenced
    self.seed = seed
    self.frames = frames
    self.conveyor = conveyor
  }
}

extension SynthesisReport {
  package var text: String {
    let seconds = Double(duration) * 1e-6
    let rate = duration > 0 ? Int((Double(events) / seconds).rounded()) : 0
    let shape = "\(size.width)×\(size.height)"
    var lines: [String] = []
    if let recording {
      lines.append(
        "\(recording): \(events.grouped) synthetic events in \(seconds.fixed(3)) s "
          + "(\(rate.grouped) a second), \(shape)")
      if let frames { lines.append("  from \(frames.grouped) frames") }
      lines.append("  silenced by the refractory period: \(silenced.grouped)")
    } else {
      lines.append("\(seconds.fixed(3)) s of frames without events, \(shape)")
    }
    if let conveyor {
      let classes = zip(ConveyorClass.allCases, conveyor.objectCounts)
        .filter { $1 > 0 }.map { "\($1) \($0.name)" }.joined(separator: ", ")
      let objects = conveyor.objectCounts.reduce(0, +)
      lines.append(
        "\(conveyor.boxFile): \(conveyor.boxCount.grouped) boxes of \(objects) objects"
          + (classes.isEmpty ? "" : ": \(classes)"))
      if let path = conveyor.frameFile {
        lines.append("\(path): \(conveyor.frameCount.grouped) frames")
      }
    }
    return lines.joined(separator: "\n")
  }

  package var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("recording", recording.map { .string($0) } ?? .null), .init("synthetic", true),
      .init("seed", .string(String(seed))), .init("width", .integer(size.width)),
      .init("height", .integer(size.height)),
      .init("durationMicroseconds", .integer(Int(duration))),
      .init("events", .integer(events)), .init("silenced", .integer(silenced)),
    ]
    if let frames { members.append(.init("frames", .integer(frames))) }
    if let conveyor {
      members += [
        .init("boxesFile", .string(conveyor.boxFile)),
        .init("boxes", .integer(conveyor.boxCount)),
        .init(
          "objects",
          .object(
            zip(ConveyorClass.allCases, conveyor.objectCounts).map {
              .init($0.name, .integer($1))
            })),
        .init("framesFile", conveyor.frameFile.map { .string($0) } ?? .null),
        .init("framesWritten", .integer(conveyor.frameCount)),
      ]
    }
    return .object(members)
  }
}
