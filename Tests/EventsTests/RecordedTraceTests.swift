import Bytes
import Events
import TestSupport
import Testing

/// Recordings made and decoded by others: every event has to be theirs, in their order.
@Suite("Recorded traces", .enabled(if: SharedData.isPresent))
struct RecordedTraceTests {
  static let recordings = "events/recordings/"

  @Test(
    "A real recording decodes to the events on which other libraries agree",
    arguments: [
      "faery_evt2.raw", "rosbag1_evt3_640x480.raw", "tonic_sample_ncars.dat",
      "tonic_sample_nmnist.bin", "tonic_sample.aedat4", "aestream_davis.aedat4",
    ])
  func realRecording(_ name: String) throws {
    let table = tableRows(try SharedData.text(Self.recordings + "expected.csv"))
    let row = try #require(table.first { $0["file"] == name && $0["kind"] != "variant" })
    let bytes = try SharedData.bytes(Self.recordings + name)
    let (found, reader) = try TraceSummary.read(bytes, name: name)
    func expected(_ key: String) -> Int? { row[key].flatMap { Int($0) } }
    #expect(found.count == expected("n_events"))
    #expect(found.first == row["first"])
    #expect(found.last == row["last"])
    #expect(Int(found.minimumTime) == expected("t_min"))
    #expect(Int(found.maximumTime) == expected("t_max"))
    #expect(found.onCount == expected("n_on"))
    #expect(found.maximum == [expected("x_max"), expected("y_max")])
    #expect(found.backwardSteps == expected("nonmonotonic_steps"))
    // The sum of times since 1970 takes 64 bits without a sign.
    #expect(row["sum_t"].flatMap { UInt64($0) } == UInt64(bitPattern: Int64(found.sums[0])))
    #expect(Array(found.sums[1...]) == [expected("sum_x"), expected("sum_y")])
    #expect(found.checksum == row["sha256_packed_t8x2y2p1"])
    #expect(reader.anomalies[.backwardTime]?.count ?? 0 == expected("nonmonotonic_steps"))
    #expect(reader.anomalies.eventsLeftOut == 0)
    #expect(reader.eventCount == found.count)
    #expect(reader.bytesUsed == bytes.count)
    if let sensor = reader.sensor {
      #expect(sensor.width == expected("width"))
      #expect(sensor.height == expected("height"))
    }
  }

  @Test("The EVT3 recording with trigger words counts every one of them")
  func triggers() throws {
    let name = "rosbag1_evt3_640x480.raw"
    let read = try TraceSummary.read(try SharedData.bytes(Self.recordings + name), name: name)
    #expect(read.reader.triggers == 4157)
    #expect(read.reader.anomalies[.unknownWord] == nil)
  }

  @Test(
    "One recording in many containers decodes to the same events",
    arguments: [
      "g02_evt2.raw", "g02_evt3.raw", "g02.dat", "g02.csv", "g02_faery_evt3.raw",
      "g02_faery_evt2.raw", "g02_faery.dat", "g02_faery.csv", "g02_aedat31.aedat",
      "g02_faery.aedat4", "g02.npz",
    ])
  func container(_ name: String) throws {
    let table = tableRows(try SharedData.text("events/synthetic/expected_synthetic.csv"))
    let row = try #require(table.first { $0["file"] == name })
    let bytes = try SharedData.bytes("events/synthetic/" + name)
    let (found, reader) = try TraceSummary.read(bytes, name: name)
    #expect(found.count == row["n_events"].flatMap { Int($0) })
    #expect(found.first == row["first"])
    #expect(found.last == row["last"])
    #expect(found.checksum == row["sha256"])
    #expect(reader.anomalies.isEmpty)
    if name != "g02.csv" { #expect(reader.sensor == SensorSize(width: 128, height: 128)) }
  }

  @Test(
    "Pieces and batches of any size give the same events",
    arguments: [
      "g02_evt2.raw", "g02_evt3.raw", "g02.dat", "g02.csv", "g02_aedat31.aedat",
      "g02_faery.aedat4",
    ], [1, 3, 4093])
  func pieces(_ name: String, _ pieceSize: Int) throws {
    let table = tableRows(try SharedData.text("events/synthetic/expected_synthetic.csv"))
    let row = try #require(table.first { $0["file"] == name })
    let bytes = try SharedData.bytes("events/synthetic/" + name)
    let read = try TraceSummary.read(bytes, name: name, pieceSize: pieceSize, limit: 64 + pieceSize)
    #expect(read.summary.checksum == row["sha256"])
  }

  @Test("All 1,110 labelled recordings decode to the published events")
  func labelled() throws {
    let table = tableRows(try SharedData.text("events/labelled/expected_labelled.csv"))
    #expect(table.count == 1110)
    for row in table {
      let name = try #require(row["file"])
      let bytes = try SharedData.bytes("events/labelled/" + name)
      let (found, reader) = try TraceSummary.read(bytes, name: name)
      #expect(reader.format == .nmnist)
      #expect(found.checksum == row["sha256_packed_t8x2y2p1"], "\(name)")
      #expect(found.count == row["n_events"].flatMap { Int($0) }, "\(name)")
      #expect(found.first == row["first"], "\(name)")
      #expect(found.last == row["last"], "\(name)")
      #expect(found.onCount == row["n_on"].flatMap { Int($0) }, "\(name)")
    }
  }

  @Test(
    "Formats that are not decoded are named",
    arguments: [
      ("faery_dvs.es", "Event Stream"),
      ("alexouyang_neal_walking.aedat", "AEDAT 2.0"),
    ])
  func unsupported(_ name: String, _ title: String) throws {
    let bytes = try SharedData.bytes(Self.recordings + name)
    let error = #expect(throws: InputError.self) {
      try EventReader(MemorySource(bytes), name: name)
    }
    #expect(error?.problem.contains(title) == true)
    #expect(error?.file == name)
  }

  @Test("The real label file has twelve labels, class 8 twice, without overlap")
  func labels() throws {
    let name = "ibm_user01_natural_labels.csv"
    let read = try GestureLabels(try SharedData.bytes(Self.recordings + name), name: name)
    #expect(read.labels.count == 12)
    #expect(read.labels.count { $0.classNumber == 8 } == 2)
    #expect(read.overlapCount == 0)
    #expect(read.labels[0] == TraceLabel(classNumber: 1, start: 53_036_986, end: 59_508_469))
  }
}
