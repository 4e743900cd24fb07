import Bytes
import Events
import Images
import Reports
import Scenarios

/// A belt being recorded into files; none has its name before `finish`.
struct ConveyorSynthesis: ~Copyable {
  /// What is wanted of a recording, and where it goes.
  struct Targets {
    var events: String?
    /// A video, or the file of the events: frames beside them.
    var frames: String?
    var compression = AEDAT4Writer.Compression.lz4
    var comment = ""
    /// Whether events and frames are made that go nowhere: to compare their checksums.
    var makesEvents = false
    var makesFrames = false
    var makesDigests = false
  }

  private let plan: ConveyorPlan
  private let targets: Targets
  private let hasFramesBeside: Bool
  private let hasFrames: Bool
  private var recording: ConveyorRecording
  private var output: TraceOutput?
  private var video: VideoOutput?
  private var digest = RecordingDigest()
  private var boxes: [BoxLabel] = []
  private var eventCount = 0
  private var frameCount = 0

  /// - Throws: `InputError` for a file that cannot be written or says no format.
  init(_ plan: ConveyorPlan, to targets: Targets) throws(InputError) {
    self.plan = plan
    self.targets = targets
    hasFramesBeside = targets.frames != nil && targets.frames == targets.events
    hasFrames = targets.frames != nil || targets.makesFrames
    recording = ConveyorRecording(
      plan, hasEvents: targets.events != nil || targets.makesEvents)
    if hasFramesBeside, TraceFormat.written(to: targets.events!) != .aedat4 {
      throw InputError(
        file: targets.events!, at: .nowhere,
        "expected AEDAT 4 for events and frames in one file, found another name",
        advice: "end it in .aedat4, or name another file for the frames")
    }
    if let path = targets.events {
      output = try TraceOutput(
        path, sensor: plan.size, compression: targets.compression, hasFrames: hasFramesBeside,
        comments: [targets.comment])
    }
    if let path = targets.frames, !hasFramesBeside {
      video = try VideoOutput(path, size: plan.size, framesPerSecond: plan.frameRate)
    }
  }

  mutating func run(_ console: Console) throws(InputError) {
    try takeInstant()
    var batch = EventBatch()
    while recording.advance(into: &batch) {
      try output?.write(batch)
      eventCount += batch.count
      if targets.makesDigests { digest.add(batch) }
      if recording.isAtInstant { try takeInstant() }
      let percent = recording.time * 100 / plan.duration
      console.progress("\(eventCount.grouped) events, \(frameCount.grouped) frames (\(percent) %)")
    }
    console.endProgress()
  }

  /// Labels, and a frame if frames are wanted.
  private mutating func takeInstant() throws(InputError) {
    boxes += recording.boxes
    guard hasFrames else { return }
    let bytes = recording.frame()
    frameCount += 1
    if targets.makesDigests { digest.add(frame: bytes) }
    if hasFramesBeside {
      try output?.write(
        GreyFrame(time: recording.time, exposure: plan.exposure, size: plan.size, bytes: bytes))
    } else {
      try video?.write(bytes)
    }
  }

  /// Of what was made.
  var checksums: TraceChecksums.Recording {
    TraceChecksums.Recording(
      events: targets.events != nil || targets.makesEvents ? digest.eventChecksum : nil,
      frames: hasFrames ? digest.frameChecksum : nil,
      boxes: RecordingDigest.checksum(of: boxes))
  }

  func writeBoxes(to path: String) throws(InputError) {
    let labels = BoxLabels(
      boxes: boxes,
      classNames: ConveyorClass.allCases.reduce(into: [:]) { $0[$1.rawValue] = $1.name },
      frame: plan.size)
    let isCOCO = path.lowercased().hasSuffix(".json")
    try Files.write(isCOCO ? labels.coco() : PropheseeBoxes.npy(boxes), to: path)
  }

  /// Gives the files their names.
  mutating func finish(boxFile: String) throws(InputError) -> SynthesisReport {
    try output?.finish()
    try video?.finish()
    return SynthesisReport(
      recording: targets.events, size: plan.size, duration: recording.time, events: eventCount,
      silenced: recording.silencedCount, seed: plan.seed,
      conveyor: .init(
        boxFile: boxFile, boxCount: boxes.count, objectCounts: recording.objectCounts,
        frameFile: targets.frames, frameCount: frameCount))
  }
}

/// A grey video being written frame by frame.
private struct VideoOutput: ~Copyable {
  private var sink: FileSink
  private let writer: Y4MWriter

  init(_ path: String, size: SensorSize, framesPerSecond: Int) throws(InputError) {
    let writer = Y4MWriter(
      width: size.width, height: size.height, framesPerSecond: framesPerSecond)
    var sink = try FileSink(path)
    try sink.write(writer.header())
    self.sink = sink
    self.writer = writer
  }

  mutating func write(_ frame: [UInt8]) throws(InputError) {
    try sink.write(writer.frame(frame))
  }

  mutating func finish() throws(InputError) { try sink.finish() }
}
