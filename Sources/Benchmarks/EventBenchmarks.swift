import Bytes
import Commands
import Events
import Reports

/// Events decoded, and counted into voxel grids, per second on one thread.
struct EventBenchmarks {
  static let count = 20_000_000

  private let evutils: EvutilsReference?
  private var rows: [BenchmarkResult] = []

  private init(evutils: EvutilsReference?) { self.evutils = evutils }

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    // First, while nothing else has been allocated.
    var rows = try EventMemory.results()
    var benchmarks = EventBenchmarks(evutils: EvutilsReference())
    try benchmarks.decodeWritten()
    let recorded = try benchmarks.decodeRecorded(context)
    rows += benchmarks.rows
    if let recorded { rows += try RepresentationBenchmarks.results(evt2: recorded, "recorded") }
    var traces = EventBenchmarkTraces(longestBurst: 1)
    let evt2 = try traces.recording(.evt2, count)
    rows += try RepresentationBenchmarks.results(evt2: evt2, "random pixels")
    rows += try TwoThreads.results(evt2)
    rows.append(copying(evt2))
    return rows
  }

  /// What memory allows: no decoder reads and writes faster than the processor copies.
  private static func copying(_ bytes: [UInt8]) -> BenchmarkResult {
    var copy = [UInt8](repeating: 0, count: bytes.count)
    let seconds = Stopwatch.fastestProcessor {
      copy.withUnsafeMutableBytes { copy in bytes.withUnsafeBytes { copy.copyMemory(from: $0) } }
    }
    return BenchmarkResult("copy the bytes of EVT2", Double(bytes.count) / seconds / 1e9, "GB/s")
  }

  // MARK: Decoding

  /// What is written and read, and how many M events evutils 0.3 makes of such a file in a second of a
  /// Zen 5 core.
  private struct Written {
    var title: String
    var format: TraceFormat
    var longestBurst: UInt64 = 1
    var compression = AEDAT4Writer.Compression.none
    var floor: Double?
    /// The extension by which others know the format.
    var suffix: String

    static let all: [Written] = [
      Written(title: "EVT2", format: .evt2, floor: 450, suffix: "raw"),
      Written(title: "EVT3, single events", format: .evt3, floor: 95, suffix: "raw"),
      Written(
        title: "EVT3, short vectors", format: .evt3, longestBurst: 6, floor: 95, suffix: "raw"),
      Written(
        title: "EVT3, long vectors", format: .evt3, longestBurst: 32, floor: 175, suffix: "raw"),
      Written(title: "DAT", format: .dat, floor: 450, suffix: "dat"),
      Written(title: "AEDAT 3.1", format: .aedat31, suffix: "aedat"),
      Written(
        title: "AEDAT 4, LZ4", format: .aedat4, compression: .lz4, floor: 85, suffix: "aedat4"),
      Written(
        title: "AEDAT 4, Zstandard", format: .aedat4, compression: .zstd, floor: 39,
        suffix: "aedat4"),
      Written(title: "CSV", format: .csv, floor: 58, suffix: "csv"),
    ]
  }

  private mutating func decodeWritten() throws {
    for row in Written.all {
      var traces = EventBenchmarkTraces(longestBurst: row.longestBurst)
      let bytes = try traces.recording(row.format, Self.count, compression: row.compression)
      try decode(row.title, bytes, "a." + row.suffix, atLeast: row.floor)
    }
  }

  /// Real words, many times over with the time moved on; returns those of EVT2.
  private mutating func decodeRecorded(_ context: BenchmarkContext) throws -> [UInt8]? {
    var evt2: [UInt8]?
    for (title, file, floor, repeated) in Self.recorded {
      let path = "\(context.sharedData)/events/recordings/\(file)"
      guard Files.exists(path) else { continue }
      let bytes = repeated(try Files.read(path))
      try decode("\(title), recorded", bytes, file, atLeast: floor)
      if title == "EVT2" { evt2 = bytes }
    }
    return evt2
  }

  /// 21 and 41 million events.
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

  private mutating func decode(
    _ title: String, _ bytes: [UInt8], _ name: String, atLeast floor: Double?
  ) throws {
    var batch = EventBatch()
    var events = 0
    let seconds = try Stopwatch.fastestProcessor {
      var reader = try EventReader(
        MemorySource(bytes), name: name, libraries: SystemCompression())
      while try reader.next(into: &batch) {}
      events = reader.eventCount
    }
    let rate = Double(events) / seconds / 1e6
    var row = BenchmarkResult("decode \(title)", rate, "M events/s", atLeast: floor)
    guard let evutils else {
      if rows.isEmpty { row.note = EvutilsReference.absence }
      rows.append(row)
      return
    }
    do {
      let theirs = try evutils.rate(of: bytes, name: name)
      rows.append(row)
      var against = BenchmarkResult(
        "decode \(title), against evutils", rate / theirs.rate,
        "× \(theirs.rate.fixed(0)) M events/s", atLeast: 1)
      if theirs.events != events { against.note = "it found \(theirs.events) of \(events) events" }
      rows.append(against)
    } catch {
      row.note = "\(evutils.name) does not read it"
      rows.append(row)
    }
  }
}
