import Boards
package import Bytes

/// What a deployment may use at most; nil where nobody set a limit.
package struct Budget: Sendable, Equatable {
  /// Bytes.
  package var flash: Int?
  /// Bytes.
  package var ram: Int?
  /// Nanoseconds for one inference.
  package var latency: Int?

  package init(flash: Int? = nil, ram: Int? = nil, latency: Int? = nil) {
    self.flash = flash
    self.ram = ram
    self.latency = latency
  }

  private static let example = "flash=1MB,ram=512KB,latency=20ms"

  /// Reads `flash=1MB,ram=512KB,latency=20ms`, any of the three in any order.
  package init(parsing text: String) throws(InputError) {
    self.init()
    var seen: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else {
        throw Self.error("expected NAME=VALUE, found ‘\(part)’")
      }
      let name = pair[0].trimmed
      guard !seen.contains(name) else { throw Self.error("‘\(name)’ is given twice") }
      seen.append(name)
      do throws(InputError) {
        try set(name, pair[1].trimmed)
      } catch {
        throw InputError(
          at: .key("budget.\(name)"), error.problem, advice: error.advice ?? "as in \(Self.example)"
        )
      }
    }
  }

  private mutating func set(_ name: String, _ value: String) throws(InputError) {
    switch name {
    case "flash": flash = try Quantity.bytes(value)
    case "ram": ram = try Quantity.bytes(value)
    case "latency": latency = try Quantity.nanoseconds(value)
    default:
      throw InputError(
        at: .key("budget"), "expected flash, ram or latency, found ‘\(name)’",
        advice: name.closest(in: ["flash", "ram", "latency"]).map { "did you mean \($0)?" }
          ?? "as in \(Self.example)")
    }
  }

  private static func error(_ problem: String) -> InputError {
    InputError(at: .key("budget"), problem, advice: "as in \(example)")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
