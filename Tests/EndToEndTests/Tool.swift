import Foundation
import TestSupport

/// The built program, run as a person or a script runs it.
enum Tool {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  /// The program lies beside the test bundle, in the same build folder.
  static let path: String = {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("preflash").path
  }()

  /// Runs to the end. Output goes to files: a pipe that nobody empties would stop the program.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], in workingFolder: Folder? = nil
  ) throws -> Outcome {
    try Folder.temporary { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      if let workingFolder {
        process.currentDirectoryURL = URL(fileURLWithPath: workingFolder.path)
      }
      let output = try handle(folder.file("output"))
      let errors = try handle(folder.file("errors"))
      process.standardOutput = output
      process.standardError = errors
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return Outcome(
        status: process.terminationReason == .exit ? process.terminationStatus : -1,
        output: try String(contentsOfFile: folder.file("output"), encoding: .utf8),
        errors: try String(contentsOfFile: folder.file("errors"), encoding: .utf8))
    }
  }

  private static func handle(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}
