package import Boards
package import Bytes

/// Which demand lies in which region of a board, from the region's first byte up, each at a multiple
/// of its use's alignment.
///
/// The default policy is that of the field, not the best that can be found:
///
/// - arena: the largest SRAM behind a bus (AXI SRAM), then tightly coupled, then external memory
/// - stack and variables: tightly coupled data memory, then SRAM
/// - event buffer: the smallest SRAM that holds it, that DMA reaches and that has no arena
/// - code, then weights: flash on the chip, then external flash when it is mapped
///
/// What no region holds whole is divided, if its runtime can.
package struct Placement: Equatable, Sendable {
  package struct Part: Equatable, Sendable {
    package var demand: MemoryDemand
    package var address: Int
    package var end: Int { address + demand.bytes }
  }

  /// Parts, padding and free bytes add up to the region's size.
  package struct RegionUsage: Equatable, Sendable {
    package var region: MemoryRegion
    /// In ascending order of address, with gaps for alignment only.
    package var parts: [Part] = []

    /// Bytes from the region's start to the end of its last part.
    package var used: Int { (parts.last?.end ?? region.address) - region.address }
    package var free: Int { region.size - used }
    /// Bytes between parts.
    package var padding: Int { used - parts.reduce(0) { $0 + $1.demand.bytes } }

    /// The next address at which something of this use may begin; beyond the region's end where it
    /// is full.
    func start(for use: MemoryUse) -> Int { (region.address + used).roundedUp(to: use.alignment) }

    /// Bytes left for one more part of this use; less than none where even its start is outside.
    func room(for use: MemoryUse) -> Int { region.end - start(for: use) }

    mutating func put(_ demand: MemoryDemand) {
      parts.append(Part(demand: demand, address: start(for: demand.use)))
    }
  }

  /// A demand that no allowed region can hold.
  package struct Misfit: Equatable, Sendable {
    package var demand: MemoryDemand
    /// Where the least is missing; nil when no region may hold it at all.
    package var region: String?
    package var missing: Int

    package init(demand: MemoryDemand, region: String?, missing: Int) {
      self.demand = demand
      self.region = region
      self.missing = missing
    }
  }

  /// One for each of the board's regions, in its order.
  package var usage: [RegionUsage]
  package var misfits: [Misfit]

  package var fits: Bool { misfits.isEmpty }

  /// The region in which a demand of this name lies.
  package func region(of name: String) -> MemoryRegion? {
    usage.first { $0.parts.contains { $0.demand.name == name } }?.region
  }

  /// The region in which the first demand of this use lies.
  package func region(for use: MemoryUse) -> MemoryRegion? {
    usage.first { $0.parts.contains { $0.demand.use == use } }?.region
  }
}

extension Placement {
  /// Uses in the order in which they choose their regions.
  private static let order: [MemoryUse] = [.arena, .stack, .buffer, .data, .code, .weights]

  /// - Throws: `InputError` when an override names a region that the board lacks or that cannot
  ///   serve the use. What does not fit is no error but a misfit.
  package static func place(
    board: Board, demands: [MemoryDemand], overrides: PlacementOverrides = .none
  ) throws(InputError) -> Placement {
    var placement = Placement(usage: board.regions.map { RegionUsage(region: $0) }, misfits: [])
    let forced = try overrides.regions(on: board)
    // What has no choice comes first.
    let uses = order.filter { forced[$0] != nil } + order.filter { forced[$0] == nil }
    for use in uses {
      for demand in demands where demand.use == use && demand.bytes > 0 {
        placement.put(demand, forced[use].map { [$0] } ?? placement.candidates(for: use))
      }
    }
    return placement
  }

  private mutating func put(_ demand: MemoryDemand, _ candidates: [Int]) {
    if putWhole(demand, candidates) { return }
    let usageBefore = usage
    if candidates.count > 1 && putDivided(demand, candidates) { return }
    usage = usageBefore
    let roomiest = candidates.max {
      usage[$0].room(for: demand.use) < usage[$1].room(for: demand.use)
    }
    misfits.append(
      Misfit(
        demand: demand, region: roomiest.map { usage[$0].region.name },
        missing: demand.bytes - (roomiest.map { max(0, usage[$0].room(for: demand.use)) } ?? 0)))
  }

  private mutating func putWhole(_ demand: MemoryDemand, _ candidates: [Int]) -> Bool {
    guard let index = candidates.first(where: { usage[$0].room(for: demand.use) >= demand.bytes })
    else { return false }
    usage[index].put(demand)
    return true
  }

  private mutating func putDivided(_ demand: MemoryDemand, _ candidates: [Int]) -> Bool {
    switch demand.division {
    case .none: return false
    case .pieces(let pieces):
      return pieces.allSatisfy { piece in
        putWhole(MemoryDemand(piece.name, bytes: piece.bytes, use: demand.use), candidates)
      }
    case .pools(let largest):
      return putPools(demand, largest: largest, candidates)
    }
  }

  /// Fills regions one after the other, beginning with one that holds the largest tensor.
  private mutating func putPools(
    _ demand: MemoryDemand, largest: Int, _ candidates: [Int]
  ) -> Bool {
    guard let head = candidates.first(where: { usage[$0].room(for: demand.use) >= largest })
    else { return false }
    var left = demand.bytes
    var count = 0
    for index in [head] + candidates.filter({ $0 != head }) where left > 0 {
      let room = usage[index].room(for: demand.use)
      guard room > 0 else { continue }
      count += 1
      let bytes = min(room, left)
      usage[index].put(MemoryDemand("\(demand.name) pool \(count)", bytes: bytes, use: demand.use))
      left -= bytes
    }
    return left == 0
  }

  /// Indices of the regions that may serve a use, best first.
  private func candidates(for use: MemoryUse) -> [Int] {
    let allowed = usage.indices.filter { usage[$0].region.uses.contains(use) }
    let ranked: [(index: Int, rank: Int, size: Int)] = allowed.compactMap { index in
      let region = usage[index].region
      guard use != .buffer || region.isDMAReachable, use != .code || region.isExecutable,
        let rank = Self.preference(for: use).firstIndex(of: region.kind)
      else { return nil }
      let holdsArena = usage[index].parts.contains { $0.demand.use == .arena }
      if use == .buffer {
        // Small first, and away from the arena as long as there is another SRAM.
        return (index, rank * 2 + (holdsArena ? 1 : 0), region.size)
      }
      return (index, rank * 2, -region.size)
    }
    return ranked.sorted { ($0.rank, $0.size, $0.index) < ($1.rank, $1.size, $1.index) }
      .map(\.index)
  }

  private static func preference(for use: MemoryUse) -> [MemoryRegion.Kind] {
    switch use {
    case .arena: [.sram, .dtcm, .externalRAM]
    case .stack, .data: [.dtcm, .sram, .externalRAM]
    case .buffer: [.sram, .dtcm, .externalRAM]
    case .code: [.flash, .externalFlash, .itcm, .sram]
    case .weights: [.flash, .externalFlash]
    }
  }
}

extension PlacementOverrides {
  /// Indices of the board's regions, checked against what the use needs.
  fileprivate func regions(on board: Board) throws(InputError) -> [MemoryUse: Int] {
    var indices: [MemoryUse: Int] = [:]
    for use in MemoryUse.allCases {
      guard let name = regions[use] else { continue }
      guard let index = board.regions.firstIndex(where: { $0.name == name }) else {
        let names = board.regions.map(\.name)
        throw InputError(
          at: .nowhere, "expected a region of \(board.name) for \(use.rawValue), found “\(name)”",
          advice: name.closest(in: names).map { "did you mean \($0)?" }
            ?? "it has \(names.joined(separator: ", "))")
      }
      if let need = Self.unmetNeed(of: use, in: board.regions[index]) {
        throw InputError(at: .nowhere, "expected \(need) for \(use.rawValue), found \(name)")
      }
      indices[use] = index
    }
    return indices
  }

  private static func unmetNeed(of use: MemoryUse, in region: MemoryRegion) -> String? {
    switch use {
    case .code: region.isExecutable ? nil : "a region that code can run from"
    case .weights: nil
    case .buffer where !region.isDMAReachable: "a region that DMA reaches"
    case .arena, .stack, .buffer, .data: region.kind.isFlash ? "memory that can be written" : nil
    }
  }
}
