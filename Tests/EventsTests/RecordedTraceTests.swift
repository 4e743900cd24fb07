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
    #expect(read.reader.triggerCount == 4157)
    #expect(read.reader.anomalies[.unknownWord] == nil)
  }

  @Test(
    "One recording in many containers decodes to the same events",
    arguments: [
      "g02_evt2.raw", "g02_evt3.raw", "g02.dat", "g02.csv", "g02_faery_evt3.raw",
      "g02_faery_evt2.raw", "g02_faery.dat", "g02_faery.csv", "g02_aedat31.aedat",
      "g02_faery.aedat4", "g02.npz", "g02_evt21.raw", "g02_evt21_legacy.raw",
      "g02_evt21_vectorised.raw", "g02_evt4.raw", "g02_faery.es",
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
      "g02_faery.aedat4", "g02_evt21_vectorised.raw", "g02_evt4.raw", "g02_faery.es",
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

  @Test("Recordings that count from other corners decode under every convention of other readers")
  func conventions() throws {
    let table = tableRows(try SharedData.text(Self.recordings + "expected.csv"))
    let rows = table.filter { $0["format"]!.hasPrefix("AEDAT2") || $0["format"]!.hasPrefix("ES") }
    #expect(rows.count == 12)
    for row in rows {
      let name = try #require(row["file"])
      let decoder = try #require(row["decoder"])
      let origin: TraceAdjustment.Origin =
        decoder.contains("flipped")
        ? .topLeft : decoder.contains("raw x") ? .stored : .bottomLeft
      let bytes = try SharedData.bytes(Self.recordings + name)
      let (found, reader) = try TraceSummary.read(bytes, name: name, origin: origin)
      func expected(_ key: String) -> Int? { row[key].flatMap { Int($0) } }
      #expect(found.count == expected("n_events"), "\(name)")
      #expect(found.first == row["first"] && found.last == row["last"], "\(name)")
      #expect(found.onCount == expected("n_on"), "\(name)")
      #expect(found.sums == [expected("sum_t"), expected("sum_x"), expected("sum_y")], "\(name)")
      #expect(found.checksum == row["sha256_packed_t8x2y2p1"], "\(name), \(decoder)")
      #expect(reader.sensor?.width == expected("width"), "\(name)")
      #expect(reader.sensor?.height == expected("height"), "\(name)")
      #expect(reader.anomalies.isEmpty, "\(name)")
    }
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
