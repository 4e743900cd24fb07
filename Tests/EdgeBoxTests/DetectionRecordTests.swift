import EdgeBox
import Metrics
import Testing

@Suite("What a detector said of a recording")
struct DetectionRecordTests {
  @Test("Each frame gives back its own detections, and none where there were none")
  func framesKeepTheirDetections() {
    var record = DetectionRecord(classNames: ["ok", "scratch"], framePeriod: 40_000)
    let found = Detection(
      box: PixelBox(x: 1, y: 2, width: 3, height: 4), category: 1, score: 0.5, runnerUp: 0,
      runnerUpScore: 0.4, cropBytes: 11_000, cropHash: 7)
    record.append(time: 0, [])
    record.append(time: 40_000, [found, found])
    record.append(time: 80_000, [found])
    #expect(record.frameCount == 3)
    #expect(record[0].isEmpty)
    #expect(Array(record[1]) == [found, found])
    #expect(Array(record[2]) == [found])
  }
}
