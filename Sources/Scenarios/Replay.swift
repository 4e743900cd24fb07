package import Bytes
package import Events
import Metrics
package import Timing
package import VirtualTime

/// A rehearsal with everything it needs at hand, ready to run.
package struct Replay: Sendable {
  package var scenario: Scenario
  package var labels: LabelTrack
  package var classifier: any Classifier
  package var encoder: any WindowEncoder
  /// Pixels that the model sees.
  package var sensor: SensorSize
  package var clock: CoreClock
  package var preprocessing: PreprocessingModel
  package var inferenceCycles: Int64

  package init(
    scenario: Scenario, labels: LabelTrack, encoder: any WindowEncoder,
    classifier: any Classifier, sensor: SensorSize, clock: CoreClock,
    preprocessing: PreprocessingModel, inferenceCycles: Int64
  ) {
    self.scenario = scenario
    self.labels = labels
    self.encoder = encoder
    self.classifier = classifier
    self.sensor = sensor
    self.clock = clock
    self.preprocessing = preprocessing
    self.inferenceCycles = inferenceCycles
  }

  /// Replays the whole recording.
  ///
  /// - Parameters:
  ///   - jobs: Threads for inference; the outcome does not depend on it.
  ///   - progress: Told now and then how many bytes of the recording were read.
  /// - Throws: `InputError` for a damaged recording or a model that cannot run.
  package func run(
    _ reader: inout EventReader, jobs: Int = 1, progress: (Int) -> Void = { _ in }
  ) throws(InputError) -> ReplayOutcome {
    try Self.run([self], &reader, jobs: jobs, progress: progress)[0]
  }

  /// Replays a recording through several replays at once, reading it a single time.
  ///
  /// All take the filters of the first.
  static func run(
    _ replays: [Replay], _ reader: inout EventReader, jobs: Int, progress: (Int) -> Void
  ) throws(InputError) -> [ReplayOutcome] {
    var stream = FilteredStream(replays[0].scenario.filters, reader)
    var batch = EventBatch()
    var sessions: [ReplaySession] = []
    do throws(InputError) {
      var isOpen = true
      repeat {
        isOpen = try stream.next(&reader, into: &batch)
        if sessions.isEmpty {
          let first = batch.times.first ?? 0
          sessions = replays.map { ReplaySession($0, firstTime: first, jobs: jobs) }
        }
        for index in sessions.indices { try sessions[index].receive(batch) }
        progress(reader.bytesUsed)
      } while isOpen
      var outcomes: [ReplayOutcome] = []
      for index in sessions.indices {
        outcomes.append(try sessions[index].finish(stream.facts(reader), stream.filters))
      }
      return outcomes
    } catch {
      throw error.inFile(reader.name)
    }
  }

  func settings(firstTime: Int64) -> DeviceSimulation.Settings {
    let origin: Int64
    switch scenario.windowOrigin {
    case .firstEvent: origin = min(max(firstTime, -(1 << 50)), 1 << 50)
    case .firstLabel: origin = min(labels.segments.first?.start ?? firstTime, 1 << 50)
    case .time(let time): origin = time
    }
    let preprocessing = preprocessing
    return DeviceSimulation.Settings(
      windows: scenario.windows.rule(origin: origin), clock: clock,
      bufferCapacity: scenario.bufferCapacity, policy: scenario.queue, sensor: sensor,
      preprocessingCycles: { preprocessing.cycles(events: $0) },
      inferenceCycles: inferenceCycles)
  }
}

/// A recording behind its scenario's filters, and what the recording itself was.
private struct FilteredStream {
  private(set) var filters: FilterChain
  private var first = Int64.max
  private var last = Int64.min

  init(_ filters: [EventFilter], _ reader: EventReader) {
    self.filters = FilterChain(filters, sensor: reader.sensor)
  }

  /// The next events that pass all filters; false, with an empty batch, when the recording is over.
  mutating func next(
    _ reader: inout EventReader, into batch: inout EventBatch
  ) throws(InputError) -> Bool {
    while try reader.next(into: &batch) {
      first = min(first, batch.times.min() ?? first)
      last = max(last, batch.times.max() ?? last)
      filters.apply(to: &batch)
      if !batch.isEmpty { return true }
    }
    return false
  }

  func facts(_ reader: EventReader) -> ReplayOutcome.TraceFacts {
    ReplayOutcome.TraceFacts(
      format: reader.format, sensor: reader.sensor, firstTime: first <= last ? first : 0,
      lastTime: first <= last ? last : 0, anomalies: reader.anomalies, slice: reader.slicedTimes,
      raisedTimes: reader.raisedTimes)
  }
}

/// One device on its way through a recording.
private struct ReplaySession: Sendable {
  private let replay: Replay
  private var device: DeviceSimulation
  private var desk: Desk

  /// - Parameter firstTime: Of the first event that the device sees.
  init(_ replay: Replay, firstTime: Int64, jobs: Int) {
    self.replay = replay
    device = DeviceSimulation(replay.settings(firstTime: firstTime))
    desk = Desk(encoder: replay.encoder, pool: ClassifierPool(replay.classifier, jobs: jobs))
  }

  mutating func receive(_ batch: EventBatch) throws(InputError) {
    try Self.receive(batch, &device, &desk)
  }

  mutating func finish(
    _ trace: ReplayOutcome.TraceFacts, _ filters: FilterChain
  ) throws(InputError) -> ReplayOutcome {
    try Self.finish(&device, &desk)
    try desk.flush()
    return replay.outcome(of: device, desk.answers, trace, filters)
  }

  // Static, so that the device and its reader are two variables and neither is copied.
  private static func receive(
    _ batch: EventBatch, _ device: inout DeviceSimulation, _ desk: inout Desk
  ) throws(InputError) {
    try device.receive(batch) { run, events, range throws(InputError) in
      try desk.add(run, events, range)
    }
  }

  private static func finish(
    _ device: inout DeviceSimulation, _ desk: inout Desk
  ) throws(InputError) {
    try device.finish { run, events, range throws(InputError) in
      try desk.add(run, events, range)
    }
  }
}

/// Input tensors on their way to the model.
private struct Desk: Sendable {
  /// Windows answered together: enough to keep threads busy, few enough to stay in the cache.
  private static let batchSize = 64

  private var encoder: any WindowEncoder
  private let pool: ClassifierPool
  private var tensors: [[UInt8]] = []
  private(set) var answers: [Answer] = []

  init(encoder: any WindowEncoder, pool: ClassifierPool) {
    self.encoder = encoder
    self.pool = pool
  }

  mutating func add(
    _ run: WindowRun, _ events: EventBatch, _ range: Range<Int>
  ) throws(InputError) {
    tensors.append(encoder.encode(events, range, window: run.start..<run.end))
    if tensors.count == Self.batchSize { try flush() }
  }

  mutating func flush() throws(InputError) {
    answers += try pool.answers(to: tensors)
    tensors.removeAll(keepingCapacity: true)
  }
}

extension Replay {
  fileprivate func outcome(
    of device: DeviceSimulation, _ answers: [Answer], _ trace: ReplayOutcome.TraceFacts,
    _ filters: FilterChain
  ) -> ReplayOutcome {
    var events = device.account
    // Records that the decoder could not hand out were in the recording all the same.
    events.malformed += trace.anomalies.eventsLeftOut
    events.filtered = filters.removed
    events.total += trace.anomalies.eventsLeftOut + filters.removed
    var digest = Digest()
    for answer in answers { digest.add(answer.digest) }
    let scores = ReplayScores(labels, classCount: classifier.classCount, device.runs, answers)
    var windows = scores.windows
    windows.total = device.windowCount
    windows.dropped = device.droppedWindows.count
    let latencies = device.runs.map(\.latency)
    let work = device.runs.reduce(0) { $0 + preprocessing.cycles(events: $1.eventCount) }
    return ReplayOutcome(
      trace: trace, filters: filters.counts, events: events, windows: windows, runs: device.runs,
      answers: answers,
      confusion: scores.confusion, segments: scores.segments,
      accuracy: scores.accuracy(seed: scenario.seed),
      latency: ReplayOutcome.Spread(latencies),
      reaction: ReplayOutcome.Spread(device.runs.compactMap(\.reaction)),
      deadlineMisses: scenario.deadline.map { deadline in
        latencies.count { $0.nanoseconds > deadline }
      } ?? 0,
      bufferHighWater: device.bufferHighWater, longestQueue: device.longestQueue,
      busyCycles: device.busyCycles, inferenceCycles: inferenceCycles, preprocessingCycles: work,
      clock: clock, span: device.span, digest: digest.value)
  }
}

/// Answers held against labels.
struct ReplayScores {
  private(set) var windows = WindowAccount()
  private(set) var confusion: ConfusionMatrix
  private(set) var segments: [ReplayOutcome.Segment]

  init(_ labels: LabelTrack, classCount: Int, _ runs: [WindowRun], _ answers: [Answer]) {
    confusion = ConfusionMatrix(classCount: classCount)
    segments = labels.segments.map {
      ReplayOutcome.Segment(
        classIndex: $0.classIndex, start: $0.start, end: $0.end, windows: 0, correct: 0,
        majority: nil)
    }
    var votes = labels.segments.map { _ in [Int](repeating: 0, count: classCount) }
    for (run, answer) in zip(runs, answers) {
      switch labels.standing(start: run.start, end: run.end) {
      case .unlabelled: windows.unlabelled += 1
      case .straddling: windows.straddling += 1
      case .scored(let index):
        windows.scored += 1
        let truth = segments[index].classIndex
        confusion.add(truth: truth, answer: answer.classIndex)
        segments[index].windows += 1
        segments[index].correct += answer.classIndex == truth ? 1 : 0
        votes[index][answer.classIndex] += 1
      }
    }
    for (index, votes) in votes.enumerated() where segments[index].windows > 0 {
      segments[index].majority = votes.firstIndex(of: votes.max() ?? 0)
    }
  }

  func accuracy(seed: UInt64) -> ReplayOutcome.Accuracy? {
    guard windows.scored > 0 else { return nil }
    var random = SeededRandom(seed: seed, stream: "accuracy interval")
    let clusters = segments.map {
      ClusterBootstrap.Cluster(successes: $0.correct, trials: $0.windows)
    }
    return ReplayOutcome.Accuracy(
      correct: confusion.correct, scored: windows.scored,
      clustered: ClusterBootstrap.interval(clusters, random: &random),
      wilson: Interval.wilson(successes: confusion.correct, trials: windows.scored),
      segmentsCorrect: segments.count { $0.majority == $0.classIndex }, segments: segments.count)
  }
}
