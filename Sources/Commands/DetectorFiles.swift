import Bytes
import EdgeBox
import Events
import Images
import Kernels
import Metrics
import Models
import Scenarios

/// A detector with its card, opened, and what it says of files of frames and events.
struct DetectorFiles {
  let card: ModelCard
  let arithmetic: Arithmetic
  let model: Model
  let detector: Detector
  private let checksum: UInt64

  /// - Parameter path: Of the card; the model lies beside it.
  init(card path: String) throws(InputError) {
    card = try ModelCard(parsing: Files.read(path), file: path)
    let modelPath = RehearsalFiles.join(RehearsalFiles.folder(of: path), card.model)
    let bytes = try Files.read(modelPath)
    var digest = Digest()
    digest.add(bytes)
    checksum = digest.value
    model = try Model(tflite: bytes, name: modelPath)
    let name = card.arithmetic ?? Arithmetic.doubleRounding.rawValue
    guard let arithmetic = Arithmetic(rawValue: name) else {
      throw InputError(
        file: path, at: .key("arithmetic"),
        "expected one of \(Arithmetic.allCases.map(\.rawValue).joined(separator: ", ")), "
          + "found “\(name)”")
    }
    self.arithmetic = arithmetic
    do throws(InputError) {
      detector = try Detector(card, model, arithmetic: arithmetic)
    } catch {
      throw error.inFile(path)
    }
  }

  /// What came of a recording.
  struct Result {
    var record: DetectionRecord
    /// Of the frames.
    var size: SensorSize
    /// Of a model of events.
    var windows: EventWindows?
    /// Why no encoder sized the crops.
    var estimateReason: String?
  }

  /// Runs the detector on every frame, or on the events up to each frame's instant.
  ///
  /// - Parameters:
  ///   - frames: A video, or images with a rate.
  ///   - events: Needed by a model of events and by no other.
  ///   - window: Microseconds of events; the card's if left out.
  ///   - progress: Told the frames that are done, now and then.
  func run(
    _ frames: inout FrameFiles, events: String?, window: Int64? = nil, jobs: Int,
    progress: (Int) -> Void
  ) throws -> Result {
    let seesFrames = card.representation.kind == .frame
    guard seesFrames == (events == nil) else {
      throw UsageError(
        seesFrames
          ? "preflash detect: \(card.name) sees frames; --events has no use"
          : "preflash detect: \(card.name) sees events; missing --events FILE")
    }
    let (sizing, reason) = Self.sizing
    let pool = WorkerPool(
      try FrameReading(detector, card, sizing: sizing), jobs: detector.keepsState ? 1 : jobs)
    var record = DetectionRecord(classNames: card.classes.map(\.name), framePeriod: 0)
    record.modelName = card.name
    record.modelChecksum = checksum
    record.areCropsEncoded = reason == nil
    var recording = try events.map { try Recording($0) }
    var windows = try events.map { _ in
      EventWindows(
        try RepresentationEncoder(card), length: window ?? Int64(card.window.microseconds),
        sensor: card.representation.sensor)
    }
    var isOver = false
    while !isOver {
      var times: [Int64] = []
      var inputs: [FrameReading.Input] = []
      while inputs.count < 16 * pool.jobs {
        guard let (image, time) = try frames.next() else {
          isOver = true
          break
        }
        times.append(time)
        inputs.append(
          FrameReading.Input(
            image: image, tensor: try windows?.tensor(endingAt: time, &recording!.reader)))
      }
      do throws(InputError) {
        for (time, found) in zip(times, try pool.outputs(for: inputs)) {
          record.append(time: time, found)
        }
      } catch {
        throw error.inFile(frames.path)
      }
      progress(record.frameCount)
    }
    guard record.frameCount >= 2, let size = frames.size else {
      throw InputError(
        file: frames.path, at: .nowhere, "expected at least two frames, found \(record.frameCount)")
    }
    try windows?.finish(&recording!.reader)
    let span = record.times[record.frameCount - 1] - record.times[0]
    let steps = Int64(record.frameCount - 1)
    record.framePeriod = max(1, (span + steps / 2) / steps)
    return Result(record: record, size: size, windows: windows, estimateReason: reason)
  }

  /// The system's encoder, or our own and why.
  private static var sizing: (any JPEGSizing, String?) {
    do throws(InputError) {
      return (try TurboJPEG(quality: FrameReading.cropQuality), nil)
    } catch {
      return (EstimatedJPEG(quality: FrameReading.cropQuality), error.description)
    }
  }
}
