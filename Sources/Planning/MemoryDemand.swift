package import Boards
package import Bytes

/// Something that needs memory on a board: in one stretch, unless it can be divided.
package struct MemoryDemand: Equatable, Sendable {
  /// How a runtime may divide what it needs where no region holds it whole.
  package enum Division: Equatable, Sendable {
    case none
    /// Into exactly these pieces, each in one stretch: the two arenas of a TFLM interpreter.
    case pieces([Piece])
    /// Into as many pools as it takes, one of which holds the largest tensor's bytes: a compiler
    /// that places each tensor by itself.
    case pools(largest: Int)
  }

  package struct Piece: Equatable, Sendable {
    package var name: String
    package var bytes: Int

    package init(_ name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  package var name: String
  package var bytes: Int
  package var use: MemoryUse
  package var division: Division

  package init(_ name: String, bytes: Int, use: MemoryUse, division: Division = .none) {
    precondition(bytes >= 0)
    self.name = name
    self.bytes = bytes
    self.use = use
    self.division = division
  }
}

extension MemoryUse {
  /// The multiple that the address must have: a cache line for what DMA writes, so that nothing else
  /// is in the lines that are invalidated; 16 for an arena and a model file (TFLM); 8 for a stack
  /// (the Arm procedure call standard) and everything else.
  package var alignment: Int {
    switch self {
    case .buffer: 32
    case .arena, .weights: 16
    case .code, .stack, .data: 8
    }
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
