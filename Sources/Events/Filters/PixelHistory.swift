/// A value for each pixel, grown to the pixels that have events when no sensor is known.
struct PixelMap<Value: Sendable>: Sendable {
  static var largest: Int { 4_096 }

  private(set) var width: Int
  private(set) var height: Int
  var values: [Value]
  private let initial: Value
  private let grows: Bool

  init(_ sensor: SensorSize?, initial: Value) {
    self.initial = initial
    grows = sensor == nil
    width = max(0, min(sensor?.width ?? 0, Self.largest))
    height = max(0, min(sensor?.height ?? 0, Self.largest))
    values = [Value](repeating: initial, count: width * height)
  }

  /// Makes room for every event of `batch`, in powers of two so that this happens seldom.
  mutating func cover(_ batch: EventBatch) {
    guard grows else { return }
    let right = Int(batch.xs.max() ?? 0) + 1
    let bottom = Int(batch.ys.max() ?? 0) + 1
    guard right > width || bottom > height else { return }
    let newWidth = Self.size(for: max(right, width))
    let newHeight = Self.size(for: max(bottom, height))
    guard newWidth != width || newHeight != height else { return }
    var grown = [Value](repeating: initial, count: newWidth * newHeight)
    for row in 0..<height {
      for column in 0..<width { grown[row * newWidth + column] = values[row * width + column] }
    }
    (width, height, values) = (newWidth, newHeight, grown)
  }

  private static func size(for count: Int) -> Int {
    var size = 64
    while size < min(count, largest) { size *= 2 }
    return size
  }
}

/// Older than any time a recording can show, and far enough from the ends to subtract from.
private let never = Int64.min / 4

extension Int64 {
  /// Keeps damaged time stamps where differences cannot overflow.
  fileprivate var bounded: Int64 { Swift.max(-1 << 60, Swift.min(self, 1 << 60)) }
}

struct RefractoryStage: FilterStage {
  let period: Int64
  private var last: PixelMap<Int64>

  init(period: Int64, sensor: SensorSize?) {
    self.period = period
    last = PixelMap(sensor, initial: never)
  }

  mutating func apply(to batch: inout EventBatch) {
    last.cover(batch)
    let (width, height, period) = (last.width, last.height, period)
    last.values.withUnsafeMutableBufferPointer { last in
      batch.filter { columns, index in
        let (x, y) = (Int(columns.xs[index]), Int(columns.ys[index]))
        guard x < width && y < height else { return true }
        let time = columns.times[index].bounded
        let elapsed = time &- last[y &* width &+ x]
        // A step back in time is no rest: the clock of such a pixel starts anew.
        if elapsed >= 0 && elapsed < period { return false }
        last[y &* width &+ x] = time
        return true
      }
    }
  }
}

struct BackgroundActivityStage: FilterStage {
  let window: Int64
  let isEight: Bool
  private var last: PixelMap<Int64>

  init(window: Int64, isEight: Bool, sensor: SensorSize?) {
    self.window = window
    self.isEight = isEight
    last = PixelMap(sensor, initial: never)
  }

  mutating func apply(to batch: inout EventBatch) {
    last.cover(batch)
    let (width, height, window, isEight) = (last.width, last.height, window, isEight)
    last.values.withUnsafeMutableBufferPointer { last in
      batch.filter { columns, index in
        let (x, y) = (Int(columns.xs[index]), Int(columns.ys[index]))
        guard x < width && y < height else { return true }
        let time = columns.times[index].bounded
        last[y &* width &+ x] = time
        let (left, right) = (max(x &- 1, 0), min(x &+ 1, width &- 1))
        let (top, bottom) = (max(y &- 1, 0), min(y &+ 1, height &- 1))
        var latest = never
        for row in top...bottom {
          for column in left...right where row != y || column != x {
            if !isEight && row != y && column != x { continue }
            latest = max(latest, last[row &* width &+ column])
          }
        }
        return time &- latest <= window
      }
    }
  }
}

struct HotPixelStage: FilterStage {
  private struct Record: Sendable {
    /// The period that `count` is of.
    var period = Int64.min
    var count: UInt32 = 0
    var wasHot = false
  }

  let limit: UInt32
  let period: Int64
  private var origin: Int64?
  private var records: PixelMap<Record>

  init(limit: Int, period: Int64, sensor: SensorSize?) {
    self.limit = UInt32(clamping: limit)
    self.period = period
    records = PixelMap(sensor, initial: Record())
  }

  mutating func apply(to batch: inout EventBatch) {
    guard let first = batch.times.first else { return }
    records.cover(batch)
    let origin = origin ?? first.bounded
    self.origin = origin
    let (width, height, limit, length) = (records.width, records.height, limit, period)
    // Events mostly lie in the period of the one before: no division for those.
    var period = Int64(0)
    var (start, end) = (origin, origin + length)
    records.values.withUnsafeMutableBufferPointer { records in
      batch.filter { columns, index in
        let (x, y) = (Int(columns.xs[index]), Int(columns.ys[index]))
        guard x < width && y < height else { return true }
        let time = columns.times[index].bounded
        if time < start || time >= end {
          let elapsed = time &- origin
          period = (elapsed >= 0 ? elapsed : elapsed &- length &+ 1) / length
          start = origin &+ period &* length
          end = start &+ length
        }
        var record = records[y &* width &+ x]
        if record.period != period {
          record.wasHot = record.count > limit && record.period == period &- 1
          record.period = period
          record.count = 0
        }
        record.count = record.count == .max ? .max : record.count &+ 1
        records[y &* width &+ x] = record
        return !record.wasHot && record.count <= limit
      }
    }
  }
}
