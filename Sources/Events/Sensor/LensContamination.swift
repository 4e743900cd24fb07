import Glibc
import VirtualTime

/// Dust and smears on the lens, one after the other at places and sizes of their own: the same seed
/// gives the same ones, whatever share of them has settled.
struct LensContamination: Sendable {
  private struct Smear {
    var x: Double
    var y: Double
    var radius: Double
    var strength: Double
  }

  private let size: SensorSize
  private var random: SeededRandom
  /// The smear that is settling, and the pixels that it and all before it cover.
  private var smear: Smear
  private var covered: Double
  /// What the smears before it leave of the light's contrast.
  private var settled: [Float]
  /// 1 where the lens is clean, near 0 in the middle of a smear; row by row.
  private(set) var clarity: [Float]
  /// Share of the lens that is covered.
  private var share = 0.0

  init(size: SensorSize, seed: UInt64) {
    self.size = size
    random = SeededRandom(seed: seed, stream: "conveyor lens")
    settled = [Float](repeating: 1, count: size.width * size.height)
    clarity = settled
    smear = Self.smear(size, &random)
    covered = .pi * smear.radius * smear.radius
  }

  private static func smear(_ size: SensorSize, _ random: inout SeededRandom) -> Smear {
    let radius = random.uniform(0.02...0.09) * Double(size.height)
    let (x, y) = (
      random.uniform(0...Double(size.width)), random.uniform(0...Double(size.height))
    )
    return Smear(x: x, y: y, radius: radius, strength: random.uniform(0.5...0.95))
  }

  /// Lets dust settle until it covers `share` of the lens, counting what lies twice twice; false
  /// when it has already. Dust never goes.
  mutating func grow(to share: Double) -> Bool {
    guard share > self.share else { return false }
    self.share = share
    let wanted = share * Double(clarity.count)
    while covered <= wanted {
      settle(1)
      settled = clarity
      smear = Self.smear(size, &random)
      covered += .pi * smear.radius * smear.radius
    }
    // The last one as thick as the share asks for.
    let area = .pi * smear.radius * smear.radius
    settle(1 - (covered - wanted) / area)
    return true
  }

  /// Puts the present smear, at a share of its strength, over those that have settled.
  private mutating func settle(_ part: Double) {
    let reach = smear.radius * sqrt(6)
    let columns = Self.span(smear.x - reach, smear.x + reach, size.width)
    for row in Self.span(smear.y - reach, smear.y + reach, size.height) {
      for column in columns {
        let (u, v) = (
          (Double(column) - smear.x) / smear.radius, (Double(row) - smear.y) / smear.radius
        )
        let distance = u * u + v * v
        guard distance < 6 else { continue }
        let pixel = row * size.width + column
        clarity[pixel] =
          settled[pixel] * Float(1 - part * smear.strength * exp(-distance))
      }
    }
  }

  private static func span(_ from: Double, _ to: Double, _ end: Int) -> Range<Int> {
    let first = min(max(Int(from.rounded(.up)), 0), end)
    return first..<min(max(Int(to.rounded(.down)) + 1, first), end)
  }
}
