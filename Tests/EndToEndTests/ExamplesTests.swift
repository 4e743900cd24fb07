import Foundation
import TestSupport
import Testing

@Suite("Examples")
struct ExamplesTests {
  /// Every example of every command, as its help prints it.
  private func examples() throws -> [String] {
    let list = try Tool.run(["--help"]).output.split(separator: "\n")
    let names = list.filter { $0.hasPrefix("  ") }.compactMap { line in
      line.dropFirst(2).range(of: "  ").map { line.dropFirst(2)[..<$0.lowerBound] }
    }
    return try names.flatMap { name in
      let help = try Tool.run(name.split(separator: " ").map(String.init) + ["--help"]).output
      return help.split(separator: "\n").filter { $0.hasPrefix("  preflash ") }
        .map { String($0.dropFirst("  preflash ".count)) }
    }
  }

  @Test("in the help work as they are printed", .timeLimit(.minutes(5)))
  func work() throws {
    let examples = try examples()
    #expect(examples.count >= 6)
    try Folder.withBundledData { folder in
      _ = try folder.write(window(), to: "window.npy")
      for example in examples {
        let words = example.split(separator: " ").map(String.init)
        let outcome = try Tool.run(words, in: folder)
        // 1 is the verdict that a budget is not met: an answer, too.
        #expect(outcome.status == 0 || outcome.status == 1, "\(example): \(outcome.errors)")
        #expect(!outcome.output.isEmpty, "\(example)")
      }
    }
  }

  /// An empty voxel grid for the gesture model, as NumPy would save it.
  private func window() -> [UInt8] {
    let header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 128, 128, 10), }"
      .padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      + [UInt8](repeating: 0, count: 4 * 128 * 128 * 10)
  }
}
