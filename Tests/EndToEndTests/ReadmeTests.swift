import Foundation
import TestSupport
import Testing

/// The README's commands are run and its output is compared, so that neither grows old.
///
/// With `PREFLASH_RECORD` set, the recorded parts of the README are written anew instead.
@Suite("The README")
struct ReadmeTests {
  private static let path = SharedData.repository + "/README.md"

  private func readme() throws -> String { try String(contentsOfFile: Self.path, encoding: .utf8) }

  /// Lines of the README that a reader would paste into a shell, without the program's name.
  private func commands() throws -> [[String]] {
    var inShell = false
    var commands: [[String]] = []
    for line in try readme().components(separatedBy: "\n") {
      if line.hasPrefix("```") {
        inShell = line == "```sh"
      } else if inShell, let name = line.range(of: "preflash ") {
        commands.append(line[name.upperBound...].split(separator: " ").map(String.init))
      }
    }
    return commands
  }

  @Test("shows commands that work")
  func commandsWork() throws {
    let commands = try commands()
    #expect(commands.count >= 8)
    try Folder.withBundledData { folder in
      for words in commands {
        let outcome = try Tool.run(words, in: folder)
        #expect(outcome.status == 0, "preflash \(words.joined(separator: " "))")
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(!outcome.output.isEmpty, "preflash \(words.joined(separator: " "))")
      }
    }
  }

  @Test("shows what the program prints and what the profiles claim")
  func recorded() throws {
    var expected = try readme()
    try Folder.withBundledData { folder in
      for command in try recordedCommands() {
        let words = command.split(separator: " ").dropFirst().map(String.init)
        let report = try Tool.run(words, in: folder)
        #expect(report.errors.isEmpty, "\(command)")
        try replace(
          in: &expected, from: "<!-- output: \(command) -->\n", to: "<!-- end -->",
          with: "```\n\(report.output)```\n")
      }
    }
    try replace(
      in: &expected, from: "| --- | --- | --- | --- |\n", to: "\n\n", with: try profileRows())
    if ProcessInfo.processInfo.environment["PREFLASH_RECORD"] != nil {
      try expected.write(toFile: Self.path, atomically: true, encoding: .utf8)
    }
    #expect(try readme() == expected)
  }

  /// What stands between `<!-- output:` and `-->`.
  private func recordedCommands() throws -> [String] {
    let commands = try readme().components(separatedBy: "\n").compactMap { line -> String? in
      guard line.hasPrefix("<!-- output: "), line.hasSuffix(" -->") else { return nil }
      return String(line.dropFirst(13).dropLast(4))
    }
    #expect(commands.count >= 3)
    return commands
  }

  private func replace(
    in text: inout String, from start: String, to end: String, with new: String
  ) throws {
    let open = try #require(text.range(of: start))
    let close = try #require(text.range(of: end, range: open.upperBound..<text.endIndex))
    text.replaceSubrange(open.upperBound..<close.lowerBound, with: new)
  }

  /// One row for each profile that has a measured error.
  private func profileRows() throws -> String {
    let folder = SharedData.repository + "/boards/runtimes"
    var rows: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let profile = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      let evidence = try #require(profile.range(of: "\n  evidence: {"))
      let text = profile[evidence.upperBound...]
      func number(_ key: String) -> Double? {
        text.range(of: "\n *\(key): [0-9.]+", options: .regularExpression).flatMap {
          Double(text[$0].split(separator: " ").last ?? "")
        }
      }
      guard let mean = number("meanError"), let worst = number("worstError"),
        let count = number("rows")
      else { continue }
      func percent(_ value: Double) -> String { String(format: "%.1f %%", value * 100) }
      let title = name.replacingOccurrences(of: ".json5", with: "")
      rows.append("| `\(title)` | \(percent(mean)) | \(percent(worst)) | \(Int(count)) |")
    }
    return rows.joined(separator: "\n")
  }
}
