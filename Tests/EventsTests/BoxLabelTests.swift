import Bytes
import Events
import TestSupport
import Testing

/// Boxes of COCO files.
@Suite("Box labels")
struct BoxLabelTests {
  @Test("A COCO file without times needs a frame period", .enabled(if: SharedData.isPresent))
  func coco() throws {
    let bytes = try SharedData.bytes("coco_fixture/gt.json")
    let labels = try BoxLabels(coco: bytes, name: "gt.json", framePeriod: 40_000)
    #expect(labels.boxes.count == 419)
    #expect(
      labels.boxes[0]
        == BoxLabel(
          time: 0, x: 201.89, y: 135.34, width: 208.56, height: 33.37, classNumber: 3))
    #expect(labels.classNames.count == 8 && labels.classNames[1] == "c1")
    #expect(labels.frame == SensorSize(width: 640, height: 480))
    let error = #expect(throws: InputError.self) { try BoxLabels(coco: bytes, name: "gt.json") }
    #expect(error?.problem.contains("timestamp") == true)
    #expect(try BoxLabels(coco: labels.coco(), name: "own.json") == labels)
  }

  private let labels = BoxLabels(
    boxes: [
      BoxLabel(time: 40, x: 1.5, y: -2, width: 3, height: 4.25, classNumber: 1, track: 9),
      BoxLabel(
        time: 20, x: 5, y: 6, width: 7, height: 8, classNumber: 0, confidence: 0.5),
      BoxLabel(time: 40, x: 0, y: 0, width: 1, height: 1, classNumber: 0),
    ], classNames: [0: "car", 1: "pedestrian"], frame: SensorSize(width: 304, height: 240))

  @Test("Boxes come back from the COCO file that they were written to")
  func roundTrip() throws {
    let bytes = labels.coco()
    #expect(try BoxLabels(coco: bytes, name: "a.json") == labels)
    #expect(labels.coco() == bytes)
    let empty = BoxLabels(boxes: [])
    #expect(try BoxLabels(coco: empty.coco(), name: "a.json") == empty)
  }

  @Test(
    "What is wrong with a COCO file is told with its key",
    arguments: [
      ("{\"images\": []}", "‘annotations’"),
      ("{\"images\": [{\"id\": \"a\"}], \"annotations\": [], \"categories\": []}", "images[0].id"),
      (
        "{\"images\": [], \"categories\": [], \"annotations\": "
          + "[{\"image_id\": 3, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]}", "image_id 3"
      ),
      (
        "{\"images\": [{\"id\": 1, \"timestamp\": 5}], \"categories\": [], \"annotations\": "
          + "[{\"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3]}]}", "annotations[0]"
      ),
      ("[", "JSON"),
    ])
  func wrong(_ text: String, _ message: String) {
    let error = #expect(throws: InputError.self) {
      try BoxLabels(coco: Array(text.utf8), name: "a.json")
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test("Damaged box files read or throw")
  func mutated() {
    let json = labels.coco()
    var mutator = Mutator(seed: 23)
    var read = 0
    for _ in 0..<(SharedData.runsSlowTests ? 50_000 : 1500) {
      do throws(InputError) {
        read += try BoxLabels(coco: mutator.mutated(json), name: "m").boxes.count
      } catch {
        #expect(error.file == "m")
      }
    }
    #expect(read > 100)
  }
}
