import Bytes
import Reports
import Scenarios

/// `preflash check FOLDER`
enum CheckCommand: Command {
  struct Arguments {
    var folder = ""
    var jobs = ReplayCommand.availableProcessors
    var updates = false
    var asJSON = false
  }

  static let name = "check"
  static let summary =
    "Replay every scenario and storyboard under a folder and compare with its baseline."
  static let examples = ["preflash check traces", "preflash check traces --update"]

  static var operands: [Operand<Arguments>] {
    [
      Operand(
        "FOLDER",
        help: "Searched for \(fileNames.joined(separator: ", ")), folders below it too."
      ) { $0.folder = $1 }
    ]
  }

  static var options: [Option<Arguments>] {
    [
      Option(flag: "--update", help: "Write each baseline.json as it is now.") {
        $0.updates = true
      },
      jobsOption { $0.jobs = $1 },
      Option(flag: "--json", help: "Print JSON.") { $0.asJSON = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    let scenarios = try scenarios(under: arguments.folder)
    guard !scenarios.isEmpty else {
      throw InputError(
        file: arguments.folder, at: .nowhere,
        "expected folders with one of \(fileNames.joined(separator: ", ")), found none",
        advice: "try preflash check traces")
    }
    var items: [CheckReport.Item] = []
    for path in scenarios {
      items.append(try check(path, arguments, console))
    }
    let report = CheckReport(folder: arguments.folder, items: items)
    if arguments.asJSON {
      console.print(report.json.text)
    } else {
      console.print(report.text(console.style), terminator: "")
    }
    return report.passes ? .success : .verdictFailed
  }

  private static func check(
    _ path: String, _ arguments: Arguments, _ console: Console
  ) throws -> CheckReport.Item {
    let new = Baseline(try figures(path, arguments, console))
    let baselinePath = RehearsalFiles.join(RehearsalFiles.folder(of: path), "baseline.json")
    var changes: [Baseline.Change]?
    if Files.exists(baselinePath) {
      let old = try? Baseline(parsing: Files.read(baselinePath), file: baselinePath)
      // A damaged baseline is an error, unless it is about to be replaced.
      if old == nil && !arguments.updates {
        _ = try Baseline(parsing: Files.read(baselinePath), file: baselinePath)
      }
      changes = (old ?? Baseline(.object([]))).changes(to: new)
    }
    let finding: CheckReport.Finding
    switch changes {
    case let changes? where changes.isEmpty: finding = .unchanged
    case _ where arguments.updates:
      try Files.write(Array(new.text.utf8), to: baselinePath)
      finding = .updated(changes ?? [])
    case let changes?: finding = .changed(changes)
    case nil: finding = .noBaseline
    }
    return CheckReport.Item(scenario: path, finding: finding, figureCount: new.entries.count)
  }

  /// What a file that can be checked comes to.
  private static func figures(
    _ path: String, _ arguments: Arguments, _ console: Console
  ) throws -> JSONValue {
    if path.hasSuffix(TraceRecipe.fileName) { return try RecipeFiles(path).review().json }
    if path.hasSuffix(DetectorScenarioFiles.scenarioName) {
      return try DetectorScenarioFiles(path).report(jobs: arguments.jobs, console).json
    }
    guard path.hasSuffix(StoryboardFiles.storyboardName) else {
      return try ReplayCommand.report(RehearsalFiles(path), jobs: arguments.jobs, console).json
    }
    // A run's every minute would make a baseline that nobody reads.
    return try RehearseCommand.report(StoryboardFiles(path), jobs: arguments.jobs, console)
      .figures
  }

  /// Names of files that can be checked.
  private static let fileNames = [
    RehearsalFiles.scenarioName, DetectorScenarioFiles.scenarioName,
    StoryboardFiles.storyboardName, TraceRecipe.fileName,
  ]

  /// Files that can be checked under a folder, in one order on every machine. Links are not followed
  /// down.
  private static func scenarios(under folder: String) throws(InputError) -> [String] {
    var found: [String] = []
    var folders = [folder]
    while let folder = folders.popLast() {
      let names = try Files.names(in: folder)
      let present = fileNames.filter(names.contains)
      guard present.count <= 1 else {
        throw InputError(
          file: folder, at: .nowhere, "expected \(present[0]) or \(present[1]), found both",
          advice: "a folder has one baseline: give the storyboard a folder of its own")
      }
      for name in names.reversed() {
        let path = RehearsalFiles.join(folder, name)
        if fileNames.contains(name) {
          found.append(path)
        } else if !name.hasPrefix(".") && Files.isDirectory(path) && !Files.isLink(path) {
          folders.append(path)
        }
      }
    }
    return found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
  }
}
