/// Counts of events per pixel, polarity and time bin of one window: shape [height, width, channels].
///
/// Channels are polarity-major, OFF first: channel = p · bins + bin (the order of RVT's stacked
/// histogram). One bin gives the count histogram [height, width, 2], the signed difference or, with
/// a merged rule and a `maximumCount` of 1, the binary frame [height, width, 1]. Signed and merged
/// rules have one channel a bin. Counts saturate at `maximumCount`, signed ones at both ends; those
/// of a cumulative rule at ±127 in a bin and at `maximumCount` in the sum (RVT's int8 wraps).
package struct VoxelGrid: WindowRepresentation {
  package let width: Int
  package let height: Int
  package let bins: Int
  package let rule: BinningRule
  /// Length of the window in µs.
  package private(set) var length: Int64
  package let maximumCount: Int
  /// Events given to `add` that lie outside the frame or the window, and so are in no cell.
  package private(set) var eventsOutside = 0
  /// One byte a cell, row by row; signed counts in two's complement.
  package private(set) var cells: [UInt8]
  private var edges: [Int64]
  private var start = Int64(0)

  /// - Parameters:
  ///   - bins: 1…64.
  ///   - length: Of the window in µs, 1…2^40.
  ///   - maximumCount: 1…255, or 1…127 for a signed rule; larger ones are taken as those.
  package init(
    width: Int, height: Int, bins: Int, rule: BinningRule, length: Int64, maximumCount: Int = 255
  ) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height))
    precondition((1...64).contains(bins) && (1...1 << 40).contains(length) && maximumCount > 0)
    self.width = width
    self.height = height
    self.bins = bins
    self.rule = rule
    self.length = length
    self.maximumCount = min(maximumCount, rule.isSigned ? 127 : 255)
    cells = [UInt8](repeating: 0, count: width * height * rule.channels(bins: bins))
    edges = rule.edges(length: length, bins: bins)
  }

  /// A count histogram: two channels, OFF and ON.
  package static func counts(
    width: Int, height: Int, length: Int64, maximumCount: Int = 255
  ) -> VoxelGrid {
    VoxelGrid(
      width: width, height: height, bins: 1, rule: .windowFloor, length: length,
      maximumCount: maximumCount)
  }

  package var channels: Int { rule.channels(bins: bins) }

  package mutating func reset(start: Int64) { reset(start: start, length: length) }

  /// - Parameter length: Of the window in µs, 1…2^40.
  package mutating func reset(start: Int64, length: Int64) {
    if length != self.length {
      self.length = max(1, min(length, 1 << 40))
      edges = rule.edges(length: self.length, bins: bins)
    }
    self.start = start
    eventsOutside = 0
    cells.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Counts the events at `range` of `batch`.
  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    batch.withColumns(range) { events in
      if rule.isSigned { addSigned(events) } else { addCounts(events) }
    }
  }

  /// The hot loop: one saturating increment an event.
  private mutating func addCounts(_ events: EventView) {
    let (width, height, channels) = (self.width, self.height, self.channels)
    let polarityStride = channels == bins ? 0 : bins
    let limit = UInt8(maximumCount)
    var outside = 0
    var bin = TimeBin(edges, start: start)
    cells.withUnsafeMutableBufferPointer { cells in
      let cells = cells.baseAddress!
      for index in 0..<events.count {
        // One binning a bin rather than an event: events mostly stay in the bin of the one before.
        guard _fastPath(bin.holds(events.times[index]) || bin.find(events.times[index])) else {
          outside &+= 1
          continue
        }
        let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
        guard _fastPath(x < width && y < height) else {
          outside &+= 1
          continue
        }
        let polarity = Int(events.polarities[index] & 1)
        let pixel = cells + ((y &* width &+ x) &* channels)
        let cell = pixel + (polarity &* polarityStride &+ bin.index)
        let count = cell.pointee
        cell.pointee = count &+ (count < limit ? 1 : 0)
      }
    }
    eventsOutside += outside
  }

  private mutating func addSigned(_ events: EventView) {
    let (width, height, channels) = (self.width, self.height, self.channels)
    let limit = rule.isCumulative ? 127 : Int8(maximumCount)
    var outside = 0
    var bin = TimeBin(edges, start: start)
    cells.withUnsafeMutableBufferPointer { cells in
      let cells = cells.baseAddress!
      for index in 0..<events.count {
        guard _fastPath(bin.holds(events.times[index]) || bin.find(events.times[index])) else {
          outside &+= 1
          continue
        }
        let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
        guard _fastPath(x < width && y < height) else {
          outside &+= 1
          continue
        }
        let cell = cells + ((y &* width &+ x) &* channels &+ bin.index)
        let sum = Int8(bitPattern: cell.pointee)
        let isOn = events.polarities[index] & 1 != 0
        let next = isOn ? sum &+ (sum < limit ? 1 : 0) : sum &- (sum > -limit ? 1 : 0)
        cell.pointee = UInt8(bitPattern: next)
      }
    }
    eventsOutside += outside
  }

  /// Writes the grid as int8 cells of the model's input, in the same order; one look-up a cell.
  ///
  /// Requires as many bytes as the grid has cells.
  package func quantize(_ table: CountQuantizer, into input: inout [UInt8]) {
    precondition(input.count == cells.count)
    if rule.isCumulative { return quantizeSums(table, into: &input) }
    table.values.withUnsafeBufferPointer { values in
      cells.withUnsafeBufferPointer { cells in
        input.withUnsafeMutableBufferPointer { input in
          for index in 0..<cells.count { input[index] = values[Int(cells[index])] }
        }
      }
    }
  }

  package func quantize(_ scale: InputScale, into input: inout [UInt8]) {
    let table = CountQuantizer(
      scale: scale.scale, zeroPoint: scale.zeroPoint, isSigned: rule.isSigned)
    quantize(table, into: &input)
  }

  private func quantizeSums(_ table: CountQuantizer, into input: inout [UInt8]) {
    for pixel in stride(from: 0, to: cells.count, by: bins) {
      var sum = 0
      for index in pixel..<pixel + bins {
        sum += Int(Int8(bitPattern: cells[index]))
        let clamped = Int8(max(-maximumCount, min(maximumCount, sum)))
        input[index] = table.values[Int(UInt8(bitPattern: clamped))]
      }
    }
  }
}

/// The time bin of the event before, which mostly is that of the next one.
private struct TimeBin {
  private(set) var index = 0
  private var first: Int64
  private var length: UInt64
  private let start: Int64
  private let edges: [Int64]

  init(_ edges: [Int64], start: Int64) {
    self.edges = edges
    self.start = start
    first = start &+ edges[0]
    length = UInt64(edges[1] - edges[0])
  }

  @inline(__always)
  func holds(_ time: Int64) -> Bool { UInt64(bitPattern: time &- first) < length }

  /// Moves to the bin that holds `time`; false when the window does not. Bins may be empty, so it
  /// is the last that starts there.
  @inline(never)
  mutating func find(_ time: Int64) -> Bool {
    let (elapsed, overflows) = time.subtractingReportingOverflow(start)
    guard !overflows, elapsed >= 0, elapsed < edges[edges.count - 1] else { return false }
    var bin = edges.count - 2
    while edges[bin] > elapsed { bin -= 1 }
    index = bin
    first = start &+ edges[bin]
    length = UInt64(edges[bin + 1] - edges[bin])
    return true
  }
}
