import Boards
import Bytes

/// Boards by name from `boards/`, or from a file of the user's own.
enum BoardLibrary {
  /// - Parameter nameOrPath: `stm32h743zi`, or a path: whatever has a slash or ends in `.json5`.
  static func load(_ nameOrPath: String) throws(InputError) -> Board {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".json5") {
      return try Board(parsing: Files.read(nameOrPath), file: nameOrPath)
    }
    let names = try names()
    let name = nameOrPath.lowercased()
    guard names.contains(name) else {
      throw InputError(
        at: .nowhere, "expected a board or a path to one, found ‘\(nameOrPath)’",
        advice: try advice(name, names))
    }
    let path = try "\(Home.path())/boards/\(name).json5"
    return try Board(parsing: Files.read(path), file: path)
  }

  private static func advice(_ name: String, _ names: [String]) throws(InputError) -> String {
    let boxes = try BoxLibrary.all()
    if let near = name.closest(in: names + boxes.flatMap(\.boardNames)) {
      return "did you mean \(near)?"
    }
    return "boards are \(names.joined(separator: ", ")); edge boxes are "
      + boxes.map(\.name).joined(separator: ", ")
  }

  /// Every bundled board, in order of its name.
  static func all() throws(InputError) -> [Board] {
    var found: [Board] = []
    for name in try names() { found.append(try load(name)) }
    return found
  }

  /// Names of the bundled boards, sorted.
  static func names() throws(InputError) -> [String] {
    let suffix = ".json5"
    return try Files.names(in: "\(Home.path())/boards").filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
  }
}
