package import Boards
package import Bytes

/// Something that needs contiguous memory on a board.
package struct MemoryDemand: Equatable, Sendable {
  package var name: String
  package var bytes: Int
  package var use: MemoryUse

  package init(_ name: String, bytes: Int, use: MemoryUse) {
    precondition(bytes >= 0)
    self.name = name
    self.bytes = bytes
    self.use = use
  }
}

/// Regions that somebody insists on, by use: `arena=AXI_SRAM,weights=FLASH`.
package struct PlacementOverrides: Equatable, Sendable {
  package var regions: [MemoryUse: String]

  package init(_ regions: [MemoryUse: String] = [:]) { self.regions = regions }

  package static let none = PlacementOverrides()

  /// - Throws: `InputError` for anything but `use=REGION` once a use, separated by commas.
  package init(parsing text: String) throws(InputError) {
    regions = [:]
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[1].isEmpty else {
        throw InputError(
          at: .nowhere, "expected use=REGION such as arena=AXI_SRAM, found “\(entry)”")
      }
      guard let use = MemoryUse(rawValue: String(parts[0])) else {
        let uses = MemoryUse.allCases.map(\.rawValue)
        throw InputError(
          at: .nowhere, "expected one of \(uses.joined(separator: ", ")), found “\(parts[0])”",
          advice: String(parts[0]).closest(in: uses).map { "did you mean \($0)?" })
      }
      guard regions.updateValue(String(parts[1]), forKey: use) == nil else {
        throw InputError(at: .nowhere, "expected each use once, found “\(use.rawValue)” again")
      }
    }
  }
}
