import Models
import TestSupport
import Testing

@Suite("MACC as ST's tools count it", .enabled(if: SharedData.isPresent))
struct VendorWorkloadTests {
  static let files = [
    "AD01": "ad01_int8", "IC01": "ic_resnet8_int8", "KWS01": "kws_ref_model_int8",
    "VWW01": "vww_96_int8",
  ]

  @Test("every published figure to the unit but those of networks that lost dead channels")
  func published() throws {
    let lines = try SharedData.text("mcu/x_cube_ai_analyze.csv").split(whereSeparator: \.isNewline)
      .dropFirst()
    var exact = 0
    var others: Set<Int> = []
    for line in lines {
      let fields = line.split(separator: ",").map(String.init)
      let benchmark = fields[1].split(separator: "/").last?.split(separator: ".").first ?? ""
      let file = try #require(Self.files[String(benchmark)])
      let graph = try Model(tflite: SharedData.bytes("models/\(file).tflite"), name: file).main
      let found = graph.vendorMACC(softmaxPrice: fields[2] >= "8.1" ? 15 : 19)
      let expected = try #require(Int(fields[3]))
      if found == expected { exact += 1 } else { others.insert(expected) }
    }
    #expect(exact == lines.count - 3)
    // 8.1 leaves channels out, told by their weights.
    #expect(others == [4_646_932])
  }
}

@Suite("Dead channels", .enabled(if: SharedData.isPresent))
struct DeadChannelTests {
  @Test(
    "networks without dead channels stay as they are",
    arguments: ["ad01_int8", "ic_resnet8_int8", "kws_ref_model_int8"])
  func alive(file: String) throws {
    let graph = try Model(tflite: SharedData.bytes("models/\(file).tflite"), name: file).main
    let reduced = graph.withoutDeadChannels()
    #expect(reduced.vendorMACC(softmaxPrice: 15) == graph.vendorMACC(softmaxPrice: 15))
    #expect(reduced.constantBytes == graph.constantBytes)
  }

  @Test("the wake-word network loses channels; the tool's own figures are missed by this much")
  func wakeWords() throws {
    let graph = try Model(tflite: SharedData.bytes("models/vww_96_int8.tflite"), name: "vww").main
    let reduced = graph.withoutDeadChannels()
    // Published: 7,494,736 → 4,646,932 MACC.
    #expect(graph.vendorMACC(softmaxPrice: 15) == 7_494_736)
    let macc = reduced.vendorMACC(softmaxPrice: 15)
    #expect((3_500_000...4_646_932).contains(macc), "\(macc)")
    let weights = reduced.parameterBytes
    #expect((36_000...50_000).contains(weights), "\(weights)")
    for (before, after) in zip(graph.operators, reduced.operators) {
      #expect(before.inputs == after.inputs)
      #expect(reduced.macs(of: after) <= graph.macs(of: before))
    }
  }
}

extension Graph {
  /// Bytes of int8 weights and int32 biases.
  fileprivate var parameterBytes: Int {
    tensors.reduce(0) {
      $0 + ($1.constant != nil && ($1.type == .int8 || $1.shape.count == 1) ? $1.byteCount : 0)
    }
  }
}
