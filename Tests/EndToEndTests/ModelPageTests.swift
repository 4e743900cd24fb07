import Foundation
import TestSupport
import Testing

/// The page that sets our models beside published ones is written by a program; nobody edits it.
@Suite("The page of models")
struct ModelPageTests {
  private static let python = Python(with: ["argparse", "json"])

  @Test("is what models/tables.py writes", .enabled(if: python != nil, "needs python3"))
  func isWritten() throws {
    let python = try #require(Self.python)
    let models = SharedData.repository + "/models"
    try Folder.temporary { folder in
      let page = folder.file("README.md")
      let program = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
      _ = try python.run(
        program, ["\(models)/tables.py", "--preflash", Tool.path, "--out", page])
      let written = try String(contentsOfFile: page, encoding: .utf8)
      let kept = try String(contentsOfFile: "\(models)/README.md", encoding: .utf8)
      #expect(written == kept, "run python3 models/tables.py")
    }
  }
}
