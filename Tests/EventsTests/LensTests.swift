import Events
import Testing

/// Dust far out of focus, through which a belt is seen.
@Suite("A lens with dust on it")
struct LensTests {
  private static func plan(dust: Double, seed: UInt64 = 1) -> ConveyorPlan {
    var plan = ConveyorPlan()
    plan.size = SensorSize(width: 96, height: 64)
    plan.pixelsPerMetre = 60
    plan.duration = 40_000
    plan.gap = 0.05...0.15
    plan.fullWell = 0
    plan.seed = seed
    plan.contamination = dust
    plan.finalContamination = dust
    return plan
  }

  private static func frame(dust: Double, seed: UInt64 = 1) -> [Double] {
    var recording = ConveyorRecording(plan(dust: dust, seed: seed), hasEvents: false)
    return recording.frame().map { Double($0) }
  }

  private static func mean(_ values: some Collection<Double>) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  @Test("is none without dust, and the same for the same seed")
  func nothing() {
    let clean = Self.frame(dust: 0)
    // Less than the first particle.
    #expect(Self.frame(dust: 1e-7) == clean)
    #expect(Self.frame(dust: 0.3) == Self.frame(dust: 0.3))
    #expect(Self.frame(dust: 0.3) != clean)
  }

  @Test(
    "dims by what it takes and does not scatter, the more the more there is", arguments: [1, 2])
  func dimming(seed: UInt64) {
    let clean = Self.mean(Self.frame(dust: 0, seed: seed))
    var last = clean
    for dust in [0.1, 0.3, 0.6, 1] {
      let dusty = Self.mean(Self.frame(dust: dust, seed: seed))
      #expect(dusty < last)
      last = dusty
      // A fifth of what meets a particle is lost, and e^−dust of the light meets none.
      let free = [0.1: 0.905, 0.3: 0.741, 0.6: 0.549, 1: 0.368][dust]!
      #expect(abs(dusty / clean - (0.8 + 0.2 * free)) < 0.02, "\(dust): \(dusty / clean)")
    }
  }

  @Test("makes nothing brighter than the brightest, lifts the darkest, and takes contrast")
  func veil() {
    let clean = Self.frame(dust: 0)
    let (darkest, brightest) = (clean.min()!, clean.max()!)
    var contrast = brightest / darkest
    for (dust, free) in [(0.3, 0.741), (0.6, 0.549), (1, 0.368)] {
      let dusty = Self.frame(dust: dust)
      let (low, high) = (dusty.min()!, dusty.max()!)
      #expect(high < brightest)
      // What is left of its own light, and four fifths of the mean for what is not; particles fall
      // somewhat more often here than there.
      let haze = 0.8 * Self.mean(clean) * (1 - free)
      #expect(haze > 10 && abs(low - darkest * free - haze) < 3, "\(dust): \(low), \(haze)")
      #expect(high / low < contrast)
      contrast = high / low
    }
    #expect(contrast < 0.7 * brightest / darkest)
  }

  @Test("shadows smoothly: no particle is seen as such")
  func smoothness() {
    // The machine's frame is as bright everywhere.
    let row = Self.frame(dust: 0.5)[96..<192]
    let steps = zip(row, row.dropFirst()).map { abs($0 - $1) }
    #expect(steps.max()! <= 2)
    #expect(row.max()! - row.min()! < 0.1 * Self.mean(row))
  }

  @Test("lets fewer events through, the more dust the fewer")
  func events() {
    let counts = [0, 0.3, 0.6, 1].map { dust in
      var plan = Self.plan(dust: dust)
      plan.duration = 200_000
      plan.model.noiseRate = 0
      plan.model.hotPixels = 0
      var recording = ConveyorRecording(plan)
      var batch = EventBatch()
      var count = 0
      while recording.advance(into: &batch) { count += batch.count }
      return count
    }
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 > $1 }, "\(counts)")
    #expect(counts[3] < counts[0] / 2, "\(counts)")
  }
}
