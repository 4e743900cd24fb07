import Events
import Testing
import VirtualTime

@Suite("Event filters")
struct FilterTests {
  /// (time, x, y, isOn)
  typealias Row = (Int64, UInt16, UInt16, Bool)

  static func batch(_ rows: [Row]) -> EventBatch {
    var batch = EventBatch()
    for row in rows { batch.append(Event(time: row.0, x: row.1, y: row.2, isOn: row.3)) }
    return batch
  }

  static func events(_ batch: EventBatch) -> [Event] { (0..<batch.count).map { batch[$0] } }

  /// What a filter keeps, given in pieces of `size` events.
  static func kept(
    _ filters: [EventFilter], _ rows: [Row], pieces size: Int = 1_000,
    sensor: SensorSize? = SensorSize(width: 32, height: 32)
  ) -> [Event] {
    var chain = FilterChain(filters, sensor: sensor)
    var kept: [Event] = []
    for start in stride(from: 0, to: rows.count, by: size) {
      var piece = batch(Array(rows[start..<min(rows.count, start + size)]))
      chain.apply(to: &piece)
      kept += events(piece)
    }
    #expect(chain.removed == rows.count - kept.count)
    var seen = rows.count
    for count in chain.counts {
      #expect(count.seen == seen)
      seen -= count.removed
    }
    #expect(seen == kept.count)
    return kept
  }

  static func random(_ seed: UInt64, count: Int = 2_000) -> [Row] {
    var random = SeededRandom(seed: seed)
    var now: Int64 = 1_000_000
    var rows: [Row] = []
    for _ in 0..<count {
      now += Int64(random.next() % 40)
      if random.next() % 50 == 0 { now -= 100 }
      let (x, y) = (UInt16(random.next() % 32), UInt16(random.next() % 32))
      rows.append((now, x, y, random.next() % 2 == 0))
    }
    return rows
  }

  @Test("crop keeps the rectangle, its edges included, and moves it to the corner")
  func crop() {
    let rows: [Row] = [
      (0, 4, 5, true), (1, 5, 5, true), (2, 5, 4, true), (3, 7, 6, false), (4, 8, 6, true),
      (5, 7, 7, true), (6, 65_535, 65_535, true), (7, 0, 0, true),
    ]
    let kept = Self.kept([.crop(x: 5, y: 5, width: 3, height: 2)], rows, sensor: nil)
    #expect(kept.map(\.time) == [1, 3])
    #expect(kept.map(\.x) == [0, 2])
    #expect(kept.map(\.y) == [0, 1])
  }

  @Test("downsample moves every event and removes none")
  func downsample() {
    let kept = Self.kept([.downsample(factor: 4)], [(0, 3, 4, true), (1, 31, 8, false)])
    #expect(kept.map(\.x) == [0, 7])
    #expect(kept.map(\.y) == [1, 2])
  }

  @Test("polarity keeps one of both", arguments: [true, false])
  func polarity(_ isOn: Bool) {
    let rows = Self.random(1)
    #expect(Self.kept([.polarity(isOn: isOn)], rows).count == rows.count { $0.3 == isOn })
  }

  @Test(
    "a refractory pixel counts from the last event kept, either polarity, and not its neighbours")
  func refractory() {
    let rows: [Row] = [
      (0, 1, 1, true), (9, 1, 1, false), (10, 1, 1, false), (10, 2, 1, true), (19, 1, 1, true),
      (20, 1, 1, true), (5, 1, 1, true), (14, 1, 1, true), (15, 1, 1, true),
    ]
    let kept = Self.kept([.refractory(period: 10)], rows)
    #expect(kept.map(\.time) == [0, 10, 10, 20, 5, 15])
  }

  @Test("background activity needs a neighbour, of 8 or of 4, and the first event has none")
  func backgroundActivity() {
    let rows: [Row] = [
      (0, 5, 5, true), (10, 6, 6, true), (20, 6, 6, true), (31, 6, 5, true), (42, 0, 0, true),
      (43, 0, 31, true), (44, 31, 0, true),
    ]
    func kept(_ neighbours: Int) -> [Int64] {
      Self.kept([.backgroundActivity(window: 11, neighbours: neighbours)], rows).map(\.time)
    }
    // At 20 the only support is the pixel's own event at 10; at 31 the pixel below, at 20.
    #expect(kept(8) == [10, 31])
    #expect(kept(4) == [31])
  }

  @Test("a hot pixel is cut at its limit and silent in the next period; others are not")
  func hotPixels() {
    var rows: [Row] = []
    for time in Int64(0)..<5 { rows.append((time, 3, 3, true)) }
    rows.append((6, 4, 4, true))
    for time in [Int64(100), 199, 200] { rows.append((time, 3, 3, true)) }
    let kept = Self.kept([.hotPixels(limit: 2, period: 100)], rows)
    #expect(kept.map(\.time) == [0, 1, 6, 200])
  }

  @Test("slices by time and by number count from the first event that gets to them")
  func slices() {
    var rows: [Row] = []
    for index in Int64(0)..<20 { rows.append((500 + index * 10, 1, 1, index % 2 == 0)) }
    let times = Self.kept([.time(20..<50)], rows, pieces: 3).map(\.time)
    #expect(times == [520, 530, 540])
    let second = Self.kept([.polarity(isOn: false), .time(0..<21)], rows, pieces: 7)
    #expect(second.map(\.time) == [510, 530])
    let counted = Self.kept([.events(skip: 2, count: 3)], rows, pieces: 4).map(\.time)
    #expect(counted == [520, 530, 540])
    #expect(Self.kept([.events(skip: 19, count: .max)], rows).count == 1)
    #expect(Self.kept([.events(skip: 0, count: 0)], rows).isEmpty)
  }

  @Test("drop removes about its share, the same events for the same seed, none at 0, all at 1")
  func drop() {
    let rows = Self.random(2, count: 20_000)
    let kept = Self.kept([.drop(probability: 0.3, seed: 7)], rows)
    // Five standard deviations of a binomial count: 5 · √(20000 · 0.3 · 0.7) = 324.
    #expect(abs(kept.count - 14_000) < 324)
    #expect(kept == Self.kept([.drop(probability: 0.3, seed: 7)], rows))
    #expect(kept != Self.kept([.drop(probability: 0.3, seed: 8)], rows))
    #expect(Self.kept([.drop(probability: 0, seed: 7)], rows).count == rows.count)
    #expect(Self.kept([.drop(probability: 1, seed: 7)], rows).isEmpty)
  }

  static let stateful: [EventFilter] = [
    .refractory(period: 300), .backgroundActivity(window: 200, neighbours: 8),
    .backgroundActivity(window: 200, neighbours: 4), .hotPixels(limit: 2, period: 5_000),
    .time(1_000..<20_000), .events(skip: 100, count: 900), .drop(probability: 0.5, seed: 3),
  ]

  @Test(
    "how a stream is cut into batches changes nothing, nor whether the sensor is known",
    arguments: stateful)
  func pieces(_ filter: EventFilter) {
    let rows = Self.random(3)
    let whole = Self.kept([filter], rows)
    #expect(!whole.isEmpty && whole.count < rows.count)
    #expect(Self.kept([filter], rows, pieces: 1) == whole)
    #expect(Self.kept([filter], rows, pieces: 77) == whole)
    #expect(Self.kept([filter], rows, pieces: 77, sensor: nil) == whole)
  }

  @Test("a naive count of every pixel's history keeps the same events", arguments: 1...5)
  func naive(seed: UInt64) {
    let rows = Self.random(seed, count: 500)
    var expected: [Event] = []
    for (index, row) in rows.enumerated() {
      let isSupported = rows[..<index].contains { other in
        let (dx, dy) = (abs(Int(other.1) - Int(row.1)), abs(Int(other.2) - Int(row.2)))
        guard max(dx, dy) == 1 else { return false }
        // Only the neighbour's latest event counts.
        let last = rows[..<index].last { $0.1 == other.1 && $0.2 == other.2 }!
        return row.0 - last.0 <= 150
      }
      if isSupported { expected.append(Event(time: row.0, x: row.1, y: row.2, isOn: row.3)) }
    }
    #expect(!expected.isEmpty)
    #expect(Self.kept([.backgroundActivity(window: 150, neighbours: 8)], rows) == expected)
  }

  @Test("events beyond the sensor, or with damaged times, pass filters of pixels and never trap")
  func damaged() {
    let rows: [Row] = [
      (.min, 0, 0, true), (.max, 0, 0, true), (0, 65_535, 65_535, true), (.min, 0, 0, true),
      (5, 40, 3, true),
    ]
    for filter in Self.stateful {
      for sensor in [nil, SensorSize(width: 32, height: 32)] {
        _ = Self.kept([filter], rows, sensor: sensor)
      }
    }
    #expect(Self.kept([.refractory(period: 10)], [(0, 40, 3, true), (1, 40, 3, true)]).count == 2)
  }

  @Test("filters behind one another each count what they saw and removed")
  func chain() {
    var chain = FilterChain(
      [.polarity(isOn: true), .crop(x: 0, y: 0, width: 2, height: 2), .downsample(factor: 2)],
      sensor: SensorSize(width: 4, height: 4))
    var batch = Self.batch([(0, 0, 0, true), (1, 0, 0, false), (2, 3, 3, true), (3, 1, 1, true)])
    chain.apply(to: &batch)
    #expect(
      chain.counts == [
        .init(name: "polarity", seen: 4, removed: 1), .init(name: "crop", seen: 3, removed: 1),
        .init(name: "downsample", seen: 2, removed: 0),
      ])
    #expect(batch.times == [0, 3])
    #expect(batch.xs == [0, 0])
  }
}
