import Bytes
import Events
import Reports
import Scenarios

/// `preflash synthesize trace FOLDER`: a trace of `traces/`, made anew from its recipe.
enum SynthesizeTraceCommand: Command {
  struct Arguments {
    var folder = ""
    var part = TraceRecipe.Part.long
    var makesEvents = false
    var checks = false
    var updates = false
    var json = false
  }

  static let name = "synthesize trace"
  static let summary = "Make a trace's long recording from its recipe, and check its checksum."
  // Without --short and --check a gigabyte is written.
  static let examples = ["preflash synthesize trace traces/conveyor-silence --short --check"]
  static var operands: [Operand<Arguments>] {
    [Operand("FOLDER", help: "With a recipe.json5 and a checksums.json.") { $0.folder = $1 }]
  }
  static var options: [Option<Arguments>] {
    [
      Option(flag: "--short", help: "The committed recording.aedat4, not long.y4m.") {
        $0.part = .short
      },
      Option(
        flag: "--events", help: "Also the long recording's events, long.aedat4: minutes, gigabytes."
      ) { $0.makesEvents = true },
      Option(flag: "--check", help: "Write nothing: only compare checksums.") { $0.checks = true },
      Option(flag: "--update", help: "Accept what is made: write boxes and checksums.") {
        $0.updates = true
      },
      Option(flag: "--json", help: "Report as JSON.") { $0.json = true },
    ]
  }

  static func makeArguments() -> Arguments { Arguments() }

  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus {
    guard !(arguments.checks && arguments.updates) else {
      throw UsageError("preflash \(name): expected either --check or --update")
    }
    var files = try RecipeFiles(arguments.folder)
    let part = arguments.part
    let committed = files.checksums.recordings[part]
    guard committed != nil || arguments.updates else {
      throw InputError(
        file: files.checksumsPath, at: .nowhere,
        "expected checksums of the \(part.rawValue) recording, found none",
        advice: "--update writes them")
    }
    let (plan, compression) = try files.plan(part)
    var targets = ConveyorSynthesis.Targets()
    let hasEvents = part == .short || arguments.makesEvents
    targets.events = hasEvents && !arguments.checks ? files.events(part) : nil
    targets.frames = arguments.checks ? nil : files.frames(part)
    targets.compression = compression
    (targets.makesEvents, targets.makesFrames, targets.makesDigests) = (hasEvents, true, true)
    var synthesis = try ConveyorSynthesis(plan, to: targets)
    try synthesis.run(console)
    let made = synthesis.checksums
    if !arguments.updates, let difference = committed?.difference(from: made) {
      console.complain("preflash: \(files.checksumsPath): \(part.rawValue): \(difference)")
      return .verdictFailed
    }
    if arguments.updates { try files.update(part, made) }
    if !arguments.checks {
      try synthesis.writeBoxes(to: files.boxes(part))
      _ = try synthesis.finish(boxFile: files.boxes(part))
    }
    let report = TraceSynthesisReport(
      folder: arguments.folder, part: part, made: made, committed: committed,
      files: arguments.checks
        ? [] : Set([targets.events, targets.frames, files.boxes(part)].compactMap { $0 }).sorted())
    console.print(arguments.json ? report.json.text : report.text)
    return .success
  }
}
