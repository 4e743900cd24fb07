import Bytes
import EdgeBox
import Events
import Kernels
import Metrics
import Reports
import Scenarios

/// `preflash detect --model CARD --frames FILE`
enum DetectCommand: Command {
  struct Arguments {
    var card: String?
    var frames: String?
    var rate: Double?
    var events: String?
    var labels: String?
    var out: String?
    var resamples = 1_000
    var seed: UInt64 = 1
    var jobs = ReplayCommand.availableProcessors
    var gate = CascadePlan.Gate()
    var asJSON = false
  }

  static let name = "detect"
  static let summary = "Run a detector on every frame; record boxes, crops and mAP."
  static let examples = [
    "preflash detect --model models/conveyor/frames_structured_qat.card.json5 --frames belt.y4m "
      + "--labels belt_boxes.npy --out belt.detections.csv",
    "preflash detect --model models/conveyor/frames_dense_fp32.card.json5 --frames belt.y4m --json",
  ]
  static var operands: [Operand<Arguments>] { [] }

  static var options: [Option<Arguments>] {
    inputOptions + [
      Option("--out", value: "FILE", help: "The record, NAME.detections.csv, for rehearsals.") {
        $0.out = $1
      },
      Option(
        "--threshold", value: "N",
        help: "A frame is doubtful when its best score is below it (default: 0.55), …"
      ) { $0.gate.threshold = try parseReal($1, "--threshold", 0...1) },
      Option("--margin", value: "N", help: "… or its runner-up nearer (default: 0.15).") {
        $0.gate.margin = try parseReal($1, "--margin", 0...1)
      },
      resamplesOption { $0.resamples = $1 },
      Option("--seed", value: "N", help: "Of the resamples (default: 1).") {
        $0.seed = try parseNumber($1, "--seed")
      },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static var inputOptions: [Option<Arguments>] {
    [
      Option(
        "--model", value: "CARD",
        help: "The detector's card.json5; its model lies beside it."
      ) { $0.card = $1 },
      Option(
        "--frames", value: "FILE",
        help: "The camera's grey frames: a video (.y4m), or a folder of .pgm or .png.\n"
          + "Crops are cut from them."
      ) { $0.frames = $1 },
      Option("--fps", value: "N", help: "Frames a second, for images.") {
        $0.rate = try parseReal($1, "--fps", 0.001...100_000)
      },
      Option(
        "--events", value: "FILE",
        help: "The same camera's events, for a detector that sees events: each\n"
          + "frame's input is the window that ends at its instant."
      ) { $0.events = $1 },
      Option(
        "--labels", value: "FILE",
        help: "What was there: boxes at frames' instants, .npy in Prophesee's layouts\n"
          + "or COCO in JSON. Gives mean average precision."
      ) { $0.labels = $1 },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let card = arguments.card else {
      throw UsageError("preflash \(name): missing --model CARD")
    }
    guard let path = arguments.frames else {
      throw UsageError("preflash \(name): missing --frames FILE")
    }
    let files = try DetectorFiles(card: card)
    var frames = try FrameFiles(path, rate: arguments.rate)
    let clock = ContinuousClock()
    let start = clock.now
    func pace(_ count: Int) -> String {
      "\(count.grouped) frames, \((Double(count) / (start.duration(to: clock.now) / .seconds(1))).fixed(0)) a second"
    }
    let shown = console
    var result = try files.run(&frames, events: arguments.events, jobs: arguments.jobs) {
      shown.progress("\(files.card.name): \(pace($0))")
    }
    let speed = pace(result.record.frameCount)
    console.endProgress()
    if console.showsProgress { console.complain(speed) }
    if let out = arguments.out {
      try Files.write(DetectionRecordFile.bytes(result.record), to: out)
    }
    let score = try arguments.labels.map {
      try judge(&result.record, labels: $0, files.card, arguments, console)
    }
    let report = RecordReport(
      frameFile: path, width: result.size.width, height: result.size.height,
      arithmetic: files.arithmetic.rawValue, cropSide: FrameReading.cropSide,
      cropQuality: FrameReading.cropQuality, record: result.record, gate: arguments.gate,
      recordFile: arguments.out,
      estimateReason: result.estimateReason,
      events: result.windows.map { events($0, files.card, arguments.events ?? "") }, score: score)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  private static func events(
    _ windows: EventWindows, _ card: ModelCard, _ file: String
  ) -> RecordReport.Events {
    let counts = windows.eventCounts
    return RecordReport.Events(
      file: file, window: Int64(card.window.microseconds), total: windows.total,
      inNoWindow: windows.unusedCount, late: windows.lateCount, outside: windows.outsideCount,
      median: counts.isEmpty ? nil : Quantiles(counts).median)
  }

  private static func judge(
    _ record: inout DetectionRecord, labels path: String, _ card: ModelCard,
    _ arguments: Arguments, _ console: Console
  ) throws -> DetectionReport {
    let labels = try BoxLabels(Files.read(path), name: path, framePeriod: record.framePeriod)
    let numbers = card.classes.map(\.label)
    try record.mark(labels.boxes, classNumbers: numbers, name: path)
    let score = DetectionScore(record, resamples: arguments.resamples, seed: arguments.seed)
    let intervals = score.intervals {
      console.progress("resamples \((100 * $0).fixed(0)) %")
    }
    console.endProgress()
    let images = MarkedImages(
      categories: zip(numbers, record.classNames).map {
        MarkedImages.Category(number: $0, name: $1)
      },
      imageCount: record.frameCount, clips: score.bootstrap.clusters, truth: record.truth)
    return DetectionReport(
      truthFile: path, images: images,
      objectCounts: numbers.indices.map { score.matches.objectCount(of: $0) },
      detector: DetectionReport.Detector(
        file: record.modelName, detectionCount: record.detections.count, ofUnknownCategory: 0,
        summary: score.summary, intervals: intervals, curves: []),
      other: nil, difference: nil, bootstrap: score.bootstrap, areClips: true,
      notes: [
        "A clip is \(DetectionScore.clip / 1_000_000) s of the recording, longer than a part is in "
          + "view."
      ])
  }
}
