import Bytes
import Reports
import Uplink

/// `preflash rehearse gateway FILE`
enum RehearseGatewayCommand: Command {
  struct Arguments {
    var path = ""
    var jobs = ReplayCommand.availableProcessors
    var comparesWithout = false
    var metrics: String?
    var asJSON = false
  }

  static let name = "rehearse gateway"
  static let summary = "Send requests through a link and a gateway that fail as a file says."
  static let examples = [
    "preflash rehearse gateway rehearsals/wrong-key.json5 --without-gateway",
    "preflash rehearse gateway rehearsals/runaway.json5 --metrics runaway.prom",
  ]

  static var operands: [Operand<Arguments>] {
    [Operand("FILE", help: "A rehearsal (.json5) that names a gateway.") { $0.path = $1 }]
  }

  static var options: [Option<Arguments>] {
    [
      Option(
        flag: "--without-gateway",
        help: "Run the same requests without the gateway too, and show both side by side."
      ) { $0.comparesWithout = true },
      metricsOption { $0.metrics = $1 },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let files = try NetworkRehearsalFiles(arguments.path)
    let shown = console
    func progress(_ name: String) -> (Double) -> Void {
      { share in shown.progress("\(name): \((100 * share).fixed(0)) %") }
    }
    var sides: [RehearsalReport.Side] = []
    if arguments.comparesWithout {
      sides.append(try files.runDirect(jobs: arguments.jobs, progress: progress("direct")))
    }
    sides.append(try files.runGateway(progress: progress("gateway")))
    console.endProgress()
    let report = files.report(sides)
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

/// `--metrics FILE`
func metricsOption<Arguments>(
  _ set: @escaping (inout Arguments, String) -> Void
) -> Option<Arguments> {
  Option(
    "--metrics", value: "FILE", help: "Write what was counted as a Prometheus text snapshot.",
    apply: set)
}
