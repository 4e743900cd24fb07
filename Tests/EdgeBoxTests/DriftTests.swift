import Bytes
import EdgeBox
import Testing
import Uplink
import VirtualTime

@Suite struct DriftTests {
  private static func plan(
    _ rules: DriftRules, hours: Int64, days: Int = 1
  ) throws -> CascadePlan {
    var plan = try MadeUp.plan(
      MadeUp.record(frames: 6_000, doubtful: 0.005, seed: 11),
      network: MadeUp.network(stations: 1), minutes: hours * 60, days: days)
    plan.drift = rules
    return plan
  }

  @Test func `false alarms come as often as stated, and as wished`() throws {
    // 40 wished in a day of 8 hours; the network has no say in it.
    var plan = try Self.plan(
      DriftRules(window: .seconds(20), falseAlarmsPerDay: 40, silence: .zero), hours: 8, days: 4)
    plan.ceiling = .init(limit: 0, every: .seconds(86_400))
    let outcome = try MadeUp.run(plan)
    let drift = try #require(outcome.drift)
    #expect(drift.settings.map(\.detector) == DriftDetector.allCases)
    for setting in drift.settings {
      #expect(setting.windows >= 3_600 && setting.falseAlarms > 50)
      // Counts are whole: the next threshold down may give twice as many, and more are not wished.
      #expect((15...48).contains(setting.falseAlarmsPerDay), "\(setting)")
      let alarms = outcome.alarms.count { $0.kind == .drift(setting.detector) }
      let perDay = Double(alarms) / 4
      #expect(abs(perDay - setting.falseAlarmsPerDay) < 16, "\(setting.detector): \(perDay)")
    }
  }

  @Test func `dust that raises 3 to 7 in a hundred is found within minutes`() throws {
    var plan = try Self.plan(DriftRules(), hours: 6)
    plan.records.append(MadeUp.record(frames: 6_000, doubtful: 0.06, seed: 12))
    plan.changes = [
      .init(
        start: .zero + .seconds(4 * 3_600), end: .zero + .seconds(6 * 3_600), record: 1,
        stations: [0], title: "dust")
    ]
    plan.ceiling = .init(limit: 0, every: .seconds(86_400))
    let outcome = try MadeUp.run(plan)
    let drift = try #require(outcome.drift)
    #expect(drift.delays.count == 4)
    for delay in drift.delays {
      let found = try #require(delay.delay, "\(delay.detector) found nothing")
      #expect(found <= .seconds(600), "\(delay.detector): \(found.inSeconds) s")
    }
    // Nothing before: one false alarm in 30 days is wished for.
    #expect(
      !outcome.alarms.contains {
        $0.time < .zero + .seconds(4 * 3_600) && $0.kind != .ceilingReached
      })
  }

  @Test func `a band that is given is kept`() throws {
    let plan = try Self.plan(
      DriftRules(absoluteBand: 0.05, detectors: [.absoluteBand]), hours: 1)
    let setting = try #require(MadeUp.run(plan).drift?.settings.first)
    #expect(setting.threshold == 0.05 && setting.stations == [0])
  }
}
