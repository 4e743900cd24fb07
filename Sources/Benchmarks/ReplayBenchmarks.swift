import Bytes
import Commands
import Events
import Scenarios
import Timing
import VirtualTime

/// How much faster than the recording a rehearsal runs, and what its parts can do alone.
enum ReplayBenchmarks {
  static func results(_ context: BenchmarkContext) throws -> [BenchmarkResult] {
    var rows = try replays("traces/gestures")
    rows.append(try device())
    return rows
  }

  private static func replays(_ folder: String) throws -> [BenchmarkResult] {
    let files = try RehearsalFiles(folder)
    return try [1, 2].map { jobs in
      var length = 0.0
      let seconds = try Stopwatch.fastest { _ in
        let trace = try files.run(jobs: jobs) { _ in }.trace
        length = Double(trace.lastTime - trace.firstTime) / 1e6
      }
      let threads = jobs == 1 ? "1 thread" : "\(jobs) threads"
      return BenchmarkResult(
        "replay \(folder), \(threads)", length / seconds, "× real time", atLeast: 1)
    }
  }

  /// The device alone: buffer, windows and core, with nothing encoded or inferred.
  private static func device() throws -> BenchmarkResult {
    var random = SeededRandom(seed: 1)
    var batch = EventBatch()
    for index in 0..<1_000_000 {
      let value = random.next()
      batch.append(
        Event(
          time: Int64(index * 3), x: UInt16(value & 127), y: UInt16(value >> 7 & 127),
          isOn: value >> 63 == 0))
    }
    let settings = DeviceSimulation.Settings(
      windows: .time(WindowPlan(origin: 0, length: 50_000, stride: 25_000)),
      clock: CoreClock(hertz: 480_000_000), bufferCapacity: 65_536, policy: .queue(depth: 1),
      sensor: SensorSize(width: 128, height: 128),
      preprocessingCycles: { Int64(500_000 + 40 * $0) }, inferenceCycles: 6_000_000)
    var used = 0
    let read: DeviceSimulation.Reader = { _, _, range throws(InputError) in used += range.count }
    let seconds = try Stopwatch.fastest { _ in
      var device = DeviceSimulation(settings)
      try device.receive(batch, reader: read)
      try device.finish(reader: read)
    }
    precondition(used > 0)
    return BenchmarkResult(
      "device simulation, windows overlapping by half", Double(batch.count) / seconds / 1e6,
      "M events/s")
  }
}
