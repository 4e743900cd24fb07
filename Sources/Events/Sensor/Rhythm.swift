import Glibc
import VirtualTime

/// A repeated motion that is never quite regular, as people's are not.
struct Rhythm: Sendable {
  private let frequency: Double
  private let offset: Double
  private let unevenness: Wander

  /// - Parameter frequency: Cycles per second.
  init(_ frequency: Double, _ random: inout SeededRandom) {
    self.frequency = frequency
    offset = random.uniform(0...(2 * .pi))
    unevenness = Wander(0.3, &random)
  }

  /// Radians at `time` in seconds.
  func phase(_ time: Double) -> Double {
    2 * .pi * frequency * time + offset + unevenness(time)
  }
}

/// A slow, smooth drift around zero: two sines of unrelated periods.
struct Wander: Sendable {
  private let size: Double
  private let frequencies: (Double, Double)
  private let phases: (Double, Double)

  init(_ size: Double, _ random: inout SeededRandom) {
    self.size = size
    frequencies = (random.uniform(0.15...0.45), random.uniform(0.5...0.9))
    phases = (random.uniform(0...(2 * .pi)), random.uniform(0...(2 * .pi)))
  }

  func callAsFunction(_ time: Double) -> Double {
    size
      * (0.65 * sin(2 * .pi * frequencies.0 * time + phases.0)
        + 0.35 * sin(2 * .pi * frequencies.1 * time + phases.1))
  }
}
