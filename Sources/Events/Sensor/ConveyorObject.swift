import Glibc
import VirtualTime

/// A carton or a round part lying on the belt, in pixels of the belt at rest.
struct ConveyorObject: Sendable {
  enum Shape: Sendable {
    case carton
    case disc
  }

  /// Counted from 1, in the order in which they come into view.
  let track: Int
  let kind: ConveyorClass
  let shape: Shape
  /// Centre: along the belt, and the row.
  let centre: (x: Double, y: Double)
  /// Half of the sides along and across the object's own axes; equal for a disc.
  let half: (u: Double, v: Double)
  private let turn: (cosine: Double, sine: Double)
  private let reflectance: Double
  private let print: Double
  private let barSeed: UInt64
  private let fault: (u: Double, v: Double, reach: Double)
  /// Direction of a scratch, and from which a dent is lit.
  private let faultTurn: (cosine: Double, sine: Double)
  /// A near-identical product: its label sits on the other side and is tinted.
  private let isVariant: Bool

  /// - Parameter left: Where along the belt the object begins.
  init(track: Int, left: Double, plan: ConveyorPlan, _ random: inout SeededRandom) {
    self.track = track
    kind = Self.drawKind(plan.shares, &random)
    isVariant = Self.isVariant(left, plan)
    shape = random.chance(0.75) ? .carton : .disc
    let rows = plan.beltRows
    let widest = Double(rows.count) / plan.pixelsPerMetre * 0.6
    let long = random.uniform(0.14...0.34) * plan.pixelsPerMetre / 2
    let across = min(random.uniform(0.12...0.28), widest) * plan.pixelsPerMetre / 2
    half = shape == .disc ? (across, across) : (long, across)
    let angle = shape == .disc ? 0 : random.uniform(-0.12...0.12)
    turn = (cos(angle), sin(angle))
    let reach = Self.reach(half, turn, shape)
    let free = max(0, Double(rows.count) / 2 - reach.y)
    centre = (
      left + reach.x,
      Double(rows.lowerBound + rows.upperBound) / 2 + random.uniform(-free...free)
    )
    reflectance = random.uniform(0.35...0.8)
    print = random.uniform(0.05...0.2)
    barSeed = random.next()
    let (u, v) = (random.uniform(-0.45...0.45), random.uniform(-0.45...0.45))
    let direction = random.uniform(0...Double.pi)
    faultTurn = (cos(direction), sin(direction))
    fault = (u, v, random.uniform(0.15...0.35))
  }

  /// True for what comes into view when the variant has begun.
  private static func isVariant(_ left: Double, _ plan: ConveyorPlan) -> Bool {
    guard let start = plan.variantStart, start < plan.duration else { return false }
    return left >= plan.shift(at: start) + Double(plan.size.width)
  }

  private static func drawKind(_ shares: [Int], _ random: inout SeededRandom) -> ConveyorClass {
    var draw = Int.random(in: 0..<100, using: &random)
    for (kind, percent) in zip(ConveyorClass.allCases, shares) {
      if draw < percent { return kind }
      draw -= percent
    }
    return .ok
  }

  /// Half of the sides of the upright rectangle around the object.
  private static func reach(
    _ half: (u: Double, v: Double), _ turn: (cosine: Double, sine: Double), _ shape: Shape
  ) -> (x: Double, y: Double) {
    if shape == .disc { return (half.u, half.v) }
    let (cosine, sine) = (abs(turn.cosine), abs(turn.sine))
    return (half.u * cosine + half.v * sine, half.u * sine + half.v * cosine)
  }

  var reach: (x: Double, y: Double) { Self.reach(half, turn, shape) }

  /// What the object makes of the belt's reflectance at a point.
  func paint(over belt: Double, x: Double, y: Double) -> Double {
    let (dx, dy) = (x - centre.x, y - centre.y)
    let u = dx * turn.cosine + dy * turn.sine
    let v = dy * turn.cosine - dx * turn.sine
    // Positive inside; an edge is as wide as a pixel.
    var depth = min(half.u - abs(u), half.v - abs(v))
    if shape == .disc {
      let radius = sqrt(u * u + v * v)
      // A ring: the hole shows the belt.
      depth = min(half.u - radius, radius - half.u * 0.22)
    }
    if kind == .tear { depth = min(depth, tearDepth(u / half.u, v / half.v)) }
    let coverage = min(max(depth + 0.5, 0), 1)
    guard coverage > 0 else { return belt }
    return belt + (surface(u, v) - belt) * coverage
  }

  /// A corner torn off along a jagged line.
  private func tearDepth(_ u: Double, _ v: Double) -> Double {
    let jag = 0.06 * sin(u * 23) + 0.04 * sin(v * 37 + 1)
    return (1.5 - fault.reach - (u + v) - jag) * half.v
  }

  private func surface(_ u: Double, _ v: Double) -> Double {
    let (s, t) = (u / half.u, v / half.v)
    var value = reflectance
    if shape == .carton && abs(t) < 0.09 { value *= 1.18 }  // tape
    let label = isVariant ? (s: -s, t: -t) : (s: s, t: t)
    if kind != .missingLabel && label.s > -0.65 && label.s < -0.05 && label.t > 0.2
      && label.t < 0.75
    {
      value = barcode(label.s, label.t)
    }
    let (p, q) = (u - fault.u * half.u, v - fault.v * half.v)
    let along = p * faultTurn.cosine + q * faultTurn.sine
    let across = q * faultTurn.cosine - p * faultTurn.sine
    if kind == .scratch {
      let inside = min(max(1.8 - abs(across), 0), 1)
      if abs(along) < 2 * fault.reach * half.u { value *= 1 - 0.65 * inside }
    }
    if kind == .dent {
      // Lit from one side: one flank of the hollow bright, the other dark.
      let radius = fault.reach * half.v
      let distance = (p * p + q * q) / (radius * radius)
      value *= 1 + 0.9 * along / radius * exp(-distance)
    }
    return min(max(value, 0.02), 1)
  }

  /// Dark bars on paper, of the object's own.
  private func barcode(_ s: Double, _ t: Double) -> Double {
    let paper = isVariant ? 0.62 : 0.9
    if s < -0.61 || s > -0.09 || t < 0.25 || t > 0.62 { return paper }
    let bar = Int((s + 0.61) / 0.52 * 24)
    return barSeed >> UInt64(min(max(bar, 0), 23)) & 1 == 1 ? print : paper
  }
}
