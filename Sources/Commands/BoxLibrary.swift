import Boards
import Bytes

/// Edge boxes by name from `boards/boxes/`, or from a file of the user's own, each in one of its modes.
enum BoxLibrary {
  /// `orin-nano-8gb-15w` is a box in a mode, `orin-nano-8gb` in its default one; `my/box.json5` and
  /// `my/box.json5:15w` the same of a file.
  ///
  /// - Returns: nil where no box has that name and no file of that name is one.
  static func find(_ nameOrPath: String) throws(InputError) -> BoxSetting? {
    if nameOrPath.contains("/") || nameOrPath.contains(".json5") {
      return try setting(ofFile: nameOrPath)
    }
    let wanted = nameOrPath.lowercased()
    let names = try names()
    // The longest name wins, so that a box may be named like another one's mode.
    guard
      let name = names.filter({ wanted == $0 || wanted.hasPrefix("\($0)-") })
        .max(by: { $0.count < $1.count })
    else { return nil }
    let box = try load(name)
    guard wanted != name else { return BoxSetting(box) }
    return try setting(of: box, mode: String(wanted.dropFirst(name.count + 1)), wanted)
  }

  /// As `find`, for where nothing but a box will do.
  static func setting(_ nameOrPath: String) throws(InputError) -> BoxSetting {
    if let found = try find(nameOrPath) { return found }
    let boxes = try all()
    let bare = boxes.map(\.name).joined(separator: ", ")
    throw InputError(
      at: .nowhere, "expected an edge box or a path to one, found ‘\(nameOrPath)’",
      advice: nameOrPath.lowercased().closest(in: boxes.flatMap(\.boardNames))
        .map { "did you mean \($0)?" } ?? "boxes are \(bare), each alone or with -MODE")
  }

  /// Every bundled box, in order of its name.
  static func all() throws(InputError) -> [BoxProfile] {
    var found: [BoxProfile] = []
    for name in try names() { found.append(try load(name)) }
    return found
  }

  /// Names of the bundled boxes, sorted.
  static func names() throws(InputError) -> [String] {
    let suffix = ".json5"
    return try Files.names(in: "\(Home.path())/boards/boxes").filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
  }

  private static func load(_ name: String) throws(InputError) -> BoxProfile {
    let path = try "\(Home.path())/boards/boxes/\(name).json5"
    return try BoxProfile(parsing: Files.read(path), file: path)
  }

  private static func setting(ofFile text: String) throws(InputError) -> BoxSetting? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let path = String(parts[0])
    let bytes = try Files.read(path)
    // A microcontroller has memory regions where a box has modes.
    guard parts.count == 2 || BoxProfile.isBox(bytes) else { return nil }
    let box = try BoxProfile(parsing: bytes, file: path)
    return parts.count == 1
      ? BoxSetting(box) : try setting(of: box, mode: String(parts[1]).lowercased(), text)
  }

  private static func setting(
    of box: BoxProfile, mode name: String, _ asked: String
  ) throws(InputError) -> BoxSetting {
    if let mode = box.mode(name) { return BoxSetting(box, mode: mode) }
    let names = box.modes.map(\.name)
    throw InputError(
      at: .nowhere, "expected a mode of \(box.title), found ‘\(name)’ in ‘\(asked)’",
      advice: name.closest(in: names).map { "did you mean \(box.name)-\($0)?" }
        ?? "its modes are \(names.joined(separator: ", "))")
  }
}
