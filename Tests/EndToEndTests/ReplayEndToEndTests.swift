import Foundation
import TestSupport
import Testing

/// A scenario of ten windows that takes no time to replay, with the bundled model.
private struct SmallScenario {
  let folder: Folder
  var path: String { folder.file("scenario.json5") }

  init(_ folder: Folder, edit: (String) -> String = { $0 }) throws {
    self.folder = folder
    let text = """
      {
        name: "ten windows",
        trace: { file: "trace.csv", origin: "synthetic", labels: "labels.csv" },
        model: "\(SharedData.repository)/models/gesture/card.json5",
        windows: { length: "50ms", origin: "first-event" },
        device: {
          board: "stm32h743zi", runtime: "tflm-cmsis-nn",
          buffer: { size: "64KiB" }, queue: { policy: "queue", depth: 1 },
        },
        deadline: "1s",
        expect: { lostEventsAtMost: 0 },
      }
      """
    _ = try folder.write(Array(edit(text).utf8), to: "scenario.json5")
    var trace = "t,x,y,p\n"
    for index in 0...2_000 {
      trace += "\(1_000 + index * 250),\(index * 7 % 128),\(index * 13 % 128),\(index % 2)\n"
    }
    _ = try folder.write(Array(trace.utf8), to: "trace.csv")
    let labels = "class,startTime_usec,endTime_usec\n1,1000,251000\n2,260000,501000\n"
    _ = try folder.write(Array(labels.utf8), to: "labels.csv")
  }
}

@Suite("preflash replay")
struct ReplayEndToEndTests {
  private func object(_ text: String) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(json as? [String: Any])
  }

  @Test("prints a report whose accounts add up, the same as text and as JSON")
  func small() throws {
    try Folder.temporary { folder in
      let scenario = try SmallScenario(folder)
      let text = try Tool.run(["replay", folder.path])
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.errors.isEmpty)
      #expect(
        text.output.contains("events   2,001  = 2,000 used + 0 late + 1 dropped + 0 malformed"))
      #expect(text.output.contains("windows     10  = 9 scored + 0 unlabelled + 1 straddling"))
      #expect(text.output.contains("PASS"))
      #expect(!text.output.contains("\u{1B}"))
      let json = try Tool.run(["replay", scenario.path, "--json"])
      let events = try #require(try object(json.output)["events"] as? [String: Int])
      #expect(events["total"] == 2_001)
      #expect(
        events["total"]
          == events["used"]! + events["late"]! + events["dropped"]! + events["malformed"]!)
    }
  }

  @Test("gives the same bytes on one thread, on three, and again")
  func threads() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder)
      let one = try Tool.run(["replay", folder.path, "--json", "--jobs", "1"]).output
      #expect(try Tool.run(["replay", folder.path, "--json", "--jobs", "3"]).output == one)
      #expect(try Tool.run(["replay", folder.path, "--json", "--jobs", "1"]).output == one)
      #expect(one.count > 1_000)
    }
  }

  @Test("replays the part that is asked for, and says what was changed about it")
  func slice() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder)
      // Events at 101.0, 101.25 … 350.75 ms: five windows but for the last event.
      let words = ["replay", folder.path, "--from", "100ms", "--to", "@351ms", "--no-index"]
      let text = try Tool.run(words)
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.output.contains("only events from 0.101000 s and before 0.351000 s"))
      #expect(
        text.output.contains("events   1,000  = 800 used + 0 late + 200 dropped + 0 malformed"))
      let json = try Tool.run(words + ["--time-shift", "first", "--monotonic", "--json"]).output
      let trace = try #require(try object(json)["trace"] as? [String: Any])
      #expect(trace["firstMicrosecond"] as? Int == 0)
      #expect(trace["sliceFrom"] as? Int == 101_000 && trace["sliceTo"] as? Int == 351_000)
      #expect(trace["raisedTimes"] as? Int == 0)
    }
  }

  @Test("moves times against labels, by the scenario or by a word that outdoes it")
  func shift() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder) {
        $0.replacing("\"synthetic\"", with: "\"synthetic\", timeShift: \"250ms\"")
      }
      let moved = try Tool.run(["replay", folder.path, "--json"]).output
      let trace = try #require(try object(moved)["trace"] as? [String: Any])
      #expect(trace["firstMicrosecond"] as? Int == 251_000)
      let windows = try #require(try object(moved)["windows"] as? [String: Int])
      // Half of the windows now lie behind the labels.
      #expect(windows["unlabelled"] == 5, "\(windows)")
      let back = try Tool.run(["replay", folder.path, "--time-shift", "0s", "--json"]).output
      #expect((try object(back)["windows"] as? [String: Int])?["unlabelled"] == 0)
    }
  }

  @Test("ends with 1 when an expectation is not met, and says which")
  func verdict() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder) {
        $0.replacingOccurrences(of: "lostEventsAtMost: 0", with: "flashAtMost: \"1KB\"")
      }
      let outcome = try Tool.run(["replay", folder.path])
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("FAIL"))
      #expect(outcome.output.contains("flash at most 1,000 B") || outcome.output.contains("1000 B"))
    }
  }

  @Test(
    "names what is missing or wrong in one line and ends with 2",
    arguments: [
      ("trace.csv", "absent.csv", "trace.file: expected a file"),
      ("labels.csv", "absent.csv", "trace.labels: expected a file"),
      ("card.json5", "absent.json5", "model: expected a file"),
      ("stm32h743zi", "stm32h743zj", "did you mean stm32h743zi?"),
      ("deadline", "deadlien", "did you mean ‘deadline’?"),
      ("buffer: { size: \"64KiB\" }", "buffer: { size: \"0B\" }", "device.buffer.size: expected"),
    ])
  func faults(from: String, to: String, message: String) throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder) { $0.replacingOccurrences(of: from, with: to) }
      let outcome = try Tool.run(["replay", folder.path])
      #expect(outcome.status == 2)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
    }
  }

  @Test("a folder without a scenario is an error that says what to do")
  func noScenario() throws {
    try Folder.temporary { folder in
      let outcome = try Tool.run(["replay", folder.path])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("there is no scenario.json5 in it"))
    }
    #expect(try Tool.run(["replay", "/nonexistent"]).errors.contains("there is no such file"))
  }
}

@Suite("preflash sweep window")
struct SweepWindowEndToEndTests {
  @Test("prints a row and a plot for every window, the same on any number of threads")
  func small() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder)
      let words = ["sweep", "window", folder.path, "--windows", "20ms,50ms"]
      let text = try Tool.run(words)
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.errors.isEmpty)
      #expect(text.output.contains("over 2 windows in one pass, fixed weights"))
      #expect(text.output.contains("●"))
      let json = try Tool.run(words + ["--json", "--jobs", "1"])
      #expect(json.output.contains("\"medianEvents\": 80"))
      #expect(json.output.contains("\"medianEvents\": 200"))
      #expect(try Tool.run(words + ["--json", "--jobs", "3"]).output == json.output)
    }
  }

  @Test("judges a detector by the window that its scenario means, and by no other")
  func expectationOfADetector() throws {
    let words = ["sweep", "window", "traces/conveyor-events", "--windows", "5ms,40ms"]
    let sweep = try Tool.run(words)
    #expect(sweep.status == 0 && sweep.output.contains("holds: mAP@0.5 of"), "\(sweep.errors)")
    #expect(sweep.output.contains("with 40 ms") && !sweep.output.contains("BROKEN"))
  }

  @Test(
    "names what is wrong in one line and ends with 2",
    arguments: [
      (["--windows", "5"], "expected whole microseconds from 1us to 1h"),
      (["--windows", "5ms,"], "expected whole microseconds from 1us to 1h"),
      (["--from", "50ms", "--to", "5ms"], "--from is longer than --to"),
      (["--steps", "0"], "expected a number from 1 to 1000"),
      (["--windows", "5ms", "--steps", "2"], "--windows goes without"),
    ])
  func faults(words: [String], message: String) throws {
    let outcome = try Tool.run(["sweep", "window", "/nonexistent"] + words)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
  }

  @Test("filters and windows of events are in the replay's report, and its account adds up")
  func filtersAndEvents() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder) {
        $0.replacingOccurrences(
          of: "windows: { length: \"50ms\", origin: \"first-event\" }",
          with: "filters: [{ polarity: \"on\" }], windows: { events: 200 }")
      }
      let outcome = try Tool.run(["replay", folder.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("windows of 200 events every 200"))
      #expect(outcome.output.contains("filter polarity: removed 1,001 of 2,001 events"))
      #expect(
        outcome.output.contains(
          "events   2,001  = 1,000 used + 0 late + 0 dropped + 0 malformed + 1,001 filtered"))
      let refused = try Tool.run(["sweep", "window", folder.path])
      #expect(refused.status == 2)
      #expect(refused.errors.contains("expected windows of a length to sweep"))
    }
  }
}

@Suite("preflash check")
struct CheckEndToEndTests {
  @Test("fails without a baseline, writes one, and agrees with it")
  func update() throws {
    try Folder.temporary { folder in
      let scenario = try SmallScenario(folder)
      let missing = try Tool.run(["check", folder.path])
      #expect(missing.status == 1)
      #expect(missing.output.contains("MISSING \(scenario.path): no baseline.json beside it"))
      #expect(missing.output.contains("preflash check \(folder.path) --update"))
      #expect(try Tool.run(["check", folder.path, "--update"]).status == 0)
      let same = try Tool.run(["check", folder.path])
      #expect(same.status == 0, "\(same.output)")
      #expect(same.output.hasPrefix("same    \(scenario.path): "))
      #expect(try Tool.run(["check", folder.path, "--jobs", "3"]).output == same.output)
    }
  }

  @Test("names a figure that differs, with what it was and is, and ends with 1")
  func tampered() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder)
      _ = try Tool.run(["check", folder.path, "--update"])
      let baseline = String(decoding: try folder.bytes("baseline.json"), as: UTF8.self)
      let changed = baseline.replacingOccurrences(
        of: "\"events.total\": 2001", with: "\"events.total\": 1999")
      #expect(changed != baseline)
      _ = try folder.write(Array(changed.utf8), to: "baseline.json")
      let outcome = try Tool.run(["check", folder.path])
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("events.total  1,999  →  2,001"))
      let json = try Tool.run(["check", folder.path, "--json"])
      #expect(json.status == 1)
      #expect(json.output.contains("\"verdict\": \"FAIL\""))
    }
  }

  @Test("a damaged baseline is an error with a line, which --update repairs")
  func damaged() throws {
    try Folder.temporary { folder in
      _ = try SmallScenario(folder)
      _ = try folder.write(Array("{ \"a\": ".utf8), to: "baseline.json")
      let outcome = try Tool.run(["check", folder.path])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("baseline.json: line 1"))
      #expect(try Tool.run(["check", folder.path, "--update"]).status == 0)
      #expect(try Tool.run(["check", folder.path]).status == 0)
    }
  }

  @Test("a folder without scenarios is an error")
  func nothing() throws {
    try Folder.temporary { folder in
      let outcome = try Tool.run(["check", folder.path])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("expected folders with one of scenario.json5"))
    }
  }

  /// Slow where kernels are built without optimization.
  @Test("every bundled scenario is as its baseline says, and passes")
  func bundled() throws {
    let outcome = try Tool.run(["check", "\(SharedData.repository)/traces"])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
  }
}
