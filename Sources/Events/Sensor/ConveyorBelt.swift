import Glibc
import VirtualTime

/// The moving picture of the belt: log reflectance averaged over each pixel's width, four samples a
/// pixel, generated as it comes into view and forgotten when it has left.
struct ConveyorBelt: Sendable {
  /// Samples a pixel, along the belt.
  private static let samples = 4

  private let plan: ConveyorPlan
  private let rows: Range<Int>
  /// Pixels kept of each row and sample position: a power of two that holds the frame.
  private let capacity: Int
  /// Log reflectance at [sample within the pixel][row of the belt][pixel along it mod `capacity`].
  private var ring: [Float]
  /// The latest raw columns of reflectance, `samples` of them, and their sum.
  private var recent: [[Float]]
  private var sum: [Float]
  /// Raw columns made so far.
  private var made = 0
  private var random: SeededRandom
  private let textureSeed: UInt64
  /// Objects of which something may still be seen, or will be.
  private(set) var objects: [ConveyorObject] = []
  private var nextLeft: Double
  /// Objects by class, those that have come into view or will next.
  private var track = 0

  init(_ plan: ConveyorPlan) {
    self.plan = plan
    rows = plan.beltRows
    var capacity = 1
    while capacity < plan.size.width + 4 { capacity *= 2 }
    self.capacity = capacity
    ring = [Float](repeating: 0, count: Self.samples * plan.beltRows.count * capacity)
    recent = Array(
      repeating: [Float](repeating: 0, count: plan.beltRows.count), count: Self.samples)
    sum = [Float](repeating: 0, count: plan.beltRows.count)
    random = SeededRandom(seed: plan.seed, stream: "conveyor")
    textureSeed = random.next()
    nextLeft = random.uniform(0...plan.gap.upperBound) * plan.pixelsPerMetre
  }

  /// Writes log reflectance into the belt's rows of `levels`, the belt moved by `shift` pixels.
  mutating func draw(shift: Double, into levels: inout [Double]) {
    let position = shift * Double(Self.samples)
    let first = Int(position)
    let part = Float(position - Double(first))
    let width = plan.size.width
    make(until: first + (width + 1) * Self.samples + 1)
    let mask = capacity - 1
    ring.withUnsafeBufferPointer { ring in
      levels.withUnsafeMutableBufferPointer { levels in
        for row in 0..<rows.count {
          let line = (rows.lowerBound + row) * width
          let (early, earlyPixel) = place(first, row)
          let (late, latePixel) = place(first + 1, row)
          for column in 0..<width {
            let a = ring[early + (earlyPixel + column) & mask]
            let b = ring[late + (latePixel + column) & mask]
            levels[line + column] = Double(a + (b - a) * part)
          }
        }
      }
    }
  }

  /// Drops objects that have left the frame.
  mutating func forget(before shift: Double) {
    objects.removeAll { $0.centre.x + $0.reach.x < shift }
  }

  /// Start of a row in the ring for the sample's position within its pixel, and its pixel.
  private func place(_ sample: Int, _ row: Int) -> (start: Int, pixel: Int) {
    ((sample % Self.samples * rows.count + row) * capacity, sample / Self.samples)
  }

  private mutating func make(until end: Int) {
    // A pixel is the mean of the `samples` raw columns from its own on.
    while made < end + Self.samples { makeColumn() }
  }

  private mutating func makeColumn() {
    let x = (Double(made) + 0.5) / Double(Self.samples)
    while nextLeft <= x { placeObject() }
    let here = objects.filter { abs(x - $0.centre.x) <= $0.reach.x + 1 }
    let slot = made % Self.samples
    let start = made - Self.samples + 1
    let mask = capacity - 1
    for row in 0..<rows.count {
      let y = Double(rows.lowerBound + row) + 0.5
      var value = beltReflectance(x, y)
      for object in here { value = object.paint(over: value, x: x, y: y) }
      sum[row] += Float(value) - recent[slot][row]
      recent[slot][row] = Float(value)
      guard start >= 0 else { continue }
      let (line, pixel) = place(start, row)
      ring[line + pixel & mask] = log(max(sum[row], 0.02) / Float(Self.samples))
    }
    made += 1
  }

  private mutating func placeObject() {
    track += 1
    let object = ConveyorObject(track: track, left: nextLeft, plan: plan, &random)
    objects.append(object)
    nextLeft = object.centre.x + object.reach.x + random.uniform(plan.gap) * plan.pixelsPerMetre
  }

  /// Dark rubber with a faint weave and now and then a scuff: together at most ln(1.07 / 0.93) = 0.14
  /// from trough to crest, less than the threshold of nearly every pixel.
  private func beltReflectance(_ x: Double, _ y: Double) -> Double {
    let weave = noise(x / 3, y / 3, 1)
    let stains = noise(x / 40, y / 25, 2)
    return 0.12 * (1 + 0.03 * weave + 0.04 * stains)
  }

  /// Value noise between −1 and 1, smooth over one unit.
  private func noise(_ x: Double, _ y: Double, _ layer: UInt64) -> Double {
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    let (u, v) = (x - column, y - row)
    let (i, j) = (Int64(column), Int64(row))
    let top = lattice(i, j, layer) * (1 - u) + lattice(i + 1, j, layer) * u
    let bottom = lattice(i, j + 1, layer) * (1 - u) + lattice(i + 1, j + 1, layer) * u
    return top * (1 - v) + bottom * v
  }

  private func lattice(_ i: Int64, _ j: Int64, _ layer: UInt64) -> Double {
    var z =
      textureSeed &+ layer &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(bitPattern: i)
      &* 0xbf58_476d_1ce4_e5b9 &+ UInt64(bitPattern: j) &* 0x94d0_49bb_1331_11eb
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1
  }
}
