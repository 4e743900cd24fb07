import Bytes
import EdgeBox
import Events
import Foundation
import Metrics
import TestSupport
import Testing

@Suite("Detection records as files")
struct DetectionRecordFileTests {
  private static var record: DetectionRecord {
    var record = DetectionRecord(classNames: ["ok", "scratch", "tear"], framePeriod: 40_000)
    record.modelName = "conveyor int8"
    record.modelChecksum = 0xfe
    record.areCropsEncoded = false
    record.append(time: 0, [])
    record.append(
      time: 40_000,
      [
        Detection(
          box: PixelBox(x: -1.25, y: 2.1, width: 1 / 3, height: 40), category: 1, score: 0.9,
          runnerUp: 0, runnerUpScore: 0.1, cropBytes: 11_000, cropHash: .max),
        Detection(
          box: PixelBox(x: 0, y: 0, width: 0, height: 0), category: 2, score: 0, runnerUp: 0,
          runnerUpScore: 0, cropBytes: 0, cropHash: 0),
      ])
    record.append(time: 80_001, [])
    return record
  }

  private static func text(_ record: DetectionRecord = record) throws -> String {
    String(decoding: try DetectionRecordFile.bytes(record), as: UTF8.self)
  }

  private static func read(_ text: String) throws(InputError) -> DetectionRecord {
    try DetectionRecordFile.read(Array(text.utf8), name: "belt.detections.csv")
  }

  @Test("What is written reads back the same, and writes the same bytes again")
  func roundTrip() throws {
    let text = try Self.text()
    let read = try Self.read(text)
    #expect(read == Self.record)
    #expect(try Self.text(read) == text)
  }

  @Test("The file looks as documented")
  func form() throws {
    let lines = try Self.text().split(separator: "\n")
    #expect(
      lines == [
        "preflash detections,1", "classes,ok,scratch,tear", "frame period,40000", "frames,3",
        "detections,2", "model,conveyor int8,00000000000000fe", "crops,estimated",
        "frame,time,x,y,width,height,class,score,runner-up,runner-up score,crop bytes,crop hash",
        "0,0,,,,,,,,,,",
        "1,40000,-1.25,2.1,0.3333333333333333,40,scratch,0.9,ok,0.1,11000,ffffffffffffffff",
        "1,40000,0,0,0,0,tear,0.0,ok,0.0,0,0000000000000000", "2,80001,,,,,,,,,,",
      ])
  }

  @Test("A detector of one class has no runner-up")
  func singleClass() throws {
    var record = DetectionRecord(classNames: ["part"], framePeriod: 1)
    record.append(
      time: -5,
      [
        Detection(
          box: PixelBox(x: 0, y: 0, width: 1, height: 1), category: 0, score: 0.5, runnerUp: -1,
          runnerUpScore: 0, cropBytes: 1, cropHash: 1)
      ])
    #expect(try Self.read(Self.text(record)) == record)
  }

  @Test(
    "What is wrong is told by its line",
    arguments: [
      ("preflash detections,1", "preflash detections,2", "line 1: expected version 1"),
      ("scratch,tear", "scratch,ok", "line 2: expected a different name for each class"),
      ("frame period,40000", "frame period,0", "line 3: expected 1 to"),
      ("frames,3", "frames,4", "line 12: expected 4 frames with 2 detections"),
      ("detections,2", "detections,-2", "line 5: expected a number of detections"),
      ("00000000000000fe", "fe", "line 6: expected 16 hexadecimal digits"),
      ("crops,estimated", "crops,guessed", "line 7: expected encoded or estimated"),
      ("0,0,,,,,,,,,,", "1,0,,,,,,,,,,", "line 9: expected frame 0"),
      ("0,0,,,,,,,,,,", "0,0,,,,,,,,,", "line 9: expected 12 columns, found ‘11’"),
      ("2,80001", "3,80001", "line 12: expected frame 1 or 2"),
      ("2,80001", "2,40000", "line 12: expected a time after the frame before, 40000 µs"),
      ("2,80001", "1,40000", "line 12: expected one line for a frame without detections"),
      ("1,40000,0,", "1,40001,0,", "line 11: expected the time of frame 1"),
      (",40,scratch", ",nan,scratch", "line 10: expected pixels from 0 to 65536"),
      (",40,scratch", ",-40,scratch", "line 10: expected pixels from 0 to 65536"),
      ("scratch,0.9", "scratsh,0.9", "line 10: expected a class of the head"),
      ("scratch,0.9", "scratch,1.1", "line 10: expected a score from 0 to 1.0"),
      ("ok,0.1,", "ok,0.95,", "line 10: expected a score from 0 to 0.9"),
      ("ok,0.1,", "scratch,0.1,", "line 10: expected another class as runner-up"),
      (",11000,", ",-1,", "line 10: expected 0 to 1073741824 bytes"),
      ("ffffffffffffffff", "gfffffffffffffff", "line 10: expected 16 hexadecimal digits"),
    ])
  func badLines(_ good: String, _ bad: String, _ message: String) throws {
    let text = try Self.text()
    let range = try #require(text.range(of: good))
    let error = #expect(throws: InputError.self) {
      try Self.read(text.replacingCharacters(in: range, with: bad))
    }
    let found = error?.description ?? ""
    #expect(found.hasPrefix("belt.detections.csv: \(message)"), "\(found)")
  }

  @Test("A file cut short anywhere is refused")
  func truncation() throws {
    let bytes = try DetectionRecordFile.bytes(Self.record)
    for count in bytes.indices {
      #expect(throws: InputError.self) {
        try DetectionRecordFile.read(Array(bytes[..<count]), name: "cut")
      }
    }
  }

  @Test("Damaged files are refused or read as a record that writes itself again")
  func corruption() throws {
    let bytes = try DetectionRecordFile.bytes(Self.record)
    var mutator = Mutator(seed: 11)
    var refused = 0
    for _ in 0..<5_000 {
      do throws(InputError) {
        let record = try DetectionRecordFile.read(mutator.mutated(bytes), name: "damaged")
        let again = try DetectionRecordFile.bytes(record)
        #expect(try DetectionRecordFile.read(again, name: "again") == record)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 2_500)
  }

  @Test("Names that a table cannot hold are refused")
  func names() {
    var record = Self.record
    record.classNames[0] = "a,b"
    #expect(throws: InputError.self) { try DetectionRecordFile.bytes(record) }
  }
}

@Suite("The truth of a detection record")
struct DetectionTruthTests {
  private static var record: DetectionRecord {
    var record = DetectionRecord(classNames: ["ok", "tear"], framePeriod: 40_000)
    for time in [0, 40_000, 80_000] { record.append(time: Int64(time), []) }
    return record
  }

  private static func label(_ time: Int64, _ classNumber: Int) -> BoxLabel {
    BoxLabel(time: time, x: 1.5, y: 2, width: 3, height: 4, classNumber: classNumber)
  }

  @Test("Labels come onto the frame of their instant, in order of the frames")
  func joins() throws {
    var record = Self.record
    try record.mark(
      [Self.label(80_000, 1), Self.label(0, 0), Self.label(80_000, 0)], name: "boxes.npy")
    #expect(record.truth.map(\.image) == [0, 2, 2])
    #expect(record.truth.map(\.category) == [0, 1, 0])
    #expect(record.truth[0].box == PixelBox(x: 1.5, y: 2, width: 3, height: 4))
  }

  @Test("Label files may number classes otherwise")
  func numbers() throws {
    var record = Self.record
    try record.mark([Self.label(0, 9)], classNumbers: [4, 9], name: "boxes.npy")
    #expect(record.truth.map(\.category) == [1])
  }

  @Test(
    "A label between frames or of an unknown class is an error, not dropped",
    arguments: [
      (Int64(40_001), 0, "found 1 of 2 at other times, the first at 40001 µs"),
      (-40_000, 0, "found 1 of 2 at other times, the first at -40000 µs"),
      (120_000, 1, "found 1 of 2 at other times, the first at 120000 µs"),
      (0, 2, "found a box of class 2"),
    ])
  func astray(_ time: Int64, _ classNumber: Int, _ message: String) throws {
    var record = Self.record
    let error = #expect(throws: InputError.self) {
      try record.mark([Self.label(0, 0), Self.label(time, classNumber)], name: "boxes.npy")
    }
    #expect(error?.description.contains(message) == true)
    #expect(record.truth.isEmpty)
  }
}
