import Events
import Testing

@Suite("Statistics of events")
struct EventStatisticsTests {
  @Test("count rate, polarity, pixels, intervals, company and bursts")
  func all() throws {
    var events = EventBatch()
    // Pixel (1, 1) every 4 ms, its neighbour (2, 2) once beside it, (7, 7) alone.
    for step in 0...10 {
      events.append(Event(time: Int64(step) * 4_000, x: 1, y: 1, isOn: step % 2 == 0))
    }
    events.append(Event(time: 40_000, x: 2, y: 2, isOn: true))
    events.append(Event(time: 40_000, x: 7, y: 7, isOn: false))
    let found = try #require(EventStatistics(events, size: SensorSize(width: 8, height: 8)))
    #expect(abs(found.rate - 13 / 0.04) < 1e-9)
    #expect(abs(found.onShare - 7.0 / 13) < 1e-12)
    #expect(found.activeShare == 3.0 / 64)
    #expect(found.intervals == (4_000, 4_000, 4_000))
    // The very first and the lone one.
    #expect(abs(found.isolatedShare - 2.0 / 13) < 1e-12)
    #expect(abs(found.sharedTimes - 2.0 / 13) < 1e-12)
    // 3, 2, 3 and 2 in the four whole slices: variance 1/3, mean 2.5.
    #expect(abs(found.burstiness - (1.0 / 3) / 2.5) < 1e-12)
  }

  @Test("need two events at different times")
  func none() {
    var events = EventBatch()
    let size = SensorSize(width: 4, height: 4)
    #expect(EventStatistics(events, size: size) == nil)
    events.append(Event(time: 5, x: 0, y: 0, isOn: true))
    #expect(EventStatistics(events, size: size) == nil)
  }
}
