import Reports
import Uplink

/// `preflash rehearse link FILE`
enum RehearseLinkCommand: Command {
  struct Arguments {
    var path = ""
    var jobs = ReplayCommand.availableProcessors
    var metrics: String?
    var asJSON = false
  }

  static let name = "rehearse link"
  static let summary = "Send requests over a link that fails as a file says; no gateway in between."
  static let examples = [
    "preflash rehearse link rehearsals/outage.json5",
    "preflash rehearse link rehearsals/outage.json5 --json",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("FILE", help: "A rehearsal (.json5), as in rehearsals/.") { $0.path = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      metricsOption { $0.metrics = $1 },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let files = try NetworkRehearsalFiles(arguments.path)
    let side = try files.runDirect(jobs: arguments.jobs) { share in
      console.progress("\(files.plan.name): \((100 * share).fixed(0)) %")
    }
    console.endProgress()
    let report = files.report([side])
    if let path = arguments.metrics {
      try Files.write(Array(report.prometheus.utf8), to: path)
    }
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }
}
