import Bytes
import Events
import Scenarios
import Testing
import VirtualTime

/// Counts the bytes that anybody takes from it.
private struct CountingSource: ByteSource {
  final class Counter: @unchecked Sendable { var bytes = 0 }
  var source: MemorySource
  let counter: Counter

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    let count = try source.read(into: buffer)
    counter.bytes += count
    return count
  }
}

@Suite("Window sweep")
struct WindowSweepTests {
  static let text: [UInt8] = {
    var random = SeededRandom(seed: 5)
    var now: Int64 = 0
    var text = "t,x,y,p\n"
    for _ in 0..<30_000 {
      now += Int64(random.next() % 3)
      text += "\(now),\(random.next() % 5),0,1\n"
    }
    return Array(text.utf8)
  }()

  static func replay() throws -> Replay {
    try exampleReplay(labels: [(0, 50, 9_000), (1, 9_000, 24_000), (2, 26_000, 29_000)])
  }

  static func sweep(
    _ lengths: [Int64], jobs: Int = 1, replay: Replay? = nil
  ) throws -> WindowSweep {
    var reader = try EventReader(MemorySource(text), name: "example.csv")
    return try WindowSweep(
      try replay ?? Self.replay(), lengths: lengths, reader: &reader, jobs: jobs)
  }

  static func alone(_ length: Int64) throws -> ReplayOutcome {
    var replay = try replay()
    replay.scenario.windows = .time(length: length, stride: length)
    var reader = try EventReader(MemorySource(text), name: "example.csv")
    return try replay.run(&reader)
  }

  @Test("every row is what a replay of that window alone gives")
  func equalsReplays() throws {
    let lengths: [Int64] = [5, 10, 33, 500]
    let sweep = try Self.sweep(lengths)
    #expect(sweep.rows.map(\.length) == lengths)
    for row in sweep.rows {
      let alone = try Self.alone(row.length)
      #expect(row.outcome.runs == alone.runs)
      #expect(row.outcome.digest == alone.digest)
      #expect(row.outcome.events == alone.events)
      #expect(row.outcome.accuracy == alone.accuracy)
      let counts = alone.runs.map(\.eventCount).sorted()
      #expect(row.medianEvents == counts[(counts.count + 1) / 2 - 1])
      #expect(row.outcome.events.isBalanced)
    }
  }

  @Test("any number of windows takes one pass over the recording", arguments: [1, 3, 10])
  func onePass(count: Int) throws {
    let counter = CountingSource.Counter()
    let source = CountingSource(source: MemorySource(Self.text), counter: counter)
    var reader = try EventReader(source, name: "example.csv")
    let lengths = WindowSweep.lengths(from: 10, to: 100, count: count)
    let sweep = try WindowSweep(try Self.replay(), lengths: lengths, reader: &reader)
    #expect(sweep.rows.count == count)
    #expect(counter.bytes == Self.text.count)
  }

  @Test("threads change nothing", arguments: [2, 5])
  func threads(jobs: Int) throws {
    let lengths: [Int64] = [7, 50]
    let serial = try Self.sweep(lengths).rows
    let parallel = try Self.sweep(lengths, jobs: jobs).rows
    #expect(serial.map { $0.outcome.digest } == parallel.map { $0.outcome.digest })
    #expect(serial.map { $0.outcome.answers } == parallel.map { $0.outcome.answers })
  }

  @Test("the stride keeps its share of the window")
  func stride() throws {
    var replay = try Self.replay()
    replay.scenario.windows = .time(length: 10, stride: 5)
    #expect(try Self.sweep([20, 41, 1], replay: replay).rows.map(\.stride) == [10, 21, 1])
  }

  @Test("filters work before every window, once")
  func filters() throws {
    var replay = try Self.replay()
    replay.scenario.filters = [
      .drop(probability: 0.5, seed: 1), .crop(x: 0, y: 0, width: 3, height: 1),
    ]
    let rows = try Self.sweep([10, 50], replay: replay).rows
    #expect(rows[0].outcome.filters == rows[1].outcome.filters)
    for row in rows {
      #expect(row.outcome.events.filtered == row.outcome.filters.reduce(0) { $0 + $1.removed })
      #expect(row.outcome.events.filtered > 10_000)
      #expect(row.outcome.events.total == 30_000)
      #expect(row.outcome.events.isBalanced)
    }
  }

  @Test("windows of events have no length to sweep")
  func events() throws {
    var replay = try Self.replay()
    replay.scenario.windows = .events(count: 10, stride: 10)
    #expect(throws: InputError.self) { try Self.sweep([10], replay: replay) }
  }

  @Test("lengths run evenly from first to last, each once")
  func lengths() {
    #expect(
      WindowSweep.lengths(from: 5_000, to: 50_000, count: 4) == [5_000, 20_000, 35_000, 50_000])
    #expect(WindowSweep.lengths(from: 5, to: 7, count: 9) == [5, 6, 7])
    #expect(WindowSweep.lengths(from: 5, to: 50, count: 1) == [5])
  }

  @Test("windows of events and by rate replay the same on any number of threads")
  func otherRules() throws {
    for windows in [
      Scenario.Windows.events(count: 40, stride: 20),
      .adaptive(count: 30, shortest: 10, longest: 60),
    ] {
      var replay = try Self.replay()
      replay.scenario.windows = windows
      func run(_ jobs: Int) throws -> ReplayOutcome {
        var reader = try EventReader(MemorySource(Self.text), name: "example.csv")
        return try replay.run(&reader, jobs: jobs)
      }
      let outcome = try run(1)
      #expect(outcome.events.isBalanced)
      #expect(outcome.windows.total > 400)
      #expect(try run(3).digest == outcome.digest)
    }
  }
}
