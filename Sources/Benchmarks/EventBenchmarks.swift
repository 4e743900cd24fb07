import Bytes
import Commands
import Events
import Glibc

/// Events decoded, and counted into voxel grids, per second on one thread.
enum EventBenchmarks {
  private static let count = 20_000_000
  private static let runs = 7

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
    }
    rows += try voxelRows()
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
    let seconds = try processorSeconds {
      var reader = try EventReader(MemorySource(bytes), name: name)
      while try reader.next(into: &batch) { body(batch) }
      events = reader.eventCount
    }
    return Double(events) / seconds
  }

  /// Processor time of the fastest run: what others do on the machine disturbs it least.
  private static func processorSeconds(_ work: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    var best = Double.infinity
    for _ in 0..<runs {
      let start = now()
      try work()
      best = min(best, now() - start)
    }
    return best
  }

  private static func voxelRows() throws -> [BenchmarkResult] {
    let sensor = EventBenchmarkTraces.sensor
    var slicer = VoxelSlicer(
      VoxelGrid(
        width: sensor.width, height: sensor.height, bins: 5, rule: .windowFloor, length: 50_000))
    let bytes = try trace(of: 1) { try $0.recording(.evt2, count) }
    let fused = try eventsPerSecond(bytes, "a.raw") { slicer.add($0) }
    let batch = trace(of: 1) { $0.events(count) }
    let seconds = processorSeconds { slicer.add(batch) }
    return [
      BenchmarkResult(
        "decode EVT2 and voxel grid, 640×480×2×5", fused / 1e6, "M events/s", atLeast: 54),
      BenchmarkResult(
        "voxel grid, 640×480×2×5", Double(batch.count) / seconds / 1e6, "M events/s", atLeast: 54),
    ]
  }
}

/// Counts a stream into windows that follow one another without gaps.
private struct VoxelSlicer {
  var grid: VoxelGrid
  var start = Int64.min

  init(_ grid: VoxelGrid) { self.grid = grid }

  mutating func add(_ batch: EventBatch) {
    var index = 0
    while index < batch.count {
      // A new pass over the trace starts before the window at hand.
      if batch.times[index] < start || batch.times[index] >= start &+ grid.length {
        start = batch.times[index]
        grid.reset(start: start)
      }
      let end = firstIndex(in: batch, from: index, notBefore: start + grid.length)
      grid.add(batch, index..<end)
      index = end
    }
  }

  private func firstIndex(in batch: EventBatch, from index: Int, notBefore time: Int64) -> Int {
    var (low, high) = (index, batch.count)
    while low < high {
      let middle = (low + high) / 2
      if batch.times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
