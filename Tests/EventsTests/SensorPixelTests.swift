import Events
import Testing
import VirtualTime

/// The pixel model against closed forms.
struct SensorPixelTests {
  private static func quietModel() -> PixelModel {
    var model = PixelModel()
    model.thresholdMismatch = 0
    model.refractory = 0
    model.noiseRate = 0
    return model
  }

  /// Exposes frames of `level(pixel, microseconds)` every `step` until `end`.
  private static func record(
    _ size: SensorSize, _ model: PixelModel, seed: UInt64 = 1, step: Int64, end: Int64,
    level: (Int, Double) -> Double
  ) -> EventBatch {
    func frame(_ time: Int64) -> [Double] {
      (0..<size.width * size.height).map { level($0, Double(time)) }
    }
    var camera = EventCamera(size: size, model: model, seed: seed, levels: frame(0), at: 0)
    var events = EventBatch()
    for time in stride(from: step, through: end, by: Int(step)) {
      camera.expose(frame(time), changedIn: .all(of: size), at: time, into: &events)
    }
    return events
  }

  @Test func aRisingRampFiresAtEveryMultipleOfItsThreshold() {
    var model = Self.quietModel()
    model.onThreshold = 0.15
    let events = Self.record(
      SensorSize(width: 1, height: 1), model, step: 10_000, end: 100_000
    ) { _, time in time * 1e-5 }
    #expect(events.times == [15_000, 30_000, 45_000, 60_000, 75_000, 90_000])
    #expect(events.polarities == [1, 1, 1, 1, 1, 1])
  }

  @Test func aFallingRampFiresOffAtItsOwnThreshold() {
    var model = Self.quietModel()
    model.offThreshold = 0.3
    let events = Self.record(
      SensorSize(width: 1, height: 1), model, step: 7_000, end: 98_000
    ) { _, time in -time * 1e-5 }
    #expect(events.times == [30_000, 60_000, 90_000])
    #expect(events.polarities == [0, 0, 0])
  }

  @Test func aTurnBackMustFirstUndoWhatWasReported() {
    var model = Self.quietModel()
    model.onThreshold = 0.2
    model.offThreshold = 0.2
    // Up to 0.5 at 50 ms: ON at 0.2 and 0.4. Down again: OFF only at 0.2 and 0.0.
    let events = Self.record(
      SensorSize(width: 1, height: 1), model, step: 10_000, end: 100_000
    ) { _, time in 0.5 - abs(time - 50_000) * 1e-5 }
    #expect(events.times == [20_000, 40_000, 80_000, 100_000])
    #expect(events.polarities == [1, 1, 0, 0])
  }

  /// A soft edge moving right: pixel x passes level k·θ at (x + width·k·θ/contrast) / speed.
  @Test func aMovingEdgeFiresWhereAndWhenItPasses() {
    var model = Self.quietModel()
    model.onThreshold = 0.25
    let size = SensorSize(width: 8, height: 2)
    let speed = 1e-4  // pixels a microsecond
    let width = 2.0  // pixels
    let contrast = 1.1
    let events = Self.record(size, model, step: 1_000, end: 110_000) { pixel, time in
      let passed = (speed * time - Double(pixel % 8)) / width
      return contrast * min(max(passed, 0), 1)
    }
    #expect(events.count == 8 * 2 * 4)
    for index in 0..<events.count {
      let event = events[index]
      let earlier = (0..<index).count { events[$0].x == event.x && events[$0].y == event.y }
      let share = Double(earlier + 1) * 0.25 / contrast
      let expected = (Double(event.x) + width * share) / speed
      #expect(abs(Double(event.time) - expected) <= 1, "at x \(event.x), event \(earlier)")
      #expect(event.isOn)
    }
  }

  @Test func theRefractoryPeriodSilencesButKeepsTheReferenceMoving() {
    var model = Self.quietModel()
    model.onThreshold = 0.1
    model.refractory = 2_500
    let events = Self.record(
      SensorSize(width: 1, height: 1), model, step: 400, end: 10_000
    ) { _, time in time * 1e-4 + 1e-9 }
    #expect(events.times == [1_000, 4_000, 7_000, 10_000])
  }

  @Test func noiseIsPoissonAtTheStatedRate() {
    var model = Self.quietModel()
    model.noiseRate = 5
    model.noiseOnShare = 0.7
    let size = SensorSize(width: 64, height: 64)
    let events = Self.record(size, model, step: 1_000_000, end: 10_000_000) { _, _ in 0 }
    let expected = 5.0 * 64 * 64 * 10
    // Five standard deviations of a Poisson count, and of a binomial share.
    #expect(abs(Double(events.count) - expected) < 5 * expected.squareRoot())
    let on = Double(events.polarities.count { $0 == 1 })
    let spread = (Double(events.count) * 0.7 * 0.3).squareRoot()
    #expect(abs(on - 0.7 * Double(events.count)) < 5 * spread)
    #expect(zip(events.times, events.times.dropFirst()).allSatisfy { $0 <= $1 })
    // The variance of counts in 1,000 slots of 10 ms equals their mean, within 5 sigma of sqrt(2/n).
    var slots = [Double](repeating: 0, count: 1_000)
    for time in events.times { slots[min(Int(time / 10_000), 999)] += 1 }
    let mean = slots.reduce(0, +) / 1_000
    let variance = slots.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999
    #expect(abs(variance / mean - 1) < 5 * (2.0 / 1_000).squareRoot())
  }

  @Test func crosstalkStaysInTheRowsOfItsCauses() {
    var model = Self.quietModel()
    model.onThreshold = 0.001
    model.leastThreshold = 0.0005
    model.rowCrosstalk = 0.25
    model.crosstalkReach = 4
    let size = SensorSize(width: 64, height: 8)
    // Only the pixels of row 3, column 32 brighten: 4,000 events with a cause.
    let events = Self.record(size, model, step: 1_000, end: 100_000) { pixel, time in
      pixel == 3 * 64 + 32 ? time * 4.00001e-5 : 0
    }
    let others = (0..<events.count).filter { events.xs[$0] != 32 }
    #expect(events.count - others.count == 4_000)
    #expect(events.ys.allSatisfy { $0 == 3 })
    // One in four; those that would fall outside the array, e^−8 of them, hardly count.
    let spread = 750.0.squareRoot()
    #expect(abs(Double(others.count) - 1_000) < 5 * spread)
    let distances = others.map { abs(Int(events.xs[$0]) - 32) }
    let reach = Double(distances.reduce(0, +)) / Double(others.count)
    #expect(reach > 4 && reach < 6)
  }

  @Test func hotPixelsFireOnTheirOwnWithinTheirRates() {
    var model = Self.quietModel()
    model.hotPixels = 1
    model.hotPixelRate = 20...20
    let size = SensorSize(width: 16, height: 16)
    let events = Self.record(size, model, step: 100_000, end: 20_000_000) { _, _ in 0 }
    #expect(abs(Double(events.count) - 400) < 5 * 20)
    #expect(Set(zip(events.xs, events.ys).map { Int($1) * 16 + Int($0) }).count == 1)
  }

  @Test func thresholdsSpreadAroundTheirMeanAndHaveAFloor() {
    var model = Self.quietModel()
    model.onThreshold = 0.2
    model.thresholdMismatch = 0.04
    model.leastThreshold = 0.12
    let size = SensorSize(width: 64, height: 64)
    // At this slope the first event of a pixel tells its threshold: microseconds × 1e-6.
    let events = Self.record(size, model, step: 100_000, end: 500_000) { _, time in time * 1e-6 }
    var first = [Double?](repeating: nil, count: 64 * 64)
    for index in 0..<events.count {
      let pixel = Int(events.ys[index]) * 64 + Int(events.xs[index])
      if first[pixel] == nil { first[pixel] = Double(events.times[index]) * 1e-6 }
    }
    let thresholds = first.compactMap { $0 }.sorted()
    #expect(thresholds.count == 64 * 64)
    #expect(abs(thresholds[2_048] - 0.2) < 5 * 1.2533 * 0.04 / 64)
    // Quartiles of a normal lie 0.6745 sigma from its middle.
    #expect(abs((thresholds[3_072] - thresholds[1_024]) / (2 * 0.6745) - 0.04) < 0.004)
    #expect(thresholds[0] == 0.12)
    let atFloor = Double(thresholds.count { $0 == 0.12 })
    // Two sigma below the mean: 2.275 % of the pixels.
    #expect(abs(atFloor - 0.02275 * 4_096) < 5 * (0.02275 * 4_096).squareRoot())
  }

  @Test func pixelsOutsideTheRegionAreNotRead() {
    let size = SensorSize(width: 4, height: 1)
    var camera = EventCamera(
      size: size, model: Self.quietModel(), seed: 1, levels: [0, 0, 0, 0], at: 0)
    var events = EventBatch()
    camera.expose(
      [1, 1, 1, 1], changedIn: PixelRegion(columns: 1..<3, rows: 0..<1), at: 1_000,
      into: &events)
    #expect(Set(events.xs) == [1, 2])
  }

  @Test func theSeedAloneDecidesThresholdsAndNoise() {
    var model = PixelModel()
    model.noiseRate = 50
    model.hotPixels = 2
    let size = SensorSize(width: 16, height: 16)
    func events(_ seed: UInt64) -> EventBatch {
      Self.record(size, model, seed: seed, step: 10_000, end: 100_000) { pixel, time in
        time * 1e-5 * Double(pixel % 3)
      }
    }
    let one = events(7)
    let again = events(7)
    let other = events(8)
    #expect(one.times == again.times && one.xs == again.xs && one.ys == again.ys)
    #expect(one.polarities == again.polarities)
    #expect(one.times != other.times)
  }
}
