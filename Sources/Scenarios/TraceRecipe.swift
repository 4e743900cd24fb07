import Boards
package import Bytes
package import Events

/// How a synthetic trace is made, and what is looked at in it: `recipe.json5` of a trace's folder.
package struct TraceRecipe: Equatable, Sendable {
  /// What has to hold of the committed recording; nil entries are not asked for.
  package struct Expectations: Decodable, Equatable, Sendable {
    package var lostEventsAtMost: Int?
    package var lostEventsAtLeast: Int?
    package var nearEmptyWindowsAtMost: Int?
    package var nearEmptyWindowsAtLeast: Int?
    /// Events a second, in the busiest millisecond.
    package var peakRateAtLeast: Int?

    package init() {}
  }

  /// Two recordings of the same situation.
  package enum Part: String, CaseIterable, Sendable {
    /// Committed: events and frames in one file.
    case short
    /// Made anew when it is wanted: frames, and events if asked for.
    case long
  }

  package static let fileName = "recipe.json5"

  package var name: String
  package var summary: String?
  /// Options of `preflash synthesize conveyor`, as `--name VALUE`, of each recording.
  package var options: [Part: [String]]
  /// Microseconds of a window of the review.
  package var window: Int64
  /// Events that the ring of a device holds that empties it at each window's close.
  package var bufferCapacity: Int
  /// A window with fewer events is nearly empty.
  package var nearEmpty: Int
  package var expectations: Expectations
}

/// As written.
private struct RecipeFile: Decodable {
  struct Recording: Decodable {
    var options: [String]
  }

  struct Buffer: Decodable {
    var size: ByteCount
    var eventSize: ByteCount?
  }

  struct Review: Decodable {
    var window: TimeSpan
    var buffer: Buffer
    var nearEmpty: Int
    var expect: TraceRecipe.Expectations?
  }

  var name: String
  var summary: String?
  var options: [String]
  var short: Recording
  var long: Recording
  var review: Review
}

extension TraceRecipe {
  /// Reads a recipe:
  ///
  ///     {
  ///       name: "a normal shift",
  ///       options: ["--size 320x240", "--scale 200"],  // of both, as synthesize conveyor takes them
  ///       short: { options: ["--seed 11", "--duration 2s"] },
  ///       long: { options: ["--seed 12", "--duration 600s"] },
  ///       review: {
  ///         window: "40ms", buffer: { size: "512KiB", eventSize: 8 }, nearEmpty: 1000,
  ///         expect: { lostEventsAtMost: 0 },
  ///       },
  ///     }
  ///
  /// - Throws: `InputError` with the line or key of what is missing, unknown or out of range.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(RecipeFile.self, bytes: bytes, file: file)
    do throws(InputError) {
      try self.init(raw)
    } catch {
      throw error.inFile(file)
    }
  }

  private init(_ raw: RecipeFile) throws(InputError) {
    let eventSize = raw.review.buffer.eventSize?.bytes ?? 8
    try Scenario.check((1...64).contains(eventSize), "review.buffer.eventSize") {
      "expected 1 to 64 bytes, found \(eventSize)"
    }
    let size = raw.review.buffer.size.bytes
    try Scenario.check(size >= eventSize, "review.buffer.size") {
      "expected at least one event of \(eventSize) bytes, found \(size)"
    }
    try Scenario.check(raw.review.nearEmpty >= 0, "review.nearEmpty") {
      "expected a number of at least 0, found \(raw.review.nearEmpty)"
    }
    name = raw.name
    summary = raw.summary
    options = [.short: raw.options + raw.short.options, .long: raw.options + raw.long.options]
    window = try Scenario.microseconds(raw.review.window, "review.window")
    bufferCapacity = size / eventSize
    nearEmpty = raw.review.nearEmpty
    expectations = raw.review.expect ?? Expectations()
  }
}

/// What a trace's recordings have to say: `checksums.json` beside the recipe.
package struct TraceChecksums: Equatable, Sendable {
  /// Of one recording; nil for what is not committed.
  package struct Recording: Decodable, Equatable, Sendable {
    package var events: ContentChecksum?
    package var frames: ContentChecksum?
    package var boxes: ContentChecksum?

    package init(
      events: ContentChecksum? = nil, frames: ContentChecksum? = nil,
      boxes: ContentChecksum? = nil
    ) {
      self.events = events
      self.frames = frames
      self.boxes = boxes
    }

    package var parts: [(name: String, checksum: ContentChecksum?)] {
      [("events", events), ("frames", frames), ("boxes", boxes)]
    }

    /// What `made` has otherwise, in a sentence; nil when all that both have agrees.
    package func difference(from made: Recording) -> String? {
      for (old, new) in zip(parts, made.parts) {
        guard let expected = old.checksum, let found = new.checksum, expected != found else {
          continue
        }
        return
          "expected \(expected.count) \(old.name) with SHA-256 \(expected.sha256.prefix(12))…, "
          + "found \(found.count) with \(found.sha256.prefix(12))…"
      }
      return nil
    }
  }

  package static let fileName = "checksums.json"

  package var recordings: [TraceRecipe.Part: Recording]

  package init(_ recordings: [TraceRecipe.Part: Recording] = [:]) { self.recordings = recordings }

  private struct File: Decodable {
    var short: Recording?
    var long: Recording?
  }

  /// - Throws: `InputError` with the line or key of what is no checksum.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(File.self, bytes: bytes, file: file)
    recordings = [:]
    for (part, recording) in [(TraceRecipe.Part.short, raw.short), (.long, raw.long)] {
      for (name, checksum) in recording?.parts ?? [] {
        guard let sha256 = checksum?.sha256 else { continue }
        guard sha256.count == 64, sha256.allSatisfy(\.isHexDigit) else {
          throw InputError(
            file: file, at: .key("\(part.rawValue).\(name).sha256"),
            "expected 64 hexadecimal digits, found ‘\(sha256)’")
        }
      }
      recordings[part] = recording
    }
  }
}
