import Reports

/// `preflash rehearse gateway FILE`
enum RehearseGatewayCommand: Command {
  static let name = "rehearse gateway"
  static let summary = "Send requests through a link and a gateway that fail as a file says."
  static let examples = [
    "preflash rehearse gateway rehearsals/wrong-key.json5 --without-gateway",
    "preflash rehearse gateway rehearsals/runaway.json5 --metrics runaway.prom",
  ]

  static var operands: [Operand<RehearsalArguments>] {
    [Operand("FILE", help: "A rehearsal (.json5) that names a gateway.") { $0.path = $1 }]
  }

  static var options: [Option<RehearsalArguments>] {
    [
      Option(
        flag: "--without-gateway",
        help: "Run the same requests without the gateway too, and show both side by side."
      ) { $0.comparesWithout = true }
    ] + RehearsalArguments.options
  }

  static func makeArguments() -> RehearsalArguments { RehearsalArguments() }

  static func run(
    _ arguments: RehearsalArguments, _ console: inout Console
  ) throws -> ExitStatus {
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
    return try arguments.show(files.report(sides), of: files, &console)
  }
}
