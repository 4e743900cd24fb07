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
}
