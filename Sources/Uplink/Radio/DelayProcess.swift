package import Boards
import Metrics
package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// A delay model at work.
package struct DelayProcess: Sendable {
  package let model: DelayModel
  /// Whether a packet may overtake another, as netem's jitter lets it.
  package let reorders: Bool
  private let seed: UInt64
  private let stream: String
  private var draws: CorrelatedUniform
  private var held: (delay: Duration, period: Int64)?
  private var lastArrival = Instant.zero

  package init(_ model: DelayModel, reorders: Bool = false, seed: UInt64, stream: String) {
    self.model = model
    self.reorders = reorders
    self.seed = seed
    self.stream = stream
    var correlation = 0.0
    if case .varying(_, _, _, let given) = model { correlation = given }
    draws = CorrelatedUniform(correlation: correlation, seed: seed, stream: stream)
  }

  /// When a packet sent at `now` arrives, `extra` later than the model says.
  package mutating func arrival(of now: Instant, extra: Duration) -> Instant {
    var arrival = now + draw(now) + extra
    if !reorders { arrival = max(arrival, lastArrival) }
    lastArrival = max(arrival, lastArrival)
    return arrival
  }

  private mutating func draw(_ now: Instant) -> Duration {
    switch model {
    case .constant(let delay): return delay
    case .varying(let mean, let jitter, let shape, _):
      let offset = Double(jitter.nanoseconds) * shape.deviation(at: draws.next())
      return max(.zero, Duration(nanoseconds: mean.nanoseconds + Int64(offset)))
    case .logNormal(let median, let sigma, let period):
      let index = now.nanoseconds / period.nanoseconds
      if let held, held.period == index { return held.delay }
      // A function of time alone: both directions, and runs with other traffic, meet the same delay.
      var random = SeededRandom(seed: seed &+ UInt64(index), stream: stream)
      let seconds = min(median.inSeconds * exp(sigma * random.normal()), 60)
      let delay = Duration(nanoseconds: Int64(seconds * 1e9))
      held = (delay, index)
      return delay
    }
  }
}

extension JitterShape {
  /// How many jitters from the mean the `u`-quantile lies, as in the tables that tc sends to the
  /// kernel, which end at 4 (32,767 / 8,192).
  package func deviation(at u: Double) -> Double {
    let u = min(max(u, 0x1p-17), 1 - 0x1p-17)
    switch self {
    case .uniform: return 2 * u - 1
    case .normal: return max(-4, min(4, NormalDistribution.quantile(u)))
    case .pareto: return min(4, 4.0 / 3 * (pow(1 - u, -1.0 / 3) - 1.5))
    case .paretonormal:
      return 0.25 * JitterShape.normal.deviation(at: u) + 0.75 * JitterShape.pareto.deviation(at: u)
    }
  }
}

extension SeededRandom {
  /// Normal with mean 0 and deviation 1 (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(max(uniform(), 0x1p-53))).squareRoot() * cos(2 * Double.pi * uniform())
  }

  /// Exponential with mean 1.
  mutating func exponential() -> Double { -log(max(uniform(), 0x1p-53)) }
}
