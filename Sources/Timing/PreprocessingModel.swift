package import Boards

/// Core cycles that turning a window's events into an input tensor takes on a Cortex-M7.
///
/// Modelled, not measured: no published measurement of this step is at hand. It is the sum of three
/// loops, each written out below with the pipeline's latencies and the traffic past the data cache.
/// The loops are those of counting in time bins; `PreprocessingWork` says what others do instead.
///
/// 1. *Clear.* The tensor is set to its zero point, 8 bytes a store: 4 `strd` for a 32-byte line,
///    each issued alone, plus writing the line back later.
/// 2. *Accumulate*, for every event (8 bytes: time, then x, y and polarity packed in a word):
///
///        cycle  0  ldrd  time, packed          a pair issues alone; data for a late ALU at 1
///               1  sub   time, time, start
///               2  umull -, bin, time, binsPerMicrosecond   ‖  ubfx x   (extracts a load: 2 later)
///               3  ubfx  y
///               4  lsr   polarity
///               5  add   pixel, x, y lsl 7     shifted operand: 2 after ubfx
///               6  add   plane, bin, polarity × bins (shifted add; umull is ready since 4)
///               7  add   pixel × 5             shifted operand: 2 after the last add
///               9  add   address, plane, pixel lsl 1
///              11  ldrb  count                 address: 2 after the late ALU
///              13  add   count, 1              a byte load takes 2
///              14  usat  count  ‖  strb        store data of the same cycle
///              15  back edge, predicted, paired with the next load
///
///    15 cycles, plus a line fill and a write-back for every access that misses the cache. The ring
///    is written by DMA, so each of its lines (4 events) is a miss too.
/// 3. *Map* counts to int8 through a table: two byte loads and a byte store an element, unrolled by
///    four: 2 cycles (two loads never share a bank's cycle, and a store goes with a load).
///
/// Latencies and pairing: jnk0le, “Cortex-M7 instruction cycle counts”, measured on an STM32H743
/// rev. Y (ldrd 1 issue, ldrb 2, shifted operands and addresses 2 after a late ALU, umull 2).
/// A line fill is the region's read latency plus the beats that follow on its bus. The share of
/// misses is that of a random pixel, 1 − cache ÷ tensor: events of one edge lie close together, so
/// this counts too many rather than too few.
package struct PreprocessingModel: Equatable, Sendable {
  /// Cycles that do not depend on the window: clearing and mapping.
  package let fixedCycles: Int64
  /// Hundredths of a cycle for each event.
  package let centicyclesPerEvent: Int64

  private static let lineSize = 32
  private static let clearCyclesPerLine = 4.0

  /// - Parameters:
  ///   - work: What the representation does.
  ///   - tensorSize: Bytes of the input tensor, one for each element.
  ///   - eventSize: Bytes of an event in the ring.
  ///   - tensor: Where the input tensor lies.
  ///   - ring: Where the camera's events lie.
  package init(
    _ work: PreprocessingWork = .counts, tensorSize: Int, eventSize: Int, tensor: MemoryRegion,
    ring: MemoryRegion, on board: Board
  ) {
    let line = Self.lineSize
    let lines = Double((tensorSize + line - 1) / line)
    let tensorLine = Traffic(tensor, line: line, on: board)
    let ringLine = Traffic(ring, line: line, on: board)
    let cache = Double(board.dataCache?.size ?? 0)
    let stateSize = tensorSize * work.elementState
    let stateLines = Double((stateSize + line - 1) / line)
    let misses = stateSize == 0 ? 0 : max(0, 1 - cache / Double(stateSize))
    let clear =
      !work.clearsState ? 0 : stateLines * (Self.clearCyclesPerLine + tensorLine.writeBack)
    // State of its own is read beside the tensor, which is written either way.
    let map =
      Double(tensorSize) * work.mapCycles + lines * (tensorLine.fill + tensorLine.writeBack)
      + (work.elementState > 1 ? stateLines * tensorLine.fill : 0)
    fixedCycles = Int64((clear + map).rounded(.up))
    let touched = Double((work.eventState + line - 1) / line)
    let perEvent =
      work.eventCycles + touched * misses * (tensorLine.fill + tensorLine.writeBack)
      + ringLine.fill * Double(eventSize) / Double(line)
    centicyclesPerEvent = Int64((perEvent * 100).rounded(.up))
  }

  package init(fixedCycles: Int64, centicyclesPerEvent: Int64) {
    self.fixedCycles = fixedCycles
    self.centicyclesPerEvent = centicyclesPerEvent
  }

  package func cycles(events: Int) -> Int64 {
    fixedCycles + (Int64(events) * centicyclesPerEvent + 99) / 100
  }

  /// Cycles that moving one cache line costs.
  private struct Traffic {
    var fill: Double
    var writeBack: Double

    init(_ region: MemoryRegion, line: Int, on board: Board) {
      // Tightly coupled memory answers in the load's own cycle; nothing is moved in lines.
      guard !region.isTightlyCoupled else {
        fill = 0
        writeBack = 0
        return
      }
      let beats = Double(line * 8 / region.busWidth)
      fill = board.readLatency(of: region) + (beats - 1) * board.cyclesPerBusCycle
      writeBack = beats * board.cyclesPerBusCycle
    }
  }
}
