import Foundation
import TestSupport
import Testing

@Suite("The program")
struct MannersTests {
  /// Names of the commands, from the program's own list.
  private func commands() throws -> [String] {
    let lines = try Tool.run(["--help"]).output.split(separator: "\n")
    return lines.filter { $0.hasPrefix("  ") }.compactMap { line in
      line.dropFirst(2).range(of: "  ").map { String(line.dropFirst(2)[..<$0.lowerBound]) }
    }
  }

  @Test("explains every command with an example and offers JSON")
  func help() throws {
    let names = try commands()
    #expect(names.contains("inspect model") && names.contains("run"))
    for name in names {
      let outcome = try Tool.run(name.split(separator: " ").map(String.init) + ["--help"])
      #expect(outcome.status == 0, "\(name)")
      #expect(outcome.output.contains("Example"), "\(name)")
      #expect(outcome.output.contains("\n  preflash \(name)"), "\(name)")
      #expect(outcome.output.contains("--json"), "\(name)")
      #expect(outcome.errors.isEmpty, "\(name)")
    }
  }

  @Test("suggests an option for one that does not exist")
  func unknownOption() throws {
    let outcome = try Tool.run(["inspect", "model", "x.tflite", "--jsom"])
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.errors
        == "preflash: inspect model: unknown option ‘--jsom’; did you mean --json?\n")
  }

  @Test("ends with 2 for an unknown command")
  func unknownCommand() throws {
    let outcome = try Tool.run(["frobnicate"])
    #expect(outcome.status == 2)
    #expect(outcome.errors == "preflash: unknown command ‘frobnicate’; see preflash --help\n")
  }

  @Test("names file and byte of a truncated model in one line")
  func truncated() throws {
    try Folder.temporary { folder in
      let bytes = ModelFile().bytes()
      let path = try folder.write(Array(bytes[..<(bytes.count / 2)]), to: "half.tflite")
      for arguments in [["inspect", "model", path], ["run", path, "--input", "none.npy"]] {
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("preflash: \(path): byte 0x"))
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      }
    }
  }

  @Test("colours nothing when nobody watches", arguments: [[:], ["NO_COLOR": "1"]])
  func colours(environment: [String: String]) throws {
    try Folder.temporary { folder in
      let path = try folder.write(ModelFile().bytes(), to: "small.tflite")
      let outcome = try Tool.run(["inspect", "model", path], environment: environment)
      #expect(outcome.status == 0)
      #expect(outcome.output.contains("CONV_2D"))
      #expect(!outcome.output.contains("\u{1B}"))
    }
  }

  @Test("says its version")
  func version() throws {
    let outcome = try Tool.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("preflash "))
  }
}
