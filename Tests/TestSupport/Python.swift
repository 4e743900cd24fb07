import Foundation

/// An interpreter with libraries by others, to compare with; found when a test runs.
package struct Python {
  private let command: [String]

  /// `PREFLASH_PYTHON`, or `python3` of the path; nil when neither has all `modules`.
  package init?(with modules: [String]) {
    command = [
      "/usr/bin/env", ProcessInfo.processInfo.environment["PREFLASH_PYTHON"] ?? "python3",
    ]
    let probe = ["-c", "import \(modules.joined(separator: ", ")); print(1)"]
    guard (try? Self.run(command + probe)) == "1\n" else { return nil }
  }

  /// Runs a program and returns what it prints.
  package func run(_ program: String, _ arguments: [String]) throws -> String {
    try Self.run(command + ["-c", program] + arguments)
  }

  private static func run(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: words[0])
    process.arguments = Array(words.dropFirst())
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }
}
