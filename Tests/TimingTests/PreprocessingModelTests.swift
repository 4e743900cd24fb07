import Boards
import TestSupport
import Testing
import Timing

@Suite("Cycles of preprocessing")
struct PreprocessingModelTests {
  private func board() throws -> Board {
    try Board(parsing: SharedData.own("boards/stm32h743zi.json5"), file: "stm32h743zi.json5")
  }

  private func model(_ size: Int, tensor: String, ring: String) throws -> PreprocessingModel {
    let board = try board()
    return PreprocessingModel(
      tensorSize: size, eventSize: 8, tensor: try #require(board.region(tensor)),
      ring: try #require(board.region(ring)), on: board)
  }

  @Test("a voxel grid in AXI SRAM costs what the three loops add up to by hand")
  func byHand() throws {
    // AXI SRAM at half the core's clock, 64 bits: a line fill takes 8 + 3 × 2 = 14 cycles, writing
    // it back 4 × 2 = 8. 163,840 bytes are 5,120 lines.
    let model = try model(163_840, tensor: "AXI_SRAM", ring: "AXI_SRAM")
    #expect(model.fixedCycles == 5_120 * (4 + 8) + 163_840 * 2 + 5_120 * (14 + 8))
    // A tenth of the tensor is in the cache; a quarter of a line of the ring for each event.
    #expect(model.centicyclesPerEvent == 1_500 + 90 * 22 + 1_400 / 4)
    #expect(model.cycles(events: 0) == model.fixedCycles)
    #expect(model.cycles(events: 1_000) == model.fixedCycles + 38_300)
  }

  @Test("what keeps four bytes an element clears, reads and misses four times as much")
  func states() throws {
    let board = try board()
    func model(_ work: PreprocessingWork) throws -> PreprocessingModel {
      let memory = try #require(board.region("AXI_SRAM"))
      return PreprocessingModel(
        work, tensorSize: 32_768, eventSize: 8, tensor: memory, ring: memory, on: board)
    }
    // 1,024 lines of tensor and 4,096 of state; an eighth of the state is in the cache.
    let bilinear = try model(.bilinear)
    // Clearing 4,096 × 12, mapping 32,768 × 6, lines of the tensor 1,024 × 22, of the state 4,096 × 14.
    let fixed: Int64 = 49_152 + 196_608 + 22_528 + 57_344
    #expect(bilinear.fixedCycles == fixed)
    // 30, seven eighths of 22 for what misses the cache, and a quarter of 14 for the ring.
    #expect(bilinear.centicyclesPerEvent == 5_275)
    // Ten times of four bytes lie in two lines.
    #expect(try model(.tore(depth: 10)).centicyclesPerEvent == 7_300)
    let counts = try model(.counts)
    for work in [PreprocessingWork.mixedDensity, .bilinear, .tore(depth: 3)] {
      #expect(try model(work).cycles(events: 5_000) > counts.cycles(events: 5_000))
    }
    #expect(try model(.binary).cycles(events: 5_000) < counts.cycles(events: 5_000))
    #expect(
      try model(.linearSurface).cycles(events: 9) < model(.exponentialSurface).cycles(events: 9))
  }

  @Test("a part of a cycle counts as one")
  func rounding() {
    let model = PreprocessingModel(fixedCycles: 10, centicyclesPerEvent: 150)
    #expect(model.cycles(events: 1) == 12)
    #expect(model.cycles(events: 2) == 13)
  }

  @Test("in tightly coupled memory only the instructions are left")
  func tightlyCoupled() throws {
    let model = try model(40_000, tensor: "DTCM", ring: "DTCM")
    #expect(model.fixedCycles == 1_250 * 4 + 40_000 * 2)
    #expect(model.centicyclesPerEvent == 1_500)
  }

  @Test("a tensor that fits the data cache misses nothing; a slower ring costs more")
  func cache() throws {
    let small = try model(16_384, tensor: "AXI_SRAM", ring: "DTCM")
    #expect(small.centicyclesPerEvent == 1_500)
    let near = try model(163_840, tensor: "AXI_SRAM", ring: "AXI_SRAM")
    let far = try model(163_840, tensor: "AXI_SRAM", ring: "SRAM1")
    #expect(far.centicyclesPerEvent > near.centicyclesPerEvent)
  }

  @Test("no tensor, no fixed work")
  func empty() throws {
    #expect(try model(0, tensor: "AXI_SRAM", ring: "AXI_SRAM").fixedCycles == 0)
  }
}
