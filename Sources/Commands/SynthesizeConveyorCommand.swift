import Bytes
import Events
import Images
import Reports

/// `preflash synthesize conveyor`: boxes on a belt, with labels and, if asked for, frames.
enum SynthesizeConveyorCommand: Command {
  struct Arguments {
    var plan = ConveyorPlan()
    var finalSpeed: Double?
    var out: String?
    var boxes: String?
    var frames: String?
    var sensor = SensorSettings()
    var json = false
  }

  static let name = "synthesize conveyor"
  static let summary = "Make an event recording of a conveyor belt, with box labels."
  static let examples = [
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 0.2s --out belt.aedat",
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 0.2s --speed 1 "
      + "--final-speed 2 --dust 0.1 --sensor noisy --out belt.aedat --frames belt.y4m",
  ]
  static var operands: [Operand<Arguments>] { [] }

  static var options: [Option<Arguments>] {
    outputOptions + sceneOptions + sensorOptions(\.sensor) + [
      Option(flag: "--json", help: "Report as JSON.") { $0.json = true }
    ]
  }

  private static var outputOptions: [Option<Arguments>] {
    [
      Option(
        "--out", value: "FILE",
        help: "The recording: .raw (EVT3), .evt2, .dat, .aedat, .aedat4 or .csv."
      ) { $0.out = $1 },
      Option(
        "--boxes", value: "FILE",
        help: "Where each object is at each frame's instant, NumPy in\n"
          + "Prophesee's layout, or COCO for a name that ends in .json\n"
          + "(default: OUT_boxes.npy beside --out).\n"
          + "Classes: " + classList
      ) { $0.boxes = $1 },
      Option("--frames", value: "FILE", help: "Grey video of the same belt, .y4m.") {
        $0.frames = $1
      },
      Option("--fps", value: "N", help: "Labelled instants and frames a second (default 25).") {
        let rate: Int = try parseNumber($1, "--fps", atLeast: 1)
        $0.plan.frameRate = min(rate, 10_000)
      },
      Option("--duration", value: "TIME", help: "Such as 1.5s (default 2s).") {
        $0.plan.duration = try parseTime($1, "--duration", 1_000...3_600_000_000)
      },
      Option("--seed", value: "N", help: "Belt, objects and noise (default 1).") {
        $0.plan.seed = try parseNumber($1, "--seed")
      },
    ]
  }

  private static var sceneOptions: [Option<Arguments>] {
    [
      Option("--size", value: "WxH", help: "Pixels of the sensor (default 640x480).") {
        $0.plan.size = try parseSize($1)
      },
      Option("--scale", value: "N", help: "Pixels for a metre of belt (default 400).") {
        $0.plan.pixelsPerMetre = try parseReal($1, "--scale", 10...100_000)
      },
      Option("--speed", value: "M/S", help: "Metres a second (default 1.8).") {
        $0.plan.speed = try parseReal($1, "--speed", 0...100)
      },
      Option("--final-speed", value: "M/S", help: "Reached evenly at the end (default --speed).") {
        $0.finalSpeed = try parseReal($1, "--final-speed", 0...100)
      },
      Option("--flicker", value: "SHARE", help: "Of the light, at 100 Hz (default 0).") {
        $0.plan.flicker = try parseReal($1, "--flicker", 0...0.95)
      },
      Option("--dust", value: "SHARE", help: "Of the lens that dust covers (default 0).") {
        $0.plan.contamination = try parseReal($1, "--dust", 0...1)
      },
    ]
  }

  private static let classList = ConveyorClass.allCases
    .map { "\($0.rawValue) \($0.name) (\($0.percent) %)" }.joined(separator: ", ")

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let out = arguments.out else {
      throw UsageError("preflash \(name): missing --out FILE")
    }
    var plan = arguments.plan
    plan.finalSpeed = arguments.finalSpeed ?? plan.speed
    plan.model = arguments.sensor.model(plan.model)
    try check(plan)
    var recording = ConveyorRecording(plan)
    var video: VideoOutput?
    if let path = arguments.frames {
      video = try VideoOutput(path, size: plan.size, framesPerSecond: plan.frameRate)
    }
    var output = try TraceOutput(
      out, sensor: plan.size, comments: [" Synthetic: preflash \(name), seed \(plan.seed)"])
    try video?.write(recording.samples)
    var boxes = recording.boxes
    var batch = EventBatch()
    while recording.advance(into: &batch) {
      try output.write(batch)
      boxes += recording.boxes
      if recording.isAtInstant { try video?.write(recording.samples) }
      let percent = recording.time * 100 / plan.duration
      console.progress("\(output.eventCount.grouped) events (\(percent) %)")
    }
    console.endProgress()
    let boxFile = arguments.boxes ?? sibling(of: out, "_boxes.npy")
    let labels = BoxLabels(
      boxes: boxes,
      classNames: ConveyorClass.allCases.reduce(into: [:]) { $0[$1.rawValue] = $1.name },
      frame: plan.size)
    let isCOCO = boxFile.lowercased().hasSuffix(".json")
    try Files.write(isCOCO ? labels.coco() : PropheseeBoxes.npy(boxes), to: boxFile)
    try output.finish()
    try video?.finish()
    let report = SynthesisReport(
      recording: out, size: plan.size, duration: recording.time, events: output.eventCount,
      silenced: recording.silencedCount, seed: plan.seed,
      conveyor: .init(
        boxFile: boxFile, boxCount: boxes.count, objectCounts: recording.objectCounts,
        frameFile: arguments.frames, frameCount: video?.frameCount ?? 0))
    console.print(arguments.json ? report.json.text : report.text)
    return .success
  }

  private static func check(_ plan: ConveyorPlan) throws(UsageError) {
    // What is simulated a second: at most half a pixel between two looks.
    let looks = max(plan.speed, plan.finalSpeed) * plan.pixelsPerMetre
    guard looks <= 200_000 else {
      throw UsageError(
        "preflash \(name): expected a belt of at most 200000 pixels a second, found "
          + "\(Int(looks)); lower --speed or --scale")
    }
  }

  private static func parseSize(_ text: String) throws -> SensorSize {
    let sides = text.split(separator: "x").map { Int($0) ?? 0 }
    let range = 16...4096
    guard sides.count == 2, sides.allSatisfy(range.contains) else {
      throw UsageError(
        "preflash \(name): --size: expected WIDTHxHEIGHT, each from 16 to 4096, found ‘\(text)’")
    }
    return SensorSize(width: sides[0], height: sides[1])
  }
}

/// A grey video being written frame by frame.
private struct VideoOutput: ~Copyable {
  private var sink: FileSink
  private let writer: Y4MWriter
  private let size: SensorSize
  private(set) var frameCount = 0

  init(_ path: String, size: SensorSize, framesPerSecond: Int) throws(InputError) {
    let writer = Y4MWriter(
      width: size.width, height: size.height, framesPerSecond: framesPerSecond)
    var sink = try FileSink(path)
    try sink.write(writer.header())
    self.sink = sink
    self.writer = writer
    self.size = size
  }

  mutating func write(_ samples: [Float]) throws(InputError) {
    try sink.write(
      writer.frame(GreyImage(width: size.width, height: size.height, samples: samples)))
    frameCount += 1
  }

  mutating func finish() throws(InputError) { try sink.finish() }
}
