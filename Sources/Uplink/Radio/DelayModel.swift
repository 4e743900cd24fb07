package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// From a packet's last bit at the transmitter to its arrival.
package enum DelayModel: Sendable, Equatable {
  case constant(Duration)
  /// Mean and jitter, as netem's `delay TIME JITTER CORRELATION`.
  case uniform(Duration, jitter: Duration, correlation: Double)
  case normal(Duration, deviation: Duration, correlation: Double)
  /// Logarithm of the delay in seconds; drawn anew every `period`, as ERRANT does, since packets a few
  /// milliseconds apart share their fate.
  case logNormal(mu: Double, sigma: Double, period: Duration)
}

/// A delay model at work.
package struct DelayProcess: Sendable {
  package let model: DelayModel
  /// Whether a packet may overtake another, as netem's jitter lets it.
  package let reorders: Bool
  private var random: SeededRandom
  private var correlated = 0.0
  private var held: (delay: Duration, until: Instant)?
  private var lastArrival = Instant.zero

  package init(_ model: DelayModel, reorders: Bool = false, seed: UInt64, stream: String) {
    self.model = model
    self.reorders = reorders
    random = SeededRandom(seed: seed, stream: stream)
    correlated = 0.5
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
    case .uniform(let mean, let jitter, let correlation):
      return mean.varied(by: jitter, times: 2 * shared(correlation) - 1)
    case .normal(let mean, let deviation, let correlation):
      let sum = (0..<12).reduce(0.0) { sum, _ in sum + random.uniform() } - 6
      correlated = correlated * correlation + sum * (1 - correlation)
      return mean.varied(by: deviation, times: correlation == 0 ? sum : correlated)
    case .logNormal(let mu, let sigma, let period):
      if let held, now < held.until { return held.delay }
      let u = max(random.uniform(), 0x1p-53)
      let normal = (-2 * log(u)).squareRoot() * cos(2 * Double.pi * random.uniform())
      let seconds = min(exp(mu + sigma * normal), 60)
      let delay = Duration(nanoseconds: Int64(seconds * 1e9))
      held = (delay, now + period)
      return delay
    }
  }

  /// Uniform in [0, 1), mixed with the last as netem mixes.
  private mutating func shared(_ correlation: Double) -> Double {
    let fresh = random.uniform()
    correlated = correlation == 0 ? fresh : fresh * (1 - correlation) + correlated * correlation
    return correlated
  }
}

extension Duration {
  fileprivate func varied(by width: Duration, times factor: Double) -> Duration {
    max(.zero, Duration(nanoseconds: nanoseconds + Int64(Double(width.nanoseconds) * factor)))
  }
}
