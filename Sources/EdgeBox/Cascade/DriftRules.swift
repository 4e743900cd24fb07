package import VirtualTime

/// A way to notice that the escalation rate is not what it was.
package enum DriftDetector: Int, Sendable, CaseIterable {
  /// A window's rate leaves a band around the mean of the windows before, relative to that mean.
  case relativeBand
  /// A window's rate leaves a band of fixed width around the recording's own rate.
  case absoluteBand
  /// Sums of what windows are above, and below, the rate; E. S. Page, Biometrika 41 (1954) 100–115.
  case cusum
  /// Sums of what windows are off their running mean; D. V. Hinkley, Biometrika 58 (1971) 509–523.
  case pageHinkley

  package var name: String {
    switch self {
    case .relativeBand: "band relative to the baseline"
    case .absoluteBand: "absolute band"
    case .cusum: "CUSUM"
    case .pageHinkley: "Page–Hinkley"
    }
  }
}

/// When a change of the escalation rate is worth an alarm.
package struct DriftRules: Sendable, Equatable {
  /// Rates are taken of stretches of this length while the belt runs.
  package var window: Duration
  /// Windows whose mean is the rolling baseline.
  package var baseline: Int
  /// False alarms a day of belt that each detector of a station may give.
  package var falseAlarmsPerDay: Double
  /// The change that the sums are tuned to find: a rate this many times as high.
  package var shift: Double
  /// Half widths of the bands; when nil, what the wished false alarms allow. Relative: a part of the
  /// baseline; absolute: a difference of rates, 0.05 for five points.
  package var relativeBand: Double?
  package var absoluteBand: Double?
  /// After an alarm a detector is silent for so long.
  package var silence: Duration
  package var detectors: [DriftDetector]

  package init(
    window: Duration = .seconds(60), baseline: Int = 60, falseAlarmsPerDay: Double = 1.0 / 30,
    shift: Double = 2, relativeBand: Double? = nil, absoluteBand: Double? = nil,
    silence: Duration = .seconds(3_600), detectors: [DriftDetector] = DriftDetector.allCases
  ) {
    self.window = window
    self.baseline = baseline
    self.falseAlarmsPerDay = falseAlarmsPerDay
    self.shift = shift
    self.relativeBand = relativeBand
    self.absoluteBand = absoluteBand
    self.silence = silence
    self.detectors = detectors
  }
}

/// What the drift alarm is worth.
package struct DriftStatement: Sendable, Equatable {
  /// One detector under one gate.
  package struct Setting: Sendable, Equatable {
    package var detector: DriftDetector
    /// Stations with this gate.
    package var stations: [Int]
    /// In the detector's own unit: a part, a rate, or frames.
    package var threshold: Double
    /// The rate without a change.
    package var rate: Double
    /// False alarms a day of belt of one station: counted over `windows` windows of the first
    /// recording's blocks in a random order.
    package var falseAlarmsPerDay: Double
    package var falseAlarms: Int
    package var windows: Int
  }

  /// How long it took to notice a change of what a station sees.
  package struct Delay: Sendable, Equatable {
    /// The change's title.
    package var change: String
    package var start: Instant
    package var station: Int
    package var detector: DriftDetector
    /// Nil when it was not noticed while it lasted.
    package var delay: Duration?
  }

  package var rules: DriftRules
  package var settings: [Setting] = []
  package var delays: [Delay] = []

  package init(rules: DriftRules) { self.rules = rules }
}
