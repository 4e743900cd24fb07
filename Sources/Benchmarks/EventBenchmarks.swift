import Bytes
import Commands
import Events

/// Events decoded, and counted into voxel grids, per second on one thread.
enum EventBenchmarks {
  private static let count = 20_000_000

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    var rows: [BenchmarkResult] = []
    func decode(_ title: String, _ bytes: [UInt8], _ name: String, atLeast floor: Double?) throws {
      let rate = try eventsPerSecond(bytes, name) { _ in }
      rows.append(BenchmarkResult("decode \(title)", rate / 1e6, "M events/s", atLeast: floor))
    }
    for (title, format, longestBurst, floor) in written {
      let bytes = try trace(of: longestBurst) { try $0.recording(format, count) }
      try decode(title, bytes, "a." + format.rawValue, atLeast: floor)
    }
    for (title, file, floor, repeated) in recorded {
      let path = "\(context.sharedData)/events/recordings/\(file)"
      guard Files.exists(path) else { continue }
      let bytes = repeated(try Files.read(path))
      try decode("\(title), recorded", bytes, file, atLeast: floor)
      if title == "EVT2" {
        rows += try RepresentationBenchmarks.results(evt2: bytes, "recorded")
      }
    }
    rows += try RepresentationBenchmarks.results(
      evt2: trace(of: 1) { try $0.recording(.evt2, count) }, "random pixels")
    return rows
  }

  /// What is written and read, and how many M events/s evutils 0.3 makes of such a file in a second of
  /// a processor like this one.
  private static let written:
    [(title: String, format: TraceFormat, longestBurst: UInt64, floor: Double?)] = [
      ("EVT2", .evt2, 1, 450), ("EVT3, single events", .evt3, 1, 95),
      ("EVT3, short vectors", .evt3, 6, 95), ("EVT3, long vectors", .evt3, 32, 175),
      ("DAT", .dat, 1, 450), ("AEDAT 3.1", .aedat31, 1, nil), ("AEDAT 4, LZ4", .aedat4, 1, 85),
      ("CSV", .csv, 1, 58),
    ]

  private static func trace<T>(
    of longestBurst: UInt64, _ make: (inout EventBenchmarkTraces) throws -> T
  ) rethrows -> T {
    var traces = EventBenchmarkTraces(longestBurst: longestBurst)
    return try make(&traces)
  }

  /// Real words, many times over with the time moved on: 21 and 41 million events.
  private static var recorded:
    [(title: String, file: String, floor: Double, repeated: ([UInt8]) -> [UInt8])]
  {
    [
      (
        "EVT2", "faery_evt2.raw", 450,
        { bytes in
          EventBenchmarkTraces.repeated(bytes, 40, of: UInt32.self) { word, pass in
            word >> 28 == 8 ? word &+ UInt32(pass) * 1500 : word
          }
        }
      ),
      (
        "EVT3", "rosbag1_evt3_640x480.raw", 95,
        { bytes in
          EventBenchmarkTraces.repeated(bytes, 60, of: UInt16.self) { word, pass in
            word >> 12 == 8
              ? 0x8000 | (word &+ UInt16(truncatingIfNeeded: pass * 512)) & 0xFFF : word
          }
        }
      ),
    ]
  }

  /// `body` gets every batch of every run; the fastest run counts.
  private static func eventsPerSecond(
    _ bytes: [UInt8], _ name: String, _ body: (EventBatch) -> Void
  ) throws -> Double {
    var batch = EventBatch()
    var events = 0
    let seconds = try Stopwatch.fastestProcessor {
      var reader = try EventReader(MemorySource(bytes), name: name)
      while try reader.next(into: &batch) { body(batch) }
      events = reader.eventCount
    }
    return Double(events) / seconds
  }
}
