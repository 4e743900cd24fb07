import Bytes
import Metrics
import Scenarios
import Testing
import VirtualTime

@Suite("Replay")
struct ReplayTests {
  @Test("windows are scored against the segment that they lie in; others are counted, not scored")
  func standing() throws {
    // Windows: 0 unlabelled, 1 straddles 15, 2 and 3 in class 1, 4 touches both classes,
    // 5 in class 2, 6 straddles its end at 65.
    let replay = try exampleReplay(labels: [(1, 15, 45), (2, 45, 65)])
    let events: [(Int64, Int)] = (0..<70).map { (Int64($0), $0 < 33 ? 1 : 2) }
    let outcome = try replay.run(events)
    #expect(outcome.windows.total == 7)
    #expect(outcome.windows.unlabelled == 1)
    #expect(outcome.windows.straddling == 3)
    #expect(outcome.windows.scored == 3)
    #expect(outcome.windows.isBalanced)
    // Window 3 has three events of column 1 and seven of column 2.
    #expect(outcome.confusion[truth: 1, answer: 1] == 1)
    #expect(outcome.confusion[truth: 1, answer: 2] == 1)
    #expect(outcome.confusion[truth: 2, answer: 2] == 1)
    #expect(outcome.accuracy?.correct == 2)
    #expect(outcome.accuracy?.segmentsCorrect == 2)
    #expect(outcome.segments.map { $0.majority } == [1, 2])
  }

  @Test("a window that lies in two overlapping segments has no single right answer")
  func overlappingSegments() throws {
    let replay = try exampleReplay(labels: [(1, 0, 30), (2, 20, 40)])
    let outcome = try replay.run((0..<40).map { (Int64($0), 1) })
    #expect(outcome.windows.scored == 3)
    #expect(outcome.windows.straddling == 1)
  }

  @Test("latency counts from the window's close, reaction from its oldest event")
  func latency() throws {
    let outcome = try exampleReplay(labels: []).run([(3, 0), (9, 0), (17, 1), (29, 1)])
    #expect(outcome.latency?.maximum == .microseconds(5))
    #expect(outcome.reaction?.maximum == .microseconds(12))
    #expect(outcome.reaction?.p50 == .microseconds(8))
    #expect(outcome.deadlineMisses == 0)
    #expect(outcome.preprocessingCycles == 3_000)
    #expect(outcome.busyCycles == 15_000)
    // From 0 to the last answer at 35 µs.
    #expect(outcome.span == .microseconds(35))
    #expect(outcome.load == 15.0 / 35)
  }

  @Test("a deadline is missed by answers later than it, and an answer exactly on it is in time")
  func deadline() throws {
    let events: [(Int64, Int)] = (0..<60).map { (Int64($0), 0) }
    #expect(try exampleReplay(labels: [], inference: 14).run(events).deadlineMisses == 5)
    #expect(try exampleReplay(labels: [], inference: 9).run(events).deadlineMisses == 0)
    let single: [(Int64, Int)] = [(0, 0), (9, 0)]
    #expect(try exampleReplay(labels: [], inference: 14).run(single).deadlineMisses == 0)
    #expect(try exampleReplay(labels: [], inference: 15).run(single).deadlineMisses == 1)
  }

  @Test("without a labelled window there is no accuracy, not one of 0 or 1")
  func noLabels() throws {
    let outcome = try exampleReplay(labels: []).run([(0, 0), (9, 0)])
    #expect(outcome.accuracy == nil)
    #expect(outcome.confusion.total == 0)
  }

  @Test("an empty recording gives an empty outcome")
  func empty() throws {
    let outcome = try exampleReplay(labels: [(0, 0, 50)]).run([])
    #expect(outcome.windows.total == 0)
    #expect(outcome.latency == nil)
    #expect(outcome.load == 0)
    #expect(outcome.events.isBalanced)
  }

  @Test("events beyond the model's pixels are malformed, in the account and nowhere else")
  func malformed() throws {
    let outcome = try exampleReplay(labels: []).run([(0, 0), (1, 4), (2, 100), (9, 3)])
    #expect(outcome.events.malformed == 2)
    #expect(outcome.events.used == 2)
    #expect(outcome.events.total == 4)
  }

  private static func random(_ seed: UInt64) -> [(Int64, Int)] {
    var random = SeededRandom(seed: seed)
    var now: Int64 = 0
    return (0..<3_000).map { _ in
      now += Int64(random.next() % 5)
      return (now, Int(random.next() % 5))
    }
  }

  @Test("threads change nothing: answers, digest and every count are equal", arguments: [2, 3, 7])
  func parallel(jobs: Int) throws {
    let replay = try exampleReplay(labels: [(0, 50, 900), (1, 900, 2_400), (2, 2_600, 5_000)])
    let events = Self.random(5)
    let serial = try replay.run(events)
    let parallel = try replay.run(events, jobs: jobs)
    #expect(serial.answers == parallel.answers)
    #expect(serial.answers.count > 100)
    #expect(serial.digest == parallel.digest)
    #expect(serial.runs == parallel.runs)
    #expect(serial.accuracy == parallel.accuracy)
  }

  @Test("a model that keeps state runs on one thread, whatever was asked for")
  func state() {
    #expect(ClassifierPool(FakeClassifier(keepsState: true), jobs: 4).jobs == 1)
    #expect(ClassifierPool(FakeClassifier(), jobs: 4).jobs == 4)
    #expect(ClassifierPool(FakeClassifier(), jobs: 0).jobs == 1)
  }

  @Test("of several inputs that cannot be answered, the first one is named", arguments: 1...5)
  func failure(jobs: Int) {
    let pool = ClassifierPool(FakeClassifier(fails: 9), jobs: jobs)
    let inputs: [[UInt8]] = (0..<10).map { [$0 == 4 || $0 == 7 ? 9 : 0, UInt8($0), 0, 0] }
    #expect(throws: InputError(at: .nowhere, "cannot answer [9, 4, 0, 0]")) {
      try pool.answers(to: inputs)
    }
  }

  @Test("random recordings balance both books", arguments: 1...60)
  func books(seed: UInt64) throws {
    var scenario = try Scenario.parsed()
    var random = SeededRandom(seed: seed, stream: "scenario")
    let (length, stride) = (1 + Int64(random.next() % 40), 1 + Int64(random.next() % 40))
    scenario.windows = .time(length: length, stride: stride)
    scenario.bufferSize = 8 * (1 + Int(random.next() % 60))
    scenario.queue =
      [.dropNewest, .queue(depth: 2), .dropOldest(depth: 1)][
        Int(random.next() % 3)]
    let replay = try exampleReplay(
      labels: [(0, 50, 900), (1, 900, 2_400), (2, 2_600, 5_000)],
      inference: Int64(random.next() % 60), scenario: scenario)
    let outcome = try replay.run(Self.random(seed))
    #expect(outcome.events.isBalanced)
    #expect(outcome.events.total == 3_000)
    #expect(outcome.windows.isBalanced)
    #expect(outcome.windows.processed == outcome.answers.count)
    #expect(outcome.confusion.total == outcome.windows.scored)
    #expect(outcome.segments.reduce(0) { $0 + $1.windows } == outcome.windows.scored)
    #expect(outcome.load <= 1)
  }
}
