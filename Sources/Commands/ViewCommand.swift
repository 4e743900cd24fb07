import Bytes
import Events
import Images
import Reports

/// `preflash view TRACE`
enum ViewCommand: Command {
  struct Arguments {
    var path = ""
    var format: TraceFormat?
    var columns: TextColumns?
    var window: Int64 = 33_000
    var slice = SliceRequest()
    var adjustment = AdjustmentRequest()
    var speed = 1.0
    var labels: String?
    var boxes: String?
    var classNames: [String] = []
    var zoom: Int?
    var png: String?
    var gif: String?
    var apng: String?
    var boxPeriod: Int64?
    var asJSON = false

    var writesFiles: Bool { png != nil || gif != nil || apng != nil }
  }

  static let name = "view"
  static let summary = "Play a recording in the terminal, or write it as pictures."
  static let examples = [
    "preflash view traces/gestures/gestures.aedat --from 1s",
    "preflash view traces/gestures/gestures.aedat --to 0.5s --zoom 2 --gif gestures.gif "
      + "--labels traces/gestures/gestures_labels.csv",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("FILE", help: "A recording in any format that inspect trace reads.") { $0.path = $1 }]
  }

  static var options: [Option<Arguments>] {
    timeOptions + [
      Option("--labels", value: "FILE", help: "Labels: class,startTime_usec,endTime_usec.") {
        $0.labels = $1
      },
      Option(
        "--boxes", value: "FILE",
        help: "Boxes to draw: NumPy in Prophesee’s layouts, or COCO in JSON."
      ) { $0.boxes = $1 },
      Option(
        "--box-period", value: "TIME",
        help: "From image to image of a COCO file whose images have no timestamp."
      ) { $0.boxPeriod = try parseTime($1, "--box-period", 1...3_600_000_000) },
      Option(
        "--names", value: "A,B,...",
        help: "Names of the box classes from 0 on; a COCO file has its own."
      ) { $0.classNames = $1.split(separator: ",").map(String.init) },
      Option("--png", value: "FOLDER", help: "Write each frame as a picture.") { $0.png = $1 },
      Option("--gif", value: "FILE", help: "Write an animated picture.") { $0.gif = $1 },
      Option(
        "--apng", value: "FILE",
        help: "Write an animated PNG: times to the millisecond, not compressed."
      ) { $0.apng = $1 },
      Option("--zoom", value: "N", help: "Picture pixels for a pixel (default: about 512 wide).") {
        let zoom: Int = try parseNumber($1, "--zoom", atLeast: 1)
        $0.zoom = min(zoom, 64)
      },
      Option("--format", value: "NAME", help: "What the file is when it does not say.") {
        guard let format = TraceFormat(rawValue: $1) else {
          let names = TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
          throw UsageError("preflash \(name): unknown format ‘\($1)’; expected \(names)")
        }
        $0.format = format
      },
      columnsOption(\.columns, name),
      Option(flag: "--json", help: "Report as JSON; plays nothing.") { $0.asJSON = true },
    ]
  }

  private static var timeOptions: [Option<Arguments>] {
    [
      Option("--window", value: "TIME", help: "Time that a frame sums up (default 33ms).") {
        $0.window = try parseTime($1, "--window", 1...3_600_000_000)
      },
      Option("--speed", value: "X", help: "2 plays twice as fast (default 1).") {
        $0.speed = try parseReal($1, "--speed", 0.001...1000)
      },
    ] + sliceOptions(\.slice) + adjustmentOptions(\.adjustment, name)
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let annotations = try Annotations(arguments)
    let size = try sensorSize(arguments, console)
    var recording = try Recording(
      arguments.path, format: arguments.format, columns: arguments.columns,
      slice: arguments.slice
    ) { console.progress("index: \(Int($0 * 100)) %") }
    console.endProgress()
    try recording.reader.adjust(by: arguments.adjustment.changing())
    var stream = FrameStream(recording.reader, size: size, window: arguments.window)
    var report = ViewReport(name: arguments.path, size: size, window: arguments.window)
    if arguments.writesFiles {
      var writer = try PictureFiles(arguments, size, classNames: annotations.classNames)
      while let frame = try stream.next() {
        try writer.write(
          frame, caption: frame.caption(annotations.label(of: frame)),
          boxes: Array(annotations.boxes(of: frame)))
        report.add(frame)
        console.progress("\(report.frames.grouped) frames")
      }
      console.endProgress()
      try writer.finish()
      report.written = [arguments.png, arguments.gif, arguments.apng].compactMap { $0 }
    } else if arguments.asJSON {
      while let frame = try stream.next() { report.add(frame) }
    } else if console.isTerminal {
      try play(&stream, arguments, annotations, console)
      return .success
    } else {
      return try printOne(&stream, annotations, console)
    }
    report.emptyWindows = stream.emptyWindows
    console.print(arguments.asJSON ? report.json.text : report.text)
    return .success
  }

  /// As the recording says, or as far as its events reach.
  private static func sensorSize(
    _ arguments: Arguments, _ console: Console
  ) throws(InputError) -> SensorSize {
    var recording = try Recording(
      arguments.path, format: arguments.format, columns: arguments.columns)
    var size = recording.reader.sensor
    if size == nil {
      var survey = TraceSurvey(labels: [])
      var batch = EventBatch()
      while try recording.reader.next(into: &batch) { survey.add(batch) }
      size = SensorSize(width: Int(survey.highestX) + 1, height: Int(survey.highestY) + 1)
    }
    guard let size, size.width > 0, size.height > 0,
      size.width <= AccumulatedFrame.mostPixels / size.height
    else {
      throw InputError(
        file: arguments.path, at: .nowhere,
        "expected a sensor of at most \(AccumulatedFrame.mostPixels) pixels, found "
          + "\(size?.width ?? 0) × \(size?.height ?? 0)")
    }
    return size
  }

  private static func printOne(
    _ stream: inout FrameStream, _ annotations: Annotations, _ console: Console
  ) throws -> ExitStatus {
    guard let frame = try stream.next() else {
      console.print("no events")
      return .success
    }
    let text = TerminalFrame(
      columns: console.style.width, rows: 40, usesColour: console.style.usesColour)
    console.print(text.text(frame) + frame.status(annotations.label(of: frame)))
    return .success
  }

  private static func play(
    _ stream: inout FrameStream, _ arguments: Arguments, _ annotations: Annotations,
    _ console: Console
  ) throws {
    let terminal = Terminal(console)
    defer { terminal.restore(console) }
    let pace = Duration.microseconds(Int64(Double(arguments.window) / arguments.speed))
    var due = ContinuousClock.now
    while let frame = try stream.next() {
      let screen = Terminal.size
      let text = TerminalFrame(
        columns: screen.columns, rows: screen.rows - 1, usesColour: console.style.usesColour
      ).text(frame).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      // Each line clears what an earlier, longer one left.
      var out = "\u{1B}[H"
      for line in text { out += line + "\u{1B}[K\n" }
      let status = "\(frame.status(annotations.label(of: frame)))  q quits"
      out += String(status.prefix(screen.columns - 1)) + "\u{1B}[J"
      console.print(out, terminator: "")
      due += pace
      let left = ContinuousClock.now.duration(to: due)
      let (seconds, attoseconds) = left.components
      let wait = Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
      if terminal.isStopped(after: wait) { return }
    }
  }
}

/// What is drawn beside the events.
private struct Annotations {
  /// A set of boxes stays until the next, but no longer.
  private static let boxLife: Int64 = 100_000

  private let labels: [TraceLabel]
  /// In order of time.
  private let boxes: [BoxLabel]
  /// Of the boxes, by class number.
  let classNames: [Int: String]

  init(_ arguments: ViewCommand.Arguments) throws(InputError) {
    labels =
      try arguments.labels.map { path throws(InputError) in
        try GestureLabels(Files.read(path), name: path).labels
      } ?? []
    let found =
      try arguments.boxes.map { path throws(InputError) in
        try BoxLabels(Files.read(path), name: path, framePeriod: arguments.boxPeriod)
      } ?? BoxLabels(boxes: [])
    boxes = found.boxes.sorted { $0.time < $1.time }
    let typed = Dictionary(uniqueKeysWithValues: arguments.classNames.enumerated().map { ($0, $1) })
    classNames = found.classNames.merging(typed) { $1 }
  }

  /// The gesture in the middle of a frame.
  func label(of frame: AccumulatedFrame) -> String? {
    let middle = frame.start + (frame.end - frame.start) / 2
    let label = labels.last { $0.start <= middle && middle < $0.end }
    return label.map { GestureLabels.classNames[$0.classNumber - 1] }
  }

  /// The boxes of the latest labelled instant.
  func boxes(of frame: AccumulatedFrame) -> ArraySlice<BoxLabel> {
    // The first box of a later time than the frame's, by halves.
    var (low, high) = (0, boxes.count)
    while low < high {
      let middle = (low + high) / 2
      if boxes[middle].time < frame.end { low = middle + 1 } else { high = middle }
    }
    guard low > 0, frame.end - boxes[low - 1].time <= Self.boxLife + (frame.end - frame.start)
    else { return [] }
    var start = low
    while start > 0 && boxes[start - 1].time == boxes[low - 1].time { start -= 1 }
    return boxes[start..<low]
  }
}
