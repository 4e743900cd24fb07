import Bytes
import EdgeBox
import Reports

/// `preflash rehearse STORYBOARD`
enum RehearseCommand: Command {
  struct Arguments {
    var path = ""
    var jobs = ReplayCommand.availableProcessors
    var asJSON = false
  }

  static let name = "rehearse"
  static let summary = "Play a storyboard: an edge box, its cascade, and what goes wrong when."
  static let examples = [
    "preflash rehearse traces/conveyor-17-minute-outage",
    "preflash rehearse traces/conveyor-contaminated-lens --json",
  ]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "STORYBOARD",
        help: "Folder with a storyboard.json5, or the file itself.\n"
          + "Networks alone: preflash rehearse link, gateway or batch."
      ) { $0.path = $1 }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let report = try report(StoryboardFiles(arguments.path), jobs: arguments.jobs, console)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }

  /// Plays all three runs with a line of progress for somebody who is watching.
  static func report(
    _ files: StoryboardFiles, jobs: Int, _ console: Console
  ) throws(InputError) -> StoryboardReport {
    let runs = try files.run(jobs: jobs) { name, share in
      console.progress("\(files.storyboard.name), \(name): \((100 * share).fixed(0)) %")
    }
    console.endProgress()
    return files.report(runs)
  }
}
