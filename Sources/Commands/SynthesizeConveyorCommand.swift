import Bytes
import Events
import Reports

/// `preflash synthesize conveyor`: boxes on a belt, with labels and, if asked for, frames.
enum SynthesizeConveyorCommand: Command {
  struct Arguments {
    var plan = ConveyorPlan()
    var finalSpeed: Double?
    var finalDust: Double?
    var flickerStart: Int64 = 0
    var flickerDuration: Int64?
    var out: String?
    var boxes: String?
    var frames: String?
    var compression = AEDAT4Writer.Compression.lz4
    var sensor = SensorSettings()
    var json = false
  }

  static let name = "synthesize conveyor"
  static let summary = "Make an event recording of a conveyor belt, with box labels."
  static let examples = [
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 0.2s --out belt.aedat",
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 0.2s --speed 1 "
      + "--final-speed 2 --dust 0.1 --sensor noisy --out belt.aedat --frames belt.y4m",
    "preflash synthesize conveyor --size 160x120 --scale 100 --duration 2s "
      + "--shares 20,20,20,20,20 --frames belt.y4m",
  ]
  static var operands: [Operand<Arguments>] { [] }

  static var options: [Option<Arguments>] {
    outputOptions + sceneOptions + situationOptions + frameOptions + sensorOptions(\.sensor) + [
      Option(flag: "--json", help: "Report as JSON.") { $0.json = true }
    ]
  }

  private static var outputOptions: [Option<Arguments>] {
    [
      Option(
        "--out", value: "FILE",
        help: "The recording: .raw (EVT3), .evt2, .dat, .aedat, .aedat4 or .csv.\n"
          + "Without it frames and boxes alone are made, which is far faster."
      ) { $0.out = $1 },
      Option(
        "--boxes", value: "FILE",
        help: "Where each object is at each frame's instant, NumPy in\n"
          + "Prophesee's layout, or COCO for a name that ends in .json\n"
          + "(default: NAME_boxes.npy beside --out or --frames).\n"
          + "Classes: " + classList
      ) { $0.boxes = $1 },
      Option(
        "--frames", value: "FILE",
        help: "Grey video of the same belt, .y4m; or the .aedat4 of\n"
          + "--out, for frames beside its events."
      ) { $0.frames = $1 },
      compressionOption { $0.compression = $1 },
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
      Option("--gap", value: "A..B", help: "Metres between two objects (default 0.08..0.35).") {
        $0.plan.gap = try parseGap($1)
      },
      Option(
        "--shares", value: "A,B,C,D,E", help: "Percent of each class (default 92,3,2,2,1)."
      ) {
        $0.plan.shares = try parseShares($1)
      },
    ]
  }

  /// What happens to the belt, its light and the lens.
  private static var situationOptions: [Option<Arguments>] {
    let anyTime: ClosedRange<Int64> = 0...3_600_000_000
    return [
      Option(
        "--dust", value: "SHARE",
        help: "Of the lens that dust covers, what lies twice counted\n"
          + "twice (default 0): it dims, and scatters haze."
      ) {
        $0.plan.contamination = try parseReal($1, "--dust", 0...1)
      },
      Option("--final-dust", value: "SHARE", help: "Reached evenly at the end (default --dust).") {
        $0.finalDust = try parseReal($1, "--final-dust", 0...1)
      },
      Option("--final-light", value: "X", help: "What --light-at makes of the light (default 1).") {
        $0.plan.light.final = try parseReal($1, "--final-light", 0.01...100)
      },
      Option("--light-at", value: "TIME", help: "When the light changes (default 0s).") {
        $0.plan.light.start = try parseTime($1, "--light-at", anyTime)
      },
      Option("--light-ramp", value: "TIME", help: "How long it changes (default 0s: at once).") {
        $0.plan.light.ramp = try parseTime($1, "--light-ramp", anyTime)
      },
      Option("--flicker", value: "SHARE", help: "Of the light, at 100 Hz (default 0).") {
        $0.plan.flicker = try parseReal($1, "--flicker", 0...0.95)
      },
      Option("--flicker-at", value: "TIME", help: "When the light begins to flicker (default 0s).")
      {
        $0.flickerStart = try parseTime($1, "--flicker-at", anyTime)
      },
      Option("--flicker-for", value: "TIME", help: "How long it flickers (default: to the end).") {
        $0.flickerDuration = try parseTime($1, "--flicker-for", anyTime)
      },
      Option(
        "--variant-at", value: "TIME",
        help: "From when on products are a variant: the label on their\nother side, tinted."
      ) { $0.plan.variantStart = try parseTime($1, "--variant-at", anyTime) },
    ]
  }

  private static var frameOptions: [Option<Arguments>] {
    [
      Option("--exposure", value: "TIME", help: "Of a frame: its motion blur (default 2ms).") {
        $0.plan.exposure = try parseTime($1, "--exposure", 0...1_000_000)
      },
      Option(
        "--full-well", value: "N",
        help: "Electrons of a frame's white pixel, whose root is its\n"
          + "noise (default 10000; 0 for no noise)."
      ) {
        $0.plan.fullWell = try parseReal($1, "--full-well", 0...10_000_000)
      },
    ]
  }

  private static let classList = ConveyorClass.allCases
    .map { "\($0.rawValue) \($0.name) (\($0.percent) %)" }.joined(separator: ", ")

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let main = arguments.out ?? arguments.frames else {
      throw UsageError("preflash \(name): missing --out FILE or --frames FILE")
    }
    let plan = try plan(arguments)
    var targets = ConveyorSynthesis.Targets()
    targets.events = arguments.out
    targets.frames = arguments.frames
    targets.compression = arguments.compression
    targets.comment = " Synthetic: preflash \(name), seed \(plan.seed)"
    var synthesis = try ConveyorSynthesis(plan, to: targets)
    try synthesis.run(console)
    let boxFile = arguments.boxes ?? sibling(of: main, "_boxes.npy")
    try synthesis.writeBoxes(to: boxFile)
    let report = try synthesis.finish(boxFile: boxFile)
    console.print(arguments.json ? report.json.text : report.text)
    return .success
  }

  /// What was typed, put together.
  static func plan(_ arguments: Arguments) throws(UsageError) -> ConveyorPlan {
    var plan = arguments.plan
    plan.finalSpeed = arguments.finalSpeed ?? plan.speed
    plan.finalContamination = arguments.finalDust ?? plan.contamination
    if arguments.flickerStart > 0 || arguments.flickerDuration != nil {
      let end = arguments.flickerStart + (arguments.flickerDuration ?? plan.duration)
      plan.flickerTime = arguments.flickerStart..<end
    }
    plan.model = arguments.sensor.model(plan.model)
    try check(plan)
    return plan
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

  private static func parseGap(_ text: String) throws -> ClosedRange<Double> {
    guard let dots = text.firstRange(of: "..") else {
      throw UsageError("preflash \(name): --gap: expected A..B in metres, found ‘\(text)’")
    }
    let first = try parseReal(String(text[..<dots.lowerBound]), "--gap", 0...1_000_000)
    let last = try parseReal(String(text[dots.upperBound...]), "--gap", first...1_000_000)
    return first...last
  }

  private static func parseShares(_ text: String) throws -> [Int] {
    let shares = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard shares.count == ConveyorClass.allCases.count,
      shares.allSatisfy((0...100).contains), shares.reduce(0, +) == 100
    else {
      throw UsageError(
        "preflash \(name): --shares: expected \(ConveyorClass.allCases.count) whole percentages "
          + "that sum to 100, found ‘\(text)’")
    }
    return shares
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
