/// Signed events shared between the two nearest of B points in time: shape [height, width, bins].
///
/// With t* = (B−1)(t − t0) / length, b = ⌊t*⌋ and f = t* − b, an event adds ±(1 − f) to bin b and ±f
/// to bin b + 1, + for ON and − for OFF (Zhu et al. 2019; E2VID, where the window is from the first
/// to the last event). The sum over bins is the sum of signs. One bin takes everything.
///
/// tonic's `ToVoxelGrid` is not this: its t* runs to B, so that it loses what is behind bin B − 1.
package struct BilinearGrid: WindowRepresentation {
  package let width: Int
  package let height: Int
  package let bins: Int
  package private(set) var eventsOutside = 0
  package private(set) var cells: [Float]
  private var start = Int64(0)
  private var length = Int64(1)

  /// - Parameter bins: 1…64.
  package init(width: Int, height: Int, bins: Int) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height))
    precondition((1...64).contains(bins))
    self.width = width
    self.height = height
    self.bins = bins
    cells = [Float](repeating: 0, count: width * height * bins)
  }

  package var channels: Int { bins }

  package mutating func reset(start: Int64, length: Int64) {
    self.start = start
    self.length = max(1, min(length, 1 << 40))
    eventsOutside = 0
    cells.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    batch.withColumns(range) { events in
      if bins == 1 { addSigns(events) } else { addShares(events) }
    }
  }

  /// The hot loop. The far edge needs no case of its own: there b is B − 2 and f is 1.
  private mutating func addShares(_ events: EventView) {
    let (width, height, bins, start) = (self.width, self.height, self.bins, self.start)
    let end = UInt64(length)
    let scale = Float(bins - 1) / Float(length)
    let last = Int32(bins - 2)
    var outside = 0
    cells.withUnsafeMutableBufferPointer { cells in
      let cells = cells.baseAddress!
      for index in 0..<events.count {
        let elapsed = events.times[index] &- start
        let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
        guard _fastPath(UInt64(bitPattern: elapsed) <= end && x < width && y < height) else {
          outside &+= 1
          continue
        }
        let position = Float(elapsed) * scale
        let bin = min(Self.truncated(position), last)
        let sign = Float(Int32(events.polarities[index] & 1) &* 2 &- 1)
        let share = (position - Float(bin)) * sign
        let cell = cells + ((y &* width &+ x) &* bins &+ Int(bin))
        cell[0] += sign - share
        cell[1] += share
      }
    }
    eventsOutside += outside
  }

  /// Towards zero, for 0 ≤ `position` < 2^22: with 2^23 added, the last bits of a float are whole
  /// numbers. The conversion of the library checks its bounds, which costs more than the rest.
  @inline(__always)
  private static func truncated(_ position: Float) -> Int32 {
    let nearest = Int32(bitPattern: (position + 8_388_608).bitPattern & 0x7F_FFFF)
    return nearest &- (Float(nearest) > position ? 1 : 0)
  }

  private mutating func addSigns(_ events: EventView) {
    for index in 0..<events.count {
      let elapsed = events.times[index] &- start
      let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
      guard UInt64(bitPattern: elapsed) <= UInt64(length), x < width, y < height else {
        eventsOutside += 1
        continue
      }
      cells[y * width + x] += events.polarities[index] & 1 == 1 ? 1 : -1
    }
  }

  package func quantize(_ scale: InputScale, into input: inout [UInt8]) {
    scale.quantize(cells, into: &input)
  }
}
