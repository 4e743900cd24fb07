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
    let lines = try SharedData.text("mcu/x_cube_ai_analyze.csv").split(separator: "\n").dropFirst()
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
    #expect(others == [4_646_932])
  }
}
