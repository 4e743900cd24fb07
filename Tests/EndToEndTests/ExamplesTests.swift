import Foundation
import TestSupport
import Testing

@Suite("Examples")
struct ExamplesTests {
  /// Every example of every command, as its help prints it.
  private func examples() throws -> [String] {
    let list = try Tool.run(["--help"]).output.split(separator: "\n")
    let names = list.filter { $0.hasPrefix("  ") }.compactMap { line in
      line.dropFirst(2).range(of: "  ").map { line.dropFirst(2)[..<$0.lowerBound] }
    }
    return try names.flatMap { name in
      let help = try Tool.run(name.split(separator: " ").map(String.init) + ["--help"]).output
      return help.split(separator: "\n").filter { $0.hasPrefix("  preflash ") }
        .map { String($0.dropFirst("  preflash ".count)) }
    }
  }

  @Test("in the help work as they are printed", .timeLimit(.minutes(5)))
  func work() throws {
    let examples = try examples()
    #expect(examples.count >= 6)
    try Folder.withBundledData { folder in
      _ = try folder.write(window(1), to: "window.npy")
      for (name, bytes) in boxes() + [("logits.npz", logits()), ("belt.y4m", video())] {
        _ = try folder.write(bytes, to: name)
      }
      for example in examples {
        let words = example.split(separator: " ").map(String.init)
        let outcome = try Tool.run(words, in: folder)
        // 1 is the verdict that a budget is not met: an answer, too.
        #expect(outcome.status == 0 || outcome.status == 1, "\(example): \(outcome.errors)")
        #expect(!outcome.output.isEmpty, "\(example)")
      }
    }
  }

  /// Empty voxel grids for the gesture model, as NumPy would save them.
  private func window(_ count: Int) -> [UInt8] {
    NumpyFixture.npy(
      "'<f4'", "(\(count), 128, 128, 10)", [UInt8](repeating: 0, count: count * 4 * 128 * 128 * 10))
  }

  /// Two windows with scores that no model gave.
  private func logits() -> [UInt8] {
    let scores = NumpyFixture.npy("'<f4'", "(2, 11)", [UInt8](repeating: 0, count: 2 * 4 * 11))
    return NumpyFixture.zip([("inputs", window(2)), ("logits", scores)])
  }

  /// Two grey frames.
  private func video() -> [UInt8] {
    let frame = Array("FRAME\n".utf8) + [UInt8](repeating: 80, count: 320 * 240)
    return Array("YUV4MPEG2 W320 H240 F25:1 Ip A1:1 Cmono XCOLORRANGE=FULL\n".utf8) + frame + frame
  }

  /// Objects and detections, in COCO's form and in Prophesee's.
  private func boxes() -> [(String, [UInt8])] {
    let truth = """
      {"images": [{"id": 1}, {"id": 2}], "categories": [{"id": 1, "name": "box"}], "annotations":
      [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [9, 9, 50, 40], "area": 2000}]}
      """
    let found = """
      [{"image_id": 1, "category_id": 1, "bbox": [10, 9, 50, 40], "score": 0.75},
       {"image_id": 2, "category_id": 1, "bbox": [10, 9, 50, 40], "score": 0.5}]
      """
    let names = ["t", "x", "y", "w", "h", "class_id", "track_id", "class_confidence"]
    let types = ["<i8", "<f4", "<f4", "<f4", "<f4", "<u4", "<u4", "<f4"]
    let fields = zip(names, types).map { "('\($0)', '\($1)')" }.joined(separator: ", ")
    let recording = NumpyFixture.npy("[\(fields)]", "(1,)", [UInt8](repeating: 0, count: 36))
    return [
      ("truth.json", Array(truth.utf8)), ("detections.json", Array(found.utf8)),
      ("int8.json", Array(found.utf8)), ("float32.json", Array(found.utf8)),
      ("labels_bbox.npy", recording), ("found_bbox.npy", recording),
      ("belt_boxes.npy", recording),
    ]
  }
}
