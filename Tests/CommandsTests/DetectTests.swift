import Commands
import EdgeBox
import Metrics
import TestSupport
import Testing

@Suite("detect")
struct DetectTests {
  private static let card =
    "\(SharedData.repository)/models/conveyor/frames_structured_qat.card.json5"

  /// Three frames of a belt with many faults, and their boxes.
  private static func withBelt(_ body: (Folder) throws -> Void) throws {
    try Folder.temporary { folder in
      let belt = Capture.run([
        "synthesize", "conveyor", "--size", "320x240", "--scale", "200", "--duration", "100ms",
        "--gap", "0.02..0.05", "--frames", folder.file("belt.y4m"), "--boxes",
        folder.file("boxes.npy"),
      ])
      try #require(belt.status == .success, "\(belt.errors)")
      try body(folder)
    }
  }

  private static func detect(_ folder: Folder, _ words: [String]) -> Capture.Outcome {
    Capture.run(["detect", "--model", card, "--frames", folder.file("belt.y4m")] + words)
  }

  @Test("writes a record of every frame, the same with any number of threads, and judges it")
  func record() throws {
    try Self.withBelt { folder in
      let outcome = Self.detect(
        folder,
        [
          "--out", folder.file("one.detections.csv"), "--labels", folder.file("boxes.npy"),
          "--resamples", "0", "--jobs", "1",
        ])
      #expect(outcome.status == .success, "\(outcome.errors)")
      #expect(outcome.output.contains("3 of 320 × 240, one every 40.0 ms"))
      #expect(outcome.output.contains("AP50"))
      #expect(outcome.output.contains("doubtful") && outcome.output.contains("below 0.55"))
      let all = Self.detect(folder, ["--threshold", "1", "--margin", "0.3"])
      #expect(all.output.contains("3 frames, 100.00 %: the best score is below 1.00"))
      #expect(all.output.contains("nearer than 0.30"))
      let bytes = try folder.bytes("one.detections.csv")
      let record = try DetectionRecordFile.read(bytes, name: "one")
      #expect(record.times == [0, 40_000, 80_000] && record.framePeriod == 40_000)
      #expect(record.modelName == "frames_structured_qat" && record.modelChecksum != 0)
      #expect(!record.detections.isEmpty)
      for found in record.detections {
        #expect(found.box.x >= 0 && found.box.x + found.box.width <= 320.001)
        #expect(found.score >= 0.1 && found.runnerUpScore <= found.score)
        #expect(found.cropBytes > 328)
      }
      _ = Self.detect(folder, ["--out", folder.file("four.detections.csv"), "--jobs", "4"])
      #expect(try folder.bytes("four.detections.csv") == bytes)
    }
  }

  @Test("says what is missing or of no use")
  func faults() throws {
    try Self.withBelt { folder in
      let events = Self.detect(folder, ["--events", folder.file("belt.y4m")])
      #expect(events.status == .badInput && events.errors.contains("--events has no use"))
      let none = Capture.run(["detect", "--model", Self.card])
      #expect(none.status == .badInput && none.errors.contains("missing --frames FILE"))
      let gesture = Capture.run([
        "detect", "--model", "\(SharedData.repository)/models/gesture/card.json5", "--frames",
        folder.file("belt.y4m"),
      ])
      #expect(gesture.status == .badInput && gesture.errors.contains("detector: expected"))
    }
  }
}
