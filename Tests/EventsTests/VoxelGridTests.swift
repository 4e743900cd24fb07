import Events
import TestSupport
import Testing

@Suite("Voxel grid")
struct VoxelGridTests {
  static func batch(_ events: [(time: Int64, x: UInt16, y: UInt16, isOn: Bool)]) -> EventBatch {
    var batch = EventBatch()
    for event in events {
      batch.append(Event(time: event.time, x: event.x, y: event.y, isOn: event.isOn))
    }
    return batch
  }

  static func grid(
    _ rule: BinningRule, bins: Int = 5, length: Int64 = 50_000, maximumCount: Int = 255
  ) -> VoxelGrid {
    VoxelGrid(
      width: 4, height: 3, bins: bins, rule: rule, length: length, maximumCount: maximumCount)
  }

  @Test("An ON event counts at its pixel, in channel bins + bin; an OFF event in channel bin")
  func channelOrder() {
    var grid = Self.grid(.windowFloor)
    grid.reset(start: 1_000_000)
    let events = Self.batch([(1_010_000, 3, 2, true), (1_049_999, 1, 0, false)])
    grid.add(events, 0..<2)
    #expect(grid.cells.count == 4 * 3 * 10)
    #expect(grid.cells[(2 * 4 + 3) * 10 + 5 + 1] == 1)
    #expect(grid.cells[(0 * 4 + 1) * 10 + 4] == 1)
    #expect(grid.cells.reduce(0) { $0 + Int($1) } == 2)
    #expect(grid.eventsOutside == 0)
  }

  // By hand from the three formulas, with B = 5 and a window of 100 µs.
  @Test(
    "Each rule bins by its own formula",
    arguments: [
      (BinningRule.scaledFloor, [0: 0, 24: 0, 25: 1, 49: 1, 50: 2, 75: 3, 99: 3, 100: 4]),
      (.scaledRound, [0: 0, 12: 0, 13: 1, 37: 1, 38: 2, 62: 2, 63: 3, 87: 3, 88: 4, 100: 4]),
      (.windowFloor, [0: 0, 19: 0, 20: 1, 59: 2, 60: 3, 80: 4, 99: 4, 100: 4]),
    ])
  func rules(_ rule: BinningRule, _ expected: [Int64: Int]) {
    for (elapsed, bin) in expected {
      #expect(rule.bin(elapsed: elapsed, length: 100, bins: 5) == bin, "\(elapsed) µs")
      var grid = Self.grid(rule, length: 100)
      grid.reset(start: 7)
      grid.add(Self.batch([(7 + elapsed, 0, 0, false)]), 0..<1)
      #expect(grid.cells[bin] == 1, "\(elapsed) µs")
    }
  }

  @Test("The grid bins every time of a window as the formula does", arguments: BinningRule.allCases)
  func edgesAgreeWithFormula(_ rule: BinningRule) {
    for (length, bins) in [(Int64(1), 5), (3, 5), (7, 3), (100, 1), (101, 7), (1000, 64)] {
      for elapsed in 0...length {
        var grid = Self.grid(rule, bins: bins, length: length)
        grid.reset(start: 0)
        grid.add(Self.batch([(elapsed, 0, 0, true)]), 0..<1)
        let bin = rule.bin(elapsed: elapsed, length: length, bins: bins)
        let on = rule.channels(bins: bins) - bins
        #expect(grid.cells[on + bin] == 1, "\(elapsed)/\(length)")
      }
    }
  }

  @Test("An empty window is all zeros, also after a full one")
  func emptyWindow() {
    var grid = Self.grid(.windowFloor)
    grid.reset(start: 0)
    grid.add(Self.batch([(0, 0, 0, true)]), 0..<1)
    grid.reset(start: 50_000)
    grid.add(EventBatch(), 0..<0)
    #expect(grid.cells.allSatisfy { $0 == 0 })
  }

  @Test("Events of one time all count, up to the ceiling", arguments: [1, 127, 255])
  func saturation(_ maximum: Int) {
    var grid = Self.grid(.windowFloor, maximumCount: maximum)
    grid.reset(start: 0)
    let events = Self.batch(Array(repeating: (5, 2, 1, true), count: 300))
    grid.add(events, 0..<300)
    #expect(grid.cells.max() == UInt8(maximum))
    #expect(grid.cells.count { $0 != 0 } == 1)
  }

  @Test("Events outside the frame or the window are counted and change nothing")
  func outside() {
    var grid = Self.grid(.windowFloor)
    grid.reset(start: 100)
    let events = Self.batch([
      (99, 0, 0, true), (100, 4, 0, true), (100, 0, 3, true), (50_101, 0, 0, true),
      (.max, 0, 0, true), (.min, 0, 0, true), (100, 65_535, 65_535, true), (100, 0, 0, true),
    ])
    grid.add(events, 0..<events.count)
    #expect(grid.eventsOutside == 7)
    #expect(grid.cells.reduce(0) { $0 + Int($1) } == 1)
  }

  @Test("In the signed rule ON and OFF cancel out and saturate at both ends")
  func signed() {
    var grid = Self.grid(.windowFloorSigned, maximumCount: 3)
    grid.reset(start: 0)
    grid.add(Self.batch(Array(repeating: (0, 0, 0, true), count: 9)), 0..<9)
    #expect(grid.cells[0] == 3)
    grid.add(Self.batch(Array(repeating: (0, 0, 0, false), count: 9)), 0..<9)
    #expect(Int8(bitPattern: grid.cells[0]) == -3)
    grid.add(Self.batch([(0, 0, 0, true), (0, 1, 0, false), (0, 1, 0, true)]), 0..<3)
    #expect(Int8(bitPattern: grid.cells[0]) == -2)
    #expect(grid.cells[5] == 0)
  }

  @Test("Counts become int8 by the input's scale and zero point, halves away from zero, clamped")
  func quantizer() {
    let table = CountQuantizer(scale: 2, zeroPoint: -3)
    #expect(table.values.prefix(6).map { Int8(bitPattern: $0) } == [-3, -2, -2, -1, -1, 0])
    #expect(Int8(bitPattern: table.values[255]) == 125)
    let fine = CountQuantizer(scale: 0.019607843831181526, zeroPoint: -128)
    #expect(fine.values.prefix(6).map { Int8(bitPattern: $0) } == [-128, -77, -26, 25, 76, 127])
    #expect(Int8(bitPattern: fine.values[6]) == 127)
    let signed = CountQuantizer(scale: 2, zeroPoint: 0, isSigned: true)
    #expect(Int8(bitPattern: signed.values[Int(UInt8(bitPattern: -1))]) == -1)
    #expect(Int8(bitPattern: signed.values[Int(UInt8(bitPattern: -128))]) == -64)
  }

  @Test("Quantizing a grid looks every cell up, in place")
  func quantizeGrid() {
    var grid = Self.grid(.windowFloor)
    grid.reset(start: 0)
    grid.add(Self.batch([(0, 0, 0, false), (0, 0, 0, false), (1, 3, 2, true)]), 0..<3)
    var input = [UInt8](repeating: 9, count: grid.cells.count)
    grid.quantize(CountQuantizer(scale: 1, zeroPoint: -128), into: &input)
    #expect(Int8(bitPattern: input[0]) == -126)
    #expect(Int8(bitPattern: input[(2 * 4 + 3) * 10 + 5]) == -127)
    #expect(input.count { Int8(bitPattern: $0) == -128 } == input.count - 2)
  }

  @Test("Every event of a real clip is in one cell", .enabled(if: SharedData.isPresent))
  func realClip() throws {
    let name = "events/labelled/dvsgesture_slayer/01.bs2"
    let (_, reader) = try TraceSummary.read(try SharedData.bytes(name), name: name)
    let events = try EventTraceOfShared.events(name)
    var grid = VoxelGrid(
      width: 128, height: 128, bins: 5, rule: .windowFloor, length: 50_000)
    var total = 0
    var index = 0
    while index < events.count {
      let start = events.times[index]
      var end = index
      while end < events.count && events.times[end] < start + 50_000 { end += 1 }
      grid.reset(start: start)
      grid.add(events, index..<end)
      #expect(grid.eventsOutside == 0)
      if grid.cells.max()! < 255 { #expect(grid.cells.reduce(0) { $0 + Int($1) } == end - index) }
      total += end - index
      index = end
    }
    #expect(total == reader.eventCount)
  }
}
