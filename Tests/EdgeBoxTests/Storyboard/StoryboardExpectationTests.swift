import Bytes
import EdgeBox
import Testing

@Suite struct StoryboardExpectationTests {
  static let names = StoryboardExpectation.Names(
    currency: "$", classes: ["ok", "missing label"], providers: ["vision"],
    keys: ["lines", "laboratory"], stations: ["line-1"],
    incidents: ["link-down at line-1", "lens contamination"])

  static func parse(_ text: String) throws(InputError) -> StoryboardExpectation {
    try StoryboardExpectation(parsing: text, names: names)
  }

  @Test(arguments: [
    ("p99 < 1.5 s", "p99", StoryboardExpectation.Comparison.below, 1.5),
    ("detector p99.9 <= 52ms", "detector p99.9", .atMost, 0.052),
    ("escalation p95 ≤ 2 min", "escalation p95", .atMost, 120),
    ("lost frames == 0", "lost frames", .equal, 0),
    ("cost/day < $5", "cost/day", .below, 5),
    ("cost of key laboratory <= 2.5 $", "cost of key laboratory", .atMost, 2.5),
    ("mAP ≥ 0.8", "mAP", .atLeast, 0.8),
    ("escalation rate < 5 %", "escalation rate", .below, 0.05),
    ("mAP drop < 2 points", "mAP drop", .below, 2),
    ("AP of missing label > 40 %", "AP of missing label", .above, 0.4),
    ("sent/day < 100 MB", "sent/day", .below, 1e8),
    ("energy<2 kWh", "energy", .below, 7.2e6),
  ])
  func `a figure, a comparison and a quantity`(
    _ text: String, _ figure: String, _ comparison: StoryboardExpectation.Comparison,
    _ limit: Double
  ) throws {
    let expectation = try Self.parse(text)
    #expect(expectation.text == text)
    #expect(expectation.comparison == comparison)
    #expect((expectation.limit - limit).magnitude < 1e-9 * max(1, limit))
    guard case .figure(let parsed) = expectation.subject else {
      Issue.record("expected a figure")
      return
    }
    #expect(parsed.name == figure && parsed.side == .cascade)
  }

  @Test(arguments: [
    ("mAP edge-only > 0.5", StoryboardFigure.Side.edgeOnly),
    ("p99 without incident < 1 s", .withoutIncident),
    ("cost of provider vision without incident < $1", .withoutIncident),
  ])
  func `a figure may be of another run`(_ text: String, _ side: StoryboardFigure.Side) throws {
    guard case .figure(let figure) = try Self.parse(text).subject else {
      Issue.record("expected a figure")
      return
    }
    #expect(figure.side == side && !figure.name.contains(side.rawValue))
  }

  @Test func `an alarm is expected within a time of an incident`() throws {
    let lens = try Self.parse("drift alarm within 10 min of lens contamination")
    #expect(lens.subject == .alarm(incident: 1) && lens.limit == 600)
    let link = try Self.parse("drift alarm within 30s of link down")
    #expect(link.subject == .alarm(incident: 0) && link.limit == 30)
  }

  @Test(arguments: [
    ("p98 < 1 s", "expected a figure, found “p98”; did you mean “p95”?"),
    ("lost frame == 0", "did you mean “lost frames”?"),
    ("maP > 0.8", "did you mean “mAP”?"),
    ("nonsense beyond measure > 0.8", "figures are mean, p50"),
    ("cost of key laboratry < $1", "did you mean “cost of key laboratory”?"),
    ("AP of dent > 0.1", "there is AP of ok, missing label"),
    ("p99 = 1 s", "expected <, <=, ==, >= or >, found “p99 = 1 s”"),
    ("p99", "expected a figure, a comparison and a quantity"),
    ("p99 < 5", "expected a time such as 1.5 s, found “5”"),
    ("p99 < 5 MS", "did you mean 5 ms?"),
    ("p99 < 5 %", "expected a time such as 1.5 s"),
    ("lost frames == 0.5", "expected a whole number such as 0"),
    ("lost frames == -1", "expected a whole number such as 0"),
    ("cost/day < 5", "expected an amount such as $5, found “5”; the storyboard's currency is $"),
    ("cost/day < €5", "the storyboard's currency is $"),
    ("mAP > ", "expected a share such as 0.8 or 80 %"),
    ("mAP drop < 2 %", "expected a difference such as 2 points"),
    ("drift alarm within 10 min", "expected “drift alarm within a time of an incident”"),
    ("drift alarm within 10 of link-down", "expected a time such as 1.5 s"),
    ("drift alarm within 10 min of lens contaminatoin", "did you mean “lens contamination”?"),
    ("", "expected a figure, a comparison and a quantity"),
  ])
  func `what is none is told with what was probably meant`(_ text: String, _ part: String) throws {
    let error = #expect(throws: InputError.self) { try Self.parse(text) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }

  @Test func `comparisons hold as they read`() {
    let holds = StoryboardExpectation.Comparison.allCases.map { each in
      [1.0, 2, 3].map { each.holds($0, 2) }
    }
    #expect(
      holds == [
        [true, true, false], [false, true, true], [false, true, false], [true, false, false],
        [false, false, true],
      ])
  }
}
