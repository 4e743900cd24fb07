package import Boards
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
    case .normal: return max(-4, min(4, normalQuantile(u)))
    case .pareto: return min(4, 4.0 / 3 * (pow(1 - u, -1.0 / 3) - 1.5))
    case .paretonormal:
      return 0.25 * JitterShape.normal.deviation(at: u) + 0.75 * JitterShape.pareto.deviation(at: u)
    }
  }
}

/// The inverse of the normal distribution function by Acklam's rational approximation; relative error
/// below 1.15e-9.
private func normalQuantile(_ p: Double) -> Double {
  func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }
  let c = [
    -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734,
    4.374664141464968, 2.938163982698783,
  ]
  let d = [
    7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416, 1,
  ]
  if p < 0.02425 {
    let q = (-2 * log(p)).squareRoot()
    return polynomial(c, q) / polynomial(d, q)
  }
  if p > 1 - 0.02425 { return -normalQuantile(1 - p) }
  let a = [
    -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
    -3.066479806614716e+01, 2.506628277459239,
  ]
  let b = [
    -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
    -1.328068155288572e+01, 1,
  ]
  let q = p - 0.5
  return q * polynomial(a, q * q) / polynomial(b, q * q)
}

extension SeededRandom {
  /// Normal with mean 0 and deviation 1 (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(max(uniform(), 0x1p-53))).squareRoot() * cos(2 * Double.pi * uniform())
  }

  /// Exponential with mean 1.
  mutating func exponential() -> Double { -log(max(uniform(), 0x1p-53)) }
}
