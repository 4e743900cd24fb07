package import Boards
package import Bytes

/// A detector of events before a recording, on an edge box: `detector.json5`.
///
///     {
///       name: "a belt, seen by its events",
///       summary: "one line for reports",
///       trace: { file: "recording.aedat4", labels: "recording_boxes.npy" },
///       model: "../../models/conveyor/events_dense_int8.card.json5",
///       box: "orin-nx-16gb",              // or with its mode, or a path
///       window: "40ms",                   // of events; the card's if left out
///       period: "40ms",                   // from instant to instant; a window ends at each
///       expect: { precisionAt50AtLeast: 0.5 },
///     }
///
/// Paths are relative to the file's folder.
package struct DetectorScenario: Decodable, Equatable, Sendable {
  package struct Trace: Decodable, Equatable, Sendable {
    package var file: String
    /// Boxes at instants of the period, counted from 0.
    package var labels: String

    package init(file: String, labels: String) {
      self.file = file
      self.labels = labels
    }
  }

  package struct Expectations: Decodable, Equatable, Sendable {
    /// mAP at an overlap of 0.5.
    package var precisionAt50AtLeast: Double?
  }

  package var name: String
  package var summary: String?
  package var trace: Trace
  package var model: String
  package var box: String
  package var window: TimeSpan?
  package var period: TimeSpan
  package var expect: Expectations?
}

extension DetectorScenario {
  /// - Throws: `InputError` with the line or key of what is missing, unknown or out of range.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    self = try ConfigurationFile.decode(DetectorScenario.self, bytes: bytes, file: file)
    do throws(InputError) {
      _ = try Scenario.microseconds(period, "period")
      if let window { _ = try Scenario.microseconds(window, "window") }
      let least = expect?.precisionAt50AtLeast ?? 0
      try Scenario.check((0...1).contains(least), "expect.precisionAt50AtLeast") {
        "expected a share from 0 to 1, found \(least)"
      }
    } catch {
      throw error.inFile(file)
    }
  }

  /// Microseconds from instant to instant.
  package var framePeriod: Int64 { Int64(period.nanoseconds / 1_000) }
  /// Microseconds of events; nil for the card's.
  package var windowLength: Int64? { window.map { Int64($0.nanoseconds / 1_000) } }
}
