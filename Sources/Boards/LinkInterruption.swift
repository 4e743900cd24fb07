package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// Times without capacity that have one cause.
package struct Interruption: Sendable, Equatable {
  package var cause: String
  /// Interruptions in an hour, on average.
  package var perHour: Double
  package var lengths: Lengths
  /// Nil when each comes independently of the others.
  package var clusters: Clusters?

  package init(cause: String, perHour: Double, lengths: Lengths, clusters: Clusters? = nil) {
    self.cause = cause
    self.perHour = perHour
    self.lengths = lengths
    self.clusters = clusters
  }

  package enum Lengths: Sendable, Equatable {
    /// Drawn again until between the ends.
    case logNormal(median: Duration, sigma: Double, shortest: Duration, longest: Duration)
    case uniform(Duration, Duration)
    /// Density in proportion to x^(−α−1) between the ends.
    case pareto(alpha: Double, shortest: Duration, longest: Duration)
  }

  /// Interruptions that come in company: a geometric number with this mean, exponentially spaced.
  package struct Clusters: Sendable, Equatable {
    /// At least 1.
    package var size: Double
    /// From the end of one to the start of the next within a cluster, on average.
    package var spacing: Duration

    package init(size: Double, spacing: Duration) {
      self.size = size
      self.spacing = spacing
    }
  }
}

extension Interruption {
  /// From the end of one to the start of the next, or of one cluster to the start of the next, in
  /// seconds on average, so that `perHour` comes out.
  package var meanWait: Double {
    guard perHour > 0 else { return .infinity }
    let cycle = 3600 / perHour - lengths.mean
    guard let clusters else { return cycle }
    return clusters.size * cycle - (clusters.size - 1) * clusters.spacing.inSeconds
  }
}

extension Interruption.Lengths {
  /// In seconds.
  package var mean: Double {
    switch self {
    case .uniform(let shortest, let longest):
      return (shortest.inSeconds + longest.inSeconds) / 2
    case .pareto(let alpha, let shortest, let longest):
      let (a, b) = (shortest.inSeconds, longest.inSeconds)
      let mass = 1 - pow(a / b, alpha)
      guard mass > 0 else { return a }
      if abs(alpha - 1) < 1e-9 { return a * log(b / a) / mass }
      return alpha / (alpha - 1) * (a - b * pow(a / b, alpha)) / mass
    case .logNormal(let median, let sigma, let shortest, let longest):
      guard sigma > 0 else { return median.inSeconds }
      func part(_ length: Duration, _ shift: Double) -> Double {
        guard length > .zero else { return 0 }
        return erfc(
          -(log(length.inSeconds / median.inSeconds) / sigma - shift) / 2.0.squareRoot()) / 2
      }
      let mass = part(longest, 0) - part(shortest, 0)
      guard mass > 0 else { return shortest.inSeconds }
      return median.inSeconds * exp(sigma * sigma / 2)
        * (part(longest, sigma) - part(shortest, sigma)) / mass
    }
  }

  /// Part of the lengths that lies above `length`.
  package func part(longerThan length: Duration) -> Double {
    switch self {
    case .uniform(let shortest, let longest):
      guard longest > shortest else { return length < shortest ? 1 : 0 }
      return min(
        1, max(0, (longest - length).inSeconds / (longest - shortest).inSeconds))
    case .pareto(let alpha, let shortest, let longest):
      let cut = pow(shortest.inSeconds / longest.inSeconds, alpha)
      guard length > shortest, cut < 1 else { return length < shortest ? 1 : 0 }
      return max(0, (pow(shortest.inSeconds / length.inSeconds, alpha) - cut) / (1 - cut))
    case .logNormal(let median, let sigma, let shortest, let longest):
      if length < shortest { return 1 }
      guard length < longest, sigma > 0 else { return length < median ? 1 : 0 }
      func above(_ length: Duration) -> Double {
        guard length > .zero else { return 1 }
        return erfc(log(length.inSeconds / median.inSeconds) / sigma / 2.0.squareRoot()) / 2
      }
      let mass = above(shortest) - above(longest)
      return mass > 0 ? (above(length) - above(longest)) / mass : 0
    }
  }
}
