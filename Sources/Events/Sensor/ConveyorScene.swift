import VirtualTime

/// What a camera above the belt gets to see: belt and objects, in the light of an instant, through
/// the lens.
///
/// Pixels are made with additions, multiplications, divisions and roots alone, which every machine
/// rounds alike: recordings made anew are compared by checksums.
struct ConveyorScene: Sendable {
  /// What the machine's frame reflects: brighter than the belt, and at rest.
  private static let frameReflectance: Float = 0.3

  let plan: ConveyorPlan
  private(set) var belt: ConveyorBelt
  private var lens: LensContamination
  /// Reflectance, row by row, and its mean over an exposure.
  private var scene: [Float]
  private var gathered: [Float]
  private var light: Double
  private let noiseSeed: UInt64

  init(_ plan: ConveyorPlan) {
    self.plan = plan
    belt = ConveyorBelt(plan)
    lens = LensContamination(size: plan.size, seed: plan.seed)
    _ = lens.grow(to: plan.contamination)
    scene = [Float](
      repeating: Self.frameReflectance, count: plan.size.width * plan.size.height)
    gathered = scene
    light = plan.light(at: 0)
    var random = SeededRandom(seed: plan.seed, stream: "conveyor frames")
    noiseSeed = random.next()
    belt.draw(shift: 0, into: &scene)
  }

  private var beltRegion: PixelRegion {
    PixelRegion(columns: 0..<plan.size.width, rows: plan.beltRows)
  }

  /// Forgets what has left the frame, and lets dust settle.
  ///
  /// - Returns: Whether the lens is another.
  mutating func settle(at time: Int64) -> Bool {
    belt.forget(before: plan.shift(at: time))
    return lens.grow(to: plan.contamination(at: time))
  }

  /// Writes log intensity of an instant into `levels`.
  ///
  /// - Parameter isAnew: Whether pixels beside the belt must be written even if the light stays.
  /// - Returns: What was written.
  mutating func expose(
    at time: Int64, isAnew: Bool, into levels: inout [Double]
  ) -> PixelRegion {
    belt.draw(shift: plan.shift(at: time), into: &scene)
    let present = plan.light(at: time)
    // What dust scatters veils the whole picture, and changes with what is on the belt.
    let isWhole = present != light || isAnew || !lens.isClean
    let region = isWhole ? .all(of: plan.size) : beltRegion
    light = present
    let factor = Float(present)
    let veil = Veil(origin: Self.frameReflectance, scene, lens)
    let pixels = region.rows.lowerBound * plan.size.width..<region.rows.upperBound * plan.size.width
    scene.withUnsafeBufferPointer { scene in
      lens.clarity.withUnsafeBufferPointer { clarity in
        levels.withUnsafeMutableBufferPointer { levels in
          for pixel in pixels {
            let seen = veil.over(scene[pixel], clarity: clarity[pixel])
            levels[pixel] = Double(naturalLog(seen * factor))
          }
        }
      }
    }
    return region
  }

  /// What a frame camera makes of an instant: 0…255, linear in the light, white at a reflectance of
  /// 1 in the light of the start.
  mutating func frame(_ number: Int64, at time: Int64) -> [UInt8] {
    let light = gather(at: time)
    // N electrons come with a noise of √N: here as a share of white, for one electron.
    let noise: Float = plan.fullWell > 0 ? 1 / Float(plan.fullWell).squareRoot() : 0
    let veil = Veil(origin: Self.frameReflectance * light, gathered, lens)
    let seed = noiseSeed &+ UInt64(number) &* 0xd1b5_4a32_d192_ed03
    return [UInt8](unsafeUninitializedCapacity: gathered.count) { bytes, count in
      count = gathered.count
      gathered.withUnsafeBufferPointer { gathered in
        lens.clarity.withUnsafeBufferPointer { clarity in
          for pixel in 0..<gathered.count {
            let seen = veil.over(gathered[pixel], clarity: clarity[pixel])
            let noisy = seen + noise * seen.squareRoot() * Self.deviate(seed, pixel)
            bytes[pixel] = UInt8(min(max(noisy * 255 + 0.5, 0), 255))
          }
        }
      }
    }
  }

  /// Sums up the light of an exposure in `gathered`.
  ///
  /// - Returns: The mean light of the exposure.
  private mutating func gather(at time: Int64) -> Float {
    let parts = max(1, Int64((plan.blur * 4).rounded(.up)))
    var sum: Float = 0
    for pixel in gathered.indices { gathered[pixel] = 0 }
    for part in 0..<parts {
      let offset = plan.exposure * (2 * part + 1 - parts) / (2 * parts)
      let instant = max(0, time + offset)
      belt.draw(shift: plan.shift(at: instant), into: &scene)
      let share = Float(plan.light(at: instant)) / Float(parts)
      sum += share
      scene.withUnsafeBufferPointer { scene in
        gathered.withUnsafeMutableBufferPointer { gathered in
          for pixel in 0..<scene.count { gathered[pixel] += scene[pixel] * share }
        }
      }
    }
    return sum
  }

  /// Nearly normal with mean 0 and variance 1: the sum of four bytes of a hash (Irwin and Hall).
  @inline(__always)
  private static func deviate(_ seed: UInt64, _ pixel: Int) -> Float {
    // SplitMix64 of a pair of pixels; each takes one half.
    var z = seed &+ UInt64(truncatingIfNeeded: pixel >> 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    z ^= z >> 31
    let half = UInt32(truncatingIfNeeded: z >> UInt64((pixel & 1) * 32))
    let pairs = (half & 0x00ff_00ff) &+ (half >> 8 & 0x00ff_00ff)
    let sum = (pairs & 0xffff) &+ pairs >> 16
    // Four bytes have a mean of 510 and a variance of (256² − 1) / 3.
    return (Float(sum) - 510) * 0.006_765_9
  }
}

/// What dust makes of a picture: it takes the share 1 − clarity of each pixel's light, and most of that
/// comes back as the mean of the picture, since a particle scatters what comes from everywhere around.
private struct Veil {
  /// Light around which sums are rounded: clean lenses see what they always saw, to the last bit.
  private let origin: Float
  /// What a covered lens sends to every pixel, above the origin.
  private let scattered: Float

  init(origin: Float, _ picture: [Float], _ lens: LensContamination) {
    self.origin = origin
    var mean = 0.0
    if !lens.isClean {
      picture.withUnsafeBufferPointer { for light in $0 { mean += Double(light) } }
      mean /= Double(picture.count)
    }
    scattered = LensContamination.scattered * Float(mean) - origin
  }

  @inline(__always)
  func over(_ light: Float, clarity: Float) -> Float {
    origin + (light - origin) * clarity + scattered * (1 - clarity)
  }
}

/// ln x of a positive number, to 10⁻⁷ of 1: the same on every machine, which `logf` is not, and fit
/// for vectors.
@inline(__always)
func naturalLog(_ x: Float) -> Float {
  // x = 2ᵉ·m with m in √½…√2, and ln m = 2·(s + s³/3 + s⁵/5 + …) of s = (m − 1) / (m + 1).
  let bits = Int32(bitPattern: x.bitPattern)
  let exponent = (bits &- 0x3f35_04f3) >> 23
  let mantissa = Float(bitPattern: UInt32(bitPattern: bits &- exponent << 23))
  let s = (mantissa - 1) / (mantissa + 1)
  let square = s * s
  let series = square * (1 / 3 + square * (0.2 + square * (1 / 7 + square * (1 / 9))))
  return Float(exponent) * 0.693_147_2 + 2 * s * (1 + series)
}
