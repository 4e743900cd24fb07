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

/// A folder that lives as long as a test needs it.
struct Folder {
  let path: String

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  static func temporary<Result>(_ body: (Folder) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "preflash-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(Folder(path: path))
  }

  /// A folder with copies of the bundled data, as commands may write beside what they read.
  static func withBundledData<Result>(_ body: (Folder) throws -> Result) throws -> Result {
    try temporary { folder in
      for name in ["boards", "models", "traces"] {
        try FileManager.default.copyItem(
          atPath: "\(SharedData.repository)/\(name)", toPath: folder.file(name))
      }
      return try body(folder)
    }
  }
}
