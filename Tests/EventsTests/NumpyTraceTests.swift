import Bytes
import Commands
import Events
import TestSupport
import Testing

/// Events in NumPy's files: structured arrays, archives of columns, stored and deflated.
@Suite("NumPy traces")
struct NumpyTraceTests {
  private let events = EventFixtures.random(
    20_000, sensor: SensorSize(width: 128, height: 128), start: 77)

  private func read(_ bytes: [UInt8], _ name: String) throws -> EventTrace {
    try EventTrace.readAll(
      MemorySource(bytes, pieceSize: 5003), name: name, libraries: SystemCompression())
  }

  @Test("A structured array gives its events, whatever lies between the fields")
  func structured() throws {
    let trace = try read(NumpyFixture.structured(events), "a.npy")
    #expect(trace.format == .npy && trace.sensor == nil)
    #expect(trace.events.texts == events.texts)
    #expect(trace.anomalies.isEmpty)
  }

  @Test("An archive of columns gives its events and its sensor")
  func archive() throws {
    let trace = try read(NumpyFixture.archive(events), "a.npz")
    #expect(trace.format == .npz && trace.sensor == SensorSize(width: 128, height: 128))
    #expect(trace.events.texts == events.texts)
    #expect(trace.anomalies.isEmpty)
  }

  @Test("An archive may hold one structured array, under any name")
  func structuredMember() throws {
    let bytes = NumpyFixture.zip([("arr_0", NumpyFixture.structured(events))])
    #expect(try read(bytes, "a.npz").events.texts == events.texts)
  }

  @Test("Deflated members are read as they are stored")
  func deflated() throws {
    // DEFLATE allows blocks of bytes as they are: a length, its complement, the bytes.
    func stored(_ bytes: [UInt8]) -> [UInt8] {
      stride(from: 0, to: bytes.count, by: 60_000).flatMap { start -> [UInt8] in
        let part = bytes[start..<min(start + 60_000, bytes.count)]
        return [part.endIndex == bytes.count ? 1 : 0] + NumpyFixture.little(part.count, 2)
          + NumpyFixture.little(~part.count, 2) + part
      }
    }
    let array = NumpyFixture.structured(events)
    let bytes = NumpyFixture.zip([("events", array)], deflated: ["events": stored(array)])
    #expect(try read(bytes, "a.npz").events.texts == events.texts)
    let error = #expect(throws: InputError.self) {
      try EventTrace.readAll(MemorySource(bytes), name: "a.npz")
    }
    #expect(error?.description.contains("DEFLATE") == true)
  }

  @Test("Times with a fraction are seconds; a polarity of -1 is OFF")
  func seconds() throws {
    let rows: [(Double, Int, Int, Int)] = [(0.000_001, 1, 2, -1), (1.5, 3, 4, 1)]
    let data = rows.flatMap { row -> [UInt8] in
      NumpyFixture.little(Int(truncatingIfNeeded: row.0.bitPattern), 8)
        + NumpyFixture.little(row.1, 2) + NumpyFixture.little(row.2, 2)
        + NumpyFixture.little(row.3, 1)
    }
    let descriptor = "[('timestamp', '<f8'), ('x', '<i2'), ('y', '<i2'), ('polarity', '|i1')]"
    let trace = try read(NumpyFixture.npy(descriptor, "(2,)", data), "a.npy")
    #expect(trace.events.texts == ["1 1 2 0", "1500000 3 4 1"])
  }

  @Test("Rows that are no events are counted, and the good ones kept")
  func anomalies() throws {
    let rows = [(5, 1, 1), (4, 2, 2), (6, -1, 3), (7, 3, 70_000), (8, 4, 4)]
    let data = rows.flatMap { row -> [UInt8] in
      NumpyFixture.little(row.0, 8) + NumpyFixture.little(row.1, 4)
        + NumpyFixture.little(row.2, 4) + [1]
    }
    let descriptor = "[('t', '<i8'), ('x', '<i4'), ('y', '<i4'), ('p', '|b1')]"
    let trace = try read(NumpyFixture.npy(descriptor, "(5,)", data), "a.npy")
    #expect(trace.events.texts == ["5 1 1 1", "4 2 2 1", "8 4 4 1"])
    #expect(trace.anomalies[.backwardTime]?.count == 1)
    #expect(trace.anomalies[.outsideSensor]?.count == 2)
    #expect(trace.anomalies[.outsideSensor]?.first == .key("row 3"))
  }

  @Test("A file that was cut keeps its whole rows")
  func truncated() throws {
    let bytes = NumpyFixture.structured(events).dropLast(20)
    let trace = try read(Array(bytes), "a.npy")
    #expect(trace.events.count == 19_998)
    #expect(trace.anomalies[.truncatedTail]?.count == 1)
  }

  @Test(
    "Arrays that are no events say what they are",
    arguments: [
      ("'<f4'", "(4, 4)", "found ‘<f4’"), ("[('t', '<i8'), ('x', '<u2')]", "(1,)", "t, x"),
      (
        "[('t', '>i8'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]", "(1,)",
        "little-endian fields"
      ),
    ])
  func others(_ descriptor: String, _ shape: String, _ text: String) {
    let bytes = NumpyFixture.npy(descriptor, shape, [UInt8](repeating: 0, count: 64))
    let error = #expect(throws: InputError.self) { try read(bytes, "a.npy") }
    #expect(error?.description.contains(text) == true, "\(String(describing: error))")
  }

  @Test("Columns of different lengths are refused")
  func lengths() {
    let x = NumpyFixture.npy("'<u2'", "(2,)", [1, 0, 2, 0])
    let p = NumpyFixture.npy("'|u1'", "(1,)", [1])
    let bytes = NumpyFixture.zip([("t", x), ("x", x), ("y", x), ("p", p)])
    #expect(throws: InputError.self) { try read(bytes, "a.npz") }
  }

  @Test("Damaged archives decode or throw")
  func mutated() throws {
    let few = EventFixtures.random(60, sensor: SensorSize(width: 128, height: 128), start: 0)
    let bytes = NumpyFixture.archive(few)
    let places = Array(0..<90) + Array((bytes.count - 400)..<bytes.count)
    var mutator = Mutator(seed: 17)
    var decoded = 0
    for run in 0..<(SharedData.runsSlowTests ? 100_000 : 3000) {
      do throws(InputError) {
        let trace = try EventTrace.readAll(
          MemorySource(mutator.mutated(bytes, at: run % 2 == 0 ? places : [])), name: "a.npz",
          libraries: SystemCompression())
        #expect(trace.events.count <= 60)
        decoded += 1
      } catch {
        #expect(error.file == "a.npz")
      }
    }
    #expect(decoded > 100)
  }
}
