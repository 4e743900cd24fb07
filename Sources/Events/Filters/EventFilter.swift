/// A rule that takes events out of a stream, or moves them to other pixels.
package enum EventFilter: Equatable, Sendable {
  /// Keeps a rectangle and moves its top left corner to (0, 0).
  case crop(x: Int, y: Int, width: Int, height: Int)
  /// Makes one pixel of `factor` × `factor`; removes nothing.
  case downsample(factor: Int)
  case polarity(isOn: Bool)
  /// After an event that is kept, a pixel is silent for `period` µs, whatever the polarity.
  case refractory(period: Int64)
  /// Keeps an event when one of the 4 or 8 pixels around it had an event, kept or not, at most
  /// `window` µs ago; its own pixel does not count. Nothing supports the first events.
  /// (Delbruck 2008, “Frame-free dynamic digital vision”.)
  case backgroundActivity(window: Int64, neighbours: Int)
  /// A pixel is hot when it has more than `limit` events within `period` µs, counted in periods
  /// that follow one another from the first event on: those beyond the limit are removed, and all
  /// of the next period.
  case hotPixels(limit: Int, period: Int64)
  /// Keeps [from, to) µs since the first event that gets here.
  case time(Range<Int64>)
  /// Keeps `count` events behind the first `skip` that get here.
  case events(skip: Int, count: Int)
  /// Removes each event with the same probability, by one seeded draw an event.
  case drop(probability: Double, seed: UInt64)

  /// As in a scenario.
  package var name: String {
    switch self {
    case .crop: "crop"
    case .downsample: "downsample"
    case .polarity: "polarity"
    case .refractory: "refractory"
    case .backgroundActivity: "backgroundActivity"
    case .hotPixels: "hotPixels"
    case .time: "time"
    case .events: "events"
    case .drop: "drop"
    }
  }

  func stage(_ sensor: SensorSize?) -> any FilterStage {
    switch self {
    case .crop(let x, let y, let width, let height):
      CropStage(x: x, y: y, width: width, height: height)
    case .downsample(let factor): DownsampleStage(factor: factor)
    case .polarity(let isOn): PolarityStage(wanted: isOn ? 1 : 0)
    case .refractory(let period): RefractoryStage(period: period, sensor: sensor)
    case .backgroundActivity(let window, let neighbours):
      BackgroundActivityStage(window: window, isEight: neighbours == 8, sensor: sensor)
    case .hotPixels(let limit, let period):
      HotPixelStage(limit: limit, period: period, sensor: sensor)
    case .time(let times): TimeSliceStage(wanted: times)
    case .events(let skip, let count): CountSliceStage(skip: skip, count: count)
    case .drop(let probability, let seed): DropStage(probability: probability, seed: seed)
    }
  }
}

/// Filters one behind the other, with what each of them removed.
///
///     var chain = FilterChain([.polarity(isOn: true), .refractory(period: 1_000)], sensor: nil)
///     chain.apply(to: &batch)
///
/// Works batch by batch: how a stream is cut into batches changes nothing. Memory is bounded by the
/// pixels: filters that remember pixels do so up to 4,096 × 4,096; an event beyond those, or beyond
/// the sensor, passes them and is left to whoever checks coordinates.
package struct FilterChain: Sendable {
  package struct Count: Equatable, Sendable {
    package var name: String
    /// Events that came in.
    package var seen = 0
    package var removed = 0

    package init(name: String, seen: Int = 0, removed: Int = 0) {
      self.name = name
      self.seen = seen
      self.removed = removed
    }
  }

  /// In order; what one kept, the next one saw.
  package private(set) var counts: [Count]
  private var stages: [any FilterStage]

  package init(_ filters: [EventFilter], sensor: SensorSize?) {
    counts = filters.map { Count(name: $0.name) }
    var sensor = sensor
    stages = filters.map { filter in
      defer { sensor = filter.sensor(behind: sensor) }
      return filter.stage(sensor)
    }
  }

  package var removed: Int { counts.reduce(0) { $0 + $1.removed } }

  package mutating func apply(to batch: inout EventBatch) {
    for index in stages.indices {
      let seen = batch.count
      stages[index].apply(to: &batch)
      counts[index].seen += seen
      counts[index].removed += seen - batch.count
    }
  }
}

extension EventFilter {
  /// The pixel array that the next filter sees.
  fileprivate func sensor(behind sensor: SensorSize?) -> SensorSize? {
    switch self {
    case .crop(_, _, let width, let height): SensorSize(width: width, height: height)
    case .downsample(let factor):
      sensor.map {
        SensorSize(
          width: ($0.width + factor - 1) / factor, height: ($0.height + factor - 1) / factor)
      }
    default: sensor
    }
  }
}

/// One filter with what it remembers.
protocol FilterStage: Sendable {
  mutating func apply(to batch: inout EventBatch)
}

/// The events of a batch as raw pointers, for the one hot loop of each filter.
struct MutableEventView {
  let times: UnsafeMutablePointer<Int64>
  let xs: UnsafeMutablePointer<UInt16>
  let ys: UnsafeMutablePointer<UInt16>
  let polarities: UnsafeMutablePointer<UInt8>
}

extension EventBatch {
  /// Keeps the events, given by their position, for which `isKept` holds; without a branch on it,
  /// for which events stay is hard to predict.
  @inline(__always)
  mutating func filter(_ isKept: (MutableEventView, Int) -> Bool) {
    let count = count
    var kept = 0
    withMutableView { columns in
      for index in 0..<count {
        let keeps = isKept(columns, index)
        columns.times[kept] = columns.times[index]
        columns.xs[kept] = columns.xs[index]
        columns.ys[kept] = columns.ys[index]
        columns.polarities[kept] = columns.polarities[index]
        kept &+= keeps ? 1 : 0
      }
    }
    truncate(to: kept)
  }

  @inline(__always)
  mutating func withMutableView(_ body: (MutableEventView) -> Void) {
    guard !isEmpty else { return }
    times.withUnsafeMutableBufferPointer { times in
      xs.withUnsafeMutableBufferPointer { xs in
        ys.withUnsafeMutableBufferPointer { ys in
          polarities.withUnsafeMutableBufferPointer { polarities in
            body(
              MutableEventView(
                times: times.baseAddress!, xs: xs.baseAddress!, ys: ys.baseAddress!,
                polarities: polarities.baseAddress!))
          }
        }
      }
    }
  }

  /// Drops everything behind the first `count` events.
  mutating func truncate(to count: Int) {
    let excess = times.count - count
    guard excess > 0 else { return }
    times.removeLast(excess)
    xs.removeLast(excess)
    ys.removeLast(excess)
    polarities.removeLast(excess)
  }
}
