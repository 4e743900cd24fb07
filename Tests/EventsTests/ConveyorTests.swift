import Events
import Testing

/// The synthetic belt: its labels against its speed, its classes against their shares.
@Suite("The conveyor")
struct ConveyorTests {
  private static func plan(seconds: Double = 0.6) -> ConveyorPlan {
    var plan = ConveyorPlan()
    plan.size = SensorSize(width: 96, height: 64)
    plan.pixelsPerMetre = 60
    plan.duration = Int64(seconds * 1e6)
    plan.gap = 0.05...0.15
    return plan
  }

  private static func record(
    _ plan: ConveyorPlan
  ) -> (events: EventBatch, boxes: [BoxLabel], recording: ConveyorRecording) {
    var recording = ConveyorRecording(plan)
    var (all, batch) = (EventBatch(), EventBatch())
    var boxes = recording.boxes
    while recording.advance(into: &batch) {
      all.append(contentsOf: batch)
      boxes += recording.boxes
    }
    return (all, boxes, recording)
  }

  @Test("moves its boxes at the belt's speed")
  func speed() {
    let boxes = Self.record(Self.plan(seconds: 2)).boxes
    var compared = 0
    for (index, box) in boxes.enumerated() {
      // Both whole: neither cut by an edge of the frame.
      guard box.x > 0, box.x + box.width < 96,
        let next = boxes[(index + 1)...].first(where: { $0.track == box.track }), next.x > 0
      else { continue }
      compared += 1
      #expect(next.time - box.time == 40_000)
      // 1.8 m/s · 40 ms · 60 px/m
      #expect(abs(box.x - next.x - 4.32) < 0.01)
      #expect(box.y == next.y && box.classNumber == next.classNumber)
      #expect(abs(box.width - next.width) < 0.01)
    }
    #expect(compared > 30)
  }

  @Test("accelerates evenly to its final speed")
  func acceleration() {
    var plan = Self.plan(seconds: 2)
    plan.speed = 1
    plan.finalSpeed = 2
    let boxes = Self.record(plan).boxes
    var compared = 0
    for (index, box) in boxes.enumerated() {
      guard box.x > 0, box.x + box.width < 96,
        let next = boxes[(index + 1)...].first(where: { $0.track == box.track }), next.x > 0
      else { continue }
      compared += 1
      // The mean speed of the interval is that of its middle: 1 + t/2 m/s.
      let middle = Float(box.time + 20_000) * 1e-6
      #expect(abs(box.x - next.x - (1 + middle / 2) * 0.04 * 60) < 0.01)
    }
    #expect(compared > 30)
  }

  @Test("fires mostly where its objects are")
  func events() {
    var plan = Self.plan(seconds: 1)
    plan.model.noiseRate = 0
    plan.model.hotPixels = 0
    let (events, boxes, recording) = Self.record(plan)
    #expect(events.count > 5_000)
    #expect(zip(events.times, events.times.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(events.times.last! <= 1_000_000 + 1_000)
    var inside = 0
    for index in 0..<events.count {
      // Boxes at the labelled instant before; the belt moves 4.3 px until the next.
      let frame = events.times[index] / 40_000 * 40_000
      let (x, y) = (Float(events.xs[index]), Float(events.ys[index]))
      if boxes.contains(where: {
        $0.time == frame && x >= $0.x - 8 && x <= $0.x + $0.width + 3 && y >= $0.y - 2
          && y <= $0.y + $0.height + 2
      }) {
        inside += 1
      }
    }
    #expect(Double(inside) / Double(events.count) > 0.75, "\(inside) of \(events.count)")
    #expect(recording.time == 1_000_000)
    #expect(boxes.allSatisfy { $0.x >= 0 && $0.x + $0.width <= 96 && $0.y >= 0 })
    #expect(boxes.allSatisfy { $0.y + $0.height <= 64 && $0.confidence == 1 })
  }

  @Test("draws its classes 92, 3, 2, 2 and 1 times in a hundred")
  func classes() {
    #expect(ConveyorClass.allCases.map(\.percent) == [92, 3, 2, 2, 1])
    // Objects alone: a long, slow look at small frames would cost minutes.
    var counts = [Double](repeating: 0, count: 5)
    for seed in 1...20 as ClosedRange<UInt64> {
      var plan = Self.plan(seconds: 4)
      plan.size = SensorSize(width: 32, height: 16)
      plan.pixelsPerMetre = 12
      plan.frameRate = 10
      plan.gap = 0.02...0.04
      plan.seed = seed
      let recording = Self.record(plan).recording
      for (index, count) in recording.objectCounts.enumerated() { counts[index] += Double(count) }
    }
    let total = counts.reduce(0, +)
    #expect(total > 400)
    for (count, kind) in zip(counts, ConveyorClass.allCases) {
      let share = Double(kind.percent) / 100
      #expect(abs(count - total * share) < 5 * (total * share * (1 - share)).squareRoot())
    }
  }

  @Test("is decided by its plan alone")
  func seed() {
    let one = Self.record(Self.plan(seconds: 0.2))
    let again = Self.record(Self.plan(seconds: 0.2))
    #expect(one.events.times == again.events.times && one.events.xs == again.events.xs)
    #expect(one.boxes == again.boxes)
    var plan = Self.plan(seconds: 0.2)
    plan.seed = 2
    #expect(Self.record(plan).events.times != one.events.times)
  }

  @Test("flickers everywhere and loses contrast behind dust")
  func flickerAndDust() {
    var plan = Self.plan(seconds: 0.2)
    plan.model.noiseRate = 0
    plan.model.hotPixels = 0
    let clean = Self.record(plan).events.count
    plan.contamination = 0.5
    let dusty = Self.record(plan).events.count
    #expect(dusty < clean * 9 / 10, "\(dusty) instead of \(clean)")
    plan.contamination = 0
    plan.flicker = 0.4
    let flickering = Self.record(plan).events
    // Rows 0 to 3 are the machine's frame, which is at rest.
    #expect(flickering.ys.contains { $0 < 4 } && flickering.count > 2 * clean)
  }

  // MARK: Frames

  /// Every frame of a plan, with its labels, without events.
  private static func frames(_ plan: ConveyorPlan) -> (frames: [[UInt8]], boxes: [BoxLabel]) {
    var recording = ConveyorRecording(plan, hasEvents: false)
    var batch = EventBatch()
    var frames = [recording.frame()]
    var boxes = recording.boxes
    while recording.advance(into: &batch) {
      #expect(batch.isEmpty)
      boxes += recording.boxes
      if recording.isAtInstant { frames.append(recording.frame()) }
    }
    return (frames, boxes)
  }

  private static func mean(_ frame: [UInt8]) -> Double {
    Double(frame.reduce(0) { $0 + Int($1) }) / Double(frame.count)
  }

  @Test("shows the same frames and labels with events and without")
  func framesAlone() {
    var plan = Self.plan(seconds: 0.4)
    plan.contamination = 0.1
    plan.finalContamination = 0.4
    plan.light.final = 0.5
    plan.light.start = 200_000
    let (frames, boxes) = Self.frames(plan)
    var recording = ConveyorRecording(plan)
    var batch = EventBatch()
    var again = [recording.frame()]
    var labels = recording.boxes
    var events = EventBatch()
    while recording.advance(into: &batch) {
      events.append(contentsOf: batch)
      labels += recording.boxes
      again.append(recording.frame())
    }
    #expect(frames.count == 11 && frames == again)
    #expect(boxes == labels)
    // And looking at frames changes no event.
    #expect(Self.record(plan).events.xs == events.xs)
  }

  @Test("has noise of the root of its electrons, and none when it has none")
  func shotNoise() {
    var plan = Self.plan(seconds: 0.04)
    plan.fullWell = 0
    let still = Self.frames(plan).frames[0]
    plan.fullWell = 10_000
    let noisy = Self.frames(plan).frames[0]
    // The machine's frame: 0.3 of white, four rows above and four below the belt.
    let rows = Array(0..<96 * 4) + Array(96 * 60..<96 * 64)
    #expect(rows.allSatisfy { still[$0] == 77 })
    let squares = rows.reduce(0.0) { $0 + (Double(noisy[$1]) - 76.5) * (Double(noisy[$1]) - 76.5) }
    // 255 · √(0.3 / 10000), and a twelfth for whole numbers; five of its own deviations.
    let expected = 255 * 255 * 0.3 / 10_000 + 1 / 12.0
    let variance = squares / Double(rows.count)
    #expect(abs(variance - expected) < 5 * expected * (2 / Double(rows.count)).squareRoot())
  }

  @Test("smears what moves by what passes during the exposure")
  func exposure() {
    var plan = Self.plan(seconds: 0.2)
    plan.fullWell = 0
    func steepness(_ exposure: Int64) -> Int {
      plan.exposure = exposure
      return Self.frames(plan).frames.reduce(0) { sum, frame in
        (0..<64 * 96 - 1).reduce(into: sum) { sum, pixel in
          // From a pixel to its neighbour in the same row.
          let step = pixel % 96 == 95 ? 0 : Int(frame[pixel]) - Int(frame[pixel + 1])
          sum += step * step
        }
      }
    }
    // 30 ms at 108 pixels a second: three of them.
    #expect(steepness(30_000) < steepness(0) * 3 / 4)
  }

  @Test("draws the shares that it is given")
  func shares() {
    var plan = Self.plan(seconds: 4)
    plan.shares = [0, 0, 100, 0, 0]
    let boxes = Self.frames(plan).boxes
    #expect(!boxes.isEmpty && boxes.allSatisfy { $0.classNumber == ConveyorClass.dent.rawValue })
  }

  @Test("keeps the gaps that it is given")
  func gaps() {
    var plan = Self.plan(seconds: 3)
    let usual = Set(Self.frames(plan).boxes.map(\.track)).count
    plan.gap = 1.9...2
    let wide = Set(Self.frames(plan).boxes.map(\.track)).count
    #expect(wide >= 1 && wide <= 4 && usual > 3 * wide, "\(wide), \(usual)")
  }

  // MARK: Situations

  @Test("gets dirtier from frame to frame")
  func growingDust() {
    var plan = Self.plan(seconds: 1)
    plan.fullWell = 0
    let clean = Self.frames(plan).frames
    plan.finalContamination = 0.6
    let dirty = Self.frames(plan).frames
    let changed = zip(clean, dirty).map { pair in zip(pair.0, pair.1).count { $0 != $1 } }
    #expect(changed[0] == 0)
    #expect(changed[25] > 500, "\(changed)")
    #expect(changed[24] > changed[4] && changed[12] > 0)
    // As dirty as a lens that was so from the start.
    plan.contamination = 0.6
    #expect(Self.frames(plan).frames[25] == dirty[25])
  }

  @Test("dims, and every pixel says so")
  func light() {
    var plan = Self.plan(seconds: 0.4)
    plan.model.noiseRate = 0
    plan.model.hotPixels = 0
    plan.light.final = 0.4
    plan.light.start = 200_000
    let frames = Self.frames(plan).frames
    #expect(abs(Self.mean(frames[10]) / Self.mean(frames[4]) - 0.4) < 0.1)
    let events = Self.record(plan).events
    var silent = Set(0..<96 * 64)
    for index in 0..<events.count
    where (190_000..<206_000).contains(events.times[index]) && events.polarities[index] == 0 {
      silent.remove(Int(events.ys[index]) * 96 + Int(events.xs[index]))
    }
    // ln 0.4 is four thresholds.
    // ln 0.4 is four thresholds; an edge that brightens hides some. The step lies between the looks
    // before and after it.
    #expect(silent.count < 96 * 64 / 100, "\(silent.count)")
    // A slow lamp spreads them.
    plan.light.ramp = 100_000
    let ramped = Self.record(plan).events
    #expect(ramped.times.count { (190_000..<206_000).contains($0) } < 96 * 64)
    #expect(abs(ramped.count - events.count) < events.count / 5)
  }

  @Test("flickers while it is told to")
  func burst() {
    var plan = Self.plan(seconds: 0.4)
    plan.flicker = 0.4
    plan.flickerTime = 200_000..<240_000
    let times = Self.record(plan).events.times
    let during = times.count { (200_000..<241_000).contains($0) }
    #expect(during > 96 * 64 * 4, "\(during)")
    #expect(times.count { $0 < 200_000 } < during / 4)
    #expect(times.count { $0 >= 241_000 } < during / 4)
  }

  @Test("carries a variant from a time on, with the same labels")
  func variant() {
    var plan = Self.plan(seconds: 3)
    plan.fullWell = 0
    let (usual, labels) = Self.frames(plan)
    plan.variantStart = 1_000_000
    let (changed, same) = Self.frames(plan)
    #expect(labels == same)
    let first = zip(usual, changed).prefix { $0 == $1 }.count
    #expect(first >= 25 && first < 60, "\(first)")
    plan.variantStart = plan.duration
    #expect(Self.frames(plan).frames == usual)
  }
}

/// Digests against those of the tests' own way to pack events.
@Suite("Checksums of recordings")
struct RecordingDigestTests {
  @Test("do not depend on batches, and count what they digest")
  func batches() {
    let events = EventFixtures.random(5_000, sensor: SensorSize(width: 64, height: 48))
    var expected = TraceSummary()
    expected.add(events)
    expected.finish()
    var digest = RecordingDigest()
    var batch = EventBatch()
    for index in 0..<events.count {
      batch.append(events[index])
      if index % 777 == 0 {
        digest.add(batch)
        batch.removeAll()
      }
    }
    digest.add(batch)
    #expect(digest.eventChecksum == ContentChecksum(count: 5_000, sha256: expected.checksum))
    #expect(digest.frameChecksum.count == 0)
    digest.add(frame: Array("abc".utf8))
    #expect(
      digest.frameChecksum.sha256.hasPrefix("ba7816bf8f01cfea") && digest.frameChecksum.count == 1)
  }
}
