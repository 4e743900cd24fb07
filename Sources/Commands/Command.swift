/// One command of the tool: what it is called, what can be typed after it, what it does.
///
/// `Arguments` is what was typed; a command turns it into what it means in `run`.
package protocol Command {
  associatedtype Arguments
  /// Words after `preflash`, such as `inspect model`.
  static var name: String { get }
  /// One line for the list of commands.
  static var summary: String { get }
  /// Complete command lines that work on bundled data.
  static var examples: [String] { get }
  static var operands: [Operand<Arguments>] { get }
  static var options: [Option<Arguments>] { get }
  static func makeArguments() -> Arguments
  /// Throws `InputError` for bad input and `UsageError` for bad arguments; both exit with 2.
  static func run(_ arguments: Arguments, _ console: inout Console) throws -> ExitStatus
}

package enum ExitStatus: Int32, Sendable {
  case success = 0
  case verdictFailed = 1
  case badInput = 2
}

/// A mistake in what was typed, told in one line.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

/// A word without a dash in front.
package struct Operand<Arguments> {
  package var name: String
  package var help: String
  package var isRequired: Bool
  /// Takes every word that is left.
  package var repeats: Bool
  package var apply: (inout Arguments, String) throws -> Void

  package init(
    _ name: String, help: String, isRequired: Bool = true, repeats: Bool = false,
    apply: @escaping (inout Arguments, String) throws -> Void
  ) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.repeats = repeats
    self.apply = apply
  }
}

/// `--name VALUE`, or `--name` alone when `value` is nil.
package struct Option<Arguments> {
  package var name: String
  package var value: String?
  package var help: String
  package var apply: (inout Arguments, String) throws -> Void

  package init(
    _ name: String, value: String, help: String,
    apply: @escaping (inout Arguments, String) throws -> Void
  ) {
    self.name = name
    self.value = value
    self.help = help
    self.apply = apply
  }

  package init(flag name: String, help: String, apply: @escaping (inout Arguments) throws -> Void) {
    self.name = name
    self.value = nil
    self.help = help
    self.apply = { arguments, _ in try apply(&arguments) }
  }
}

/// A command with its argument type put away, so that a list can hold all of them.
package struct AnyCommand {
  package var name: String
  package var summary: String
  package var help: String
  package var optionNames: [String]
  package var run: ([String], inout Console) throws -> ExitStatus

  package init<C: Command>(_ command: C.Type) {
    name = C.name
    summary = C.summary
    help = C.helpText
    optionNames = C.options.map(\.name)
    run = { words, console in
      let arguments = try C.parse(words)
      return try C.run(arguments, &console)
    }
  }
}
