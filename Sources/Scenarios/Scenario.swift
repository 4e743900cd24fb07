package import Events

/// A rehearsal: which recording goes through which model on which device, and what is expected.
///
/// Decoded from `scenario.json5`; see `Scenario.init(parsing:file:)` for the file's shape.
package struct Scenario: Equatable, Sendable {
  package struct Trace: Equatable, Sendable {
    package var file: String
    /// Nil lets the reader find out.
    package var format: TraceFormat?
    package var origin: ModelCard.Origin
    /// Of a text with an order of its own.
    package var columns: TextColumns?
    /// What is changed about the events on the way in; labels stay as they are.
    package var adjustment: TraceAdjustment
    package var labels: String?
    /// Where the recording is from, in a sentence.
    package var source: String?
  }

  package enum WindowOrigin: Equatable, Sendable {
    case firstEvent
    case firstLabel
    /// Microseconds on the recording's clock.
    case time(Int64)
  }

  /// When one input ends and the next begins; spans in microseconds.
  package enum Windows: Equatable, Sendable {
    case time(length: Int64, stride: Int64)
    case events(count: Int, stride: Int)
    case adaptive(count: Int, shortest: Int64, longest: Int64)

    /// With the recording's clock at `origin` when the device's begins.
    package func rule(origin: Int64) -> WindowRule {
      switch self {
      case .time(let length, let stride):
        .time(WindowPlan(origin: origin, length: length, stride: stride))
      case .events(let count, let stride):
        .events(origin: origin, count: count, stride: stride)
      case .adaptive(let count, let shortest, let longest):
        .adaptive(origin: origin, count: count, shortest: shortest, longest: longest)
      }
    }
  }

  /// What has to hold for the rehearsal to succeed; nil entries are not asked for.
  package struct Expectations: Equatable, Sendable {
    /// Share of the scored windows.
    package var accuracyAtLeast: Double?
    /// Share of the labelled segments, each by the majority of its windows.
    package var segmentAccuracyAtLeast: Double?
    package var deadlineMissesAtMost: Int?
    package var droppedWindowsAtMost: Int?
    /// Events that found the buffer full.
    package var lostEventsAtMost: Int?
    /// Bytes.
    package var flashAtMost: Int?
    package var ramAtMost: Int?

    package init() {}
  }

  package var name: String
  package var summary: String?
  package var trace: Trace
  /// Path of the model's card.
  package var card: String
  /// In order; what one keeps, the next one sees.
  package var filters: [EventFilter]
  package var windows: Windows
  package var windowOrigin: WindowOrigin
  /// A bundled board's name, or a path to a board file.
  package var board: String
  /// A bundled runtime profile's name, or a path to one.
  package var runtime: String
  /// Bytes of the ring that the camera's events are written to.
  package var bufferSize: Int
  /// Bytes that one event takes in it.
  package var eventSize: Int
  package var queue: QueuePolicy
  /// Nanoseconds from a window's close to its answer.
  package var deadline: Int64?
  package var seed: UInt64
  package var expectations: Expectations

  /// Events that the ring holds.
  package var bufferCapacity: Int { bufferSize / eventSize }
}
