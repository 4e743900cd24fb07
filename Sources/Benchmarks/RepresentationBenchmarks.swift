import Bytes
import Events

/// Events into tensors of 50 ms on one thread, by processor time: alone, and behind the decoder.
enum RepresentationBenchmarks {
  private static let length: Int64 = 50_000

  /// - Parameter evt2: Words of a recording of 640 × 480 pixels.
  static func results(evt2: [UInt8], _ title: String) throws -> [BenchmarkResult] {
    var trace = EventBatch()
    var batch = EventBatch()
    var reader = try EventReader(MemorySource(evt2), name: "a.raw")
    while try reader.next(into: &batch) { trace.append(contentsOf: batch) }
    return try cases.flatMap { name, floor, empty in
      var slicer = WindowSlicer(empty)
      let alone = Stopwatch.fastestProcessor { slicer.add(trace) }
      let fused = try Stopwatch.fastestProcessor {
        var reader = try EventReader(MemorySource(evt2), name: "a.raw")
        while try reader.next(into: &batch) { slicer.add(batch) }
      }
      func rate(_ seconds: Double) -> Double { Double(trace.count) / seconds / 1e6 }
      return [
        BenchmarkResult("\(name), \(title)", rate(alone), "M events/s", atLeast: floor),
        BenchmarkResult("decode EVT2 and \(name), \(title)", rate(fused), "M events/s"),
      ]
    }
  }

  private static var cases: [(name: String, floor: Double?, empty: any WindowRepresentation)] {
    let sensor = EventBenchmarkTraces.sensor
    let (width, height) = (sensor.width, sensor.height)
    func grid(_ rule: BinningRule) -> VoxelGrid {
      VoxelGrid(width: width, height: height, bins: 5, rule: rule, length: length)
    }
    return [
      ("voxel grid 2×5", 330, grid(.windowFloor)),
      ("signed voxel grid 5", nil, grid(.windowFloorSigned)),
      ("bilinear voxels 5", 200, BilinearGrid(width: width, height: height, bins: 5)),
      (
        "time surface", nil,
        TimeSurface(width: width, height: height, decay: .linear, timeConstant: length)
      ),
    ]
  }

  /// Adds a stream to windows that follow one another without gaps.
  private struct WindowSlicer {
    var representation: any WindowRepresentation
    var start = Int64.min

    init(_ representation: any WindowRepresentation) { self.representation = representation }

    mutating func add(_ batch: EventBatch) {
      var index = 0
      while index < batch.count {
        // A new pass over the trace starts before the window at hand.
        if batch.times[index] < start || batch.times[index] >= start &+ length {
          start = batch.times[index]
          representation.reset(start: start, length: length)
        }
        let end = firstIndex(in: batch, from: index, notBefore: start + length)
        representation.add(batch, index..<end)
        index = end
      }
    }

    private func firstIndex(in batch: EventBatch, from index: Int, notBefore time: Int64) -> Int {
      var (low, high) = (index, batch.count)
      while low < high {
        let middle = (low + high) / 2
        if batch.times[middle] < time { low = middle + 1 } else { high = middle }
      }
      // At least one, even where the recording steps back.
      return max(low, index + 1)
    }
  }
}
