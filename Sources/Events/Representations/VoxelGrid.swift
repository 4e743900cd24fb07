/// Counts of events per pixel, polarity and time bin of one window: shape [height, width, channels].
///
/// Channels are polarity-major, OFF first: channel = p · bins + bin (the order of RVT's stacked
/// histogram). One bin gives the count histogram [height, width, 2]. A signed rule has one channel a
/// bin. Counts saturate at `maximumCount`, signed ones at both ends.
package struct VoxelGrid: Sendable {
  package let width: Int
  package let height: Int
  package let bins: Int
  package let rule: BinningRule
  /// Length of the window in µs.
  package let length: Int64
  package let maximumCount: Int
  /// Events given to `add` that lie outside the frame or the window, and so are in no cell.
  package private(set) var eventsOutside = 0
  /// One byte a cell, row by row; signed counts in two's complement.
  package private(set) var cells: [UInt8]
  private let edges: [Int64]
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

  /// Empties the grid and moves the window to [start, start + length).
  package mutating func reset(start: Int64) {
    self.start = start
    eventsOutside = 0
    cells.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Counts the events at `range` of `batch`.
  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= batch.count)
    // One binning per bin rather than per event: events mostly stay in the bin of the one before.
    edges.withUnsafeBufferPointer { edges in
      batch.times.withUnsafeBufferPointer { times in
        batch.xs.withUnsafeBufferPointer { xs in
          batch.ys.withUnsafeBufferPointer { ys in
            batch.polarities.withUnsafeBufferPointer { polarities in
              let events = Columns(times: times, xs: xs, ys: ys, polarities: polarities)
              if rule.isSigned {
                addSigned(events, range, edges)
              } else {
                addCounts(events, range, edges)
              }
            }
          }
        }
      }
    }
  }

  private struct Columns {
    let times: UnsafeBufferPointer<Int64>
    let xs: UnsafeBufferPointer<UInt16>
    let ys: UnsafeBufferPointer<UInt16>
    let polarities: UnsafeBufferPointer<UInt8>
  }

  /// The hot loop: one saturating increment an event.
  private mutating func addCounts(
    _ events: Columns, _ range: Range<Int>, _ edges: UnsafeBufferPointer<Int64>
  ) {
    let (width, height, channels, bins) = (self.width, self.height, self.channels, self.bins)
    let limit = UInt8(maximumCount)
    let start = self.start
    var outside = 0
    var bin = 0
    var (first, end) = (edges[0], edges[1])
    cells.withUnsafeMutableBufferPointer { cells in
      for index in range {
        let elapsed = events.times[index] &- start
        if _slowPath(elapsed < first || elapsed >= end) {
          guard let found = Self.bin(of: elapsed, edges) else {
            outside &+= 1
            continue
          }
          bin = found
          (first, end) = (edges[bin], edges[bin + 1])
        }
        let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
        guard _fastPath(x < width && y < height) else {
          outside &+= 1
          continue
        }
        let polarity = Int(events.polarities[index] & 1)
        let cell = (y &* width &+ x) &* channels &+ polarity &* bins &+ bin
        let count = cells[cell]
        cells[cell] = count &+ (count < limit ? 1 : 0)
      }
    }
    eventsOutside += outside
  }

  private mutating func addSigned(
    _ events: Columns, _ range: Range<Int>, _ edges: UnsafeBufferPointer<Int64>
  ) {
    let limit = Int8(maximumCount)
    for index in range {
      let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
      guard x < width, y < height, let bin = Self.bin(of: events.times[index] &- start, edges)
      else {
        eventsOutside += 1
        continue
      }
      let cell = (y * width + x) * channels + bin
      let sum = Int8(bitPattern: cells[cell])
      let isOn = events.polarities[index] != 0
      let next = isOn ? min(limit, sum &+ (sum < limit ? 1 : 0)) : (sum > -limit ? sum &- 1 : sum)
      cells[cell] = UInt8(bitPattern: next)
    }
  }

  /// The bin whose [first, end) holds `elapsed`; bins may be empty, so the last that starts there.
  private static func bin(of elapsed: Int64, _ edges: UnsafeBufferPointer<Int64>) -> Int? {
    guard elapsed >= 0, elapsed < edges[edges.count - 1] else { return nil }
    var bin = edges.count - 2
    while edges[bin] > elapsed { bin -= 1 }
    return bin
  }

  /// Writes the grid as int8 cells of the model's input, in the same order; one look-up a cell.
  ///
  /// Requires as many bytes as the grid has cells.
  package func quantize(_ table: CountQuantizer, into input: inout [UInt8]) {
    precondition(input.count == cells.count)
    table.values.withUnsafeBufferPointer { values in
      cells.withUnsafeBufferPointer { cells in
        input.withUnsafeMutableBufferPointer { input in
          for index in 0..<cells.count { input[index] = values[Int(cells[index])] }
        }
      }
    }
  }
}
