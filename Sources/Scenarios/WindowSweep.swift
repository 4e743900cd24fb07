package import Bytes
package import Events
package import Metrics
import VirtualTime

/// One recording replayed over windows of several lengths with the same weights, in one pass.
package struct WindowSweep: Sendable {
  package struct Row: Sendable {
    /// Microseconds.
    package var length: Int64
    package var stride: Int64
    package var outcome: ReplayOutcome

    /// Of the windows that were answered; nil when none was.
    package var medianEvents: Int? {
      outcome.runs.isEmpty ? nil : Quantiles(outcome.runs.map(\.eventCount)).median
    }
  }

  /// Share of the scored windows that were answered right.
  package struct Score: Sendable {
    package var share: Double
    /// 95 %: whole segments resampled or, with fewer than two, as if windows were independent.
    package var interval: Interval?
  }

  package let rows: [Row]

  /// - Parameters:
  ///   - lengths: Of the windows, in microseconds. The stride keeps its share of the length.
  ///   - jobs: Threads for inference; the outcome does not depend on it.
  ///   - progress: Told now and then how many bytes of the recording were read.
  /// - Throws: `InputError` for a scenario whose windows have no length of time, and for what
  ///   `Replay.run` throws.
  package init(
    _ replay: Replay, lengths: [Int64], reader: inout EventReader, jobs: Int = 1,
    progress: (Int) -> Void = { _ in }
  ) throws(InputError) {
    guard case .time(let length, let stride) = replay.scenario.windows else {
      throw InputError(
        at: .key("windows"), "expected windows of a length to sweep, found windows of events",
        advice: "give windows.length in the scenario")
    }
    guard !lengths.isEmpty else {
      rows = []
      return
    }
    let strides = lengths.map { each in
      max(1, Int64((Double(each) * Double(stride) / Double(length)).rounded()))
    }
    let replays = zip(lengths, strides).map { length, stride in
      var replay = replay
      replay.scenario.windows = .time(length: length, stride: stride)
      return replay
    }
    let outcomes = try Replay.run(replays, &reader, jobs: jobs, progress: progress)
    rows = outcomes.indices.map {
      Row(length: lengths[$0], stride: strides[$0], outcome: outcomes[$0])
    }
  }

  /// Up to `count` lengths evenly spread from `first` to `last`, in whole microseconds.
  package static func lengths(from first: Int64, to last: Int64, count: Int) -> [Int64] {
    guard count > 1 else { return [first] }
    let steps = Int64(count - 1)
    return (0...steps).map { first + ((last - first) * $0 + steps / 2) / steps }
      .reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}

extension WindowSweep.Row {
  /// Nil when no answered window could be scored.
  package var score: WindowSweep.Score? {
    outcome.accuracy.map {
      WindowSweep.Score(share: $0.share, interval: $0.clustered ?? $0.wilson)
    }
  }

  /// Of an answer, in nanoseconds.
  package var inference: Int64 {
    outcome.clock.duration(ofCycles: outcome.inferenceCycles).nanoseconds
  }

  /// Mean over the answers, in nanoseconds; nil when there is none.
  package var meanPreprocessing: Int64? {
    guard !outcome.runs.isEmpty else { return nil }
    let cycles = outcome.preprocessingCycles / Int64(outcome.runs.count)
    return outcome.clock.duration(ofCycles: cycles).nanoseconds
  }
}
