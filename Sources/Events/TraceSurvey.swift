/// What a recording holds, gathered batch by batch in bounded memory.
package struct TraceSurvey: Sendable {
  package private(set) var eventCount = 0
  package private(set) var onCount = 0
  /// Earliest and latest time; nil without events.
  package private(set) var times: ClosedRange<Int64>?
  /// Largest coordinates met.
  package private(set) var highestX = UInt16(0)
  package private(set) var highestY = UInt16(0)
  package private(set) var rate = RateHistogram()
  /// Labels with the events inside each.
  package private(set) var labels: [(label: TraceLabel, eventCount: Int)]

  /// By channel.
  package private(set) var triggers: [UInt8: TriggerCounts] = [:]
  /// The first few, in the order of the file.
  package private(set) var firstTriggers: [Trigger] = []
  private static let keptTriggers = 100

  package struct TriggerCounts: Equatable, Sendable {
    package var rising = 0
    package var falling = 0
    package var pulses = 0
    package var times: ClosedRange<Int64>
  }

  package init(labels: [TraceLabel] = []) { self.labels = labels.map { ($0, 0) } }

  package mutating func add(_ batch: EventBatch) {
    guard !batch.isEmpty else { return }
    eventCount += batch.count
    var (first, last) = (batch.times[0], batch.times[0])
    batch.times.withUnsafeBufferPointer { times in
      for time in times { (first, last) = (min(first, time), max(last, time)) }
    }
    onCount += batch.polarities.withUnsafeBufferPointer { $0.reduce(0) { $0 &+ Int($1) } }
    highestX = max(highestX, batch.xs.max() ?? 0)
    highestY = max(highestY, batch.ys.max() ?? 0)
    let before = times ?? first...first
    times = min(before.lowerBound, first)...max(before.upperBound, last)
    rate.add(batch.times)
    for index in labels.indices {
      let (start, end) = (labels[index].label.start, labels[index].label.end)
      guard start <= last && end > first else { continue }
      labels[index].eventCount += batch.times.withUnsafeBufferPointer { times in
        times.reduce(0) { $0 &+ ($1 >= start && $1 < end ? 1 : 0) }
      }
    }
  }

  package mutating func add(_ more: [Trigger]) {
    firstTriggers += more.prefix(Self.keptTriggers - firstTriggers.count)
    for trigger in more {
      let time = trigger.time
      var counts = triggers[trigger.channel] ?? TriggerCounts(times: time...time)
      switch trigger.edge {
      case .rising: counts.rising += 1
      case .falling: counts.falling += 1
      case .pulse: counts.pulses += 1
      }
      counts.times = min(counts.times.lowerBound, time)...max(counts.times.upperBound, time)
      triggers[trigger.channel] = counts
    }
  }

  /// From the first event to the last, in µs.
  package var duration: Int64 { times.map { $0.upperBound &- $0.lowerBound } ?? 0 }

  /// Events a second over the whole recording; nil when it has no duration.
  package var meanRate: Double? {
    duration > 0 ? Double(eventCount) / (Double(duration) * 1e-6) : nil
  }
}

/// Events over time in at most 4,096 slices, which double in length as a recording goes on.
package struct RateHistogram: Sendable {
  private static let capacity = 4096

  /// Length of a slice in µs: a power of two times one millisecond.
  package private(set) var sliceLength = Int64(1000)
  /// Events in each slice; the first starts at the first event, the last holds the latest.
  package private(set) var counts: [Int] = []
  private var origin: Int64?

  package init() {}

  mutating func add(_ times: [Int64]) {
    guard let first = times.first else { return }
    let origin = self.origin ?? first
    self.origin = origin
    // Events before the first of all (time went backwards) count in the first slice.
    var slice = 0
    var (start, end) = (Int64(0), Int64(0))
    times.withUnsafeBufferPointer { times in
      for time in times {
        let elapsed = max(0, time &- origin)
        if elapsed < start || elapsed >= end {
          while elapsed / sliceLength >= Int64(Self.capacity) { halve() }
          slice = Int(elapsed / sliceLength)
          if slice >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: slice + 1 - counts.count))
          }
          start = Int64(slice) * sliceLength
          end = start + sliceLength
        }
        counts[slice] += 1
      }
    }
  }

  private mutating func halve() {
    sliceLength *= 2
    counts = stride(from: 0, to: counts.count, by: 2).map { index in
      counts[index] + (index + 1 < counts.count ? counts[index + 1] : 0)
    }
  }

  /// Events a second in the fullest slice.
  package var peakRate: Double { Double(counts.max() ?? 0) / (Double(sliceLength) * 1e-6) }
}
