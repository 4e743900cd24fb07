import Bytes
import Events
import Images
import Reports

/// `preflash synthesize frames`: what an event camera would have made of a video.
enum SynthesizeFramesCommand: Command {
  struct Arguments {
    var path = ""
    var rate: Double?
    var out: String?
    var seed: UInt64 = 1
    var sensor = SensorSettings()
    var json = false
  }

  static let name = "synthesize frames"
  static let summary = "Make an event recording of a video or of images."
  static let examples = [
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 0.2s "
      + "--out belt.aedat --frames belt.y4m",
    "preflash synthesize frames belt.y4m --sensor noisy --out events.aedat",
  ]
  static var operands: [Operand<Arguments>] {
    [
      Operand("PATH", help: "A .y4m video, or a folder of .pgm or .png images in order of name.") {
        $0.path = $1
      }
    ]
  }
  static var options: [Option<Arguments>] {
    [
      Option(
        "--out", value: "FILE",
        help: "The recording: .raw (EVT3), .evt2, .dat, .aedat, .aedat4 or .csv."
      ) { $0.out = $1 },
      Option("--fps", value: "N", help: "Frames a second: needed for images.") {
        $0.rate = try parseReal($1, "--fps", 0.001...1_000_000)
      },
      Option("--seed", value: "N", help: "Thresholds and noise (default 1).") {
        $0.seed = try parseNumber($1, "--seed")
      },
    ] + sensorOptions(\.sensor) + [
      Option(flag: "--json", help: "Report as JSON.") { $0.json = true }
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let out = arguments.out else {
      throw UsageError("preflash \(name): missing --out FILE")
    }
    var frames = try FrameFiles(arguments.path, rate: arguments.rate)
    guard let first = try frames.next(), let size = frames.size else {
      throw InputError(file: arguments.path, at: .nowhere, "expected frames, found none")
    }
    let model = arguments.sensor.model(PixelModel())
    var camera = FrameCamera(
      size: size, model: model, seed: arguments.seed, samples: first.image.samples)
    var output = try TraceOutput(
      out, sensor: size,
      comments: [" Synthetic: preflash \(name), seed \(arguments.seed)"])
    var batch = EventBatch()
    var last = first.time
    while let (image, time) = try frames.next() {
      // Rates beyond a million frames a second put two in one microsecond.
      guard time > last else { continue }
      batch.removeAll()
      camera.show(image.samples, at: time, into: &batch)
      try output.write(batch)
      last = time
      console.progress("\(frames.count.grouped) frames, \(output.eventCount.grouped) events")
    }
    console.endProgress()
    batch.removeAll()
    camera.finish(into: &batch)
    try output.write(batch)
    try output.finish()
    let report = SynthesisReport(
      recording: out, size: size, duration: last, events: output.eventCount,
      silenced: camera.silencedCount, seed: arguments.seed, frames: frames.count)
    console.print(arguments.json ? report.json.text : report.text)
    return .success
  }
}
