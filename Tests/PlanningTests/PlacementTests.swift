import Boards
import Bytes
import Planning
import TestSupport
import Testing
import VirtualTime

@Suite struct PlacementTests {
  static func board(_ name: String) throws -> Board {
    try Board(parsing: SharedData.own("boards/\(name).json5"), file: "\(name).json5")
  }

  static let typical = [
    MemoryDemand("model", bytes: 300_000, use: .weights),
    MemoryDemand("runtime", bytes: 90_000, use: .code),
    MemoryDemand("tensor arena", bytes: 100_000, use: .arena),
    MemoryDemand("stack", bytes: 8_192, use: .stack),
    MemoryDemand("event buffer", bytes: 65_536, use: .buffer),
    MemoryDemand("variables", bytes: 4_096, use: .data),
  ]

  @Test("the default policy on the H743")
  func defaults() throws {
    let placement = try Placement.place(board: Self.board("stm32h743zi"), demands: Self.typical)
    #expect(placement.fits)
    #expect(placement.region(for: .arena)?.name == "AXI_SRAM")
    #expect(placement.region(for: .stack)?.name == "DTCM")
    #expect(placement.region(for: .data)?.name == "DTCM")
    #expect(placement.region(for: .buffer)?.name == "SRAM4")
    #expect(placement.region(of: "model")?.name == "FLASH")
    #expect(placement.region(of: "runtime")?.name == "FLASH")
  }

  @Test("weights that the flash on the chip cannot hold go to the external one")
  func external() throws {
    let placement = try Placement.place(board: Self.board("stm32h750b-dk"), demands: Self.typical)
    #expect(placement.fits)
    #expect(placement.region(for: .code)?.name == "FLASH")
    #expect(placement.region(for: .weights)?.name == "QSPI_FLASH")
  }

  @Test("what does not fit is named with the bytes that are missing")
  func misfit() throws {
    let board = try Self.board("stm32h743zi")
    let placement = try Placement.place(
      board: board, demands: [MemoryDemand("tensor arena", bytes: 600_000, use: .arena)])
    #expect(
      placement.misfits == [
        Placement.Misfit(
          demand: MemoryDemand("tensor arena", bytes: 600_000, use: .arena), region: "AXI_SRAM",
          missing: 600_000 - 512 * 1024)
      ])
    #expect(!placement.fits)
  }

  @Test("an override is obeyed even where the default would choose otherwise")
  func overrides() throws {
    let placement = try Placement.place(
      board: Self.board("stm32h743zi"), demands: Self.typical,
      overrides: PlacementOverrides(parsing: "arena=DTCM,weights=AXI_SRAM"))
    #expect(placement.region(for: .arena)?.name == "DTCM")
    #expect(placement.region(for: .weights)?.name == "AXI_SRAM")
  }

  @Test(
    "an override that makes no sense is an error",
    arguments: [
      ("arena=AXI_SRM", "did you mean AXI_SRAM?"), ("arena=FLASH", "memory that can be written"),
      ("buffer=DTCM", "a region that DMA reaches"), ("code=DTCM", "code can run from"),
    ])
  func badOverride(text: String, message: String) throws {
    let board = try Self.board("stm32h743zi")
    let error = #expect(throws: InputError.self) {
      try Placement.place(
        board: board, demands: Self.typical, overrides: PlacementOverrides(parsing: text))
    }
    #expect(error?.description.contains(message) == true)
  }

  @Test(
    "overrides that cannot be read are errors",
    arguments: ["", "arena", "arena=", "arna=DTCM", "arena=DTCM,arena=SRAM1", "arena=DTCM,"])
  func unreadable(text: String) {
    #expect(throws: InputError.self) { try PlacementOverrides(parsing: text) }
  }

  @Test(
    "every byte of every region is used or free, and every demand is placed or missing",
    arguments: 1...40 as ClosedRange<UInt64>)
  func accounts(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "demands")
    let names = ["stm32h743zi", "stm32h750b-dk", "stm32f746g-disco", "stm32h7a3zi"]
    let board = try Self.board(names[Int(seed) % names.count])
    let demands = (0..<Int.random(in: 0...20, using: &random)).map { index in
      MemoryDemand(
        "demand \(index)",
        bytes: Int.random(in: 0...(1 << Int.random(in: 1...22, using: &random)), using: &random),
        use: MemoryUse.allCases[Int.random(in: 0..<MemoryUse.allCases.count, using: &random)])
    }
    let placement = try Placement.place(board: board, demands: demands)
    var found = placement.misfits.map(\.demand)
    for usage in placement.usage {
      let bytes = usage.parts.reduce(0) { $0 + $1.demand.bytes }
      #expect(bytes + usage.padding + usage.free == usage.region.size && usage.free >= 0)
      var next = usage.region.address
      for part in usage.parts {
        #expect(part.address % part.demand.use.alignment == 0)
        #expect((0..<part.demand.use.alignment).contains(part.address - next))
        next = part.end
        found.append(part.demand)
      }
      #expect(next <= usage.region.end)
    }
    #expect(Set(found.map(\.name)) == Set(demands.filter { $0.bytes > 0 }.map(\.name)))
    #expect(found.count == demands.count { $0.bytes > 0 })
  }

  @Test("an interpreter's two arenas go to two banks where none holds both")
  func pieces() throws {
    let arena = MemoryDemand(
      "arena", bytes: 600_000, use: .arena,
      division: .pieces([
        .init("activations", bytes: 500_000), .init("records", bytes: 101_000),
      ]))
    let placement = try Placement.place(board: Self.board("stm32h743zi"), demands: [arena])
    #expect(placement.fits)
    #expect(placement.region(of: "activations")?.name == "AXI_SRAM")
    #expect(placement.region(of: "records")?.name == "SRAM1")
    let small = MemoryDemand("arena", bytes: 500, use: .arena, division: arena.division)
    #expect(
      try Placement.place(board: Self.board("stm32h743zi"), demands: [small]).region(of: "arena")
        != nil)
  }

  @Test("a compiler's pools fill banks to the byte, the largest tensor in one of them")
  func pools() throws {
    let board = try Self.board("stm32h743zi")
    let demand = MemoryDemand(
      "arena", bytes: 700_000, use: .arena, division: .pools(largest: 300_000))
    let placement = try Placement.place(board: board, demands: [demand])
    #expect(placement.fits)
    #expect(placement.usage.reduce(0) { $0 + $1.used } == 700_000)
    #expect(placement.region(of: "arena pool 1")?.name == "AXI_SRAM")
    let wide = MemoryDemand(
      "arena", bytes: 700_000, use: .arena, division: .pools(largest: 600_000))
    let misfit = try #require(Placement.place(board: board, demands: [wide]).misfits.first)
    #expect(misfit.missing == 700_000 - 512 * 1024)
  }

  @Test("what cannot be divided into the regions left is placed nowhere, not by half")
  func allOrNothing() throws {
    let demand = MemoryDemand(
      "arena", bytes: 1_000_000, use: .arena,
      division: .pieces([.init("activations", bytes: 400_000), .init("records", bytes: 600_000)]))
    let placement = try Placement.place(board: Self.board("stm32h743zi"), demands: [demand])
    #expect(placement.usage.allSatisfy { $0.parts.isEmpty })
    #expect(placement.misfits.map(\.demand.name) == ["arena"])
  }

  @Test("a region that is insisted on is not divided")
  func insisted() throws {
    let demand = MemoryDemand(
      "arena", bytes: 200_000, use: .arena, division: .pools(largest: 1_000))
    let placement = try Placement.place(
      board: Self.board("stm32h743zi"), demands: [demand],
      overrides: PlacementOverrides([.arena: "DTCM"]))
    #expect(placement.misfits.map(\.missing) == [200_000 - 128 * 1024])
  }
}
