package import Events
package import Metrics
package import VirtualTime

/// Everything that a replay found out. Writers in `Reports` turn it into text and JSON.
package struct ReplayOutcome: Sendable {
  package struct TraceFacts: Equatable, Sendable {
    package var format: TraceFormat
    package var sensor: SensorSize?
    /// Times of the first and last event, in microseconds on the recording's clock.
    package var firstTime: Int64
    package var lastTime: Int64
    package var anomalies: TraceAnomalies
    /// The times on the recording's clock that were asked for; nil for the whole recording.
    package var slice: Range<Int64>?
    /// Events that got the time of the one before, for the order's sake.
    package var raisedTimes: Int
  }

  /// One labelled stretch and what the device made of it.
  package struct Segment: Equatable, Sendable {
    package var classIndex: Int
    package var start: Int64
    package var end: Int64
    /// Scored windows that were answered.
    package var windows: Int
    package var correct: Int
    /// The answer of most windows, the first class among equals; nil when none was answered.
    package var majority: Int?
  }

  package struct Spread: Equatable, Sendable {
    package var p50: Duration
    package var p90: Duration
    package var p99: Duration
    package var maximum: Duration

    init?(_ durations: [Duration]) {
      guard !durations.isEmpty else { return nil }
      let quantiles = Quantiles(durations)
      p50 = quantiles[0.5]
      p90 = quantiles[0.9]
      p99 = quantiles[0.99]
      maximum = quantiles.maximum
    }
  }

  package struct Accuracy: Equatable, Sendable {
    package var correct: Int
    package var scored: Int
    /// 95 %, whole segments resampled; nil with fewer than two segments.
    package var clustered: Interval?
    /// 95 % as if windows were independent, which they are not: a lower limit of the width.
    package var wilson: Interval?
    package var segmentsCorrect: Int
    package var segments: Int

    package var share: Double { Double(correct) / Double(scored) }
  }

  package var trace: TraceFacts
  /// What each of the scenario's filters removed, in order.
  package var filters: [FilterChain.Count]
  package var events: EventAccount
  package var windows: WindowAccount
  /// In order of the windows; parallel to `answers`.
  package var runs: [WindowRun]
  package var answers: [Answer]
  package var confusion: ConfusionMatrix
  package var segments: [Segment]
  /// Nil when no answered window could be scored.
  package var accuracy: Accuracy?
  /// From a window's close to its answer; nil without answers.
  package var latency: Spread?
  /// From the oldest event of a window to the answer; nil when every window was empty.
  package var reaction: Spread?
  /// Answers later than the deadline.
  package var deadlineMisses: Int
  package var bufferHighWater: Int
  package var longestQueue: Int
  package var busyCycles: Int64
  package var inferenceCycles: Int64
  /// Cycles of preprocessing over all answered windows.
  package var preprocessingCycles: Int64
  package var clock: CoreClock
  package var span: Duration
  /// Of all outputs, in order.
  package var digest: UInt64

  /// Share of the core's cycles that were work.
  package var load: Double {
    span.nanoseconds == 0
      ? 0 : Double(busyCycles) * 1e9 / Double(clock.hertz) / Double(span.nanoseconds)
  }
}
