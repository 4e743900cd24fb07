import Bytes
import Glibc

/// Third-party data that lies beside a checkout and is never part of it.
package enum SharedData {
  /// The root of this checkout, from the place of this very file.
  package static let repository: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  package static let path: String = {
    if let given = getenv("PREFLASH_SHARED") { return String(cString: given) + "/data" }
    return repository + "/../shared/data"
  }()

  /// For `.enabled(if:)`: tests that need the data skip where it is absent.
  package static var isPresent: Bool { access(path, F_OK) == 0 }

  /// For tests too slow for every run.
  package static var runsSlowTests: Bool { getenv("PREFLASH_SLOW_TESTS") != nil }

  package static func bytes(_ name: String) throws -> [UInt8] { try read(path + "/" + name) }

  package static func text(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }

  /// A file of this checkout.
  package static func own(_ name: String) throws -> [UInt8] { try read(repository + "/" + name) }

  private static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw InputError(file: path, at: .nowhere, "missing")
    }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    let size = ftell(file)
    rewind(file)
    var bytes = [UInt8](repeating: 0, count: size)
    let count = fread(&bytes, 1, size, file)
    guard count == size else { throw InputError(file: path, at: .nowhere, "cannot read") }
    return bytes
  }

  /// Names in a folder of the shared data, sorted.
  package static func names(in folder: String, suffix: String) -> [String] {
    guard let directory = opendir(path + "/" + folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(suffix) { names.append(name) }
    }
    return names.sorted()
  }

  /// Folders in a folder of the shared data, sorted.
  package static func folders(in folder: String) -> [String] {
    names(in: folder, suffix: "").filter { name in
      guard !name.hasPrefix("."), let inside = opendir("\(path)/\(folder)/\(name)") else {
        return false
      }
      closedir(inside)
      return true
    }
  }
}
