import Events
import Foundation
import Testing
import VirtualTime

/// Each representation against its formula in double precision, event by event.
@Suite("Representations of a window")
struct RepresentationTests {
  typealias Row = FilterTests.Row

  static let (width, height) = (5, 4)
  static let (start, length) = (Int64(1_000), Int64(997))

  /// Events of one window, its two edges and one time among them; some outside the frame.
  static func random(_ seed: UInt64) -> [Row] {
    var random = SeededRandom(seed: seed)
    var rows: [Row] = [
      (start, 0, 0, true), (start + length, 0, 0, false), (start + length, 4, 3, true),
    ]
    for index in 0..<400 {
      let elapsed = Int64(random.next() % UInt64(length + 1))
      let (x, y) = (UInt16(random.next() % 6), UInt16(random.next() % 4))
      rows.append(
        (start + (index % 3 == 0 ? elapsed : elapsed / 50), x, y, random.next() % 2 == 0))
    }
    return rows
  }

  static func inFrame(_ rows: [Row]) -> [Row] { rows.filter { $0.1 < width && $0.2 < height } }

  static func fill(_ representation: inout some WindowRepresentation, _ rows: [Row]) {
    representation.reset(start: start, length: length)
    let batch = FilterTests.batch(rows)
    representation.add(batch, 0..<batch.count)
  }

  @Test("bilinear voxels are Zhu's formula and keep the sum of signs", arguments: 1...6)
  func bilinear(bins: Int) {
    let rows = Self.random(UInt64(bins))
    var grid = BilinearGrid(width: Self.width, height: Self.height, bins: bins)
    Self.fill(&grid, rows)
    var expected = [Double](repeating: 0, count: Self.width * Self.height * bins)
    for (time, x, y, isOn) in Self.inFrame(rows) {
      let position = Double(bins - 1) * Double(time - Self.start) / Double(Self.length)
      let bin = Int(position)
      let pixel = (Int(y) * Self.width + Int(x)) * bins
      let sign = isOn ? 1.0 : -1.0
      expected[pixel + bin] += sign * (1 - (position - Double(bin)))
      if bin + 1 < bins { expected[pixel + bin + 1] += sign * (position - Double(bin)) }
    }
    for (cell, value) in zip(grid.cells, expected) { #expect(abs(Double(cell) - value) < 1e-4) }
    let signs = Self.inFrame(rows).reduce(0) { $0 + ($1.3 ? 1 : -1) }
    #expect(abs(grid.cells.reduce(0) { $0 + Double($1) } - Double(signs)) < 1e-3)
    #expect(grid.eventsOutside == rows.count - Self.inFrame(rows).count)
  }

  @Test("an event on the far edge is wholly in the last bin, one in the middle of two in both")
  func bilinearEdges() {
    var grid = BilinearGrid(width: 1, height: 1, bins: 3)
    grid.reset(start: 10, length: 8)
    grid.add(FilterTests.batch([(18, 0, 0, true)]), 0..<1)
    #expect(grid.cells == [0, 0, 1])
    grid.reset(start: 10, length: 8)
    grid.add(FilterTests.batch([(12, 0, 0, false)]), 0..<1)
    #expect(grid.cells == [-0.5, -0.5, 0])
    grid.reset(start: 10, length: 8)
    grid.add(FilterTests.batch([(9, 0, 0, true), (19, 0, 0, true), (.min, 0, 0, true)]), 0..<3)
    #expect(grid.cells == [0, 0, 0])
    #expect(grid.eventsOutside == 3)
  }

  @Test(
    "time surfaces decay as they say; a pixel without an event is 0",
    arguments: TimeSurface.Decay.allCases)
  func timeSurface(_ decay: TimeSurface.Decay) {
    let rows = Self.random(9)
    var surface = TimeSurface(
      width: Self.width, height: Self.height, decay: decay, timeConstant: 300)
    Self.fill(&surface, rows)
    var found = 0
    for y in 0..<Self.height {
      for x in 0..<Self.width {
        for isOn in [false, true] {
          let times = rows.filter { Int($0.1) == x && Int($0.2) == y && $0.3 == isOn }.map(\.0)
          let age = times.max().map { Double(Self.start + Self.length - $0) / 300 }
          let expected = age.map { decay == .linear ? max(0, 1 - $0) : exp(-$0) } ?? 0
          let value = surface.values[(y * Self.width + x) * 2 + (isOn ? 1 : 0)]
          #expect(abs(Double(value) - expected) < 1e-6)
          found += value > 0 ? 1 : 0
        }
      }
    }
    #expect(found > 10)
    #expect(surface.eventsOutside == rows.count - Self.inFrame(rows).count)
    Self.fill(&surface, [])
    #expect(surface.values.allSatisfy { $0 == 0 })
  }

  @Test("TORE keeps the latest K events of a pixel and polarity, never is 10.41", arguments: 1...4)
  func tore(depth: Int) {
    let rows = Self.random(11)
    var volume = ToreVolume(width: Self.width, height: Self.height, depth: depth)
    Self.fill(&volume, rows)
    for y in 0..<Self.height {
      for x in 0..<Self.width {
        for isOn in [false, true] {
          let times = rows.filter { Int($0.1) == x && Int($0.2) == y && $0.3 == isOn }.map(\.0)
            .sorted(by: >)
          for k in 0..<depth {
            let age = k < times.count ? Double(Self.start + Self.length - times[k]) : 5e6
            let expected = max(0, log(min(age, 5e6) + 1) - log(151))
            let cell = ((y * Self.width + x) * 2 + (isOn ? 1 : 0)) * depth + k
            #expect(abs(Double(volume.values[cell]) - expected) < 1e-5)
          }
        }
      }
    }
    Self.fill(&volume, [])
    #expect(volume.values.allSatisfy { abs($0 - 10.408) < 0.001 })
  }

  @Test("mixed density is RVT's: bin ⌊B + log₂ t⌋, summed over bins, clamped", arguments: 1...7)
  func mixedDensity(bins: Int) {
    let rows = Self.random(13)
    var grid = VoxelGrid(
      width: Self.width, height: Self.height, bins: bins, rule: .halving, length: Self.length,
      maximumCount: 6)
    Self.fill(&grid, rows)
    var tensor = [UInt8](repeating: 0, count: grid.cellCount)
    grid.quantize(InputScale(scale: 1, zeroPoint: 0), into: &tensor)
    var expected = [Int](repeating: 0, count: grid.cellCount)
    for (time, x, y, isOn) in Self.inFrame(rows) {
      let share = min(max(Double(time - Self.start) / Double(Self.length), 1e-6), 1 - 1e-6)
      let bin = Int(max(0, Double(bins) + log2(share)))
      expected[(Int(y) * Self.width + Int(x)) * bins + bin] += isOn ? 1 : -1
    }
    for pixel in stride(from: 0, to: expected.count, by: bins) {
      var sum = 0
      for cell in pixel..<pixel + bins {
        sum += expected[cell]
        #expect(Int(Int8(bitPattern: tensor[cell])) == min(6, max(-6, sum)))
      }
    }
  }

  @Test("what is carried over is one history, cut into windows that touch or overlap")
  func carriedOver() {
    var random = SeededRandom(seed: 6, stream: "history")
    var batch = EventBatch()
    var time = Int64(5_000)
    for _ in 0..<900 {
      time += Int64(random.next() % 30)
      batch.append(
        Event(
          time: time, x: UInt16(random.next() % 4), y: UInt16(random.next() % 3),
          isOn: random.next() % 2 == 0))
    }
    func window(_ start: Int64, _ length: Int64) -> Range<Int> {
      let first = batch.times.firstIndex { $0 >= start } ?? 900
      return first..<(batch.times.firstIndex { $0 >= start + length } ?? 900)
    }
    for stride in [1_000, 500, 700] as [Int64] {
      var tore = ToreVolume(width: 4, height: 3, depth: 5, carriesOver: true)
      var surface = TimeSurface(
        width: 4, height: 3, decay: .linear, timeConstant: 4_000, carriesOver: true)
      var forgetful = ToreVolume(width: 4, height: 3, depth: 5)
      var differs = false
      for start in Swift.stride(from: Int64(5_000), to: 15_000, by: Int(stride)) {
        let range = window(start, 1_000)
        var (wholeTore, wholeSurface) = (
          ToreVolume(width: 4, height: 3, depth: 5),
          TimeSurface(width: 4, height: 3, decay: .linear, timeConstant: 4_000)
        )
        // All events so far, in one window with the same end.
        wholeTore.reset(start: 0, length: start + 1_000)
        wholeTore.add(batch, 0..<range.upperBound)
        wholeSurface.reset(start: 0, length: start + 1_000)
        wholeSurface.add(batch, 0..<range.upperBound)
        tore.reset(start: start, length: 1_000)
        tore.add(batch, range)
        surface.reset(start: start, length: 1_000)
        surface.add(batch, range)
        forgetful.reset(start: start, length: 1_000)
        forgetful.add(batch, range)
        #expect(tore.values == wholeTore.values)
        #expect(surface.values == wholeSurface.values)
        if forgetful.values != wholeTore.values { differs = true }
      }
      #expect(differs)
    }
  }

  @Test("a binary frame is 1 where anything happened, of either polarity")
  func binary() {
    let rows = Self.random(15).filter { $0.1 != 2 }
    var grid = VoxelGrid(
      width: Self.width, height: Self.height, bins: 1, rule: .windowFloorMerged,
      length: Self.length, maximumCount: 1)
    Self.fill(&grid, rows)
    for y in 0..<Self.height {
      for x in 0..<Self.width {
        let isTouched = rows.contains { Int($0.1) == x && Int($0.2) == y }
        #expect(grid.cells[y * Self.width + x] == (isTouched ? 1 : 0))
      }
    }
    #expect(grid.cells.contains(0) && grid.cells.contains(1))
  }

  @Test("one event, equal times and windows of other lengths are as the formula says")
  func otherLengths() {
    var grid = VoxelGrid(width: 1, height: 1, bins: 4, rule: .windowFloor, length: 100)
    grid.reset(start: 0, length: 8)
    grid.add(FilterTests.batch([(6, 0, 0, true), (6, 0, 0, true), (8, 0, 0, true)]), 0..<3)
    #expect(grid.cells == [0, 0, 0, 0, 0, 0, 0, 3])
    grid.reset(start: 0, length: 1_000)
    grid.add(FilterTests.batch([(6, 0, 0, true)]), 0..<1)
    #expect(grid.cells == [0, 0, 0, 0, 1, 0, 0, 0])
  }

  @Test("floats become int8 by scale and zero point, halves away from zero, clamped")
  func quantize() {
    var grid = BilinearGrid(width: 2, height: 1, bins: 2)
    grid.reset(start: 0, length: 4)
    grid.add(
      FilterTests.batch([(2, 0, 0, true), (2, 1, 0, false), (0, 1, 0, false)]), 0..<3)
    var tensor = [UInt8](repeating: 0, count: 4)
    grid.quantize(InputScale(scale: 1, zeroPoint: 3), into: &tensor)
    // 0.5, 0.5, −1.5 and −0.5.
    #expect(tensor.map { Int8(bitPattern: $0) } == [4, 4, 1, 2])
    grid.quantize(InputScale(scale: 0.001, zeroPoint: 0), into: &tensor)
    #expect(tensor.map { Int8(bitPattern: $0) } == [127, 127, -128, -128])
  }
}
