import Bytes

/// Every command, in the order in which a newcomer meets them.
package enum CommandList {
  package static var all: [AnyCommand] {
    [
      AnyCommand(FitCommand.self),
      AnyCommand(RunCommand.self),
      AnyCommand(ReplayCommand.self),
      AnyCommand(CheckCommand.self),
      AnyCommand(SweepWindowCommand.self),
      AnyCommand(DetectCommand.self),
      AnyCommand(RehearseCommand.self),
      AnyCommand(CalibrateCommand.self),
      AnyCommand(SweepCascadeCommand.self),
      AnyCommand(RehearseLinkCommand.self),
      AnyCommand(RehearseGatewayCommand.self),
      AnyCommand(RehearseBatchCommand.self),
      AnyCommand(EvaluateBoxesCommand.self),
      AnyCommand(ValidateCommand.self),
      AnyCommand(InspectModelCommand.self),
      AnyCommand(InspectTraceCommand.self),
      AnyCommand(InspectBoardCommand.self),
      AnyCommand(InspectLinkCommand.self),
      AnyCommand(ConvertCommand.self),
      AnyCommand(ViewCommand.self),
      AnyCommand(SynthesizeGestureCommand.self),
      AnyCommand(SynthesizeConveyorCommand.self),
      AnyCommand(SynthesizeTraceCommand.self),
      AnyCommand(SynthesizeFramesCommand.self),
    ]
  }

  /// Runs the command that `words` (without the program's name) ask for.
  package static func run(_ words: [String], _ console: inout Console) -> ExitStatus {
    do {
      return try dispatch(words, &console)
    } catch {
      console.endProgress()
      console.complain("preflash: \(describe(error))")
      return .badInput
    }
  }

  private static func describe(_ error: any Error) -> String {
    let text = "\(error)"
    return text.hasPrefix("preflash ") ? String(text.dropFirst("preflash ".count)) : text
  }

  private static func dispatch(_ words: [String], _ console: inout Console) throws -> ExitStatus {
    guard let first = words.first else {
      console.print(overview, terminator: "")
      return .badInput
    }
    if first == "help", words.count > 1 {
      return try dispatch(Array(words.dropFirst()) + ["--help"], &console)
    }
    if first == "--help" || first == "help" || first == "-h" {
      console.print(overview, terminator: "")
      return .success
    }
    if first == "--version" {
      console.print("preflash \(version)")
      return .success
    }
    // `inspect model` is one command of two words: the longest name that matches wins.
    let matches = all.filter { command in
      let name = command.name.split(separator: " ").map(String.init)
      return words.count >= name.count && Array(words[..<name.count]) == name
    }
    guard let command = matches.max(by: { $0.name.count < $1.name.count }) else {
      return try explainUnknown(words, &console)
    }
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    if rest.contains("--help") || rest.contains("-h") {
      console.print(command.help, terminator: "")
      return .success
    }
    return try command.run(rest, &console)
  }

  private static func explainUnknown(
    _ words: [String], _ console: inout Console
  ) throws -> ExitStatus {
    let family = all.filter { $0.name.hasPrefix(words[0] + " ") }
    if !family.isEmpty {
      if words.contains("--help") || words.contains("-h") {
        for command in family { console.print("  preflash \(command.name)  \(command.summary)") }
        return .success
      }
      let choices = family.map { String($0.name.dropFirst(words[0].count + 1)) }
      throw UsageError("preflash \(words[0]): expected one of \(choices.joined(separator: ", "))")
    }
    var message = "preflash unknown command ‘\(words[0])’"
    let names = all.flatMap { [$0.name, String($0.name.prefix { $0 != " " })] }
    if let near = words[0].closest(in: names + ["--help", "--version"]) {
      message += "; did you mean \(near)?"
    } else {
      message += "; see preflash --help"
    }
    throw UsageError(message)
  }

  package static let version = "0.1.0"

  private static var overview: String {
    var out =
      "Rehearse an edge deployment before flashing a board.\n\nUsage: preflash COMMAND ...\n\n"
    let width = all.map(\.name.count).max() ?? 0
    for command in all {
      let gap = String(repeating: " ", count: width - command.name.count + 2)
      out += "  \(command.name)\(gap)\(command.summary)\n"
    }
    out += "\nEvery command explains itself: preflash COMMAND --help\n"
    out += "Exit codes: 0 success, 1 a verdict failed, 2 bad input or usage.\n"
    return out
  }
}
