import Bytes

/// What is changed about the events of a recording on the way out of the reader; by default nothing.
package struct TraceAdjustment: Equatable, Sendable {
  package enum TimeShift: Equatable, Sendable {
    case none
    /// µs to add.
    case by(Int64)
    /// What makes the time of the first event 0; of the first trigger where many come before.
    case firstToZero
  }

  /// Where x = 0, y = 0 lies.
  package enum Origin: String, CaseIterable, Sendable {
    /// In the upright image.
    case topLeft = "top-left"
    case bottomLeft = "bottom-left"
    /// Wherever the file has it: its numbers unchanged.
    case stored
  }

  package var timeShift = TimeShift.none
  package var origin = Origin.topLeft
  /// Gives an event the time of the one before it if that is later.
  package var isMonotonic = false

  package init() {}
}

/// How a format counts its columns and rows.
struct StoredOrigin: Equatable, Sendable {
  var isFromRight = false
  var isFromBottom = false
}

/// An adjustment on its way through one recording.
struct AppliedAdjustment: Sendable {
  /// Largest coordinate, to take the stored ones from; nil for a direction that stays.
  private let lastColumn: UInt16?
  private let lastRow: UInt16?
  private let isMonotonic: Bool
  /// Set by the first event.
  private var shift: Int64?
  private var latest = Int64.min
  /// Events that got the time of the one before.
  private(set) var raisedTimes = 0

  /// Throws `InputError` when the direction changes and the size of the sensor is unknown.
  init(
    _ adjustment: TraceAdjustment, stored: StoredOrigin, sensor: SensorSize?
  ) throws(InputError) {
    let flipsColumns = stored.isFromRight && adjustment.origin != .stored
    let flipsRows =
      switch adjustment.origin {
      case .topLeft: stored.isFromBottom
      case .bottomLeft: !stored.isFromBottom
      case .stored: false
      }
    guard sensor != nil || !(flipsColumns || flipsRows) else {
      throw InputError(
        at: .nowhere, "the sensor’s size is needed to count from another corner",
        advice: "give it, or take the coordinates as stored")
    }
    lastColumn = flipsColumns ? sensor.map { UInt16(clamping: $0.width - 1) } : nil
    lastRow = flipsRows ? sensor.map { UInt16(clamping: $0.height - 1) } : nil
    isMonotonic = adjustment.isMonotonic
    switch adjustment.timeShift {
    case .none: shift = 0
    case .by(let time): shift = time
    case .firstToZero: shift = nil
    }
  }

  var changesNothing: Bool {
    lastColumn == nil && lastRow == nil && shift == 0 && !isMonotonic
  }

  /// - Parameter triggers: Met with the events of the batch; they move in time with them.
  mutating func apply(to batch: inout EventBatch, _ triggers: inout [Trigger]) {
    guard !changesNothing, let first = batch.times.first ?? triggers.first?.time else { return }
    let shift = self.shift ?? (0 &- first)
    self.shift = shift
    if shift != 0 { for index in triggers.indices { triggers[index].time &+= shift } }
    // Events outside the sensor never get here, so no difference is negative.
    if let lastColumn {
      for index in batch.xs.indices { batch.xs[index] = lastColumn &- batch.xs[index] }
    }
    if let lastRow {
      for index in batch.ys.indices { batch.ys[index] = lastRow &- batch.ys[index] }
    }
    if shift != 0 { for index in batch.times.indices { batch.times[index] &+= shift } }
    guard isMonotonic else { return }
    for index in batch.times.indices {
      if batch.times[index] < latest {
        batch.times[index] = latest
        raisedTimes += 1
      }
      latest = batch.times[index]
    }
  }
}
