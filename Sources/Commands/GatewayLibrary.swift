import Boards
import Bytes

/// Gateways by name from `boards/gateways/`, or from a file of the user's own.
enum GatewayLibrary {
  /// - Parameter nameOrPath: `bifrost`, or a path: whatever has a slash or ends in `.json5`.
  static func load(_ nameOrPath: String) throws(InputError) -> GatewayProfile {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".json5") {
      return try GatewayProfile(
        parsing: Files.read(nameOrPath), file: nameOrPath, preset: preset)
    }
    return try GatewayProfile(
      parsing: preset(nameOrPath), file: "\(nameOrPath).json5", preset: preset)
  }

  /// The bytes of a bundled gateway.
  private static func preset(_ nameOrPath: String) throws(InputError) -> [UInt8] {
    let names = try names()
    let name = nameOrPath.lowercased()
    guard names.contains(name) else {
      throw InputError(
        at: .nowhere, "expected a gateway or a path to one, found ‘\(nameOrPath)’",
        advice: name.closest(in: names).map { "did you mean \($0)?" }
          ?? "gateways are \(names.joined(separator: ", "))")
    }
    return try Files.read("\(Home.path())/boards/gateways/\(name).json5")
  }

  /// Names of the bundled gateways, sorted.
  static func names() throws(InputError) -> [String] {
    let suffix = ".json5"
    return try Files.names(in: "\(Home.path())/boards/gateways").filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
  }
}
