import VirtualTime

/// Filters that look at one event at a time.

struct CropStage: FilterStage {
  let x: Int
  let y: Int
  let width: Int
  let height: Int

  mutating func apply(to batch: inout EventBatch) {
    let (x, y, width, height) = (x, y, width, height)
    batch.filter { columns, index in
      let column = Int(columns.xs[index]) &- x
      let row = Int(columns.ys[index]) &- y
      columns.xs[index] = UInt16(truncatingIfNeeded: column)
      columns.ys[index] = UInt16(truncatingIfNeeded: row)
      // As unsigned numbers, negative ones are large.
      return UInt(bitPattern: column) < UInt(bitPattern: width)
        && UInt(bitPattern: row) < UInt(bitPattern: height)
    }
  }
}

struct DownsampleStage: FilterStage {
  let factor: Int

  mutating func apply(to batch: inout EventBatch) {
    let divisor = UInt16(clamping: factor)
    let count = batch.count
    batch.withMutableView { columns in
      for index in 0..<count {
        columns.xs[index] /= divisor
        columns.ys[index] /= divisor
      }
    }
  }
}

struct PolarityStage: FilterStage {
  let wanted: UInt8

  mutating func apply(to batch: inout EventBatch) {
    let wanted = wanted
    batch.filter { columns, index in columns.polarities[index] & 1 == wanted }
  }
}

struct TimeSliceStage: FilterStage {
  let wanted: Range<Int64>
  private var times: Range<Int64>?

  init(wanted: Range<Int64>) { self.wanted = wanted }

  mutating func apply(to batch: inout EventBatch) {
    guard let first = batch.times.first else { return }
    // Saturating: a damaged time stamp near the end of the clock moves the slice, no more.
    func clock(_ time: Int64) -> Int64 {
      let (sum, overflows) = first.addingReportingOverflow(time)
      return overflows ? .max : sum
    }
    let times = times ?? clock(wanted.lowerBound)..<clock(wanted.upperBound)
    self.times = times
    batch.filter { columns, index in
      columns.times[index] >= times.lowerBound && columns.times[index] < times.upperBound
    }
  }
}

struct CountSliceStage: FilterStage {
  let skip: Int
  let count: Int
  private var seen = 0

  init(skip: Int, count: Int) {
    self.skip = skip
    self.count = count
  }

  mutating func apply(to batch: inout EventBatch) {
    let (before, skip, count) = (seen, skip, count)
    seen += batch.count
    batch.filter { _, index in
      let ordinal = before &+ index
      return ordinal >= skip && ordinal &- skip < count
    }
  }
}

struct DropStage: FilterStage {
  private var random: SeededRandom
  /// Draws below it remove their event.
  private let threshold: Double

  init(probability: Double, seed: UInt64) {
    random = SeededRandom(seed: seed, stream: "drop filter")
    threshold = probability
  }

  mutating func apply(to batch: inout EventBatch) {
    var random = random
    let threshold = threshold
    batch.filter { _, _ in random.uniform() >= threshold }
    self.random = random
  }
}
