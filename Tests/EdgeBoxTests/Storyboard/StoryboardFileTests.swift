import Bytes
import EdgeBox
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct StoryboardFileTests {
  @Test func `a storyboard becomes a plan`() throws {
    let storyboard = try StoryboardFixture.storyboard()
    let plan = storyboard.plan
    #expect(plan.seed == 3 && plan.days == 1)
    #expect(plan.shift == .seconds(600) && plan.block == .seconds(2))
    #expect(plan.repeatsParts)
    #expect(
      try !StoryboardFixture.storyboard("block: \"2s\"", "block: \"2s\", repeats: \"other-parts\"")
        .plan.repeatsParts)
    #expect(plan.gates.map(\.threshold) == [0.55, 0.48])
    #expect(plan.gates.map(\.margin) == [0.15, 0.15])
    #expect(plan.buffer == .seconds(2) && plan.network.rules.deadline == .seconds(2))
    #expect(plan.queue?.capacity == 1_000 && plan.ceiling?.limit == 5_000_000)
    #expect(plan.drift?.detectors == [.cusum] && plan.drift?.window == .seconds(30))
    #expect(plan.cloud.confusion[0][0] == 0.98 && plan.cloud.onNothing == [1, 0])
    #expect(storyboard.incidents.map(\.title) == ["link-down", "lens contamination"])
    #expect(plan.changes.first?.record == 1)
    // The last minute is for what is under way.
    #expect(plan.network.end == .zero + .seconds(660))
    #expect(storyboard.expectations.map(\.text) == ["lost frames == 0", "cost/day < $5"])
  }

  @Test(arguments: [
    ("threshold: 0.55,", "threshold: 1.5,", 11, "cascade.threshold: expected a share from 0 to 1"),
    ("margin: 0.15", "margin: -1", 11, "cascade.margin: expected a share from 0 to 1"),
    ("\"line-2\", threshold: 0.48", "\"line-9\"", 12, "expected a station or a group"),
    ("threshold: 0.48", "threshold: 48", 12, "cascade.sites[0].threshold: expected a share"),
    ("capacity: 1000", "capacity: 0", 13, "cascade.queue.capacity: expected 1 to"),
    ("limit: 5", "limit: 0", 14, "cascade.ceiling.limit: expected more than 0"),
    ("\"cusum\"", "\"cusun\"", 15, "did you mean cusum?"),
    ("\"tear\", accuracy: 0.9", "\"tare\", accuracy: 0.9", 19, "did you mean “tear”?"),
    ("accuracy: 0.98", "accuracy: 98", 18, "expected a share from 0 to 1"),
    ("nothing: \"ok\"", "nothing: \"air\"", 21, "expected one of ok, tear, no object"),
    ("at: \"5min\", recording: \"lens c", "at: \"5min\", recording: \"lense c", 27, "did you mean"),
    ("at: \"5min\"", "at: \"15min\"", 27, "expected a time before the last shift ends"),
    ("length: \"10min\"", "length: \"25h\"", 8, "shift.length: expected at most a day"),
    ("length: \"10min\"", "days: 0, length: \"10min\"", 8, "shift.days: expected 1 to 366"),
    ("block: \"2s\"", "block: \"2s\", repeats: \"othr-parts\"", 8, "did you mean other-parts?"),
    ("kind: \"link-down\"", "kind: \"link-dwn\"", 28, "did you mean link-down?"),
    (
      "{ at: \"2min\", for: \"1min\", kind: \"link-down\" }",
      """
      { at: "2min", for: "1min", kind: "link-down" },
      { at: "2min", for: "9s", kind: "link-down" }
      """, 29, "expected one incident at a time on the link"
    ),
    (
      "kind: \"link-down\"", "kind: \"provider-error\", provider: \"visoin\"", 28,
      "incidents[0].provider: expected one of vision, found ‘visoin’"
    ),
    (
      "recording: \"lens contamination\" }",
      "recording: \"lens contamination\" }, { at: \"6min\", recording: \"lens contamination\" }",
      27,
      "expected one scene at a time before a camera"
    ),
    ("\"lost frames == 0\"", "\"lost frmes == 0\"", 30, "did you mean “lost frames”?"),
    ("margin: 0.15", "margn: 0.15", 11, "did you mean ‘margin’?"),
    ("name: \"lens contamination\", record", "record", 6, "expected a name of its own, found none"),
  ])
  func `what is wrong has a line and what was expected`(
    _ old: String, _ new: String, _ line: Int, _ problem: String
  ) throws {
    let error = #expect(throws: InputError.self) {
      try StoryboardFixture.storyboard(old, new)
    }
    let text = error?.description ?? ""
    // Unknown names state their line themselves.
    #expect(
      text.hasPrefix("s.json5: line \(line): ") || text.contains("(line \(line))"), "\(text)")
    #expect(text.contains(problem), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test func `recordings must be of one kind`() throws {
    func problem(_ second: DetectionRecord) -> String {
      var parts = StoryboardFixture.parts
      parts.records[1] = second
      let error = #expect(throws: InputError.self) {
        try StoryboardFixture.storyboard(parts: parts)
      }
      return error?.description ?? ""
    }
    var other = StoryboardFixture.record(doubt: 3)
    other.framePeriod = 20_000
    #expect(problem(other).contains("expected the frame period of the first recording, 40000 µs"))
    other = StoryboardFixture.record(doubt: 3)
    other.modelName = "another"
    #expect(problem(other).contains("expected the detector of the first recording"))
    #expect(
      problem(StoryboardFixture.record(doubt: 3, classes: ["a", "b"]))
        .contains("expected the classes of the first recording, ok, tear, found a, b"))
    #expect(
      problem(DetectionRecord(classNames: ["ok", "tear"], framePeriod: 40_000))
        .contains("line 6: recordings[1].record: expected frames, found none"))
  }

  @Test(.timeLimit(.minutes(10))) func `damaged files end in an error and nothing worse`() {
    let bytes = Array(StoryboardFixture.text.utf8)
    func read(_ bytes: [UInt8]) {
      guard let file = try? StoryboardFile(parsing: bytes, file: "s.json5") else { return }
      _ = try? Storyboard(file, StoryboardFixture.parts)
    }
    for length in stride(from: 0, to: bytes.count, by: 7) { read(Array(bytes[..<length])) }
    var mutator = Mutator(seed: 11)
    for _ in 0..<(SharedData.runsSlowTests ? 20_000 : 1_000) { read(mutator.mutated(bytes)) }
  }
}
