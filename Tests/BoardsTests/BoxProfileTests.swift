import Boards
import Bytes
import Foundation
import TestSupport
import Testing

@Suite("Edge box files")
struct BoxProfileTests {
  private static func text(_ name: String = "orin-nano-8gb") throws -> String {
    String(decoding: try SharedData.own("boards/boxes/\(name).json5"), as: UTF8.self)
  }

  private static func parse(_ text: String) throws(InputError) -> BoxProfile {
    try BoxProfile(parsing: Array(text.utf8), file: "box.json5")
  }

  @Test("bundled boxes are named like their files, and every figure of a mode has a source")
  func bundled() throws {
    for name in BoardMutationTests.boxes {
      let box = try Self.parse(try Self.text(name))
      #expect(box.name == name)
      #expect(box.modes.allSatisfy { !$0.source.isEmpty })
      #expect(box.runtimes.allSatisfy { !$0.source.isEmpty })
      #expect(!box.thermal.source.isEmpty && !box.jitter.source.isEmpty)
      #expect(box.jitter.sigma > 0)
      #expect(box.boardNames.contains("\(name)-\(box.modes[0].name)"))
      for runtime in box.runtimes {
        for precision in runtime.precisions {
          #expect(
            box.latencies.contains { $0.runtime == runtime.name && $0.precision == precision })
        }
      }
      for latency in box.latencies where !latency.isMeasured {
        #expect(latency.note?.hasPrefix("modelled") == true)
      }
    }
  }

  @Test("7 W is half the clusters at 408 MHz, MAXN all of them at 1020 MHz")
  func modes() throws {
    let box = try Self.parse(try Self.text())
    let low = try #require(box.mode("7w"))
    let high = try #require(box.mode("maxn"))
    #expect((low.clusters, low.gpuClock) == (2, 408_000_000))
    #expect((high.clusters, high.gpuClock) == (4, 1_020_000_000))
    #expect(box.measuredMode == high)
  }

  @Test(
    "what makes no sense is refused with its key",
    arguments: [
      ("defaultMode: \"25w\"", "defaultMode: \"26w\"", "did you mean 25w?"),
      ("clusters: 2,", "", "modes[0]"), ("idleWatts: 3,", "idleWatts: 8,", "modes[0].idleWatts"),
      ("engine: \"gpu\"", "engine: \"dla\"", "runtimes[0].engine"),
      ("memory: \"8GB\"", "memory: \"1GB\"", "systemMemory"),
      ("limit: 99", "limit: 20", "thermal.limit"), ("speedUp: 1.2", "speedUp: 9", "pairSparsity"),
      ("sigma: ", "sigma: 9", "jitter"), ("int8: 33.5", "int8: 0", "teraoperations.int8"),
      ("name: \"15w\"", "name: \"7w\"", "‘7w’ twice"),
      ("cores: 4", "core: 4", "modes[0]"),
      ("runtime: \"ncnn\"", "runtime: \"onnx\"", "runtimes are tensorrt, ncnn, tflite"),
      ("precisions: [\"fp32\"]", "precisions: []", "runtimes[1].precisions"),
    ])
  func refusals(old: String, new: String, message: String) throws {
    let whole = try Self.text()
    let range = try #require(whole.range(of: old), "\(old)")
    let error = #expect(throws: InputError.self) {
      try Self.parse(whole.replacingCharacters(in: range, with: new))
    }
    #expect(error?.file == "box.json5")
    #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("a load is one share of everything or one for each part, up to 90 %")
  func loads() throws {
    #expect(try BoxLoad(parsing: "30%") == BoxLoad(gpu: 0.3, cpu: 0.3, bandwidth: 0.3))
    #expect(try BoxLoad(parsing: "cpu=25%,gpu=50%") == BoxLoad(gpu: 0.5, cpu: 0.25))
    for text in ["", "30", "91%", "-1%", "nan%", "gpu=", "gpu=1%,gpu=2%", "gpu", "dla=3%,", "inf%"]
    {
      #expect(throws: InputError.self, "\(text)") { try BoxLoad(parsing: text) }
    }
    let error = #expect(throws: InputError.self) { try BoxLoad(parsing: "gpuu=3%") }
    #expect(error?.advice == "did you mean gpu?")
  }

  @Test("only a file with modes is a box's")
  func kinds() throws {
    #expect(BoxProfile.isBox(Array(try Self.text().utf8)))
    #expect(!BoxProfile.isBox(try SharedData.own("boards/stm32h743zi.json5")))
    #expect(!BoxProfile.isBox([]))
  }
}
