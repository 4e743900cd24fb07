import Bytes
import Commands
import Reports
import Testing

/// A command that prints what it understood.
private enum EchoCommand: Command {
  struct Arguments {
    var model = ""
    var traces: [String] = []
    var seed = "none"
    var isLoud = false
  }

  static let name = "echo words"
  static let summary = "Repeat what was typed."
  static let examples = ["preflash echo words a.tflite b.raw"]
  static var operands: [Operand<Arguments>] {
    [
      Operand("MODEL", help: "A model.") { $0.model = $1 },
      Operand("TRACE", help: "Traces.", repeats: true) { $0.traces.append($1) },
    ]
  }
  static var options: [Option<Arguments>] {
    [
      Option("--seed", value: "NUMBER", help: "A seed.\nAny number.") { $0.seed = $1 },
      Option(flag: "--loud", help: "Louder.") { $0.isLoud = true },
      Option(flag: "--json", help: "Print JSON.") { _ in },
    ]
  }
  static func makeArguments() -> Arguments { Arguments() }
  static func run(_ arguments: Arguments, _ console: inout Console) throws -> Commands.ExitStatus {
    let traces = arguments.traces.joined(separator: "+")
    console.print("\(arguments.model) \(traces) \(arguments.seed) \(arguments.isLoud)")
    return .success
  }
}

private func echo(_ words: String...) throws -> String {
  let capture = Capture()
  var console = capture.console()
  _ = try AnyCommand(EchoCommand.self).run(words, &console)
  return capture.output
}

private func complaint(_ words: String...) -> String? {
  let capture = Capture()
  var console = capture.console()
  return #expect(throws: UsageError.self) {
    try AnyCommand(EchoCommand.self).run(words, &console)
  }?.description
}

@Suite("What was typed")
struct ParsingTests {
  @Test("is operands in order and options anywhere")
  func order() throws {
    #expect(try echo("m", "t") == "m t none false\n")
    #expect(try echo("--seed", "7", "m", "--loud", "t", "u") == "m t+u 7 true\n")
    #expect(try echo("m", "--seed=7", "t") == "m t 7 false\n")
  }

  @Test("may be a negative number, an empty value or a word behind --")
  func odd() throws {
    #expect(try echo("m", "t", "--seed", "-7") == "m t -7 false\n")
    #expect(try echo("m", "t", "--seed=") == "m t  false\n")
    #expect(try echo("--", "--m", "-t") == "--m -t none false\n")
    #expect(try echo("m", "-") == "m - none false\n")
  }

  @Test("lacks an operand")
  func missing() {
    #expect(
      complaint() == "preflash echo words: missing MODEL; see preflash echo words --help")
    #expect(
      complaint("m") == "preflash echo words: missing TRACE; see preflash echo words --help")
    #expect(
      complaint("--seed", "7", "m")
        == "preflash echo words: missing TRACE; see preflash echo words --help")
  }

  @Test("has an option that does not exist, and what was meant is suggested")
  func unknown() {
    #expect(
      complaint("m", "t", "--sed", "7")
        == "preflash echo words: unknown option ‘--sed’; did you mean --seed?")
    #expect(
      complaint("m", "t", "--jsno")
        == "preflash echo words: unknown option ‘--jsno’; did you mean --json?")
    #expect(
      complaint("m", "t", "--frobnicate=1")
        == "preflash echo words: unknown option ‘--frobnicate’; see preflash echo words --help")
  }

  @Test("lacks a value, or has one too many")
  func values() {
    #expect(
      complaint("m", "t", "--seed")
        == "preflash echo words: --seed needs a value: --seed NUMBER")
    #expect(
      complaint("m", "t", "--seed", "--loud")
        == "preflash echo words: --seed needs a value: --seed NUMBER")
    #expect(
      complaint("m", "t", "--loud=yes") == "preflash echo words: --loud takes no value")
  }

  @Test("is explained by --help")
  func help() {
    #expect(
      AnyCommand(EchoCommand.self).help == """
        Repeat what was typed.

        Usage: preflash echo words MODEL TRACE... [options]

          MODEL          A model.
          TRACE          Traces.
          --seed NUMBER  A seed.
                         Any number.
          --loud         Louder.
          --json         Print JSON.
          --help         Show this.

        Example:
          preflash echo words a.tflite b.raw

        """)
  }
}

@Suite("The list of commands")
struct CommandListTests {
  private func run(_ words: String...) -> Capture.Outcome { Capture.run(words) }

  @Test("is shown for --help, and for nothing at all, which is no success")
  func overview() {
    #expect(run("--help").status == .success)
    #expect(run().status == .badInput)
    #expect(run().output == run("--help").output)
    for command in CommandList.all {
      #expect(run("--help").output.contains("  \(command.name) "))
    }
  }

  @Test("explains a command in three ways")
  func help() {
    let text = run("inspect", "model", "--help")
    #expect(text.status == .success)
    #expect(text.output.hasPrefix("List a model"))
    #expect(run("help", "inspect", "model").output == text.output)
    #expect(run("inspect", "model", "-h").output == text.output)
  }

  @Test("suggests what was meant")
  func suggestions() {
    #expect(
      run("inspct", "model").errors == "preflash: unknown command ‘inspct’; did you mean inspect?\n"
    )
    #expect(run("rum").errors == "preflash: unknown command ‘rum’; did you mean run?\n")
    #expect(
      run("--versoin").errors == "preflash: unknown command ‘--versoin’; did you mean --version?\n")
    #expect(
      run("frobnicate").errors == "preflash: unknown command ‘frobnicate’; see preflash --help\n")
    #expect(run("rum").status == .badInput)
  }

  @Test("names the second words of a family")
  func family() {
    let result = run("inspect", "spoon")
    #expect(result.status == .badInput)
    #expect(result.errors.hasPrefix("preflash: inspect: expected one of model"))
  }

  @Test("gives every command --json and an example that starts with its name")
  func everyCommand() {
    for command in CommandList.all {
      #expect(command.optionNames.contains("--json"), "\(command.name)")
      #expect(command.help.contains("\n  preflash \(command.name) "), "\(command.name)")
    }
  }

  @Test("turns a missing file into one line and bad input")
  func missingFile() {
    let result = run("inspect", "model", "/nowhere/model.tflite")
    #expect(result.status == .badInput)
    #expect(
      result.errors == "preflash: /nowhere/model.tflite: cannot open: No such file or directory\n")
  }
}
