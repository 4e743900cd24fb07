import Boards
import Bytes
import Reports
import Scenarios

/// `preflash sweep window SCENARIO`: one recording, one model, windows of many lengths.
enum SweepWindowCommand: Command {
  struct Arguments {
    var path = ""
    var first: Int64?
    var last: Int64?
    var steps: Int?
    var lengths: [Int64] = []
    var trace: String?
    var labels: String?
    var adjustment = AdjustmentRequest()
    var device = DeviceRequest()
    var jobs = ReplayCommand.availableProcessors
    var asJSON = false
  }

  static let name = "sweep window"
  static let summary = "Replay a recording over windows of many lengths, in one pass."
  static let examples = [
    "preflash sweep window traces/gestures --windows 5ms,10ms,20ms,33ms,50ms",
    "preflash sweep window traces/gestures --from 20ms --to 50ms --steps 4 --json",
    "preflash sweep window traces/gestures --board orin-nx-16gb --windows 50ms",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "SCENARIO",
        help: "Folder with a scenario.json5, or with a detector.json5, or the file itself."
      ) { $0.path = $1 }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option("--from", value: "TIME", help: "The shortest window; 5ms if left out.") {
        $0.first = try length($1, "--from")
      },
      Option("--to", value: "TIME", help: "The longest window; 50ms if left out.") {
        $0.last = try length($1, "--to")
      },
      Option(
        "--steps", value: "N", help: "Windows from the shortest to the longest; 10 if left out."
      ) {
        guard let steps = Int($1), (1...1_000).contains(steps) else {
          throw UsageError(
            "preflash --steps: expected a number from 1 to 1000, found ‘\($1)’")
        }
        $0.steps = steps
      },
      Option("--windows", value: "TIMES", help: "These windows instead, such as 5ms,10ms,20ms.") {
        $0.lengths = try $1.split(separator: ",", omittingEmptySubsequences: false).map {
          try length(String($0), "--windows")
        }
      },
      Option(
        "--board", value: "NAME",
        help: "Board, or edge box and its mode, in place of the scenario's."
      ) { $0.device.board = $1 },
      Option("--runtime", value: "NAME", help: "Runtime in place of the scenario's.") {
        $0.device.runtime = $1
      },
      Option(
        "--trace", value: "FILE", help: "Of a detector: this recording instead; with --labels."
      ) { $0.trace = $1 },
      Option("--labels", value: "FILE", help: "The boxes in it.") { $0.labels = $1 },
    ] + adjustmentOptions(\.adjustment, name) + [
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let lengths = try lengths(arguments)
    if DetectorScenarioFiles.isScenario(arguments.path) {
      return try sweepDetector(arguments, lengths, &console)
    }
    guard arguments.trace == nil, arguments.labels == nil else {
      throw UsageError("preflash \(name): --trace and --labels are for a detector.json5")
    }
    let files = try RehearsalFiles(
      arguments.path, adjustment: arguments.adjustment, device: arguments.device)
    let rehearsal = files.rehearsal
    let shown = console
    let sweep = try files.sweep(lengths, jobs: arguments.jobs) { share in
      shown.progress("\(rehearsal.scenario.name): \((100 * share).fixed(0)) %")
    }
    console.endProgress()
    let report = WindowSweepReport(rehearsal.scenario, context: rehearsal.context, sweep: sweep)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  private static func sweepDetector(
    _ arguments: Arguments, _ lengths: [Int64], _ console: inout Console
  ) throws -> ExitStatus {
    guard arguments.adjustment == AdjustmentRequest(), arguments.device.runtime == nil else {
      throw UsageError(
        "preflash \(name): a detector's recording is swept as it is, on its box's own runtime")
    }
    var trace: (file: String, labels: String)?
    switch (arguments.trace, arguments.labels) {
    case (let file?, let labels?): trace = (file, labels)
    case (nil, nil): break
    default: throw UsageError("preflash \(name): --trace and --labels go together")
    }
    let report = try DetectorScenarioFiles(
      arguments.path, trace: trace, box: arguments.device.board
    )
    .report(lengths, jobs: arguments.jobs, console)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return .success
  }

  private static func length(_ text: String, _ option: String) throws -> Int64 {
    guard let nanoseconds = try? Quantity.nanoseconds(text), nanoseconds % 1_000 == 0,
      (1_000...3_600_000_000_000).contains(nanoseconds)
    else {
      throw UsageError(
        "preflash \(option): expected whole microseconds from 1us to 1h such as 5ms, found ‘\(text)’"
      )
    }
    return Int64(nanoseconds / 1_000)
  }

  private static func lengths(_ arguments: Arguments) throws -> [Int64] {
    if !arguments.lengths.isEmpty {
      guard arguments.first == nil, arguments.last == nil, arguments.steps == nil else {
        throw UsageError("preflash sweep window: --windows goes without --from, --to and --steps")
      }
      guard arguments.lengths.count <= 1_000 else {
        throw UsageError("preflash --windows: expected at most 1000 windows")
      }
      return arguments.lengths
    }
    let (first, last) = (arguments.first ?? 5_000, arguments.last ?? 50_000)
    guard first <= last else {
      throw UsageError("preflash sweep window: --from is longer than --to")
    }
    return WindowSweep.lengths(from: first, to: last, count: arguments.steps ?? 10)
  }
}
