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

  /// Windows answered together: enough to keep threads busy, few enough to stay in the cache.
  private static let batchSize = 64

  /// Replays the whole recording.
  ///
  /// - Parameters:
  ///   - jobs: Threads for inference; the outcome does not depend on it.
  ///   - progress: Told now and then how many bytes of the recording were read.
  /// - Throws: `InputError` for a damaged recording or a model that cannot run.
  package func run(
    _ reader: inout EventReader, jobs: Int = 1, progress: (Int) -> Void = { _ in }
  ) throws(InputError) -> ReplayOutcome {
    var batch = EventBatch()
    var isOpen = try reader.next(into: &batch)
    var device = DeviceSimulation(settings(firstTime: batch.times.first ?? 0))
    var inbox = Inbox(pool: ClassifierPool(classifier, jobs: jobs))
    var encoder = encoder
    var first = Int64.max
    var last = Int64.min
    var count = 0
    let read: DeviceSimulation.Reader = { run, events, range throws(InputError) in
      inbox.tensors.append(encoder.encode(events, range, start: run.start))
      if inbox.tensors.count == Self.batchSize { try inbox.flush() }
    }
    do throws(InputError) {
      while isOpen {
        first = min(first, batch.times.min() ?? first)
        last = max(last, batch.times.max() ?? last)
        try device.receive(batch, reader: read)
        count += batch.count
        progress(reader.bytesUsed)
        isOpen = try reader.next(into: &batch)
      }
      try device.finish(reader: read)
      try inbox.flush()
    } catch {
      throw error.inFile(reader.name)
    }
    let facts = ReplayOutcome.TraceFacts(
      format: reader.format, sensor: reader.sensor, firstTime: count == 0 ? 0 : first,
      lastTime: count == 0 ? 0 : last, anomalies: reader.anomalies)
    return outcome(of: device, inbox.answers, facts)
  }

  private func settings(firstTime: Int64) -> DeviceSimulation.Settings {
    let origin: Int64
    switch scenario.windowOrigin {
    case .firstEvent: origin = min(max(firstTime, -(1 << 50)), 1 << 50)
    case .firstLabel: origin = min(labels.segments.first?.start ?? firstTime, 1 << 50)
    case .time(let time): origin = time
    }
    let preprocessing = preprocessing
    return DeviceSimulation.Settings(
      windows: WindowPlan(
        origin: origin, length: scenario.windowLength, stride: scenario.windowStride),
      clock: clock, bufferCapacity: scenario.bufferCapacity, policy: scenario.queue,
      sensor: sensor, preprocessingCycles: { preprocessing.cycles(events: $0) },
      inferenceCycles: inferenceCycles)
  }

  /// Input tensors on their way to the model.
  private struct Inbox {
    let pool: ClassifierPool
    var tensors: [[UInt8]] = []
    private(set) var answers: [Answer] = []

    init(pool: ClassifierPool) { self.pool = pool }

    mutating func flush() throws(InputError) {
      answers += try pool.answers(to: tensors)
      tensors.removeAll(keepingCapacity: true)
    }
  }
}

extension Replay {
  private func outcome(
    of device: DeviceSimulation, _ answers: [Answer], _ trace: ReplayOutcome.TraceFacts
  ) -> ReplayOutcome {
    var events = device.account
    // Records that the decoder could not hand out were in the recording all the same.
    events.malformed += trace.anomalies.eventsLeftOut
    events.total += trace.anomalies.eventsLeftOut
    var digest = Digest()
    for answer in answers { digest.add(answer.digest) }
    let scores = ReplayScores(labels, classCount: classifier.classCount, device.runs, answers)
    var windows = scores.windows
    windows.total = device.windowCount
    windows.dropped = device.droppedWindows.count
    let latencies = device.runs.map(\.latency)
    let work = device.runs.reduce(0) { $0 + preprocessing.cycles(events: $1.eventCount) }
    return ReplayOutcome(
      trace: trace, events: events, windows: windows, runs: device.runs, answers: answers,
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
