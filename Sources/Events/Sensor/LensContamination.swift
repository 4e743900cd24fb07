import VirtualTime

/// Dust on the front of a lens, particle after particle at places of their own: the same seed gives
/// the same ones, whatever share of the lens they have come to cover.
///
/// A particle so near the lens is far out of focus. It shadows every pixel whose beam it stands in, a
/// disc as wide as the beam, and each by its own share of the beam's area, which is little: dust dims
/// smoothly, and what it scatters veils. So Gu, Ramamoorthi, Belhumeur and Nayar, “Removing image
/// artifacts due to dirty camera lenses and thin occluders” (2009): a picture through dirt is the
/// scene's, attenuated by a smooth map, and scattered light in proportion to the light around.
///
/// The optics are those of a usual machine-vision camera: a lens of 6 mm at f/2.8 before a sensor that
/// is 5 mm wide (Sony's IMX273). Light that particles diffract strays by 0.42·λ/diameter, 3 mrad or a
/// pixel of 320, and counts as passing straight.
struct LensContamination: Sendable {
  /// Millimetres. Larger particles are no dust (ISO 4225: below 75 µm), and smaller ones of the same
  /// area only make the shade smoother.
  private static let particle = 0.075
  /// Millimetres across, of the light that meets in a pixel: 6 / 2.8.
  private static let beam = 2.14
  /// Millimetres of the front lens through which the picture's width is seen: it stands about 12 mm
  /// before the entrance pupil, and 12 · 5 / 6 is 10.
  private static let field = 10.0
  /// Of the light that meets a particle, what goes on into other directions. Particles take twice their
  /// area of light from its path (half by diffraction), and dust loses a tenth of that: Fong and Lee,
  /// “Characterization of surface cleanliness with particulate obscuration” (SPIE 2261, 1994). The rest
  /// of what meets them is 1 − 0.1·2.
  static let scattered: Float = 0.8
  /// Of a beam, what a particle in it takes.
  private static let shade = (particle / beam) * (particle / beam)

  private let size: SensorSize
  private var random: SeededRandom
  /// Particles that have settled.
  private(set) var particleCount = 0
  /// By how much the number of particles before a pixel differs from that of its left neighbour, row
  /// by row, with a column more than the picture has.
  private var steps: [Int32]
  /// What n particles leave of a beam.
  private var remainders: [Float] = [1]
  /// Share of a pixel's light that passes between the particles; row by row.
  private(set) var clarity: [Float]

  init(size: SensorSize, seed: UInt64) {
    self.size = size
    random = SeededRandom(seed: seed, stream: "conveyor lens")
    steps = [Int32](repeating: 0, count: (size.width + 1) * size.height)
    clarity = [Float](repeating: 1, count: size.width * size.height)
  }

  var isClean: Bool { particleCount == 0 }

  /// Half a beam in pixels.
  private var radius: Double { Self.beam / 2 * Double(size.width) / Self.field }

  /// Lets dust settle until its particles' areas sum up to `share` of the lens's; false when they
  /// have already. As they fall anywhere, e^−share of the lens stays free. Dust never goes.
  mutating func grow(to share: Double) -> Bool {
    // Wherever a beam of some pixel may pass.
    let pitch = Self.field / Double(size.width)
    let area =
      (Double(size.width) + 2 * radius) * (Double(size.height) + 2 * radius) * pitch * pitch
    let wanted = Int(share * area / (.pi / 4 * Self.particle * Self.particle))
    guard wanted > particleCount else { return false }
    while particleCount < wanted {
      settle()
      particleCount += 1
    }
    look()
    return true
  }

  /// Places a particle's shadow.
  private mutating func settle() {
    let x = random.uniform(-radius...Double(size.width) + radius)
    let y = random.uniform(-radius...Double(size.height) + radius)
    for row in Self.span(y - radius, y + radius, size.height) {
      let distance: Double = Double(row) + 0.5 - y
      let rest: Double = (radius + distance) * (radius - distance)
      let half = max(0, rest).squareRoot()
      let columns = Self.span(x - half, x + half, size.width)
      steps[row * (size.width + 1) + columns.lowerBound] += 1
      steps[row * (size.width + 1) + columns.upperBound] -= 1
    }
  }

  /// Pixels whose middles lie between two places, of those from 0 to `end`.
  private static func span(_ from: Double, _ to: Double, _ end: Int) -> Range<Int> {
    let first = min(max(Int((from - 0.5).rounded(.up)), 0), end)
    return first..<min(max(Int((to - 0.5).rounded(.down)) + 1, first), end)
  }

  /// Makes `clarity` of the particles that have settled.
  private mutating func look() {
    for row in 0..<size.height {
      var count = 0
      for column in 0..<size.width {
        count += Int(steps[row * (size.width + 1) + column])
        while count >= remainders.count {
          remainders.append(remainders[remainders.count - 1] * Float(1 - Self.shade))
        }
        clarity[row * size.width + column] = remainders[count]
      }
    }
  }
}
