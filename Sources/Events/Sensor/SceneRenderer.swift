import Glibc
import VirtualTime

/// Where the subject stands and how the scene is lit, drawn anew for every recording.
struct Staging: Sendable {
  /// Pixels a meter at the depth of the shoulders.
  var pixelsPerMetre: Double
  /// Meters from the camera to the shoulders.
  var distance: Double
  /// Pixel onto which the point between the shoulders falls.
  var centre: (x: Double, y: Double)
  /// Relative light: what is left after it is what the pixels' dark current competes with.
  var illumination: Double
  var darkCurrent = 0.02

  init(size: SensorSize, _ random: inout SeededRandom) {
    let scale = Double(size.height) / 128
    pixelsPerMetre = random.uniform(62...96) * scale
    distance = random.uniform(1.2...2.2)
    centre = (
      (Double(size.width) / 2) + random.uniform(-8...10) * scale,
      random.uniform(56...76) * scale
    )
    illumination = exp(random.uniform(log(0.25)...log(1.5)))
  }
}

/// Draws a pose as soft-edged shaded capsules before a background, in log intensity.
struct SceneRenderer: Sendable {
  /// A tapered capsule already projected to pixels.
  private struct Capsule {
    var a: (x: Double, y: Double)
    var b: (x: Double, y: Double)
    var radiusA: Double
    var radiusB: Double
    var reflectance: Double
    /// Which stretch of the texture covers it.
    var texture: Int
    var depth: Double
  }

  private static let textureSide = 64

  let size: SensorSize
  private let subject: Subject
  private let staging: Staging
  /// Reflectance behind the subject, row by row.
  private let background: [Double]
  /// Cloth and skin texture, a square of `textureSide`, values around 0.
  private let texture: [Double]
  private var reflectance: [Double]
  /// Log intensity, row by row.
  private(set) var levels: [Double]
  private var lastRegion: PixelRegion

  init(size: SensorSize, subject: Subject, staging: Staging, _ random: inout SeededRandom) {
    self.size = size
    self.subject = subject
    self.staging = staging
    background = Self.paintBackground(size, subject.backgroundReflectance, &random)
    var textureRandom = SeededRandom(seed: subject.textureSeed, stream: "texture")
    texture = Self.weaveTexture(contrast: subject.textureContrast, &textureRandom)
    reflectance = background
    levels = background.map { log($0 * staging.illumination + staging.darkCurrent) }
    lastRegion = PixelRegion(columns: 0..<0, rows: 0..<0)
  }

  /// Draws `pose` into `levels` and returns where they may have changed.
  mutating func draw(_ pose: Pose) -> PixelRegion {
    let capsules = capsules(of: pose)
    let region = capsules.reduce(PixelRegion(columns: 0..<0, rows: 0..<0)) {
      $0.union(bounds($1))
    }
    let dirty = region.union(lastRegion)
    lastRegion = region
    background.withUnsafeBufferPointer { background in
      reflectance.withUnsafeMutableBufferPointer { reflectance in
        for row in dirty.rows {
          let line = row * size.width
          for pixel in line + dirty.columns.lowerBound..<line + dirty.columns.upperBound {
            reflectance[pixel] = background[pixel]
          }
        }
      }
    }
    for capsule in capsules { paint(capsule) }
    reflectance.withUnsafeBufferPointer { reflectance in
      levels.withUnsafeMutableBufferPointer { levels in
        for row in dirty.rows {
          let line = row * size.width
          for pixel in line + dirty.columns.lowerBound..<line + dirty.columns.upperBound {
            levels[pixel] = log(reflectance[pixel] * staging.illumination + staging.darkCurrent)
          }
        }
      }
    }
    return dirty
  }

  private func capsules(of pose: Pose) -> [Capsule] {
    let person = subject
    var parts: [Capsule] = []
    func add(
      _ a: Vector3, _ b: Vector3, _ radiusA: Double, _ radiusB: Double, _ reflectance: Double,
      _ texture: Int
    ) {
      parts.append(capsule(a, b, radiusA, radiusB, reflectance, texture))
    }
    let chest = pose.chest
    let torso = person.torsoRadius
    add(
      chest + Vector3(0, torso * 0.7, -0.05), Vector3(chest.x * 0.4, 1.1, 0), torso, torso * 1.1,
      person.shirt, 0)
    add(pose.right.shoulder, pose.left.shoulder, 0.07, 0.07, person.shirt, 1)
    add(chest, pose.head, 0.055, 0.05, person.skin, 2)
    let head = person.headRadius
    add(
      pose.head + Vector3(0, -0.03, 0), pose.head + Vector3(0, 0.03, 0), head * 0.85, head * 0.7,
      person.skin, 3)
    add(
      pose.head + Vector3(-0.02, -0.075, -0.02), pose.head + Vector3(0.02, -0.075, -0.02),
      head * 0.72, head * 0.72, person.hair, 4)
    let trunk = parts.count
    let radius = person.armRadius
    let sleeve = person.hasLongSleeves ? person.shirt : person.skin
    for (index, arm) in [pose.right, pose.left].enumerated() {
      add(arm.shoulder, arm.elbow, radius * 1.25, radius, person.shirt, 5 + 3 * index)
      add(arm.elbow, arm.wrist, radius, radius * 0.72, sleeve, 6 + 3 * index)
      let palm = arm.wrist.mixed(with: arm.tip, 0.55)
      add(arm.wrist, palm, radius * 0.72, radius * 0.85, person.skin, 7 + 3 * index)
      for finger in fingers(of: arm) {
        add(palm, finger, radius * 0.3, radius * 0.22, person.skin, 7 + 3 * index)
      }
    }
    // What is nearer to the camera covers what is behind it; equal depths keep their order.
    let limbs = parts[trunk...].enumerated().sorted {
      ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset)
    }
    return parts[..<trunk] + limbs.map(\.element)
  }

  /// Ends of four fingers and a thumb, spread in the plane of the image.
  private func fingers(of arm: Arm) -> [Vector3] {
    let along = arm.tip - arm.wrist
    let across = Vector3(-along.y, along.x, 0).unit * along.length
    let spread = subject.fingerSpread
    return [-1.0, -0.4, 0.2, 0.8].map { arm.tip + across * (spread * $0) }
      + [arm.wrist + along * 0.6 + across * (0.25 + spread)]
  }

  private func capsule(
    _ a: Vector3, _ b: Vector3, _ radiusA: Double, _ radiusB: Double, _ reflectance: Double,
    _ texture: Int
  ) -> Capsule {
    func project(_ point: Vector3) -> (x: Double, y: Double, scale: Double) {
      // Nothing comes nearer to the lens than a quarter of the distance.
      let magnification = staging.distance / max(staging.distance - point.z, staging.distance / 4)
      let scale = staging.pixelsPerMetre * magnification
      return (
        staging.centre.x + point.x * scale,
        // The camera looks at the chest, about 0.2 m below the shoulders.
        staging.centre.y + 0.2 * staging.pixelsPerMetre + (point.y - 0.2) * scale, scale
      )
    }
    let start = project(a)
    let end = project(b)
    return Capsule(
      a: (start.x, start.y), b: (end.x, end.y), radiusA: radiusA * start.scale,
      radiusB: radiusB * end.scale, reflectance: reflectance, texture: texture,
      depth: (a.z + b.z) / 2)
  }

  private func bounds(_ capsule: Capsule) -> PixelRegion {
    let reach = max(capsule.radiusA, capsule.radiusB) + 1.5
    func range(_ p: Double, _ q: Double, _ limit: Int) -> Range<Int> {
      let low = min(max(Int((min(p, q) - reach).rounded(.down)), 0), limit)
      let high = min(max(Int((max(p, q) + reach).rounded(.up)), low), limit)
      return low..<high
    }
    return PixelRegion(
      columns: range(capsule.a.x, capsule.b.x, size.width),
      rows: range(capsule.a.y, capsule.b.y, size.height))
  }

  /// Blends one capsule over what is there: edge 1.6 pixels soft, rim darker than the middle.
  private mutating func paint(_ capsule: Capsule) {
    let region = bounds(capsule)
    let width = size.width
    let dx = capsule.b.x - capsule.a.x
    let dy = capsule.b.y - capsule.a.y
    let squared = dx * dx + dy * dy
    let inverse = squared > 1e-6 ? 1 / squared : 0
    let length = sqrt(squared)
    let taper = capsule.radiusB - capsule.radiusA
    let outer = max(capsule.radiusA, capsule.radiusB) + 1
    texture.withUnsafeBufferPointer { texture in
      reflectance.withUnsafeMutableBufferPointer { reflectance in
        for row in region.rows {
          let py = Double(row) + 0.5 - capsule.a.y
          for column in region.columns {
            let px = Double(column) + 0.5 - capsule.a.x
            let along = min(max((px * dx + py * dy) * inverse, 0), 1)
            let offX = px - along * dx
            let offY = py - along * dy
            let distanceSquared = offX * offX + offY * offY
            guard distanceSquared < outer * outer else { continue }
            let distance = distanceSquared.squareRoot()
            let radius = capsule.radiusA + along * taper
            let coverage = min(max((radius - distance) / 1.6 + 0.5, 0), 1)
            guard coverage > 0 else { continue }
            let side = px * dy - py * dx < 0 ? -distance : distance
            let rim = min(distance / max(radius, 0.5), 1)
            let weave = Self.textureValue(texture, capsule.texture, along * length, side)
            let own = capsule.reflectance * (1 - 0.45 * rim * rim) * (1 + weave)
            let pixel = row * width + column
            reflectance[pixel] += (own - reflectance[pixel]) * coverage
          }
        }
      }
    }
  }

  /// Bilinear in the texture, one cell every 1.5 pixels, wrapping around.
  @inline(__always)
  private static func textureValue(
    _ texture: UnsafeBufferPointer<Double>, _ part: Int, _ along: Double, _ across: Double
  ) -> Double {
    let side = textureSide
    let u = (along + 4096) / 1.5 + Double(part * 11)
    let v = (across + 4096) / 1.5 + Double(part * 23)
    let column = Int(u)
    let row = Int(v)
    let fu = u - Double(column)
    let fv = v - Double(row)
    let mask = side - 1
    let top = (row & mask) * side
    let bottom = ((row + 1) & mask) * side
    let left = column & mask
    let right = (column + 1) & mask
    return (texture[top + left] * (1 - fu) + texture[top + right] * fu) * (1 - fv)
      + (texture[bottom + left] * (1 - fu) + texture[bottom + right] * fu) * fv
  }

  private static func weaveTexture(
    contrast: Double, _ random: inout SeededRandom
  ) -> [Double] {
    (0..<textureSide * textureSide).map { _ in contrast * random.uniform(-1...1) }
  }

  /// A wall with a few soft patches and upright edges, so that limbs uncover something.
  private static func paintBackground(
    _ size: SensorSize, _ mean: Double, _ random: inout SeededRandom
  ) -> [Double] {
    var wall = [Double](repeating: mean, count: size.width * size.height)
    let extent = Double(max(size.width, size.height))
    for _ in 0..<Int.random(in: 2...6, using: &random) {
      let isPatch = random.chance(0.5)
      let centreX = random.uniform(0...Double(size.width))
      let centreY = random.uniform(0...Double(size.height))
      let width = random.uniform(0.04...0.25) * extent
      let height = isPatch ? random.uniform(0.04...0.25) * extent : extent * 2
      let factor = exp(random.uniform(-0.35...0.35))
      for row in 0..<size.height {
        for column in 0..<size.width {
          let u = abs(Double(column) - centreX) / width
          let v = abs(Double(row) - centreY) / height
          let inside = isPatch ? exp(-(u * u + v * v)) : min(max((1 - u) * width / 2, 0), 1)
          wall[row * size.width + column] *= 1 + (factor - 1) * inside
        }
      }
    }
    return wall
  }
}
