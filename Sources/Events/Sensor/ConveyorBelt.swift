import VirtualTime

/// The moving picture of the belt: reflectance averaged over each pixel's width, four samples a
/// pixel, generated as it comes into view and forgotten when it has left.
struct ConveyorBelt: Sendable {
  /// Samples a pixel, along the belt.
  private static let samples = 4
  /// Weights of the raw columns in a pixel: its own width, seen through a lens that leaves half of the
  /// contrast at the highest frequency the pixels can hold, as one matched to a sensor does. Its blur
  /// has a variance of ln 2 / (2·π²·0.25) = 0.14 square pixels, that of a box of five columns.
  private static let weights: [Float] = [1, 2, 3, 4, 4, 3, 2, 1]
  /// Raw columns of a pixel's weights before its own first.
  private static let lead = 2
  /// Of a grey PVC belt: RAL 7000, squirrel grey, is about 120, 133, 139 in sRGB, which is a
  /// luminance of 0.23 of white's.
  private static let reflectance = 0.23

  private let plan: ConveyorPlan
  private let rows: Range<Int>
  /// Pixels kept of each row and sample position: a power of two that holds the frame.
  private let capacity: Int
  /// Reflectance at [sample within the pixel][row of the belt][pixel along it mod `capacity`], each
  /// line twice in a row so that a frame's width is always in one piece.
  private var ring: [Float]
  /// The latest raw columns of reflectance, one for each weight.
  private var recent: [[Float]]
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
    while capacity < plan.size.width + 4 + Int(plan.blur.rounded(.up)) { capacity *= 2 }
    self.capacity = capacity
    ring = [Float](repeating: 0, count: Self.samples * plan.beltRows.count * 2 * capacity)
    recent = Array(
      repeating: [Float](repeating: 0, count: plan.beltRows.count), count: Self.weights.count)
    random = SeededRandom(seed: plan.seed, stream: "conveyor")
    textureSeed = random.next()
    nextLeft = random.uniform(0...plan.gap.upperBound) * plan.pixelsPerMetre
  }

  /// Writes reflectance into the belt's rows of `scene`, the belt moved by `shift` pixels.
  mutating func draw(shift: Double, into scene: inout [Float]) {
    let position = shift * Double(Self.samples)
    let first = Int(position)
    let part = Float(position - Double(first))
    let width = plan.size.width
    make(until: first + (width + 1) * Self.samples + 1)
    ring.withUnsafeBufferPointer { ring in
      scene.withUnsafeMutableBufferPointer { scene in
        for row in 0..<rows.count {
          let line = (rows.lowerBound + row) * width
          let (early, late) = (place(first, row), place(first + 1, row))
          for column in 0..<width {
            let a = ring[early &+ column]
            scene[line &+ column] = a + (ring[late &+ column] - a) * part
          }
        }
      }
    }
  }

  /// Drops objects that have left the frame.
  mutating func forget(before shift: Double) {
    objects.removeAll { $0.centre.x + $0.reach.x < shift }
  }

  /// Where the pixel that begins at a sample is in the ring; the pixels to its right follow.
  private func place(_ sample: Int, _ row: Int) -> Int {
    (sample % Self.samples * rows.count + row) * 2 * capacity
      + (sample / Self.samples) & (capacity - 1)
  }

  private mutating func make(until end: Int) {
    while made < end + Self.weights.count { makeColumn() }
  }

  private mutating func makeColumn() {
    let x = (Double(made - Self.lead) + 0.5) / Double(Self.samples)
    while nextLeft <= x + 1 { placeObject() }
    let here = objects.filter { abs(x - $0.centre.x) <= $0.reach.x + 1 }
    let slot = made % Self.weights.count
    let start = made - Self.weights.count + 1
    let top = Double(rows.lowerBound) + 0.5
    let weave = NoiseColumn(textureSeed, layer: 1, x: x, unit: (3, 3), rows: rows)
    let stains = NoiseColumn(textureSeed, layer: 2, x: x, unit: (40, 25), rows: rows)
    for row in 0..<rows.count {
      let y = top + Double(row)
      // Together at most ln(1.07 / 0.93) = 0.14 from trough to crest, less than the threshold of
      // nearly every pixel.
      var value = Self.reflectance * (1 + 0.03 * weave.value(y) + 0.04 * stains.value(y))
      for object in here { value = object.paint(over: value, x: x, y: y) }
      recent[slot][row] = Float(value)
    }
    if start >= 0 { store(start) }
    made += 1
  }

  /// Weighs the latest raw columns into the pixels that begin at a sample.
  private mutating func store(_ sample: Int) {
    let count = Self.weights.count
    var sums = [Float](repeating: 0, count: rows.count)
    for (index, weight) in Self.weights.enumerated() {
      let column = recent[(sample + index) % count]
      for row in 0..<rows.count { sums[row] += column[row] * (weight / 20) }
    }
    for row in 0..<rows.count {
      let pixel = place(sample, row)
      ring[pixel] = sums[row]
      // The line's other half; `place` is in the first.
      ring[pixel + capacity] = sums[row]
    }
  }

  private mutating func placeObject() {
    track += 1
    let object = ConveyorObject(track: track, left: nextLeft, plan: plan, &random)
    objects.append(object)
    nextLeft = object.centre.x + object.reach.x + random.uniform(plan.gap) * plan.pixelsPerMetre
  }
}

/// One column of value noise between −1 and 1, smooth over one unit: the weave of a belt, or its
/// scuffs.
private struct NoiseColumn {
  private let unit: Double
  private let first: Int64
  /// At the lattice's rows from `first` on.
  private let knots: [Double]

  /// - Parameter unit: Pixels between two points of the lattice, along the belt and across it.
  init(
    _ seed: UInt64, layer: UInt64, x: Double, unit: (x: Double, y: Double), rows: Range<Int>
  ) {
    self.unit = unit.y
    let column = (x / unit.x).rounded(.down)
    let part = x / unit.x - column
    let first = Int64((Double(rows.lowerBound) / unit.y).rounded(.down))
    let last = Int64((Double(rows.upperBound) / unit.y).rounded(.down)) + 1
    self.first = first
    knots = (first...last).map { row in
      Self.lattice(seed, Int64(column), row, layer) * (1 - part)
        + Self.lattice(seed, Int64(column) + 1, row, layer) * part
    }
  }

  func value(_ y: Double) -> Double {
    let row = (y / unit).rounded(.down)
    let part = y / unit - row
    let index = Int(row) - Int(first)
    return knots[index] * (1 - part) + knots[index + 1] * part
  }

  private static func lattice(
    _ seed: UInt64, _ i: Int64, _ j: Int64, _ layer: UInt64
  ) -> Double {
    var z =
      seed &+ layer &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(bitPattern: i)
      &* 0xbf58_476d_1ce4_e5b9 &+ UInt64(bitPattern: j) &* 0x94d0_49bb_1331_11eb
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1
  }
}
