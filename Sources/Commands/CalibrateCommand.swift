import Bytes
import EdgeBox
import Reports
import Uplink

/// `preflash calibrate STORYBOARD`: gates for a target rate, cost or accuracy.
enum CalibrateCommand: Command {
  struct Arguments {
    var path = ""
    var target: GateCalibration.Target?
    var margins: [Double] = []
    var asJSON = false
  }

  static let name = "calibrate"
  static let summary = "Find each site’s threshold for a target rate, cost or accuracy."
  static let examples = [
    "preflash calibrate traces/conveyor-contaminated-lens --rate 3",
    "preflash calibrate traces/conveyor-quiet-day --cost 1.40 --margins 0,0.1,0.2 --json",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("STORYBOARD", help: "Folder with a storyboard.json5, or the file itself.") {
        $0.path = $1
      }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option("--rate", value: "PERCENT", help: "Escalate at most so many per cent of the frames.") {
        try set(.rate(parsePercent($1, "--rate")), &$0)
      },
      Option(
        "--cost", value: "AMOUNT", help: "Spend at most so much for a station and day."
      ) {
        try set(.cost(Int64((parseReal($1, "--cost", 0...1e9) * 1e6).rounded())), &$0)
      },
      Option(
        "--accuracy", value: "PERCENT",
        help: "Escalate as little as reaches this mAP at overlap 0.5."
      ) {
        try set(.accuracy(parsePercent($1, "--accuracy")), &$0)
      },
      Option(
        "--margins", value: "NUMBERS",
        help: "Margins to try, such as 0,0.1,0.2; the storyboard’s own if left out."
      ) {
        $0.margins = try $1.split(separator: ",", omittingEmptySubsequences: false).map {
          try parseReal(String($0), "--margins", 0...1)
        }
      },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  private static func set(
    _ target: GateCalibration.Target, _ arguments: inout Arguments
  ) throws {
    guard arguments.target == nil else {
      throw UsageError("preflash \(name): expected one of --rate, --cost and --accuracy, found two")
    }
    arguments.target = target
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard let target = arguments.target else {
      throw UsageError("preflash \(name): expected one of --rate, --cost and --accuracy")
    }
    let files = try StoryboardFiles(arguments.path)
    let rows = try rows(files, target, arguments.margins, console)
    console.endProgress()
    let report = GateCalibrationReport(
      name: files.storyboard.name, currency: files.storyboard.plan.network.currency,
      target: target, rows: rows)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }

  /// One for each recording that some station sees.
  private static func rows(
    _ files: StoryboardFiles, _ target: GateCalibration.Target, _ margins: [Double],
    _ console: Console
  ) throws(InputError) -> [GateCalibrationReport.Row] {
    let plan = files.storyboard.plan
    let usual = plan.gates[0]
    let gates = GateCalibration.grid(
      thresholds: (0...100).map { Double($0) / 100 },
      margins: margins.isEmpty ? [usual.margin] : margins, cropsPerFrame: usual.cropsPerFrame)
    var rows: [GateCalibrationReport.Row] = []
    for (number, name) in files.recordingNames.enumerated() {
      console.progress("\(name): recording \(number + 1) of \(plan.records.count)")
      let stations =
        number == 0
        ? Array(plan.network.stations.indices)
        : plan.changes.filter { $0.record == number }.flatMap(\.stations)
      rows.append(
        GateCalibrationReport.Row(
          recording: name, stations: Set(stations).sorted().map { plan.network.stations[$0].name },
          choice: try GateCalibration(plan, record: number).choose(target, among: gates)))
    }
    return rows
  }
}
