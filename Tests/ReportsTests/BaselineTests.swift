import Bytes
import Reports
import TestSupport
import Testing
import VirtualTime

@Suite("Baselines")
struct BaselineTests {
  private let report: JSONValue = [
    "name": "a", "timing": ["p99": 1_500, "load": .decimal(0.25, places: 4)],
    "list": [1, 2], "deadline": .null, "fits": true,
  ]

  private func parsed(_ text: String) throws(InputError) -> Baseline {
    try Baseline(parsing: Array(text.utf8), file: "baseline.json")
  }

  @Test("every leaf is one line under its path")
  func flat() {
    #expect(
      Baseline(report).text == """
        {
          "name": "a",
          "timing.p99": 1500,
          "timing.load": "0.2500",
          "list[0]": 1,
          "list[1]": 2,
          "deadline": null,
          "fits": true
        }

        """)
  }

  @Test("what is written is what is read")
  func roundTrip() throws {
    let baseline = Baseline(report)
    #expect(try parsed(baseline.text) == baseline)
    #expect(try parsed(baseline.text).changes(to: baseline).isEmpty)
  }

  @Test("a report's baseline survives its file")
  func replay() throws {
    let baseline = Baseline(try ExampleReport.make().json)
    #expect(baseline.entries.count > 60)
    #expect(try parsed(baseline.text) == baseline)
  }

  @Test("changed, new and gone figures are named with what they were and are")
  func changes() throws {
    let old = try parsed("{ \"a\": 1, \"b\": \"0.50\", \"gone\": true, \"same\": null }")
    let new = try parsed("{ \"new\": 3, \"b\": \"0.51\", \"a\": 2, \"same\": null }")
    #expect(
      old.changes(to: new) == [
        .init(name: "new", old: nil, new: .integer(3)),
        .init(name: "b", old: .text("0.50"), new: .text("0.51")),
        .init(name: "a", old: .integer(1), new: .integer(2)),
        .init(name: "gone", old: .flag(true), new: nil),
      ])
  }

  @Test("what is no flat object is refused by name", arguments: ["[1]", "{ \"a\": [1] }", "{", ""])
  func refused(text: String) {
    let error = #expect(throws: InputError.self) { try parsed(text) }
    #expect(error?.file == "baseline.json")
  }

  @Test("damaged baselines are read or refused, never worse")
  func mutations() throws {
    let original = Array(Baseline(try ExampleReport.make().json).text.utf8)
    var random = SeededRandom(seed: 1, stream: "baseline mutations")
    // A quarter of a millisecond each: JSON of a hundred figures.
    for _ in 0..<(SharedData.runsSlowTests ? 40_000 : 500) {
      var bytes = original
      for _ in 0...random.next() % 3 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      bytes.removeLast(Int(random.next() % 100))
      do throws(InputError) {
        _ = try Baseline(parsing: bytes, file: "baseline.json")
      } catch {
        #expect(error.file == "baseline.json")
      }
    }
  }
}

@Suite("Check reports")
struct CheckReportTests {
  private let change = Baseline.Change(
    name: "timing.p99", old: .integer(1_500), new: .integer(1_600))

  @Test("a changed figure is named with old and new, and the way to accept it")
  func changed() {
    let report = CheckReport(
      folder: "traces",
      items: [
        .init(scenario: "traces/a/scenario.json5", finding: .unchanged, figureCount: 9),
        .init(scenario: "traces/b/scenario.json5", finding: .changed([change]), figureCount: 9),
      ])
    #expect(!report.passes)
    #expect(
      report.text() == """
        same    traces/a/scenario.json5: 9 figures
        CHANGED traces/b/scenario.json5: 1 of 9 figures
                timing.p99  1,500  →  1,600
        FAIL: 1 of 2 scenarios; accept what is right with preflash check traces --update

        """)
    #expect(report.json.text.contains("\"old\": \"1,500\""))
  }

  @Test("a missing baseline fails, an updated one passes")
  func missing() {
    let missing = CheckReport(
      folder: "t",
      items: [.init(scenario: "t/scenario.json5", finding: .noBaseline, figureCount: 9)])
    #expect(!missing.passes)
    #expect(missing.text().contains("MISSING t/scenario.json5: no baseline.json beside it"))
    let updated = CheckReport(
      folder: "t",
      items: [.init(scenario: "t/scenario.json5", finding: .updated([change]), figureCount: 9)])
    #expect(updated.passes)
    #expect(updated.text().contains("PASS: 1 of 1 scenarios"))
  }
}
