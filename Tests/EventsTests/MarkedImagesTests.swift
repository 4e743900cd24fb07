import Bytes
import Events
import Foundation
import Metrics
import TestSupport
import Testing

/// Files of objects and detections, judged as pycocotools judges them.
@Suite("Marked images")
struct MarkedImagesTests {
  private struct Expected: Decodable {
    var stats: [Double]
    var apPerCat: [Double]
    var pr50Cat1: [Double]
  }

  @Test(
    "pycocotools' figures of its fixture come out: all twelve, by class and along the curve",
    .enabled(if: SharedData.isPresent))
  func fixture() throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let expected = try decoder.decode(
      Expected.self, from: Data(try SharedData.bytes("coco_fixture/expected.json")))
    let images = try MarkedImages(coco: SharedData.bytes("coco_fixture/gt.json"), name: "gt")
    let detections = try images.detections(
      coco: SharedData.bytes("coco_fixture/dt.json"), name: "dt")
    #expect(detections.ofUnknownCategory == 0)
    let matches = DetectionMatches(
      images.truth, detections.boxes, imageCount: images.imageCount,
      categoryCount: images.categories.count)
    let summary = matches.summary()
    for (figure, value) in zip(DetectionFigure.allCases, expected.stats) {
      #expect(abs(try #require(summary.overall[figure]) - value) < 1e-12, "\(figure.title)")
    }
    for (figures, value) in zip(summary.classes, expected.apPerCat) {
      #expect(abs(try #require(figures[.precision]) - value) < 1e-12)
    }
    #expect(matches.precisionCurve(of: 0) == expected.pr50Cat1)
  }

  // MARK: What files may say

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private let truth = """
    {"images": [{"id": 7, "video_id": 3}, {"id": 2, "video_id": 9}],
     "categories": [{"id": 4, "name": "dent"}, {"id": 1, "name": "box"}],
     "annotations": [
       {"id": 0, "image_id": 7, "category_id": 4, "bbox": [1, 2, 3, 4.5], "iscrowd": true},
       {"id": 5, "image_id": 2, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 70, "iscrowd": 0}]}
    """

  @Test("Images and classes are in order of their numbers; an area left out is the box's")
  func order() throws {
    let images = try MarkedImages(coco: bytes(truth), name: "truth")
    #expect(images.categories.map(\.name) == ["box", "dent"])
    #expect(images.imageCount == 2 && images.clips == [1, 0])
    #expect(images.truth.map(\.image) == [1, 0] && images.truth.map(\.category) == [1, 0])
    #expect(images.truth.map(\.area) == [13.5, 70])
    #expect(images.truth.map(\.isCrowd) == [true, false])
    #expect(images.hasObjectZero)
  }

  @Test("Detections of a class that the truth does not know are counted and left out")
  func unknownClass() throws {
    let images = try MarkedImages(coco: bytes(truth), name: "truth")
    let found = try images.detections(
      coco: bytes(
        """
        [{"image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1},
         {"image_id": 2, "category_id": 2, "bbox": [0, 0, 1, 1], "score": 0.5}]
        """), name: "found")
    #expect(found.boxes.count == 1 && found.ofUnknownCategory == 1)
  }

  @Test(
    "What is wrong with a file is told with its key",
    arguments: [
      ("\"image_id\": 2", "\"image_id\": 3", "annotations[1]", "image_id 3"),
      ("\"category_id\": 1", "\"category_id\": 2", "annotations[1]", "category_id 2"),
      ("\"id\": 7", "\"id\": 2", "images", "found 2 twice"),
      ("\"id\": 5", "\"id\": 0", "annotations", "found 0 twice"),
      ("[0, 0, 9, 9]", "[0, 0, 9, -9]", "annotations[1]", "finite sides"),
      ("[0, 0, 9, 9]", "[0, 0, 9]", "annotations[1]", "4 numbers"),
      ("70", "-70", "annotations[1]", "area"),
      ("\"name\": \"dent\"", "\"title\": 4", "categories[0]", "‘name’"),
    ])
  func wrong(part: String, replacement: String, key: String, problem: String) {
    let text = truth.replacingOccurrences(of: part, with: replacement)
    let error = #expect(throws: InputError.self) {
      try MarkedImages(coco: bytes(text), name: "truth")
    }
    #expect(
      error?.place == .key(key) && error?.problem.contains(problem) == true,
      "\(String(describing: error))"
    )
  }

  @Test(
    "What is wrong with detections is told with their place in the list",
    arguments: [
      (
        "[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [0, 0, 1, 1], \"score\": 1}]",
        "image_id 1"
      ),
      ("[{\"image_id\": 2, \"category_id\": 1, \"bbox\": [0, 0, 1], \"score\": 1}]", "4 numbers"),
      ("[{\"image_id\": 2, \"category_id\": 1, \"bbox\": [0, 0, 1, 1]}]", "‘score’"),
      ("{}", "another type"),
      ("[", "a list of detections in JSON"),
    ])
  func wrongDetections(text: String, problem: String) throws {
    let images = try MarkedImages(coco: bytes(truth), name: "truth")
    let error = #expect(throws: InputError.self) {
      try images.detections(coco: bytes(text), name: "found")
    }
    #expect(error?.problem.contains(problem) == true, "\(String(describing: error))")
    #expect(error?.file == "found")
  }

  @Test("Damaged files read or throw, and what was read can be judged")
  func mutated() throws {
    let images = try MarkedImages(coco: bytes(truth), name: "truth")
    let found = bytes(
      "[{\"image_id\": 7, \"category_id\": 4, \"bbox\": [0.5, 2, 3, 4], \"score\": 0.25}]")
    var mutator = Mutator(seed: 31)
    var read = 0
    for _ in 0..<(SharedData.runsSlowTests ? 50_000 : 1500) {
      do throws(InputError) {
        let images = try MarkedImages(coco: mutator.mutated(bytes(truth)), name: "m")
        let found = try images.detections(coco: found, name: "m")
        _ = judged(images, found)
      } catch {
        #expect(error.file == "m")
      }
      do throws(InputError) {
        let found = try images.detections(coco: mutator.mutated(found), name: "m")
        read += judged(images, found).classes.count
      } catch {
        #expect(error.file == "m")
      }
    }
    #expect(read > 20)
  }

  private func judged(
    _ images: MarkedImages, _ found: MarkedImages.Detections
  ) -> DetectionSummary {
    DetectionMatches(
      images.truth, found.boxes, imageCount: images.imageCount,
      categoryCount: images.categories.count
    ).summary()
  }
}
