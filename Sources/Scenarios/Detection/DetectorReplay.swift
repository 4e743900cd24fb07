package import Bytes
package import EdgeBox
package import Events
import Inference
package import Metrics
package import Timing
package import VirtualTime

/// A detector of events before a recording: the window that ends at each instant becomes one input.
package struct DetectorReplay: Sendable {
  /// Where the times of a window come from.
  package struct Latency: Sendable {
    /// Of an inference in the middle of many.
    package var inference: Duration
    package var preprocessing: PreprocessingModel
    /// Of the core that preprocesses.
    package var clock: CoreClock

    package init(inference: Duration, preprocessing: PreprocessingModel, clock: CoreClock) {
      self.inference = inference
      self.preprocessing = preprocessing
      self.clock = clock
    }
  }

  /// What came of windows of one length.
  package struct Outcome: Sendable {
    /// Microseconds.
    package var window: Int64
    package var record: DetectionRecord
    package var windows: EventWindows
    package var score: DetectionScore
    package var intervals: DetectionBootstrap.Intervals?
    /// Mean over the windows.
    package var preprocessing: Duration
    package var inference: Duration
    /// Of all outputs, in order.
    package var digest: UInt64

    package var medianEvents: Int { Quantiles(windows.eventCounts).median }
    package var precisionAt50: Double? { score.summary.overall[.precisionAt50] }
  }

  private let card: ModelCard
  private let detector: Detector
  private let latency: Latency
  /// Microseconds from instant to instant.
  private let period: Int64
  private let resamples: Int

  package init(
    _ card: ModelCard, _ detector: Detector, latency: Latency, period: Int64,
    resamples: Int = 1_000
  ) {
    self.card = card
    self.detector = detector
    self.latency = latency
    self.period = period
    self.resamples = resamples
  }

  /// Replays the whole recording, from the instant 0 to the last one that has events.
  ///
  /// - Parameters:
  ///   - window: Microseconds of events.
  ///   - labelName: Of the label file, for messages.
  ///   - jobs: Threads; the outcome does not depend on it.
  ///   - progress: Told now and then how many windows are done.
  /// - Throws: `InputError` for a damaged recording, and for labels at no instant.
  package func run(
    _ reader: inout EventReader, window: Int64, labels: [BoxLabel], labelName: String,
    jobs: Int, progress: (Int) -> Void
  ) throws(InputError) -> Outcome {
    var windows = EventWindows(
      try RepresentationEncoder(card), length: window, sensor: card.representation.sensor)
    let pool = WorkerPool(
      TensorReading(detector: detector), jobs: detector.keepsState ? 1 : jobs)
    var record = DetectionRecord(classNames: card.classes.map(\.name), framePeriod: period)
    record.modelName = card.name
    var digest = Digest()
    // Instants go on while there are labels or events to come.
    let last = labels.map(\.time).max() ?? 0
    var instant: Int64 = 0
    while instant <= last || !windows.isOver {
      var (times, tensors) = ([Int64](), [[UInt8]]())
      while tensors.count < 16 * pool.jobs, instant <= last || !windows.isOver {
        tensors.append(try windows.tensor(endingAt: instant, &reader))
        times.append(instant)
        instant += period
      }
      for (time, reading) in zip(times, try pool.outputs(for: tensors)) {
        record.append(time: time, reading.boxes.map(detection))
        digest.add(reading.digest)
      }
      progress(record.frameCount)
    }
    try windows.finish(&reader)
    try record.mark(labels, classNumbers: card.classes.map(\.label), name: labelName)
    let score = DetectionScore(record, resamples: resamples)
    let cycles = windows.eventCounts.reduce(0) { $0 + latency.preprocessing.cycles(events: $1) }
    let preprocessing = latency.clock.duration(ofCycles: cycles / Int64(record.frameCount))
    return Outcome(
      window: window, record: record, windows: windows, score: score,
      intervals: score.intervals(), preprocessing: preprocessing, inference: latency.inference,
      digest: digest.value)
  }

  private func detection(_ found: FoundBox) -> Detection {
    let camera = card.representation.sensor
    return Detection(
      found,
      box: PixelBox(
        found, scale: Double(card.representation.downsample ?? 1), width: camera.width,
        height: camera.height))
  }
}

/// What a detector says of one tensor.
private struct TensorReading: Work {
  var detector: Detector

  mutating func output(
    for input: [UInt8]
  ) throws(InputError) -> (boxes: [FoundBox], digest: UInt64) {
    let boxes = try detector.boxes(in: input)
    var digest = Digest()
    digest.add(detector.outputs)
    return (boxes, digest.value)
  }
}
