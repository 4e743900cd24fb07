import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// One detector of one station, window after window.
struct DriftMonitor: Sendable {
  private let detector: DriftDetector
  /// In the detector's unit: a part of the baseline, a rate, or frames.
  let threshold: Double
  /// Doubtful frames that a window has when nothing has changed, and frames that it has at all.
  private let usual: Double
  private let frames: Double
  /// What CUSUM takes for the usual count when it looks for more, and for fewer; what Page–Hinkley lets
  /// pass of a deviation above the mean, and below.
  private let reference: (more: Double, fewer: Double)
  private let slack: (above: Double, below: Double)
  private let silence: Int
  /// Windows for which no alarm is given any more.
  private var silent = 0
  private var upper = 0.0
  private var lower = 0.0
  /// The last windows, for a rolling mean, and the place of the oldest.
  private var recent: [Int32] = []
  private let baseline: Int
  private var oldest = 0
  private var sum = 0
  /// Since the beginning or the last alarm, for a running mean.
  private var seen = 0.0
  private var mean = 0.0

  /// - Parameters:
  ///   - usual: Doubtful frames in a window when nothing has changed.
  ///   - frames: Frames in a window.
  ///   - silence: Windows without an alarm after one.
  init(
    _ detector: DriftDetector, threshold: Double, usual: Double, frames: Int, _ rules: DriftRules,
    silence: Int
  ) {
    self.detector = detector
    self.threshold = threshold
    // Sums need a rate to compare with: half a frame in a hundred windows stands for none.
    self.usual = max(usual, 0.005)
    self.frames = Double(frames)
    let shift = rules.shift
    // Between the usual rate and those to be found, for counts: J. M. Lucas, Technometrics 27 (1985)
    // 129–144.
    reference = (
      self.usual * (shift - 1) / log(shift), self.usual * (1 - 1 / shift) / log(shift)
    )
    slack = (self.usual * (shift - 1) / 2, self.usual * (1 - 1 / shift) / 2)
    baseline = rules.baseline
    self.silence = silence
  }

  /// Takes a window's doubtful frames; true for an alarm.
  mutating func add(_ count: Int) -> Bool {
    let isOff =
      switch detector {
      case .relativeBand: leavesRelativeBand(count)
      case .absoluteBand: abs(Double(count) - usual) > threshold * frames
      case .cusum: addToSums(Double(count))
      case .pageHinkley: addToDeviations(Double(count))
      }
    if silent > 0 {
      silent -= 1
      return false
    }
    guard isOff else { return false }
    silent = silence
    (upper, lower, seen, mean) = (0, 0, 0, 0)
    return true
  }

  private mutating func leavesRelativeBand(_ count: Int) -> Bool {
    defer {
      sum += count
      if recent.count < baseline {
        recent.append(Int32(count))
      } else {
        sum -= Int(recent[oldest])
        recent[oldest] = Int32(count)
        oldest = oldest + 1 == baseline ? 0 : oldest + 1
      }
    }
    guard recent.count == baseline else { return false }
    let mean = Double(sum) / Double(baseline)
    return abs(Double(count) - mean) > threshold * max(mean, 0.005)
  }

  /// Sums of what is above and below the reference values.
  private mutating func addToSums(_ count: Double) -> Bool {
    upper = max(0, upper + count - reference.more)
    lower = max(0, lower + reference.fewer - count)
    return upper > threshold || lower > threshold
  }

  /// Sums of deviations from the running mean, less half the change that is to be found.
  private mutating func addToDeviations(_ count: Double) -> Bool {
    seen += 1
    mean += (count - mean) / seen
    upper = max(0, upper + count - mean - slack.above)
    lower = max(0, lower + mean - count - slack.below)
    return upper > threshold || lower > threshold
  }
}

/// Thresholds that give the false alarms wished for, and how many they give.
///
/// A detector's false alarms are counted, not computed: windows are filled with the first recording's
/// blocks in a random order, as a shift in which nothing changes is. The threshold is sought on one
/// such stream and its false alarms are counted on another.
struct DriftCalibration: Sendable {
  /// False alarms that are expected in a stream, and the most windows that it has.
  private static let alarms = 100.0
  private static let mostWindows = 1_000_000
  private static let steps = 14

  let rules: DriftRules
  /// Frames in a window, windows in a day of belt, and windows without an alarm after one.
  let frames: Int
  let windowsPerDay: Double
  let silence: Int
  private let view: CascadeBook.View
  private let blockStarts: [Int]
  private let seed: UInt64

  init(_ plan: CascadePlan, _ rules: DriftRules, _ book: CascadeBook, gate: Int) {
    self.rules = rules
    let period = plan.records[0].framePeriod * 1_000
    frames = max(1, Int(rules.window.nanoseconds / period))
    windowsPerDay = Double(plan.shift.nanoseconds) / Double(period) / Double(frames)
    silence = Int(rules.silence.nanoseconds / max(1, period * Int64(frames)))
    view = book.views[gate][0]
    blockStarts = book.blockStarts[0]
    seed = plan.seed
  }

  /// Doubtful frames in a window.
  var usual: Double {
    let all = view.before.count - 1
    return Double(view.frames.count) / Double(max(1, all)) * Double(frames)
  }

  func monitor(_ detector: DriftDetector, threshold: Double) -> DriftMonitor {
    DriftMonitor(
      detector, threshold: threshold, usual: usual, frames: frames, rules, silence: silence)
  }

  func settings(stations: [Int]) -> [DriftStatement.Setting] {
    let wished = rules.falseAlarmsPerDay / windowsPerDay
    let count = max(20_000, min(Self.mostWindows, Int(min(1e9, Self.alarms / wished))))
    let tuned = windows(count, "drift.thresholds")
    let judged = windows(count, "drift.false alarms")
    return rules.detectors.map { detector in
      let given: Double? =
        switch detector {
        case .relativeBand: rules.relativeBand
        case .absoluteBand: rules.absoluteBand
        case .cusum, .pageHinkley: nil
        }
      let threshold =
        given ?? threshold(detector, atMost: wished * Double(count), tuned)
      let alarms = self.alarms(detector, threshold, judged)
      return DriftStatement.Setting(
        detector: detector, stations: stations, threshold: threshold,
        rate: usual / Double(frames),
        falseAlarmsPerDay: Double(alarms) / Double(count) * windowsPerDay, falseAlarms: alarms,
        windows: count)
    }
  }

  /// The lowest threshold, as far as halving finds it, that gives no more alarms.
  private func threshold(
    _ detector: DriftDetector, atMost wished: Double, _ windows: [Int32]
  ) -> Double {
    let unit =
      switch detector {
      case .relativeBand: 1 / max(usual, 0.005)
      case .absoluteBand: 1 / Double(frames)
      case .cusum, .pageHinkley: 1.0
      }
    func isTooLow(_ threshold: Double) -> Bool {
      Double(alarms(detector, threshold, windows, atMost: wished)) > wished
    }
    var upper = unit
    while isTooLow(upper), upper < unit * 1e9 { upper *= 2 }
    var lower = upper == unit ? 0 : upper / 2
    for _ in 0..<Self.steps {
      let middle = (lower + upper) / 2
      if isTooLow(middle) {
        lower = middle
      } else {
        upper = middle
      }
    }
    return upper
  }

  /// Alarms on a stream; counted no further than the first above `most`.
  private func alarms(
    _ detector: DriftDetector, _ threshold: Double, _ windows: [Int32],
    atMost most: Double = .infinity
  ) -> Int {
    var monitor = monitor(detector, threshold: threshold)
    var alarms = 0
    for window in windows where monitor.add(Int(window)) {
      alarms += 1
      if Double(alarms) > most { break }
    }
    return alarms
  }

  /// Doubtful frames of windows over which nothing changes.
  private func windows(_ count: Int, _ stream: String) -> [Int32] {
    var random = SeededRandom(seed: seed, stream: stream)
    var windows: [Int32] = []
    windows.reserveCapacity(count)
    var (next, end) = (0, 0)
    for _ in 0..<count {
      var (left, doubtful) = (frames, Int32(0))
      while left > 0 {
        if next == end {
          let block = min(
            Int(random.uniform() * Double(blockStarts.count - 1)), blockStarts.count - 2)
          (next, end) = (blockStarts[block], blockStarts[block + 1])
        }
        let length = min(left, end - next)
        doubtful += view.before[next + length] - view.before[next]
        next += length
        left -= length
      }
      windows.append(doubtful)
    }
    return windows
  }
}

/// The drift alarms of all stations.
struct DriftWatch: Sendable {
  let statement: DriftStatement
  private(set) var alarms: [CascadeOutcome.Alarm] = []
  /// By station: its detectors, in the order of the rules.
  private var monitors: [[DriftMonitor]]
  private let frames: Int
  private let period: Int64

  init(_ plan: CascadePlan, _ rules: DriftRules, _ book: CascadeBook) {
    var statement = DriftStatement(rules: rules)
    var monitors = [[DriftMonitor]](repeating: [], count: plan.gates.count)
    period = plan.records[0].framePeriod * 1_000
    frames = max(1, Int(rules.window.nanoseconds / period))
    for gate in 0..<book.gates.count - 1 {
      let stations = plan.gates.indices.filter { book.gateOfStation[$0] == gate }
      let calibration = DriftCalibration(plan, rules, book, gate: gate)
      let settings = calibration.settings(stations: stations)
      statement.settings += settings
      for station in stations {
        monitors[station] = settings.map {
          calibration.monitor($0.detector, threshold: $0.threshold)
        }
      }
    }
    self.statement = statement
    self.monitors = monitors
  }

  /// Takes a station's next day; windows that the belt's end cuts short are left out.
  mutating func watch(_ day: StationDay, of station: Int) {
    var next = 0
    for window in 0..<day.frames / frames {
      let end = day.firstArrival + Int64((window + 1) * frames) * period
      var count = 0
      while next < day.doubtful.count, day.doubtful[next].arrival < end {
        count += 1
        next += 1
      }
      for index in monitors[station].indices where monitors[station][index].add(count) {
        alarms.append(
          CascadeOutcome.Alarm(
            time: Instant(nanoseconds: end), kind: .drift(statement.rules.detectors[index]),
            station: station))
      }
    }
  }

  /// How long each change of what stations see took to be noticed.
  func delays(_ plan: CascadePlan) -> [DriftStatement.Delay] {
    let changes =
      plan.changes.map { ($0.title, $0.start, $0.end, $0.stations) }
      + plan.runaways.map { ($0.title, $0.start, $0.end, $0.stations) }
    var delays: [DriftStatement.Delay] = []
    for (title, start, end, stations) in changes {
      for station in stations {
        for detector in statement.rules.detectors {
          let first = alarms.first {
            $0.station == station && $0.kind == .drift(detector) && $0.time > start
              && $0.time <= end
          }
          delays.append(
            DriftStatement.Delay(
              change: title, start: start, station: station, detector: detector,
              delay: first.map { $0.time - start }))
        }
      }
    }
    return delays
  }
}
