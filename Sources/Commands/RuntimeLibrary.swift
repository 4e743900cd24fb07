import Boards
import Bytes

/// Runtime profiles by name from `boards/runtimes/`, or from a file of the user's own.
enum RuntimeLibrary {
  /// - Parameter nameOrPath: `tflm-cmsis-nn`, or a path: whatever has a slash or ends in `.json5`.
  static func load(_ nameOrPath: String) throws(InputError) -> RuntimeProfile {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".json5") {
      return try RuntimeProfile(parsing: Files.read(nameOrPath), file: nameOrPath)
    }
    let names = try names()
    let name = nameOrPath.lowercased()
    guard names.contains(name) else {
      throw InputError(
        at: .nowhere, "expected a runtime or a path to one, found ‘\(nameOrPath)’",
        advice: name.closest(in: names).map { "did you mean \($0)?" }
          ?? "runtimes are \(names.joined(separator: ", "))")
    }
    let path = try "\(Home.path())/boards/runtimes/\(name).json5"
    return try RuntimeProfile(parsing: Files.read(path), file: path)
  }

  /// Every bundled profile, in order of its name.
  static func all() throws(InputError) -> [RuntimeProfile] {
    var found: [RuntimeProfile] = []
    for name in try names() { found.append(try load(name)) }
    return found
  }

  /// Names of the bundled profiles, sorted.
  static func names() throws(InputError) -> [String] {
    let suffix = ".json5"
    return try Files.names(in: "\(Home.path())/boards/runtimes").filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
  }
}
