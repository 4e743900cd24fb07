/// How a recording's events are spread over time and pixels: numbers by which a synthetic recording
/// can be set beside a real one.
package struct EventStatistics: Sendable {
  /// Events closer than this to one of a neighbour, or of the pixel itself, have company.
  package static let company: Int64 = 5_000
  /// Slices in which events are counted for `burstiness`.
  package static let slice: Int64 = 10_000

  /// Events a second from the first to the last.
  package var rate: Double
  package var onShare: Double
  /// Share of the sensor's pixels that had an event.
  package var activeShare: Double
  /// Microseconds between events of one pixel: the tenth, fifth and ninth decile.
  package var intervals: (low: Double, median: Double, high: Double)
  /// Share of events without company in the eight neighbours or the pixel itself just before: what a
  /// background activity filter takes for noise.
  package var isolatedShare: Double
  /// Share of events at the very microsecond of the event before.
  package var sharedTimes: Double
  /// Variance of the counts in 10 ms over their mean: 1 for a Poisson process.
  package var burstiness: Double

  /// nil for fewer than two events or no time between the first and the last.
  package init?(_ events: EventBatch, size: SensorSize) {
    guard let first = events.times.min(), let last = events.times.max(), last > first else {
      return nil
    }
    let seconds = Double(last - first) * 1e-6
    rate = Double(events.count) / seconds
    onShare = Double(events.polarities.count { $0 != 0 }) / Double(events.count)
    let silent = Int64.min / 2
    var latest = [Int64](repeating: silent, count: size.width * size.height)
    var gaps: [Int64] = []
    var isolated = 0
    var slices = [Double](repeating: 0, count: Int((last - first) / Self.slice) + 1)
    for index in 0..<events.count {
      let time = events.times[index]
      let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
      guard x < size.width, y < size.height else { continue }
      let pixel = y * size.width + x
      if latest[pixel] != silent { gaps.append(time - latest[pixel]) }
      let hasCompany = (max(0, y - 1)...min(size.height - 1, y + 1)).contains { row in
        (max(0, x - 1)...min(size.width - 1, x + 1)).contains { column in
          time - latest[row * size.width + column] <= Self.company
        }
      }
      if !hasCompany { isolated += 1 }
      latest[pixel] = time
      slices[Int((time - first) / Self.slice)] += 1
    }
    activeShare = Double(latest.count { $0 != silent }) / Double(latest.count)
    isolatedShare = Double(isolated) / Double(events.count)
    let shared = zip(events.times, events.times.dropFirst()).count { $0 == $1 }
    sharedTimes = Double(shared) / Double(events.count)
    gaps.sort()
    func decile(_ tenths: Int) -> Double {
      gaps.isEmpty ? .infinity : Double(gaps[(gaps.count - 1) * tenths / 10])
    }
    intervals = (decile(1), decile(5), decile(9))
    // The last slice is seldom a whole one.
    let whole = slices.dropLast()
    let mean = whole.reduce(0, +) / Double(max(1, whole.count))
    let squares = whole.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    burstiness = mean > 0 ? squares / Double(max(1, whole.count - 1)) / mean : 0
  }
}
