import Foundation
import TestSupport
import Testing

@Suite("fit, end to end")
struct FitEndToEndTests {
  private static let model = "models/gesture/gesture_int8.tflite"

  private func fit(_ words: String) throws -> Tool.Outcome {
    try Folder.withBundledData { folder in
      try Tool.run(["fit", Self.model] + words.split(separator: " ").map(String.init), in: folder)
    }
  }

  @Test(
    "what was mistyped is one line with the nearest name, and ends with 2",
    arguments: [
      ("--board stm32h743z", "did you mean stm32h743zi?"),
      ("--board arduino", "boards are stm32f746g-disco,"),
      ("--runtime tflm-cmsisnn", "did you mean tflm-cmsis-nn?"),
      ("--runtime onnx", "runtimes are st-edge-ai-3.0,"),
      ("--budget flsh=1MB", "did you mean flash?"), ("--budget speed=1MB", "as in flash=1MB"),
      ("--budget flash=1mb", "did you mean 1MB?"), ("--budget latency=20", "units are ns,"),
      ("--budget latency=20mss", "units are ns,"), ("--budget ram=", "as in flash=1MB"),
      ("--budget ram=1MB,ram=2MB", "given twice"),
      ("--place arena=AXISRAM", "did you mean AXI_SRAM?"),
      ("--place arna=DTCM", "did you mean arena?"),
      ("--bugdet flash=1MB", "did you mean --budget?"),
    ])
  func mistakes(words: String, advice: String) throws {
    let outcome = try fit(words)
    #expect(outcome.status == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("preflash: "))
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
    #expect(outcome.errors.contains(advice), "\(outcome.errors)")
  }

  @Test("a model that is not there or not a model is one line, and ends with 2")
  func models() throws {
    try Folder.temporary { folder in
      let text = try folder.write(Array("hello, world".utf8), to: "text.tflite")
      for path in ["none.tflite", text] {
        let outcome = try Tool.run(["fit", path])
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      }
    }
  }

  @Test("a failing budget ends with 1, and each remedy's option passes when it is followed")
  func advice() throws {
    let failing = try fit("--budget latency=10ms")
    #expect(failing.status == 1)
    #expect(failing.output.hasPrefix("FAIL  models/gesture"))
    let options = failing.output.components(separatedBy: "--runtime ").dropFirst().compactMap {
      $0.split(whereSeparator: { " \n".contains($0) }).first
    }
    #expect(!options.isEmpty)
    for option in options {
      let outcome = try fit("--budget latency=10ms --runtime \(option)")
      #expect(outcome.status == 0 && outcome.output.hasPrefix("PASS"))
    }
    #expect(try fit("--budget latency=100ms").status == 0)
  }

  @Test("all runtimes in one table, 0 when one passes and 1 when none does")
  func runtimes() throws {
    let some = try fit("--runtime all --budget latency=10ms")
    #expect(some.status == 0)
    #expect(some.output.contains("FAIL  tflm-reference"))
    #expect(try fit("--runtime all --budget latency=10us").status == 1)
    let json = try fit("--runtime all --json").output
    let value = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect((value?["runtimes"] as? [Any])?.count == 6)
  }

  @Test("JSON says why, what would pass, and how good each layer's time is")
  func json() throws {
    let outcome = try fit("--budget latency=10ms --json")
    #expect(outcome.status == 1)
    let value = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    for key in ["passes", "checks", "flash", "ram", "latency", "operators", "advice", "layers"] {
      #expect(value[key] != nil, "\(key)")
    }
    let advice = try #require(value["advice"] as? [String: Any])
    #expect((advice["remedies"] as? [Any])?.isEmpty == false)
  }

  @Test("colours nothing in a pipe and keeps to 100 columns")
  func manners() throws {
    for words in ["--budget latency=10ms --layers", "--runtime all", "--board stm32f746g-disco"] {
      let output = try fit(words).output
      #expect(!output.contains("\u{1B}"))
      for line in output.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    }
  }
}
