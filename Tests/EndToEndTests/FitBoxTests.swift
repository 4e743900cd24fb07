import Foundation
import TestSupport
import Testing

@Suite("fit on an edge box, end to end")
struct FitBoxTests {
  private static let model = "models/gesture/gesture_int8.tflite"

  private func run(_ words: String) throws -> Tool.Outcome {
    try Folder.withBundledData { folder in
      try Tool.run(words.split(separator: " ").map(String.init), in: folder)
    }
  }

  private func fit(_ words: String) throws -> Tool.Outcome { try run("fit \(Self.model) \(words)") }

  @Test(
    "what was mistyped is one line with the nearest name, and ends with 2",
    arguments: [
      ("--board orin-nano-8gb-16w", "did you mean orin-nano-8gb-15w?"),
      ("--board orin-nano-8gb-turbo", "its modes are 7w, 15w, 25w, maxn"),
      ("--board orin-nano-8b", "did you mean orin-nano-8gb?"),
      ("--board pumpkin", "edge boxes are cortex-a72,"),
      ("--board xavier-nx --runtime tensort", "did you mean tensorrt?"),
      ("--board cortex-a72 --precision fp16", "expected int8 for a quantized model"),
      ("--board cortex-a72 --precision fp8", "expected one of fp32, fp16, int8"),
      ("--board xavier-nx --budget flash=1MB", "expected ram or latency for an edge box"),
      ("--board xavier-nx --load 95%", "expected a share from 0% to 90%"),
      ("--board xavier-nx --ambient hot", "--ambient: expected a number"),
      ("--board xavier-nx --layers --plan best", "--plan, --layers: for microcontrollers"),
      ("--board xavier-nx --reserve flash=1MB", "expected ram alone"),
      ("--precision int8", "are for edge boxes"),
    ])
  func mistakes(words: String, advice: String) throws {
    let outcome = try fit(words)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
    #expect(outcome.errors.contains(advice), "\(outcome.errors)")
  }

  @Test("a budget decides, in text and JSON, and modes order as they should")
  func verdicts() throws {
    #expect(try fit("--board orin-nano-8gb-15w --budget latency=12ms,ram=180MB").status == 0)
    let failing = try fit("--board orin-nano-8gb-7w --budget latency=1us --json")
    #expect(failing.status == 1)
    func median(_ board: String) throws -> Int {
      let output = try fit("--board \(board) --json").output
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
      #expect(value?["board"] as? String == board)
      let latency = try #require(value?["latency"] as? [String: Any])
      for key in ["p99Nanoseconds", "status", "heldOutMeanError", "jitter", "fittedModels"] {
        #expect(latency[key] != nil, "\(key)")
      }
      return try #require(latency["medianNanoseconds"] as? Int)
    }
    #expect(try median("orin-nano-8gb-7w") > median("orin-nano-8gb-15w"))
    #expect(try median("orin-nano-8gb-15w") > median("orin-nano-8gb-maxn"))
    #expect(try median("cortex-a72-1500mhz") > median("cortex-a72-1950mhz"))
  }

  @Test("without a mode it is the maker's own; a file's mode stands behind a colon")
  func names() throws {
    #expect(try fit("--board orin-nx-16gb").output.contains("Orin NX 16GB, 15 W"))
    let file = try fit("--board boards/boxes/orin-nx-16gb.json5:25w")
    #expect(file.output.contains("Orin NX 16GB, 25 W"))
    let list = try run("inspect board").output
    #expect(list.contains("stm32h743zi") && list.contains("orin-nano-8gb"))
    let box = try run("inspect board orin-nano-8gb --json").output
    let value = try JSONSerialization.jsonObject(with: Data(box.utf8)) as? [String: Any]
    #expect((value?["modes"] as? [Any])?.count == 4)
  }

  @Test("a sweep of windows has the latency of a box, and says that it is modelled")
  func sweep() throws {
    func sweep(_ board: String) throws -> [[String: Any]] {
      let output = try run(
        "sweep window traces/gestures --windows 50ms --board \(board) --json"
      ).output
      let value = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
      #expect(value?["inferenceTime"] as? String == "estimated: modelled, not validated")
      return try #require(value?["windows"] as? [[String: Any]])
    }
    let slow = try sweep("orin-nx-16gb-15w")
    let fast = try sweep("orin-nx-16gb-maxn")
    #expect(slow.count == 1 && fast.count == 1)
    for (slow, fast) in zip(slow, fast) {
      for key in ["preprocessingNanoseconds", "inferenceNanoseconds"] {
        let (slow, fast) = (slow[key] as? Int ?? 0, fast[key] as? Int ?? 0)
        #expect(slow > fast && fast > 0, "\(key)")
      }
      // Without lost events, what is answered does not depend on the mode.
      #expect(slow["outputsDigest"] as? String == fast["outputsDigest"] as? String)
    }
  }

  @Test("keeps to 100 columns")
  func columns() throws {
    for words in [
      "fit \(Self.model) --board orin-nano-8gb-7w --budget latency=1us --load 30% --ambient 60",
      "fit \(Self.model) --board cortex-a72 --budget latency=2ms", "inspect board",
      "inspect board orin-nx-16gb", "inspect board cortex-a72",
    ] {
      let output = try run(words).output
      #expect(!output.isEmpty)
      for line in output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }
  }
}
