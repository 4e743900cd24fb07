import EdgeBox
import Metrics
import Reports
import Testing
import VirtualTime

@Suite struct CascadeSweepTests {
  private func point(_ cost: Int64, _ precision: Double?, isOperating: Bool = false)
    -> CascadeSweep.Point
  {
    let outcome = CascadeOutcome(variant: .cascade, stations: [], classNames: [], currency: "$")
    var point = CascadeSweep.Point(
      threshold: 0.5, link: "ideal", policy: .both, isOperating: isOperating, of: outcome)
    point.costPerDay = cost
    point.meanPrecision = precision
    return point
  }

  @Test func `no point of the front is beaten in both`() {
    let sweep = CascadeSweep(
      currency: "$",
      points: [
        point(3_000_000, 0.8), point(0, 0.7), point(2_000_000, 0.7), point(1_000_000, 0.75),
        point(4_000_000, 0.79), point(0, 0.6), point(5_000_000, nil),
      ])
    #expect(sweep.front == [1, 3, 0])
  }

  @Test func `the operating point and the front are marked`() {
    let sweep = CascadeSweep(
      currency: "$",
      points: [point(0, 0.7), point(2_000_000, 0.8, isOperating: true), point(3_000_000, 0.75)])
    let report = CascadeSweepReport(name: "sweep", sweep: sweep)
    let text = report.text()
    #expect(text.contains("● ◎"))
    let plot = text.split(separator: "\n").filter { $0.contains("┤") }
    #expect(plot.count == 12)
    #expect(plot.first?.contains("80.0 % ┤") == true && plot.first?.contains("◎") == true)
    #expect(plot.last?.contains("70.0 % ┤●") == true)
    #expect(text.contains("$3.00 a day"))
    #expect(report.json.text.contains("\"isOnFront\": true"))
  }

  @Test func `a policy leaves of the gate what it names`() throws {
    let plan = try StoryboardFixture.storyboard().plan
    func gates(_ policy: CascadeSweep.Policy) -> [CascadePlan.Gate] {
      CascadeSweep.gates(of: plan, policy, threshold: 0.7)
    }
    #expect(gates(.both).map(\.threshold) == [0.7, 0.7])
    #expect(gates(.both).map(\.margin) == [0.15, 0.15])
    #expect(gates(.threshold).map(\.margin) == [0, 0])
    #expect(gates(.margin).map(\.threshold) == [0, 0])
  }
}
