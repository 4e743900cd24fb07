import Commands
import Foundation
import TestSupport
import Testing

@Suite("preflash evaluate boxes")
struct EvaluateBoxesTests {
  private let truth = "\(SharedData.path)/coco_fixture/gt.json"
  private let found = "\(SharedData.path)/coco_fixture/dt.json"

  @Test(
    "prints the reference's figures, with intervals around them", .enabled(if: SharedData.isPresent)
  )
  func fixture() {
    let (status, output, errors) = Capture.run([
      "evaluate", "boxes", truth, found, "--resamples", "50",
    ])
    #expect(status == .success, "\(errors)")
    let lines = output.split(separator: "\n").map(String.init)
    let cells = { (title: String) in
      lines.first { $0.hasPrefix(title + " ") }?.split(separator: " ").map(String.init) ?? []
    }
    #expect(cells("AP").prefix(3) == ["AP", "29.6", "%"])
    #expect(cells("AP50").prefix(3) == ["AP50", "64.3", "%"])
    #expect(cells("ARl").prefix(3) == ["ARl", "44.8", "%"])
    #expect(cells("c1").count > 10)
    let interval = cells("AP")[3].split(separator: "–").compactMap { Double($0) }
    #expect(interval.count == 2 && interval[0] < 29.6 && 29.6 < interval[1])
    #expect(output.contains("50 resamples of"))
  }

  @Test(
    "a detector against itself differs in nothing; JSON holds every figure and the curve",
    .enabled(if: SharedData.isPresent))
  func against() throws {
    let (status, output, errors) = Capture.run([
      "evaluate", "boxes", truth, found, "--against", found, "--resamples", "20", "--curves",
      "--json",
    ])
    #expect(status == .success, "\(errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let detector = try #require(json["detector"] as? [String: Any])
    let figures = try #require(detector["figures"] as? [String: [String: Double]])
    #expect(figures.count == 12 && figures["AP75"]?["value"] == 0.189957102)
    let difference = try #require(json["difference"] as? [String: Any])
    let differences = try #require(difference["figures"] as? [String: [String: Double]])
    #expect(differences["AP"] == ["value": 0, "lower": 0, "upper": 0])
    let classes = try #require(detector["classes"] as? [[String: Any]])
    #expect(classes.count == 8)
    #expect((classes[0]["precisionAt50ByRecall"] as? [Double])?.count == 101)
  }

  @Test("says what a recording's filter left out, and wants as many files on both sides")
  func recordings() throws {
    try Folder.temporary { folder in
      let names = ["t", "x", "y", "w", "h", "class_id", "class_confidence"]
      let types = ["<i8", "<f4", "<f4", "<f4", "<f4", "<u4", "<f4"]
      let fields = zip(names, types).map { "('\($0)', '\($1)')" }.joined(separator: ", ")
      func side(_ value: Float) -> [UInt8] { NumpyFixture.little(Int(value.bitPattern), 4) }
      let rows = [0, 1_000_000].flatMap { (time: Int) in
        NumpyFixture.little(time, 8) + side(3) + side(4) + side(50) + side(60)
          + NumpyFixture.little(0, 4) + side(0.5)
      }
      let path = try folder.write(
        NumpyFixture.npy("[\(fields)]", "(2,)", rows), to: "boxes.npy")
      let outcome = Capture.run(["evaluate", "boxes", path, path, "--filter", "gen1"])
      #expect(outcome.status == .success, "\(outcome.errors)")
      let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(words.contains("AP 100.0 %"))
      #expect(words.contains("left out by the filter gen1: 1 objects, 1 detections"))
      #expect(words.contains("No intervals: there are fewer than two clips"))
      let empty = folder.file("none")
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let uneven = Capture.run(["evaluate", "boxes", path, empty])
      #expect(uneven.status == .badInput)
      #expect(uneven.errors.contains("expected 1 files of boxes"))
    }
  }
}
