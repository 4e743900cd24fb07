import Reports
import Uplink

/// `preflash rehearse link FILE`
enum RehearseLinkCommand: Command {
  static let name = "rehearse link"
  static let summary = "Send requests over a link that fails as a file says; no gateway in between."
  static let examples = [
    "preflash rehearse link rehearsals/outage.json5",
    "preflash rehearse link rehearsals/outage.json5 --requests requests.csv --json",
  ]

  static var operands: [Operand<RehearsalArguments>] {
    [Operand("FILE", help: "A rehearsal (.json5), as in rehearsals/.") { $0.path = $1 }]
  }

  static var options: [Option<RehearsalArguments>] { RehearsalArguments.options }

  static func makeArguments() -> RehearsalArguments { RehearsalArguments() }

  static func run(
    _ arguments: RehearsalArguments, _ console: inout Console
  ) throws -> ExitStatus {
    let files = try NetworkRehearsalFiles(arguments.path)
    let shown = console
    let side = try files.runDirect(jobs: arguments.jobs) { share in
      shown.progress("\(files.plan.name): \((100 * share).fixed(0)) %")
    }
    return try arguments.show(files.report([side]), of: files, &console)
  }
}
