import Bytes
import Events
import Scenarios
import Testing
import VirtualTime

@Suite("Windows of events and by rate")
struct WindowRuleTests {
  static func script(_ rule: WindowRule, capacity: Int = 1_000) -> DeviceScript {
    var script = DeviceScript()
    script.rule = rule
    script.capacity = capacity
    return script
  }

  @Test("a window of events closes with its last one; what is left is in none")
  func events() throws {
    let script = Self.script(.events(origin: 0, count: 3, stride: 3))
    let outcome = try script.run([0, 4, 9, 20, 21, 30, 31, 32])
    #expect(outcome.shown == [0: [0, 4, 9], 1: [20, 21, 30]])
    #expect(outcome.device.runs.map(\.start) == [0, 20])
    #expect(outcome.device.runs.map(\.end) == [9, 30])
    #expect(outcome.device.runs.map { $0.closed.nanoseconds } == [9_000, 30_000])
    #expect(outcome.latencies == [1, 1])
    #expect(outcome.device.account.used == 6)
    #expect(outcome.device.account.outsideWindows == 2)
    #expect(outcome.device.account.isBalanced)
  }

  @Test("events of one time that belong to two windows are split by number, not by time")
  func equalTimes() throws {
    let script = Self.script(.events(origin: 0, count: 2, stride: 2))
    let outcome = try script.run([5, 5, 5, 5, 5])
    #expect(outcome.shown == [0: [5, 5], 1: [5, 5]])
    #expect(outcome.device.runs.map(\.end) == [6, 6])
    #expect(outcome.device.account.outsideWindows == 1)
  }

  @Test("a stride below the count makes windows overlap, above it leaves gaps")
  func strides() throws {
    let times: [Int64] = [0, 1, 2, 3, 4, 5, 6, 7]
    let overlapping = try Self.script(.events(origin: 0, count: 4, stride: 2)).run(times)
    #expect(overlapping.shown == [0: [0, 1, 2, 3], 1: [2, 3, 4, 5], 2: [4, 5, 6, 7]])
    #expect(overlapping.device.account.used == 8)
    let sparse = try Self.script(.events(origin: 0, count: 2, stride: 3)).run(times)
    #expect(sparse.shown == [0: [0, 1], 1: [3, 4], 2: [6, 7]])
    #expect(sparse.device.account.used == 6)
    #expect(sparse.device.account.outsideWindows == 2)
  }

  @Test("events before the origin are in no window and start none")
  func origin() throws {
    let outcome = try Self.script(.events(origin: 10, count: 2, stride: 2), capacity: 2)
      .run([1, 2, 3, 11, 4, 12])
    #expect(outcome.shown == [0: [11, 12]])
    #expect(outcome.device.account.outsideWindows == 4)
    #expect(outcome.device.account.bufferFull == 0)
  }

  @Test("an adaptive window closes with its events, between its bounds")
  func adaptive() throws {
    let rule = WindowRule.adaptive(origin: 0, count: 3, shortest: 10, longest: 50)
    // Three events before 10 µs: closes at the bound. Then three by 34. Then nothing until 84.
    let outcome = try Self.script(rule).run([0, 1, 2, 11, 20, 34, 40, 84, 90])
    #expect(outcome.device.runs.map(\.start) == [0, 10, 34])
    #expect(outcome.device.runs.map(\.end) == [10, 34, 84])
    #expect(outcome.shown == [0: [0, 1, 2], 1: [11, 20, 34], 2: [40]])
    #expect(outcome.device.account.used == 7)
    #expect(outcome.device.account.outsideWindows == 2)
  }

  @Test("with equal bounds adaptive windows are windows of time")
  func equalBounds() throws {
    var random = SeededRandom(seed: 4)
    let times = DeviceAccountingTests.times(&random) + [1_000]
    let rule = WindowRule.adaptive(origin: 0, count: 2, shortest: 7, longest: 7)
    let adaptive = try Self.script(rule).run(times)
    let plain = try Self.script(.time(WindowPlan(origin: 0, length: 7, stride: 7))).run(times)
    #expect(adaptive.shown == plain.shown)
    #expect(adaptive.device.runs == plain.device.runs)
    #expect(adaptive.shown.count > 100)
  }

  static func rule(_ random: inout SeededRandom) -> WindowRule {
    func pick(_ count: UInt64) -> Int64 { Int64(random.next() % count) }
    let origin = pick(30) - 10
    if pick(2) == 0 {
      return .events(origin: origin, count: 1 + Int(pick(6)), stride: 1 + Int(pick(8)))
    }
    let shortest = 1 + pick(10)
    return .adaptive(
      origin: origin, count: 1 + Int(pick(8)), shortest: shortest, longest: shortest + pick(20))
  }

  @Test("random devices balance their books, cut in pieces or not", arguments: 1...300)
  func books(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "window rules")
    var script = DeviceAccountingTests.script(&random)
    script.rule = Self.rule(&random)
    script.capacity = 6 + Int(random.next() % 30)
    let times = DeviceAccountingTests.times(&random)
    let outcome = try script.run(times)
    let account = outcome.device.account
    #expect(account.isBalanced)
    #expect(account.total == times.count)
    #expect(outcome.device.bufferHighWater <= script.capacity)
    let handled = (outcome.processed + outcome.device.droppedWindows).sorted()
    #expect(handled == Array(0..<outcome.device.windowCount))
    for run in outcome.device.runs {
      #expect(run.start < run.end)
      #expect(run.began >= run.closed && run.finished >= run.preprocessed)
      #expect(outcome.shown[run.index]!.allSatisfy { (run.start...run.end).contains($0) })
    }
    let pieces = try script.run(times, pieces: 7)
    #expect(pieces.device.runs == outcome.device.runs)
    #expect(pieces.shown == outcome.shown)
    #expect(pieces.device.account == account)
  }
}

@Suite("Filters and windows in scenario files")
struct ScenarioStreamTests {
  static func parsed(_ windows: String, filters: String = "") throws(InputError) -> Scenario {
    try Scenario.parsed(
      Scenario.example.replacing(
        "windows: { length: \"10us\", origin: \"0us\" },",
        with: "windows: \(windows), \(filters.isEmpty ? "" : "filters: \(filters),")"))
  }

  @Test("every kind of window is read")
  func windows() throws {
    #expect(
      try Self.parsed("{ length: \"5ms\", stride: \"1ms\" }").windows
        == .time(length: 5_000, stride: 1_000))
    #expect(try Self.parsed("{ events: 500 }").windows == .events(count: 500, stride: 500))
    #expect(
      try Self.parsed("{ events: 500, strideEvents: 250 }").windows
        == .events(count: 500, stride: 250))
    #expect(
      try Self.parsed("{ events: 5000, shortest: \"5ms\", longest: \"50ms\" }").windows
        == .adaptive(count: 5_000, shortest: 5_000, longest: 50_000))
  }

  @Test("every filter is read, in order; a drop takes the scenario's seed")
  func filters() throws {
    let scenario = try Self.parsed(
      "{ length: \"5ms\" }",
      filters: """
        [
          { crop: { x: 1, y: 2, width: 3, height: 4 } }, { downsample: 2 }, { polarity: "off" },
          { refractory: "1ms" }, { backgroundActivity: { window: "5ms" } },
          { hotPixels: { limit: 50, period: "100ms" } }, { time: { from: "1s" } },
          { events: { skip: 3 } }, { drop: { probability: 0.25 } },
        ]
        """)
    #expect(
      scenario.filters == [
        .crop(x: 1, y: 2, width: 3, height: 4), .downsample(factor: 2), .polarity(isOn: false),
        .refractory(period: 1_000), .backgroundActivity(window: 5_000, neighbours: 8),
        .hotPixels(limit: 50, period: 100_000), .time(1_000_000 ..< .max),
        .events(skip: 3, count: .max), .drop(probability: 0.25, seed: 1),
      ])
  }

  @Test(
    "what cannot be is refused with its key",
    arguments: [
      ("{}", "", "windows"),
      ("{ length: \"5ms\", events: 4 }", "", "windows.length"),
      ("{ length: \"5ms\", shortest: \"1ms\" }", "", "windows.shortest"),
      ("{ events: 0 }", "", "windows.events"),
      ("{ events: 1001 }", "", "windows.events"),
      ("{ events: 5, strideEvents: 0 }", "", "windows.strideEvents"),
      ("{ events: 5, shortest: \"1ms\" }", "", "windows"),
      ("{ events: 5, shortest: \"2ms\", longest: \"1ms\" }", "", "windows.longest"),
      ("{ length: \"5ms\" }", "[{}]", "filters[0]"),
      ("{ length: \"5ms\" }", "[{ downsample: 2, polarity: \"on\" }]", "filters[0]"),
      ("{ length: \"5ms\" }", "[{ downsample: 2 }, { downsample: 0 }]", "filters[1].downsample"),
      ("{ length: \"5ms\" }", "[{ drop: { probability: 2 } }]", "filters[0].drop.probability"),
      (
        "{ length: \"5ms\" }", "[{ crop: { x: -1, y: 0, width: 1, height: 1 } }]",
        "filters[0].crop.x"
      ),
      ("{ length: \"5ms\" }", "[{ time: { from: \"2s\", to: \"1s\" } }]", "filters[0].time.to"),
      (
        "{ length: \"5ms\" }", "[{ backgroundActivity: { window: \"1ms\", neighbours: 6 } }]",
        "filters[0].backgroundActivity.neighbours"
      ),
    ])
  func faults(windows: String, filters: String, key: String) {
    let error = #expect(throws: InputError.self) {
      try Self.parsed(windows, filters: filters)
    }
    #expect(error?.place == .key(key), "\(error?.description ?? "")")
  }
}
