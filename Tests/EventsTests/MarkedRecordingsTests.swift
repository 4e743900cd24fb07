import Bytes
import Events
import Metrics
import TestSupport
import Testing

/// Detections in recordings of events, counted for the labelled times that they are near.
@Suite("Marked recordings")
struct MarkedRecordingsTests {
  private func box(
    _ time: Int64, x: Float = 0, side: Float = 40, class classNumber: Int = 0,
    confidence: Float = 1
  ) -> BoxLabel {
    BoxLabel(
      time: time, x: x, y: 0, width: side, height: side, classNumber: classNumber,
      confidence: confidence)
  }

  @Test("A detection counts for each labelled time within the tolerance, both ends included")
  func tolerance() throws {
    let truth = [box(200_000), box(100_000)]
    let found = [
      box(49_999), box(50_000), box(150_000), box(250_000), box(250_001), box(1_000_000),
    ]
    let marked = try MarkedRecordings([(truth, found)], filter: .none)
    #expect(marked.images.imageCount == 2)
    #expect(marked.images.truth.map(\.image) == [0, 1])
    #expect(marked.detections.boxes.map(\.image) == [0, 0, 1, 1])
    #expect(marked.atUnlabelledTimes == 3)
    let exact = try MarkedRecordings([(truth, found)], filter: .none, tolerance: 0)
    #expect(exact.detections.boxes.isEmpty && exact.atUnlabelledTimes == 6)
  }

  @Test("Each recording is a clip, and its times are its own")
  func clips() throws {
    let marked = try MarkedRecordings(
      [([box(0), box(9)], [box(0)]), ([box(0, class: 3)], [box(0, class: 5)])], filter: .none,
      tolerance: 0)
    #expect(marked.images.clips == [0, 0, 1])
    #expect(marked.images.categories.map(\.number) == [0, 3])
    #expect(marked.detections.boxes.count == 1 && marked.detections.ofUnknownCategory == 1)
  }

  @Test(
    "GEN1's and the megapixel camera's rules leave out what is early, small or of other classes")
  func filters() throws {
    let truth = [
      box(499_999), box(500_000), box(600_000, side: 25), box(600_000, side: 9),
      box(600_000, side: 45, class: 2), box(600_000, side: 45, class: 1),
    ]
    let gen1 = try MarkedRecordings([(truth, [box(0), box(600_000)])], filter: .gen1)
    #expect(gen1.images.categories.map(\.name) == ["car", "pedestrian"])
    #expect(gen1.images.truth.map(\.box.width) == [40, 25, 45])
    #expect(gen1.filteredTruth == 3 && gen1.filteredDetections == 1)
    let megapixel = try MarkedRecordings([(truth, [])], filter: .megapixel)
    #expect(megapixel.images.categories.map(\.name) == ["pedestrian", "two wheeler", "car"])
    #expect(megapixel.images.truth.map(\.box.width) == [45, 45])
    // The toolbox counts from the first box, and leaves out the first 0.1 s.
    let toolbox = try MarkedRecordings([(truth, [])], filter: .toolbox)
    #expect(toolbox.images.truth.map(\.box.width) == [25, 45])
  }

  @Test("Times at the ends of their range overflow nothing")
  func extremeTimes() throws {
    let times: [Int64] = [0, .max - 1, .max]
    let boxes = times.map { box($0) }
    for filter in BoxFilter.allCases {
      let marked = try MarkedRecordings([(boxes, boxes)], filter: filter, tolerance: .max)
      #expect(marked.images.truth.count + marked.filteredTruth == 3)
    }
  }
}
