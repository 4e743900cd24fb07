package import Bytes
import Glibc

/// Where the bundled boards, models and traces live.
package enum Home {
  /// `PREFLASH_HOME`, else the nearest folder with `boards/` above the working folder, else above
  /// the program itself.
  package static func path() throws(InputError) -> String {
    if let given = getenv("PREFLASH_HOME").map({ String(cString: $0) }), !given.isEmpty {
      guard Files.isDirectory("\(given)/boards") else {
        throw InputError(
          file: given, at: .nowhere, "PREFLASH_HOME has no folder ‘boards’",
          advice: "set it to a checkout of Preflash")
      }
      return given
    }
    for start in [resolved("."), resolved("/proc/self/exe")].compactMap({ $0 }) {
      var folder = start[...]
      while !folder.isEmpty {
        if Files.isDirectory("\(folder)/boards/runtimes") { return String(folder) }
        guard let slash = folder.lastIndex(of: "/") else { break }
        folder = folder[..<slash]
      }
    }
    throw InputError(
      at: .nowhere, "cannot find the folder ‘boards’",
      advice: "run inside a checkout of Preflash or set PREFLASH_HOME to one")
  }

  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
