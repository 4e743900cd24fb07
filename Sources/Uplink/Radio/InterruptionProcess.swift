import Boards
import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// One cause of interruptions at work: their starts and ends, in order.
struct InterruptionProcess: Sendable {
  private let model: Interruption
  /// Mean seconds between interruptions, or between clusters.
  private let meanWait: Double
  private var random: SeededRandom
  private var isInCluster = false
  private(set) var next: (start: Instant, end: Instant)

  private static let never = Instant(nanoseconds: .max)
  /// Nanoseconds, far beyond any run and far from overflow.
  private static let farthest = 1e18

  init(_ model: Interruption, seed: UInt64, stream: String) {
    self.model = model
    meanWait = model.meanWait
    random = SeededRandom(seed: seed, stream: stream)
    next = (.zero, .zero)
    advance()
  }

  mutating func advance() {
    let mean = isInCluster ? model.clusters!.spacing.inSeconds : meanWait
    let start = Double(next.end.nanoseconds) + random.exponential() * mean * 1e9
    guard start < Self.farthest else {
      next = (Self.never, Self.never)
      return
    }
    let begin = Instant(nanoseconds: Int64(start))
    next = (begin, begin + model.lengths.drawn(&random))
    // A geometric number has the mean n when each is followed by another with 1 − 1/n.
    if let clusters = model.clusters { isInCluster = random.uniform() > 1 / clusters.size }
  }
}

extension Interruption.Lengths {
  private static let attempts = 1_000

  func drawn(_ random: inout SeededRandom) -> Duration {
    switch self {
    case .uniform(let shortest, let longest):
      return shortest + Duration(seconds: (longest - shortest).inSeconds * random.uniform())
    case .pareto(let alpha, let shortest, let longest):
      let cut = pow(shortest.inSeconds / longest.inSeconds, alpha)
      let u = 1 - (1 - cut) * random.uniform()
      return min(longest, Duration(seconds: shortest.inSeconds * pow(u, -1 / alpha)))
    case .logNormal(let median, let sigma, let shortest, let longest):
      // A file whose ends leave next to nothing of the distribution gets the nearer end.
      for _ in 0..<Self.attempts {
        let seconds = median.inSeconds * exp(sigma * random.normal())
        guard seconds < 1e9 else { continue }
        let length = Duration(seconds: seconds)
        if shortest <= length && length <= longest { return length }
      }
      return median < shortest ? shortest : longest
    }
  }
}

extension Duration {
  /// To the nanosecond.
  init(seconds: Double) { self.init(nanoseconds: Int64((seconds * 1e9).rounded())) }
}
