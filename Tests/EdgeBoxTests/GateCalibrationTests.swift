import EdgeBox
import Metrics
import Testing
import Uplink
import VirtualTime

@Suite struct GateCalibrationTests {
  private static func calibration(
    crops: Int = 1
  ) throws -> (plan: CascadePlan, calibration: GateCalibration) {
    var plan = try MadeUp.plan(
      MadeUp.record(frames: 3_000, doubtful: 0.1),
      network: MadeUp.network(stations: 1, transport: "connections: 60"))
    plan.gates = [CascadePlan.Gate(cropsPerFrame: crops)]
    return (plan, try GateCalibration(plan))
  }

  private static let gates = GateCalibration.grid(
    thresholds: stride(from: 0, through: 1, by: 0.05).map { $0 }, margins: [0, 0.15])

  @Test func `higher thresholds escalate more, and cost more`() throws {
    let points = try Self.calibration().calibration.sweep(Array(Self.gates.prefix(21)))
    for (a, b) in zip(points, points.dropFirst()) {
      #expect(a.rate <= b.rate && a.costPerDay <= b.costPerDay)
    }
    #expect(points[0].rate == 0 && points[20].rate > 0.7)
    // 6 minutes a day at 25 FPS and a thousandth for each crop.
    #expect(abs(Double(points[20].costPerDay) - points[20].cropsPerDay * 1_000) <= 0.5)
  }

  @Test func `without a network a gate is worth what the rehearsal finds`() throws {
    for crops in [1, 2] {
      var (plan, calibration) = try Self.calibration(crops: crops)
      let point = calibration.sweep(plan.gates)[0]
      // A block as long as the recording, shown as often as the shift has room: every frame alike.
      plan.block = .seconds(120)
      let outcome = try MadeUp.run(plan)
      #expect(outcome.total.frames[.answeredByCloud] == outcome.total.frames.escalated)
      #expect(abs(outcome.total.frames.escalationRate - point.rate) < 1e-12)
      let final = try #require(outcome.accuracy?.final.overall[.precisionAt50])
      #expect(abs(final - point.accuracy!) < 1e-9)
      let edge = try #require(outcome.accuracy?.edge.overall[.precisionAt50])
      #expect(abs(edge - calibration.edgeOnly!) < 1e-9)
    }
  }

  @Test func `targets are met on the blocks that choose, and told on the others`() throws {
    let (_, calibration) = try Self.calibration()
    let rate = try #require(calibration.choose(.rate(0.08), among: Self.gates))
    #expect(rate.chosen.rate <= 0.08 && rate.chosen.rate > 0.03)
    #expect(abs(rate.heldOut.rate - rate.chosen.rate) < 0.03)
    #expect(rate.heldOut.accuracy! > rate.heldOutEdgeOnly!)
    let cost = try #require(calibration.choose(.cost(200_000), among: Self.gates))
    #expect(cost.chosen.costPerDay <= 200_000)
    let accurate = try #require(
      calibration.choose(.accuracy(rate.chosen.accuracy!), among: Self.gates))
    #expect(accurate.chosen.rate <= rate.chosen.rate)
    #expect(calibration.choose(.accuracy(1.1), among: Self.gates) == nil)
  }

  @Test func `nothing beats what is on the front`() throws {
    let points = try Self.calibration().calibration.sweep(Self.gates)
    let front = GateCalibration.front(points)
    #expect(front.count > 2)
    for place in front {
      let isBeaten = points.contains {
        $0.cropsPerDay <= points[place].cropsPerDay && $0.accuracy! > points[place].accuracy!
      }
      #expect(!isBeaten)
    }
  }
}
