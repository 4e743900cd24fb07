import Glibc
import Reports
import Scenarios

/// `preflash replay SCENARIO`
enum ReplayCommand: Command {
  struct Arguments {
    var path = ""
    var slice = SliceRequest()
    var adjustment = AdjustmentRequest()
    var jobs = availableProcessors
    var asJSON = false
  }

  static let name = "replay"
  static let summary = "Replay a recording through a model on an emulated device."
  static let examples = [
    "preflash replay traces/gestures",
    "preflash replay traces/gestures --from 2s --to 4s --no-index --json",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand("SCENARIO", help: "Folder with a scenario.json5, or the file itself.") {
        $0.path = $1
      }
    ]
  }

  static var options: [Option<Arguments>] {
    sliceOptions(\.slice) + adjustmentOptions(\.adjustment, name) + [
      jobsOption { $0.jobs = $1 }, jsonOption,
    ]
  }

  private static var jsonOption: Option<Arguments> {
    Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true }
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let files = try RehearsalFiles(
      arguments.path, slice: arguments.slice, adjustment: arguments.adjustment)
    let report = try report(files, jobs: arguments.jobs, console)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }

  /// Replays with a line of progress for somebody who is watching.
  static func report(
    _ files: RehearsalFiles, jobs: Int, _ console: Console
  ) throws -> ReplayReport {
    let rehearsal = files.rehearsal
    let outcome = try files.run(jobs: jobs) { share in
      console.progress("\(rehearsal.scenario.name): \((100 * share).fixed(0)) %")
    }
    console.endProgress()
    return ReplayReport(
      rehearsal.scenario, card: rehearsal.card, context: rehearsal.context, outcome: outcome)
  }

  static var availableProcessors: Int { max(1, min(64, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}

/// `--jobs N`, which changes how long a replay takes and nothing else.
func jobsOption<Arguments>(
  _ set: @escaping (inout Arguments, Int) -> Void
) -> Option<Arguments> {
  Option(
    "--jobs", value: "N",
    help: "Threads; all processors if left out. The result is the same."
  ) { arguments, text in
    guard let jobs = Int(text), (1...64).contains(jobs) else {
      throw UsageError("preflash --jobs: expected a number from 1 to 64, found ‘\(text)’")
    }
    set(&arguments, jobs)
  }
}
