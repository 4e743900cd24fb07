import Bytes
import Events
import Glibc
import TestSupport
import Testing

/// Synthetic gestures, against themselves and against ten real clips.
struct SensorGestureTests {
  private static func record(
    _ gesture: Gesture, seed: UInt64, subject: Int = 1, milliseconds: Int64
  ) -> GestureRecording {
    var plan = GesturePlan(gestures: [gesture], subject: subject, seed: seed)
    plan.gestureDuration = milliseconds * 1000
    return GestureRecording(plan)
  }

  /// Bytes, since the promise is about bytes.
  private static func bytes(_ recording: GestureRecording) throws -> [UInt8] {
    try AEDAT31Writer(sensor: SensorSize(width: 128, height: 128)).packets(of: recording.events)
  }

  private static func realClip(_ number: Int) throws -> EventBatch {
    let raw = try SharedData.bytes("events/labelled/dvsgesture_slayer/\(two(number)).bs2")
    var events = EventBatch()
    for start in stride(from: 0, to: raw.count, by: 5) {
      let word = Int64(raw[start + 2]) << 16 | Int64(raw[start + 3]) << 8 | Int64(raw[start + 4])
      events.append(
        Event(
          time: word & 0x7F_FFFF, x: UInt16(raw[start]), y: UInt16(raw[start + 1]),
          isOn: word >> 23 == 1))
    }
    return events
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Mean position of each 50 ms of events.
  private static func path(_ events: EventBatch) -> [(x: Double, y: Double)] {
    var sums: [(x: Double, y: Double, count: Double)] = []
    for index in 0..<events.count {
      let slot = Int(events.times[index] / 50_000)
      while sums.count <= slot { sums.append((0, 0, 0)) }
      sums[slot].x += Double(events.xs[index])
      sums[slot].y += Double(events.ys[index])
      sums[slot].count += 1
    }
    return sums.filter { $0.count > 0 }.map { ($0.x / $0.count, $0.y / $0.count) }
  }

  /// Twice the area that the path sweeps around its middle: positive is clockwise in the image.
  private static func turning(_ events: EventBatch) -> Double {
    let path = path(events)
    let middleX = path.reduce(0) { $0 + $1.x } / Double(path.count)
    let middleY = path.reduce(0) { $0 + $1.y } / Double(path.count)
    return zip(path, path.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.0.x - middleX) * (pair.1.y - middleY)
        - (pair.1.x - middleX) * (pair.0.y - middleY)
    }
  }

  @Test(arguments: Gesture.allCases)
  func everyGestureIsInOrderInsideTheSensorAndLively(_ gesture: Gesture) throws {
    let recording = Self.record(gesture, seed: 5, subject: 17, milliseconds: 400)
    let events = recording.events
    #expect(zip(events.times, events.times.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(events.times.allSatisfy { (0...400_000).contains($0) })
    #expect(events.xs.allSatisfy { $0 < 128 } && events.ys.allSatisfy { $0 < 128 })
    // The ten real clips have 43,000 to 125,000 a second.
    let rate = Double(events.count) / 0.4
    #expect(rate > 8_000 && rate < 400_000, "\(rate) events a second")
  }

  @Test func thePlanAloneDecidesTheBytes() throws {
    let one = try Self.bytes(Self.record(.armRoll, seed: 3, milliseconds: 200))
    #expect(try Self.bytes(Self.record(.armRoll, seed: 3, milliseconds: 200)) == one)
    #expect(try Self.bytes(Self.record(.armRoll, seed: 4, milliseconds: 200)) != one)
    #expect(
      try Self.bytes(Self.record(.armRoll, seed: 3, subject: 2, milliseconds: 200)) != one)
  }

  @Test(arguments: [(Gesture.rightHandWave, -1.0), (.leftHandWave, 1.0)])
  func theRightHandIsOnTheLeftOfTheImage(_ gesture: Gesture, _ side: Double) {
    for seed in 1...4 as ClosedRange<UInt64> {
      let events = Self.record(gesture, seed: seed, milliseconds: 500).events
      let mean = Double(events.xs.reduce(0) { $0 + Int($1) }) / Double(events.count)
      #expect((mean - 64) * side > 0, "seed \(seed): mean column \(mean)")
    }
  }

  @Test(arguments: [
    (Gesture.rightArmClockwise, -1.0), (.rightArmCounterclockwise, 1.0),
    (.leftArmClockwise, -1.0), (.leftArmCounterclockwise, 1.0),
  ])
  func armsTurnInTheSenseOfTheirName(_ gesture: Gesture, _ sense: Double) {
    for seed in 1...3 as ClosedRange<UInt64> {
      let events = Self.record(gesture, seed: seed, milliseconds: 1_500).events
      #expect(Self.turning(events) * sense > 0, "seed \(seed)")
    }
  }

  @Test(
    "Sides and senses are those of the real clips", .enabled(if: SharedData.isPresent),
    arguments: 2...7)
  func sidesAndSensesAreReal(_ number: Int) throws {
    let gesture = try #require(Gesture(rawValue: number))
    let real = try Self.realClip(number)
    let made = Self.record(gesture, seed: 11, subject: 4, milliseconds: 1_450).events
    if number <= 3 {
      func side(_ events: EventBatch) -> Bool {
        Double(events.xs.reduce(0) { $0 + Int($1) }) / Double(events.count) < 64
      }
      #expect(side(real) == side(made))
    } else {
      #expect((Self.turning(real) > 0) == (Self.turning(made) > 0))
    }
  }

  @Test func aSessionLabelsEachGestureAndRestsBetween() throws {
    var plan = GesturePlan(gestures: [.handClap, .airDrums, .other], subject: 5, seed: 9)
    plan.gestureDuration = 300_000
    plan.pause = 200_000
    let recording = GestureRecording(plan)
    #expect(recording.duration == 1_700_000)
    let labels = try GestureLabels(Array(recording.labelsText.utf8), name: "labels.csv").labels
    #expect(labels == recording.labels)
    #expect(
      labels == [
        TraceLabel(classNumber: 1, start: 200_000, end: 500_000),
        TraceLabel(classNumber: 9, start: 700_000, end: 1_000_000),
        TraceLabel(classNumber: 11, start: 1_200_000, end: 1_500_000),
      ])
  }

  @Test func gesturesAnswerToTheirNamesAndNumbers() {
    for gesture in Gesture.allCases {
      #expect(Gesture(gesture.name) == gesture)
      #expect(Gesture("\(gesture.rawValue)") == gesture)
    }
    #expect(Gesture("0") == nil)
    #expect(Gesture("jump") == nil)
    #expect(Gesture.allCases.count == GestureLabels.classNames.count)
  }

  @Test(
    "The recording in traces/gestures is what its README says",
    .enabled(if: SharedData.runsSlowTests))
  func theBundledRecordingCanBeMadeAgain() throws {
    var plan = GesturePlan(gestures: Gesture.allCases, subject: 902, seed: 2027)
    plan.gestureDuration = 1_500_000
    plan.pause = 300_000
    let recording = GestureRecording(plan)
    let bundled = try SharedData.own("traces/gestures/gestures.aedat")
    let made = try Self.bytes(recording)
    #expect(bundled.suffix(made.count).elementsEqual(made))
    #expect(bundled.count - made.count < 400, "nothing but a header before the events")
    let labels = try SharedData.own("traces/gestures/gestures_labels.csv")
    #expect(labels == Array(recording.labelsText.utf8))
  }
}
