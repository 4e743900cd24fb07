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
  /// [bins, height, width], the other way round than the tensor; see `VoxelGrid`.
  private var planes: [Float]
  private var start = Int64(0)
  private var length = Int64(1)
  /// Where ⌊t*⌋ changes, in µs from the start. The far edge needs no case of its own: it belongs to
  /// bin B − 2, of which its share is 0.
  private var edges: [Int64] = []

  /// - Parameter bins: 1…64.
  package init(width: Int, height: Int, bins: Int) {
    precondition((1...16_384).contains(width) && (1...16_384).contains(height))
    precondition((1...64).contains(bins))
    self.width = width
    self.height = height
    self.bins = bins
    planes = [Float](repeating: 0, count: width * height * bins)
  }

  package var channels: Int { bins }

  /// The tensor, row by row.
  package var cells: [Float] {
    let area = width * height
    var cells = [Float](repeating: 0, count: planes.count)
    for bin in 0..<bins {
      for pixel in 0..<area { cells[pixel &* bins &+ bin] = planes[bin &* area &+ pixel] }
    }
    return cells
  }

  package mutating func reset(start: Int64, length: Int64) {
    self.start = start
    self.length = max(1, min(length, 1 << 40))
    edges = BinningRule.scaledFloor.edges(length: self.length, bins: max(2, bins))
    edges.remove(at: edges.count - 2)
    eventsOutside = 0
    planes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  /// The hot loop: two sums an event.
  package mutating func add(_ batch: EventBatch, _ range: Range<Int>) {
    let (width, height, area) = (self.width, self.height, self.width * self.height)
    let (start, edges) = (self.start, self.edges)
    // With one bin there is no next one: everything is in the first.
    let scale = Float(bins - 1) / Float(length)
    let next = bins == 1 ? 0 : area
    var outside = 0
    batch.withView(range) { events in
      planes.withUnsafeMutableBufferPointer { planes in
        // Scalars, for a value that is passed around would be kept in memory.
        var (first, length) = (Int64(0), UInt64(0))
        var plane = planes.baseAddress!
        var bin = Float(0)
        for index in 0..<events.count {
          let time = events.times[index]
          if _slowPath(UInt64(bitPattern: time &- first) >= length) {
            guard let found = TimeBin(of: time, start: start, edges) else {
              outside &+= 1
              continue
            }
            (first, length) = (found.first, found.length)
            plane = planes.baseAddress! + found.index * area
            bin = Float(found.index)
          }
          let (x, y) = (Int(events.xs[index]), Int(events.ys[index]))
          guard _fastPath(x < width && y < height) else {
            outside &+= 1
            continue
          }
          let sign = Float(Int32(events.polarities[index] & 1) &* 2 &- 1)
          let share = (Float(time &- start) * scale - bin) * sign
          let cell = plane + (y &* width &+ x)
          cell[0] += sign - share
          cell[next] += share
        }
      }
    }
    eventsOutside += outside
  }

  package func quantize(_ scale: InputScale, into input: inout [UInt8]) {
    scale.quantize(cells, into: &input)
  }
}
