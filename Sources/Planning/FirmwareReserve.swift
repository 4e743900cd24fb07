import Boards
package import Bytes

/// What the firmware around the model keeps for itself, in bytes: `flash=96KB,ram=32KB,stack=8KB`.
package struct FirmwareReserve: Equatable, Sendable {
  /// Code and constants.
  package var flash = 0
  /// Static variables and heap.
  package var ram = 0
  package var stack = 0
  /// Events on their way in, written by DMA.
  package var buffer = 0

  package init() {}

  package static let none = FirmwareReserve()

  /// Everything that is not flash.
  package var totalRAM: Int { ram + stack + buffer }

  /// What a placement has to find room for.
  package var demands: [MemoryDemand] {
    [
      MemoryDemand("firmware", bytes: flash, use: .code),
      MemoryDemand("firmware variables", bytes: ram, use: .data),
      MemoryDemand("stack", bytes: stack, use: .stack),
      MemoryDemand("event buffer", bytes: buffer, use: .buffer),
    ].filter { $0.bytes > 0 }
  }

  private static let example = "flash=96KB,ram=32KB,stack=8KB,buffer=64KB"

  /// - Throws: `InputError` for anything but `flash`, `ram`, `stack` and `buffer`, each with a size
  ///   and at most once, separated by commas.
  package init(parsing text: String) throws(InputError) {
    var seen: [String] = []
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = entry.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2 else {
        throw Self.error("expected NAME=SIZE, found ‘\(entry)’")
      }
      let name = String(pair[0])
      guard !seen.contains(name) else { throw Self.error("‘\(name)’ is given twice") }
      seen.append(name)
      guard let path = Self.paths[name] else {
        throw Self.error("expected flash, ram, stack or buffer, found ‘\(name)’")
      }
      do throws(InputError) {
        self[keyPath: path] = try Self.size(String(pair[1]))
      } catch {
        throw InputError(at: .key("reserve.\(name)"), error.problem, advice: error.advice)
      }
    }
  }

  private static var paths: [String: WritableKeyPath<FirmwareReserve, Int>] {
    ["flash": \.flash, "ram": \.ram, "stack": \.stack, "buffer": \.buffer]
  }

  /// More than an address space could not be added up.
  private static func size(_ text: String) throws(InputError) -> Int {
    let bytes = try Quantity.bytes(text)
    guard bytes <= 1 << 32 else {
      throw InputError(at: .nowhere, "expected at most 4 GiB, found \(text)")
    }
    return bytes
  }

  private static func error(_ problem: String) -> InputError {
    InputError(at: .key("reserve"), problem, advice: "as in \(example)")
  }
}
