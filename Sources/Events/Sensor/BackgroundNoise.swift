import Glibc
import VirtualTime

/// Events without a cause in the scene: a Poisson process over the whole array and one for each
/// hot pixel.
struct BackgroundNoise: Sendable {
  struct NoiseEvent {
    var time: Int64
    var pixel: Int
    var isOn: Bool
  }

  /// One Poisson process: over all pixels, or of one.
  private struct Process {
    var eventsPerMicrosecond: Double
    var pixel: Int?
    var nextTime: Double
  }

  private let pixels: Int
  private let onShare: Double
  private var random: SeededRandom
  private var processes: [Process] = []

  init(pixels: Int, model: PixelModel, seed: UInt64, from start: Int64) {
    self.pixels = pixels
    onShare = model.noiseOnShare
    random = SeededRandom(seed: seed, stream: "sensor noise")
    if model.noiseRate > 0 {
      add(rate: model.noiseRate * Double(pixels), pixel: nil, from: start)
    }
    var hotRandom = SeededRandom(seed: seed, stream: "hot pixels")
    let range = model.hotPixelRate
    for _ in 0..<model.hotPixels {
      let pixel = Int.random(in: 0..<pixels, using: &hotRandom)
      let rate = exp(hotRandom.uniform(log(range.lowerBound)...log(range.upperBound)))
      add(rate: rate, pixel: pixel, from: start)
    }
  }

  private mutating func add(rate: Double, pixel: Int?, from start: Int64) {
    let perMicrosecond = rate * 1e-6
    processes.append(
      Process(
        eventsPerMicrosecond: perMicrosecond, pixel: pixel,
        nextTime: Double(start) + random.exponential(rate: perMicrosecond)))
  }

  /// The next event before `end`, of any process, processes in order; nil when there is none.
  mutating func next(before end: Int64) -> NoiseEvent? {
    for index in processes.indices where processes[index].nextTime < Double(end) {
      let time = Int64(processes[index].nextTime)
      processes[index].nextTime += random.exponential(
        rate: processes[index].eventsPerMicrosecond)
      let pixel = processes[index].pixel ?? Int.random(in: 0..<pixels, using: &random)
      return NoiseEvent(time: time, pixel: pixel, isOn: random.uniform() < onShare)
    }
    return nil
  }
}

/// Events that the shot noise of the photocurrent makes: a Poisson process whose rate falls with
/// the light, to a quarter in full light (v2e, Hu et al., 2021).
struct ShotNoise: Sendable {
  /// Share of the dark rate that is left in full light.
  private static let rateInFullLight = 0.25

  private let pixels: Int
  private let eventsPerMicrosecond: Double
  private var random: SeededRandom
  private var nextTime: Double

  init(pixels: Int, model: PixelModel, seed: UInt64, from start: Int64) {
    self.pixels = pixels
    eventsPerMicrosecond = model.shotNoiseRate * Double(pixels) * 1e-6
    random = SeededRandom(seed: seed, stream: "sensor shot noise")
    nextTime = .infinity
    if eventsPerMicrosecond > 0 {
      nextTime = Double(start) + random.exponential(rate: eventsPerMicrosecond)
    }
  }

  /// The next event before `end`; nil when there is none.
  ///
  /// - Parameter levels: Log intensity of each pixel, 0 for full light.
  mutating func next(before end: Int64, levels: [Double]) -> BackgroundNoise.NoiseEvent? {
    while nextTime < Double(end) {
      let time = Int64(nextTime)
      nextTime += random.exponential(rate: eventsPerMicrosecond)
      let pixel = Int.random(in: 0..<pixels, using: &random)
      let isOn = random.chance(0.5)
      // Drawn at the rate of the dark and thinned to that of the pixel's light.
      let light = min(exp(levels[pixel]), 1)
      if random.chance(1 - (1 - Self.rateInFullLight) * light) {
        return BackgroundNoise.NoiseEvent(time: time, pixel: pixel, isOn: isOn)
      }
    }
    return nil
  }
}

extension SeededRandom {
  /// Normal with mean 0 and variance 1, by Box and Muller's transform.
  mutating func standardNormal() -> Double {
    sqrt(-2 * log(1 - uniform())) * cos(2 * .pi * uniform())
  }

  /// Waiting time of a Poisson process.
  mutating func exponential(rate: Double) -> Double { -log(1 - uniform()) / rate }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }
}
