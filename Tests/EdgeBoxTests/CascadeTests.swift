import Boards
import Bytes
import EdgeBox
import Metrics
import Testing
import Uplink
import VirtualTime

@Suite struct CascadeTests {
  static let outage = "incidents: [{ at: \"2min\", for: \"2min\", kind: \"link-down\" }]"

  @Test func `nothing is escalated at the edge alone, and every frame is answered`() throws {
    let outcome = try MadeUp.run(MadeUp.plan(network: MadeUp.network()), .edgeOnly)
    #expect(outcome.check() == [])
    #expect(outcome.total.frames.total == 2 * 6 * 60 * 25)
    #expect(outcome.total.frames[.answeredAtEdge] == outcome.total.frames.total)
    #expect(outcome.total.escalations.total == 0 && outcome.total.cost == 0)
    #expect(outcome.network == nil && outcome.detectorLatency == outcome.finalLatency)
    let accuracy = try #require(outcome.accuracy)
    #expect(accuracy.edge == accuracy.final)
  }

  @Test func `the cloud's answers come in time and make detections better`() throws {
    let outcome = try MadeUp.run(MadeUp.plan(network: MadeUp.network()))
    #expect(outcome.check() == [])
    let total = outcome.total
    #expect(total.escalations.total > 600)
    #expect(total.escalations[.answeredInTime] > total.escalations.total * 99 / 100)
    #expect(total.cost == Int64(outcome.assumedAnswers) * 1_000)
    let accuracy = try #require(outcome.accuracy)
    let gain = try #require(accuracy.gain.overall[.precisionAt50])
    #expect(gain > 0.02, "\(gain)")
    #expect(outcome.framesShown == 1_500 && outcome.distinctFrames == 1_500)
    #expect(outcome.blocksShown == 2 * 6 * 15)
  }

  @Test(arguments: [
    "link-down", "provider-error", "provider-429", "wrong-key", "provider-hanging",
    "provider-slow", "dns-failure", "captive-portal", "link-lossy", "provider-refusing",
    "quota-exhausted", "bad-tls", "nat-rebinding",
  ])
  func `counts add up under every incident, with and without a disk`(_ kind: String) throws {
    let length = kind == "nat-rebinding" ? "" : "for: \"1min\","
    let more =
      ["link-lossy": ", loss: 0.3", "provider-slow": ", factor: 5"][kind] ?? ""
    let network = try MadeUp.network(
      "incidents: [{ at: \"2min\", \(length) kind: \"\(kind)\"\(more) }]")
    for queue in [nil, CascadePlan.OfflineQueue(capacity: 40, longestAge: .seconds(120), batch: 8)]
    {
      var plan = try MadeUp.plan(network: network)
      plan.queue = queue
      let outcome = try MadeUp.run(plan)
      #expect(outcome.check() == [], "\(kind)")
      #expect(outcome.total.frames.total == 18_000)
    }
  }

  @Test func `an outage is kept on the disk and goes up in batches when the link is back`() throws {
    var plan = try MadeUp.plan(
      network: MadeUp.network(Self.outage, transport: "connections: 6"))
    let without = try MadeUp.run(plan).total.escalations
    #expect(without[.timedOut] + without[.notSent] > without.total / 5)
    plan.queue = .init(capacity: 10_000, longestAge: .seconds(3_600), batch: 20)
    let outcome = try MadeUp.run(plan)
    let escalations = outcome.total.escalations
    #expect(outcome.check() == [])
    #expect(escalations[.batchedLate] > escalations.total / 5)
    #expect(escalations[.timedOut] + escalations[.notSent] == 0)
    #expect(escalations[.batchedLate] == escalations.queued)
    #expect(outcome.total.frames[.keptOffline] > 0)
    #expect(outcome.alarms.count { $0.kind == .linkLost } == 2)
    #expect(outcome.alarms.count { $0.kind == .linkBack } == 2)
    // Deepest just before the link is back.
    let deepest = try #require(
      outcome.moments.indices.max {
        outcome.moments[$0].deepestQueue < outcome.moments[$1].deepestQueue
      })
    #expect((3...4).contains(deepest))
    #expect(outcome.moments[5].deepestQueue == 0)
  }

  @Test func `the disk is bounded, and what is too old expires`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(Self.outage))
    plan.queue = .init(capacity: 25, longestAge: .seconds(3_600), batch: 20)
    var outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    #expect(outcome.moments.allSatisfy { $0.deepestQueue <= 2 * 25 })
    #expect(outcome.total.escalations[.queueFull] > 50)
    #expect(outcome.alarms.contains { $0.kind == .queueFull })
    plan.queue = .init(capacity: 10_000, longestAge: .seconds(30), batch: 20)
    outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    #expect(outcome.total.escalations[.expired] > 30)
    #expect(outcome.total.escalations[.batchedLate] > 10)
  }

  @Test func `an outage to the end leaves crops on the disk`() throws {
    var plan = try MadeUp.plan(
      network: MadeUp.network("incidents: [{ at: \"4min\", for: \"2h\", kind: \"link-down\" }]"))
    plan.queue = .init(capacity: 10_000, longestAge: .seconds(3_600), batch: 20)
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    #expect(outcome.total.escalations[.stillQueued] > 50)
  }

  @Test func `the ceiling is passed by no more than what was under way`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(), days: 2)
    plan.runaways = [
      .init(
        start: .zero + .seconds(60), end: .zero + .seconds(120), stations: [0],
        title: "loop at line-1")
    ]
    plan.ceiling = .init(limit: 200_000, every: .seconds(86_400))
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    #expect(outcome.total.escalations[.refusedByCeiling] > 300)
    #expect(outcome.total.frames[.refusedByCeiling] > 300)
    // Two connections of each of two stations, and requests that wait for one of them.
    for day in outcome.byDay {
      #expect(day.cost - day.wastedCost <= 200_000 + 1_000 * 100)
      #expect(day.cost >= 200_000)
    }
    #expect(outcome.alarms.count { $0.kind == .ceilingReached } == 2)
  }

  @Test func `a runaway escalates every frame that has a box`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1))
    let quiet = try MadeUp.run(plan)
    plan.runaways = [
      .init(start: .zero, end: .zero + .seconds(60), stations: [0], title: "loop")
    ]
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    let more = outcome.moments[0].escalations - quiet.moments[0].escalations
    #expect(outcome.moments[0].escalations > 1_100 && more > 1_000)
    #expect(try MadeUp.run(plan, .withoutIncidents).moments == quiet.moments)
  }

  @Test func `two threads say what one says, and the same seed says the same`() throws {
    var plan = try MadeUp.plan(
      network: MadeUp.network(Self.outage, stations: 5), minutes: 6, days: 3)
    plan.queue = .init(capacity: 100, longestAge: .seconds(300), batch: 8)
    plan.drift = DriftRules(falseAlarmsPerDay: 20)
    plan.resamples = 20
    let serial = try MadeUp.run(plan)
    #expect(serial.check() == [])
    #expect(try MadeUp.run(plan, jobs: 3) == serial)
    #expect(try MadeUp.run(plan) == serial)
    plan.seed += 1
    #expect(try MadeUp.run(plan) != serial)
  }

  @Test func `a busy box lets frames wait and drops the rest, and counts still add up`() throws {
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1), minutes: 5)
    plan.timing = .init(median: .milliseconds(50), jitter: 0.2, queueDepth: 2)
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    // One frame every 51 ms is all that such a box can do.
    let share = Double(outcome.total.frames.judged) / Double(outcome.total.frames.total)
    #expect(abs(share - 40.0 / 51) < 0.01, "\(share)")
    #expect(outcome.detectorLatency.maximum < .milliseconds(3 * 110))
    plan.timing.queueDepth = 0
    let impatient = try MadeUp.run(plan)
    #expect(impatient.total.frames[.dropped] > outcome.total.frames[.dropped])
    #expect(impatient.detectorLatency.maximum < .milliseconds(130))
  }

  @Test func `a box that is never late needs no walk through its frames`() throws {
    // The longest of 65,536 quantiles is within the period or just beyond: both ways of counting.
    var plan = try MadeUp.plan(network: MadeUp.network(stations: 1), minutes: 5)
    plan.timing = .init(median: .milliseconds(20), jitter: 0.1605, busyPower: 9, queueDepth: 5)
    let counted = try MadeUp.run(plan)
    plan.timing.jitter = 0.1625
    let walked = try MadeUp.run(plan)
    #expect(counted.total.frames == walked.total.frames)
    let (a, b) = (counted.detectorLatency, walked.detectorLatency)
    #expect(a.maximum <= .milliseconds(40))
    let difference = try #require(a.mean).inMilliseconds - #require(b.mean).inMilliseconds
    #expect(abs(difference) < 0.05)
    #expect(abs(counted.energy.total - walked.energy.total) < 0.005 * counted.energy.total)
  }

  @Test func `the detector's answer and the final answer have means of their own`() throws {
    // 38 ms and 3.1 % of frames for 0.8 to 1.4 s cannot have a mean of 41 ms.
    var plan = try MadeUp.plan(
      MadeUp.record(doubtful: 0.02),
      network: MadeUp.network(
        provider: """
          providers: [{ name: "cloud", latency: { median: "850ms", p99: "1150ms" } }]
          """))
    plan.timing = .init(median: .microseconds(37_000), jitter: 0.01)
    let outcome = try MadeUp.run(plan)
    #expect(outcome.check() == [])
    let (detector, final) = (outcome.detectorLatency, outcome.finalLatency)
    let rate = outcome.total.frames.escalationRate
    let cloud = try #require(outcome.cloudLatency.mean).inMilliseconds
    let (first, last) = (
      try #require(detector.mean).inMilliseconds, try #require(final.mean).inMilliseconds
    )
    #expect(abs(first - 37) < 1)
    #expect(abs(last - (first + rate * cloud)) < 0.5)
    #expect(last > 50)
    #expect(try #require(detector.quantile(0.99)) < .milliseconds(41))
    #expect(try #require(final.quantile(0.99)) > .milliseconds(800))
  }

  @Test func `a plan says what is wrong with it`() throws {
    let network = try MadeUp.network()
    func problem(_ change: (inout CascadePlan) -> Void) throws -> String {
      var plan = try MadeUp.plan(network: network)
      change(&plan)
      do throws(InputError) {
        try plan.check()
        return ""
      } catch {
        return error.description
      }
    }
    #expect(try problem { $0.gates[1].threshold = 1.5 }.contains("gates[1].threshold"))
    #expect(try problem { $0.gates.removeLast() }.contains("one for each of 2 stations, found 1"))
    #expect(try problem { $0.cloud.confusion[2][0] = 0.5 }.contains("cloud.confusion[2]"))
    #expect(try problem { $0.days = 0 }.contains("days"))
    #expect(try problem { $0.records = [] }.contains("records"))
    #expect(
      try problem {
        $0.changes = [
          .init(
            start: .zero, end: .zero + .seconds(1), record: 1, stations: [0], title: "dust")
        ]
      }.contains("changes[0]"))
    #expect(
      try problem {
        $0.recordedAnswers = [
          .init(record: 0, frame: 0, detection: 9, category: 0, score: 0.5)
        ]
      }.contains("recordedAnswers[0]"))
    #expect(try problem { _ in } == "")
  }
}
