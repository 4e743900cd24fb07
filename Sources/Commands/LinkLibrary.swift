import Boards
import Bytes
import Uplink

/// Links by name from `boards/links/`, or from a file of the user's own.
enum LinkLibrary {
  /// A profile and the traces that it names.
  struct Entry {
    var profile: LinkProfile
    var traces: [String: CapacityTrace]

    func link(seed: UInt64) throws(InputError) -> Link {
      try Link(profile, traces: traces, seed: seed)
    }
  }

  /// - Parameter nameOrPath: `good-lte`, or a path to a profile (`.json5`), to a capacity trace, to a
  ///   netem line or to Toxiproxy's JSON: whatever has a slash or a dot.
  static func load(_ nameOrPath: String) throws(InputError) -> Entry {
    if nameOrPath.contains("/") || nameOrPath.contains(".") { return try read(nameOrPath) }
    let names = try names()
    let name = nameOrPath.lowercased()
    guard names.contains(name) else {
      throw InputError(
        at: .nowhere, "expected a link or a path to one, found ‘\(nameOrPath)’",
        advice: name.closest(in: names).map { "did you mean \($0)?" }
          ?? "links are \(names.joined(separator: ", "))")
    }
    return try read("\(Home.path())/boards/links/\(name).json5")
  }

  private static func read(_ path: String) throws(InputError) -> Entry {
    let bytes = try Files.read(path)
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    if path.hasSuffix(".json5") {
      let profile = try LinkProfile(parsing: bytes, file: path)
      var traces: [String: CapacityTrace] = [:]
      for file in profile.traceFiles {
        let place = file.hasPrefix("/") || folder.isEmpty ? file : "\(folder)/\(file)"
        traces[file] = try CapacityTraceReader.read(Files.read(place), file: place)
      }
      return Entry(profile: profile, traces: traces)
    }
    if LinkText.isNetem(bytes) {
      return try Entry(profile: LinkProfile(netem: bytes, file: path), traces: [:])
    }
    if LinkText.isToxiproxy(bytes) {
      return try Entry(profile: LinkProfile(toxiproxy: bytes, file: path), traces: [:])
    }
    let trace = try CapacityTraceReader.read(bytes, file: path)
    var profile = LinkProfile(name: path, title: "capacity trace")
    profile.uplink.capacity = .trace(file: path, isOnce: false)
    return Entry(profile: profile, traces: [path: trace])
  }

  /// Names of the bundled links, sorted.
  static func names() throws(InputError) -> [String] {
    let suffix = ".json5"
    return try Files.names(in: "\(Home.path())/boards/links").filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
  }
}
