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
  /// One byte a cell, signed counts in two's complement: [channels, height, width], the other way
  /// round than the tensor. The events of a moment touch one plane or two, which stay in the cache.
  private var planes: [UInt8]
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
    planes = [UInt8](repeating: 0, count: width * height * rule.channels(bins: bins))
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

  /// One byte a cell of the tensor, row by row; signed counts in two's complement.
  package var cells: [UInt8] {
    var cells = [UInt8](repeating: 0, count: planes.count)
    transpose(into: &cells) { $0 }
    return cells
  }

  package mutating func reset(start: Int64) { reset(start: start, length: length) }

  /// - Parameter length: Of the window in µs, 1…2^40.
  package mutating func reset(start: Int64, length: Int64) {
    if length != self.length {
      self.length = max(1, min(length, 1 << 40))
      edges = rule.edges(length: self.length, bins: bins)
    }
    self.start = start
    eventsOutside = 0
    planes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// Counts the events at `range` of `batch`.
  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    batch.withView(range) { events in
      if rule.isSigned { addSigned(events) } else { addCounts(events) }
    }
  }

  /// The hot loop: one saturating increment an event.
  private mutating func addCounts(_ events: EventView) {
    let (width, height, area) = (self.width, self.height, self.width * self.height)
    let polarityStride = channels == bins ? 0 : bins * area
    let limit = UInt8(maximumCount)
    // The grid's bytes might alias the view, were it read through a pointer.
    let (times, xs, ys, polarities) = (events.times, events.xs, events.ys, events.polarities)
    var outside = 0
    planes.withUnsafeMutableBufferPointer { planes in
      // Scalars, for a value that is passed around would be kept in memory. Nothing is in no bin.
      var (first, length) = (Int64(0), UInt64(0))
      var plane = planes.baseAddress!
      for index in 0..<events.count {
        let time = times[index]
        // One binning a bin rather than an event: events mostly stay in the bin of the one before.
        if _slowPath(UInt64(bitPattern: time &- first) >= length) {
          guard let bin = TimeBin(of: time, start: start, edges) else {
            outside &+= 1
            continue
          }
          (first, length) = (bin.first, bin.length)
          plane = planes.baseAddress! + bin.index * area
        }
        let (x, y) = (Int(xs[index]), Int(ys[index]))
        guard _fastPath(x < width && y < height) else {
          outside &+= 1
          continue
        }
        // All bits of the stride, or none.
        let polarity = (0 &- Int(polarities[index] & 1)) & polarityStride
        let cell = plane + (y &* width &+ x &+ polarity)
        let count = cell.pointee
        cell.pointee = count &+ (count < limit ? 1 : 0)
      }
    }
    eventsOutside += outside
  }

  private mutating func addSigned(_ events: EventView) {
    let (width, height, area) = (self.width, self.height, self.width * self.height)
    let limit = rule.isCumulative ? 127 : Int8(maximumCount)
    // The grid's bytes might alias the view, were it read through a pointer.
    let (times, xs, ys, polarities) = (events.times, events.xs, events.ys, events.polarities)
    var outside = 0
    planes.withUnsafeMutableBufferPointer { planes in
      var (first, length) = (Int64(0), UInt64(0))
      var plane = planes.baseAddress!
      for index in 0..<events.count {
        let time = times[index]
        if _slowPath(UInt64(bitPattern: time &- first) >= length) {
          guard let bin = TimeBin(of: time, start: start, edges) else {
            outside &+= 1
            continue
          }
          (first, length) = (bin.first, bin.length)
          plane = planes.baseAddress! + bin.index * area
        }
        let (x, y) = (Int(xs[index]), Int(ys[index]))
        guard _fastPath(x < width && y < height) else {
          outside &+= 1
          continue
        }
        let cell = plane + (y &* width &+ x)
        let sum = Int8(bitPattern: cell.pointee)
        // Multiplied by the sign, both ends are the upper one: no branch on the polarity.
        let sign = Int8(bitPattern: polarities[index] & 1) &* 2 &- 1
        cell.pointee = UInt8(bitPattern: sum &+ (sum &* sign < limit ? sign : 0))
      }
    }
    eventsOutside += outside
  }

  /// Writes the grid as int8 cells of the model's input; one look-up a cell.
  ///
  /// Requires as many bytes as the grid has cells.
  package func quantize(_ table: CountQuantizer, into input: inout [UInt8]) {
    precondition(input.count == planes.count)
    if rule.isCumulative { return quantizeSums(table, into: &input) }
    table.values.withUnsafeBufferPointer { values in
      transpose(into: &input) { values[Int($0)] }
    }
  }

  /// Planes to pixels, row by row.
  @inline(__always)
  private func transpose(into cells: inout [UInt8], _ value: (UInt8) -> UInt8) {
    let (channels, area) = (self.channels, width * height)
    planes.withUnsafeBufferPointer { planes in
      cells.withUnsafeMutableBufferPointer { cells in
        for channel in 0..<channels {
          let plane = channel &* area
          for pixel in 0..<area {
            cells[pixel &* channels &+ channel] = value(planes[plane &+ pixel])
          }
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
    let area = width * height
    for pixel in 0..<area {
      var sum = 0
      for bin in 0..<bins {
        sum += Int(Int8(bitPattern: planes[bin * area + pixel]))
        let clamped = Int8(max(-maximumCount, min(maximumCount, sum)))
        input[pixel * bins + bin] = table.values[Int(UInt8(bitPattern: clamped))]
      }
    }
  }
}
