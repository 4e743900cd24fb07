import Bytes
import Events
import Threads

/// What a second thread gains: each of two decodes its half of one recording, which it finds by the
/// recording's index.
enum TwoThreads {
  static func results(_ evt2: [UInt8]) throws -> [BenchmarkResult] {
    var reader = try EventReader(MemorySource(evt2), name: "a.raw")
    let index = try TraceIndex(of: &reader)
    guard let times = index.times else { return [] }
    let middle = times.lowerBound + (times.upperBound - times.lowerBound) / 2
    let halves = [Int64.min..<middle, middle..<Int64.max]
    return try [1, 2].map { threads in
      let seconds = try Stopwatch.fastest(runs: 7) { _ in
        let parts = try halves.map { try Part(evt2, $0, index) }
        if threads == 1 {
          for part in parts { part.decode() }
        } else {
          guard Threads.run(parts.map { part in { @Sendable in part.decode() } }) == 2 else {
            throw InputError(at: .nowhere, "expected a second thread, found none")
          }
        }
        guard parts.reduce(0, { $0 + $1.count }) == index.eventCount else {
          throw InputError(at: .nowhere, "expected \(index.eventCount) events in two halves")
        }
      }
      return BenchmarkResult(
        "decode EVT2 in two halves, \(threads == 1 ? "1 thread" : "2 threads")",
        Double(index.eventCount) / seconds / 1e6, "M events/s of time passed")
    }
  }

  /// Used by one thread at a time.
  private final class Part: @unchecked Sendable {
    private var reader: EventReader
    private(set) var count = 0

    init(_ bytes: [UInt8], _ times: Range<Int64>, _ index: TraceIndex) throws(InputError) {
      reader = try EventReader(MemorySource(bytes), name: "a.raw")
      try reader.restrict(to: times, index: index)
    }

    /// A part that cannot be read stays short of events.
    func decode() {
      var batch = EventBatch()
      while (try? reader.next(into: &batch)) ?? false { count += batch.count }
    }
  }
}
