import Foundation
import TestSupport
import Testing

/// Storyboards through the built program, on a recording that is made up here.
@Suite("Storyboards")
struct StoryboardEndToEndTests {
  /// Six minutes of two stations; the link is down for one of them.
  private func storyboard(expecting expectations: String) -> String {
    """
    {
      name: "six minutes",
      recordings: [{ record: "belt.detections.csv", labels: "belt_boxes.npy" }],
      shift: { length: "6min", block: "2s" },
      box: {
        board: "cortex-a72-1500mhz", model: "\(SharedData.repository)/models/gesture/card.json5",
        latency: { median: "30ms", p99: "36ms" },
      },
      cascade: {
        queue: { capacity: 500, longestAge: "1h", batch: 10 },
        cloud: { assumed: [{ name: "ok", accuracy: 1 }, { name: "tear", accuracy: 1 }] },
      },
      link: "good-lte",
      providers: [
        { name: "vision", latency: { median: "400ms", p99: "900ms" }, price: { request: 0.001 } },
      ],
      stations: [{ name: "line", count: 2 }],
      incidents: [{ at: "2min", for: "1min", kind: "link-down" }],
      currency: "$",
      expect: [\(expectations)],
    }
    """
  }

  private func write(_ text: String, to folder: Folder, name: String = "storyboard.json5") throws {
    var record = """
      preflash detections,1
      classes,ok,tear
      frame period,40000
      frames,500
      detections,125
      model,,0000000000000000
      crops,encoded
      frame,time,x,y,width,height,class,score,runner-up,runner-up score,crop bytes,crop hash

      """
    var boxes: [UInt8] = []
    for frame in 0..<500 {
      let time = frame * 40_000
      guard frame % 4 == 0 else {
        record += "\(frame),\(time),,,,,,,,,,\n"
        continue
      }
      let (isTear, isDoubtful) = (frame % 28 == 0, frame % 40 == 0)
      // A doubtful box is always called ok.
      let name = isTear && !isDoubtful ? "tear" : "ok"
      let score = isDoubtful ? "0.4" : "0.9"
      let hash = String(UInt64(frame) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
      record +=
        "\(frame),\(time),20,30,60,40,\(name),\(score),\(name == "ok" ? "tear" : "ok"),0.1,9000,"
      record += String(repeating: "0", count: 16 - hash.count) + hash + "\n"
      withUnsafeBytes(of: Int64(time).littleEndian) { boxes += $0 }
      for side in [Float(20), 30, 60, 40] { withUnsafeBytes(of: side) { boxes += $0 } }
      for number in [UInt32(isTear ? 1 : 0), 1] { withUnsafeBytes(of: number) { boxes += $0 } }
      withUnsafeBytes(of: Float(1)) { boxes += $0 }
    }
    let names = ["t", "x", "y", "w", "h", "class_id", "track_id", "class_confidence"]
    let types = ["<i8", "<f4", "<f4", "<f4", "<f4", "<u4", "<u4", "<f4"]
    let fields = zip(names, types).map { "('\($0)', '\($1)')" }.joined(separator: ", ")
    _ = try folder.write(Array(record.utf8), to: "belt.detections.csv")
    _ = try folder.write(
      NumpyFixture.npy("[\(fields)]", "(125,)", boxes), to: "belt_boxes.npy")
    _ = try folder.write(Array(text.utf8), to: name)
  }

  @Test("hold, or break with the first expectation and its minutes")
  func verdicts() throws {
    try Folder.temporary { folder in
      try write(storyboard(expecting: "\"lost frames == 0\", \"batched > 0\""), to: folder)
      let good = try Tool.run(["rehearse", folder.path])
      #expect(good.status == 0 && good.errors.isEmpty, "\(good.errors)")
      #expect(good.output.hasSuffix("\n"))
      #expect(good.output.contains("PASS\n  ✓ lost frames == 0: 0\n  ✓ batched > 0: "))
      #expect(good.output.contains("link-down"))
      #expect(!good.output.contains("\u{1B}"))
      try write(storyboard(expecting: "\"lost frames == 0\", \"batched == 0\""), to: folder)
      let bad = try Tool.run(["rehearse", folder.file("storyboard.json5")])
      #expect(bad.status == 1 && bad.errors.isEmpty)
      #expect(bad.output.contains("first broken: batched == 0, but "))
    }
  }

  @Test("print the same bytes on one thread and on two")
  func jobs() throws {
    try Folder.temporary { folder in
      try write(storyboard(expecting: "\"p99 < 2 s\""), to: folder)
      let one = try Tool.run(["rehearse", folder.path, "--json", "--jobs", "1"])
      let two = try Tool.run(["rehearse", folder.path, "--json", "--jobs", "2"])
      #expect(one.status == 0 && one.output == two.output)
      let object = try JSONSerialization.jsonObject(with: Data(one.output.utf8))
      let runs = try #require((object as? [String: Any])?["runs"] as? [String: Any])
      #expect(Set(runs.keys) == ["edge only", "cascade", "without incident"])
    }
  }

  @Test("are told in one line what is wrong with them")
  func badInput() throws {
    try Folder.temporary { folder in
      for (old, new, problem) in [
        ("cortex-a72-1500mhz", "cortex-a73", "line 6: box.board: expected an edge box"),
        ("gesture/card.json5", "none/card.json5", "box.model: expected a file, found none"),
        ("belt.detections.csv", "none.csv", "line 3: recordings[0].record: expected a file"),
        ("good-lte", "godo-lte", "did you mean good-lte?"),
        ("capacity: 500", "capacity: -5", "cascade.queue.capacity: expected 1 to"),
        ("batched > 0", "bached > 0", "line 20: expect[0]: expected a figure"),
        ("link-down", "provider-error\", provider: \"none", "expected one of vision"),
      ] {
        let text = storyboard(expecting: "\"batched > 0\"").replacingOccurrences(of: old, with: new)
        try write(text, to: folder)
        let outcome = try Tool.run(["rehearse", folder.path])
        #expect(outcome.status == 2 && outcome.output.isEmpty, "\(problem)")
        #expect(outcome.errors.contains(problem), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
      }
      let empty = try Tool.run(["rehearse", folder.file("nowhere")])
      #expect(empty.status == 2 && empty.errors.contains("there is no such file"))
    }
  }

  @Test("are guarded by a baseline")
  func check() throws {
    try Folder.temporary { folder in
      try write(storyboard(expecting: "\"lost frames == 0\""), to: folder)
      let missing = try Tool.run(["check", folder.path])
      #expect(missing.status == 1 && missing.output.contains("no baseline.json beside it"))
      #expect(try Tool.run(["check", folder.path, "--update"]).status == 0)
      let same = try Tool.run(["check", folder.path])
      #expect(same.status == 0 && same.output.contains("same    \(folder.path)/storyboard.json5"))
      try write(
        storyboard(expecting: "\"lost frames == 0\"").replacingOccurrences(
          of: "for: \"1min\"", with: "for: \"2min\""),
        to: folder)
      let changed = try Tool.run(["check", folder.path])
      #expect(changed.status == 1 && changed.output.contains("runs.cascade.total.queued"))
      try write(storyboard(expecting: ""), to: folder, name: "scenario.json5")
      let both = try Tool.run(["check", folder.path])
      #expect(both.status == 2 && both.errors.contains("found both"))
    }
  }

  @Test("are swept and calibrated")
  func sweepAndCalibration() throws {
    try Folder.temporary { folder in
      try write(storyboard(expecting: ""), to: folder)
      let sweep = try Tool.run([
        "sweep", "cascade", folder.path, "--thresholds", "0.3,0.5", "--policies", "both",
      ])
      #expect(sweep.status == 0, "\(sweep.errors)")
      #expect(sweep.output.contains("◎") && sweep.output.contains("┤"))
      let gates = try Tool.run(["calibrate", folder.path, "--rate", "5"])
      #expect(gates.status == 0 && gates.output.contains("held out"), "\(gates.errors)")
      let withSign = try Tool.run(["calibrate", folder.path, "--rate", "5 %"])
      #expect(withSign.status == 0 && withSign.output == gates.output, "\(withSign.errors)")
      let none = try Tool.run(["calibrate", folder.path, "--accuracy", "100", "--margins", "0"])
      #expect(none.status <= 1 && none.output.contains("recording"))
      let two = try Tool.run(["calibrate", folder.path, "--rate", "5", "--cost", "1"])
      #expect(two.status == 2 && two.errors.contains("expected one of --rate"))
      let policy = try Tool.run(["sweep", "cascade", folder.path, "--policies", "bth"])
      #expect(policy.status == 2 && policy.errors.contains("did you mean both?"))
    }
  }
}
