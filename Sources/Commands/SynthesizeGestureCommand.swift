import Bytes
import Events
import Reports

/// `preflash synthesize gesture`: a synthetic event recording with its labels.
enum SynthesizeGestureCommand: Command {
  struct Arguments {
    var gesture: Gesture?
    var isSession = false
    var seed: UInt64 = 1
    var subject = 1
    var duration: Int64 = 2_000_000
    var pause: Int64 = 400_000
    var out: String?
    var labels: String?
    var json = false
  }

  static let name = "synthesize gesture"
  static let summary = "Make a synthetic event recording of a gesture, with labels."
  static let examples = [
    "preflash synthesize gesture --class right-hand-wave --seed 7 --out wave.aedat",
    "preflash synthesize gesture --session --subject 3 --duration 1.5s --out session.aedat",
  ]
  static var operands: [Operand<Arguments>] { [] }
  static var options: [Option<Arguments>] {
    [
      Option(
        "--class", value: "NAME",
        help: "The gesture, by name or by its number in DVS128 Gesture:\n" + gestureList
      ) { $0.gesture = try parseGesture($1) },
      Option(flag: "--session", help: "All eleven in turn, the arms at rest between.") {
        $0.isSession = true
      },
      Option("--seed", value: "N", help: "Performance, scene and noise (default 1).") {
        $0.seed = try parseNumber($1, "--seed")
      },
      Option("--subject", value: "N", help: "Who performs: body, clothes, habits (default 1).") {
        $0.subject = try parseNumber($1, "--subject")
      },
      Option("--duration", value: "TIME", help: "Of each gesture, such as 1.5s (default 2s).") {
        $0.duration = try parseTime($1, "--duration", 1_000...60_000_000)
      },
      Option("--pause", value: "TIME", help: "Around gestures of a session (default 400ms).") {
        $0.pause = try parseTime($1, "--pause", 0...60_000_000)
      },
      Option(
        "--out", value: "FILE",
        help: "The recording: .raw (EVT3), .evt2, .dat, .aedat, .aedat4 or .csv."
      ) { $0.out = $1 },
      Option(
        "--labels", value: "FILE",
        help: "Ground truth as in DVS128 Gesture (default: FILE_labels.csv beside --out)."
      ) { $0.labels = $1 },
      Option(flag: "--json", help: "Report as JSON.") { $0.json = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let out = arguments.out else {
      throw UsageError("preflash \(name): missing --out FILE")
    }
    guard (arguments.gesture != nil) != arguments.isSession else {
      throw UsageError("preflash \(name): expected either --class NAME or --session")
    }
    let gestures = arguments.gesture.map { [$0] } ?? Gesture.allCases
    var plan = GesturePlan(
      gestures: gestures, subject: arguments.subject, seed: arguments.seed)
    plan.gestureDuration = arguments.duration
    plan.pause = arguments.isSession ? arguments.pause : 0
    let recording = GestureRecording(plan)
    let labels = arguments.labels ?? sibling(of: out, "_labels.csv")
    let origin =
      " Synthetic: preflash \(name), classes "
      + gestures.map { String($0.rawValue) }.joined(separator: " ")
      + ", subject \(plan.subject), seed \(plan.seed)"
    var output = try TraceOutput(out, sensor: plan.size, comments: [origin])
    try output.write(recording.events)
    try output.finish()
    try Files.write(Array(recording.labelsText.utf8), to: labels)
    report(recording, plan, out, labels, arguments.json, console)
    return .success
  }

  private static func report(
    _ recording: GestureRecording, _ plan: GesturePlan, _ out: String, _ labels: String,
    _ json: Bool, _ console: Console
  ) {
    let seconds = Double(recording.duration) * 1e-6
    let rate = Double(recording.events.count) / seconds
    if json {
      let document: JSONValue = .object([
        .init("recording", .string(out)), .init("labels", .string(labels)),
        .init("synthetic", true),
        .init("classes", .array(plan.gestures.map { .string($0.name) })),
        .init("subject", .integer(plan.subject)),
        .init("seed", .string(String(plan.seed))),
        .init("width", .integer(plan.size.width)), .init("height", .integer(plan.size.height)),
        .init("durationMicroseconds", .integer(Int(recording.duration))),
        .init("events", .integer(recording.events.count)),
      ])
      return console.print(document.text)
    }
    console.print(
      """
      \(out): \(recording.events.count.grouped) synthetic events in \(seconds.fixed(3)) s \
      (\(Int(rate).grouped) a second), \(plan.size.width)×\(plan.size.height)
      \(labels): \(recording.labels.count) labelled gestures
      """)
  }

  private static let gestureList = Gesture.allCases
    .map { "\($0.rawValue) \($0.name)" }.joined(separator: "\n")

  private static func parseGesture(_ text: String) throws -> Gesture {
    if let gesture = Gesture(text) { return gesture }
    let names = Gesture.allCases.map(\.name)
    if let near = text.closest(in: names) {
      throw UsageError("preflash \(name): unknown class ‘\(text)’; did you mean \(near)?")
    }
    throw UsageError(
      "preflash \(name): unknown class ‘\(text)’; expected 1 to 11 or one of "
        + names.joined(separator: ", "))
  }
}
