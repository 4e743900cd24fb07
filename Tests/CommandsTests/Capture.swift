import Commands
import Reports

/// What a command writes when it runs within the test's own process.
final class Capture {
  typealias Outcome = (status: Commands.ExitStatus, output: String, errors: String)

  var output = ""
  var errors = ""

  func console() -> Console {
    Console(
      style: .plain, showsProgress: false, write: { self.output += $0 },
      writeError: { self.errors += $0 })
  }

  /// Runs one command line, without the program's name.
  static func run(_ words: [String]) -> Outcome {
    let capture = Capture()
    var console = capture.console()
    let status = CommandList.run(words, &console)
    return (status, capture.output, capture.errors)
  }
}
