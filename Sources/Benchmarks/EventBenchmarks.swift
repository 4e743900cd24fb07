import Bytes
import Commands
import Events

/// Events decoded, and counted into voxel grids, per second on one thread.
enum EventBenchmarks {
  private static let count = 20_000_000
  private static let runs = 5

  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    var rows: [BenchmarkResult] = []
    func decode(_ title: String, _ bytes: [UInt8], _ name: String, atLeast floor: Double?) throws {
      let rate = try eventsPerSecond(bytes, name) { _ in }
      rows.append(BenchmarkResult("decode \(title)", rate / 1e6, "M events/s", atLeast: floor))
    }
    try decode("EVT2", trace(of: 1) { $0.evt2(count) }, "a.raw", atLeast: 270)
    try decode("EVT3, single events", trace(of: 1) { $0.evt3(count) }, "a.raw", atLeast: 95)
    try decode("EVT3, short vectors", trace(of: 6) { $0.evt3(count) }, "a.raw", atLeast: 95)
    try decode("EVT3, long vectors", trace(of: 32) { $0.evt3(count) }, "a.raw", atLeast: 95)
    try decode("DAT", trace(of: 1) { $0.dat(count) }, "a.dat", atLeast: 270)
    try decode("AEDAT 3.1", trace(of: 1) { try $0.aedat31(count) }, "a.aedat", atLeast: nil)
    try decode("CSV", trace(of: 1) { $0.csv(count) }, "a.csv", atLeast: 50)
    for (title, file, repeated) in recorded {
      let path = "\(context.sharedData)/events/recordings/\(file)"
      guard Files.exists(path) else { continue }
      let bytes = repeated(try Files.read(path))
      try decode("\(title), recorded", bytes, file, atLeast: title == "EVT2" ? 270 : 95)
    }
    rows += try voxelRows()
    return rows
  }

  private static func trace<T>(
    of longestBurst: UInt64, _ make: (inout EventBenchmarkTraces) throws -> T
  ) rethrows -> T {
    var traces = EventBenchmarkTraces(longestBurst: longestBurst)
    return try make(&traces)
  }

  /// Real words, many times over with the time moved on: 21 and 41 million events.
  private static var recorded: [(title: String, file: String, repeated: ([UInt8]) -> [UInt8])] {
    [
      (
        "EVT2", "faery_evt2.raw",
        { bytes in
          EventBenchmarkTraces.repeated(bytes, 40, of: UInt32.self) { word, pass in
            word >> 28 == 8 ? word &+ UInt32(pass) * 1500 : word
          }
        }
      ),
      (
        "EVT3", "rosbag1_evt3_640x480.raw",
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
    let seconds = try Stopwatch.fastest(runs: runs) { _ in
      var reader = try EventReader(MemorySource(bytes), name: name)
      while try reader.next(into: &batch) { body(batch) }
      events = reader.eventCount
    }
    return Double(events) / seconds
  }

  private static func voxelRows() throws -> [BenchmarkResult] {
    let sensor = EventBenchmarkTraces.sensor
    var slicer = VoxelSlicer(
      VoxelGrid(
        width: sensor.width, height: sensor.height, bins: 5, rule: .windowFloor, length: 50_000))
    let bytes = trace(of: 1) { $0.evt2(count) }
    let fused = try eventsPerSecond(bytes, "a.raw") { slicer.add($0) }
    let batch = trace(of: 1) { $0.events(count) }
    let seconds = Stopwatch.fastest(runs: runs) { _ in slicer.add(batch) }
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
