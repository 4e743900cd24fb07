import Boards
import Bytes
import Models
import TestSupport
import Testing
import Timing

@Suite("Runtime profiles")
struct RuntimeProfileTests {
  @Test("every bundled profile is read and says how good it is", arguments: CycleModelTests.names)
  func bundled(name: String) throws {
    let profile = try Published.profile(name)
    #expect(profile.name == name)
    #expect(!profile.source.isEmpty)
    let limited = profile.operators.limits.flatMap(\.operators)
    for operatorName in profile.operators.names + limited + Array(profile.code.operators.keys) {
      #expect(OperatorKind.allCases.contains { $0.name == operatorName }, "\(operatorName)")
    }
    #expect(profile.evidence.isMeasured == !name.hasPrefix("tflm"))
    #expect((profile.activations == nil) == name.hasPrefix("tflm"))
  }

  @Test("TFLM has no TILE, ST's compilers have")
  func tile() throws {
    for name in CycleModelTests.names {
      #expect(try Published.profile(name).operators.has("TILE") == !name.hasPrefix("tflm"))
    }
  }

  @Test("errors measured on fewer than three families do not count")
  func fewFamilies() {
    var evidence = Evidence(families: ["A", "B", "C"], rows: 9, meanError: 0.05, worstError: 0.1)
    #expect(evidence.isMeasured)
    evidence.families = ["A", "B"]
    #expect(!evidence.isMeasured)
  }

  @Test("code of a set of operators is less than the sum of its parts")
  func code() throws {
    // Measured: MLPerf Tiny IC 98.7 kB, VWW and KWS 104.0 kB of code with CMSIS-NN.
    let code = try Published.profile("tflm-cmsis-nn").code
    let shared: Set = ["CONV_2D", "FULLY_CONNECTED", "SOFTMAX", "RESHAPE", "AVERAGE_POOL_2D"]
    let initialized = 2112
    let classification = code.size(operators: shared.union(["ADD"]), layers: 16)
    #expect((classification.flash - initialized - 98_700).magnitude < 100)
    let wakeWords = code.size(operators: shared.union(["DEPTHWISE_CONV_2D"]), layers: 31)
    #expect((wakeWords.flash - initialized - 104_000).magnitude < 100)
    #expect(wakeWords.ram == 2112 + 336 && wakeWords.assumed.isEmpty)
    // Measured alone: 21,820 + 34,560 and 21,820 + 2,928.
    #expect(code.size(operators: ["CONV_2D"], layers: 1).flash == 56380 + 2112)
    let reshape = code.size(operators: ["RESHAPE"], layers: 1)
    #expect(reshape.flash == 24748 + 1072 && reshape.ram == 1072 + 276)
    #expect(code.size(operators: ["SVDF", "RESHAPE"], layers: 1).assumed == ["SVDF"])
  }

  @Test(
    "a profile that cannot be is refused with the place",
    arguments: [
      ("\"convolution.mac\": ", "\"convolution.max\": ", "cycles: expected the name of a cost"),
      ("\"convolution.mac\": ", "\"convolution.mac\": -", "cycles.convolution.mac"),
      ("fp32-half-even", "fp16", "arithmetic: expected one of"),
      ("tflm-greedy", "best", "planner"),
      ("  runtimeRAM: { base: ", "  runtimeRAM: { base: -1", "runtimeRAM"),
      ("  compilesAhead: true,", "", "compilesAhead"),
    ])
  func refuses(original: String, replacement: String, problem: String) throws {
    let file = "x-cube-ai-7.3.json5"
    var text = String(decoding: try SharedData.own("boards/runtimes/\(file)"), as: UTF8.self)
    let range = try #require(text.firstRange(of: original))
    text.replaceSubrange(range, with: replacement)
    let error = #expect(throws: InputError.self) {
      try RuntimeProfile(parsing: Array(text.utf8), file: file)
    }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
    #expect(error?.file == file)
  }
}
