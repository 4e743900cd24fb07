import Foundation

/// A folder that lives as long as a test needs it.
package struct Folder {
  package let path: String

  package func file(_ name: String) -> String { path + "/" + name }

  package func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  /// Names of all that is in it, sorted.
  package func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  package static func temporary<Result>(_ body: (Folder) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "preflash-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(Folder(path: path))
  }

  /// A folder with copies of the bundled data, as commands may write beside what they read.
  package static func withBundledData<Result>(_ body: (Folder) throws -> Result) throws -> Result {
    try temporary { folder in
      for name in ["boards", "models", "rehearsals", "traces"] {
        try FileManager.default.copyItem(
          atPath: "\(SharedData.repository)/\(name)", toPath: folder.file(name))
      }
      return try body(folder)
    }
  }
}
