package import VirtualTime

/// Which packets a link loses.
package enum LossModel: Sendable, Equatable {
  case none
  /// Each on its own, with this probability.
  case independent(Double)
  /// Gilbert and Elliott: a good and a bad state, a transition before each packet, and the loss
  /// probability of each state.
  case gilbertElliott(toBad: Double, toGood: Double, lossInGood: Double, lossInBad: Double)
  /// netem's four states: good, in a burst but received, burst loss, isolated loss.
  case fourState(p13: Double, p31: Double, p32: Double, p23: Double, p14: Double)

  /// From the mean loss and the mean length of a burst in packets, nothing being lost in the good
  /// state and all in the bad: r = 1 / b, p = r L / (1 − L).
  package static func bursts(loss: Double, length: Double) -> LossModel {
    let toGood = 1 / length
    return .gilbertElliott(
      toBad: toGood * loss / (1 - loss), toGood: toGood, lossInGood: 0, lossInBad: 1)
  }

  /// The part of packets that is lost in the long run.
  package var mean: Double {
    switch self {
    case .none: return 0
    case .independent(let p): return p
    case .gilbertElliott(let toBad, let toGood, let lossInGood, let lossInBad):
      guard toBad + toGood > 0 else { return lossInGood }
      let bad = toBad / (toBad + toGood)
      return bad * lossInBad + (1 - bad) * lossInGood
    case .fourState(let p13, let p31, let p32, let p23, let p14):
      // Stationary: π2 p23 = π3 p32, π1 p13 = π3 p31, π4 = π1 p14.
      guard p13 > 0 else { return p14 / (1 + p14) }
      guard p31 > 0 else { return p23 + p32 > 0 ? p23 / (p23 + p32) : 1 }
      let burst = p13 / p31
      let between = p23 > 0 ? burst * p32 / p23 : 0
      return (burst + p14) / (1 + burst + between + p14)
    }
  }
}

/// From a packet's last bit at the transmitter to its arrival.
package enum DelayModel: Sendable, Equatable {
  case constant(Duration)
  /// Drawn for each packet, as netem's `delay TIME JITTER CORRELATION distribution SHAPE`.
  case varying(Duration, jitter: Duration, JitterShape, correlation: Double)
  /// Log-normal with a deviation of its logarithm; drawn anew every `period`, as ERRANT does, since packets a few
  /// milliseconds apart share their fate.
  case logNormal(median: Duration, sigma: Double, period: Duration)
}

/// How netem spreads delays around their mean, in units of the jitter.
package enum JitterShape: String, Sendable, CaseIterable, Decodable {
  /// From −1 to 1: what tc does when no distribution is named.
  case uniform
  case normal
  /// 4/3 (u^(−1/3) − 3/2), cut at 4: Pareto with index 3.
  case pareto
  /// A quarter normal, three quarters Pareto.
  case paretonormal
}

/// What happens to some packets, with netem's correlation of each draw with the one before.
package struct Chance: Sendable, Equatable {
  package var probability: Double
  package var correlation: Double

  package init(_ probability: Double, correlation: Double = 0) {
    self.probability = probability
    self.correlation = correlation
  }
}

/// netem's `reorder`: some packets skip the delay and overtake those before them.
package struct Reordering: Sendable, Equatable {
  package var chance: Chance
  /// Only each `gap`-th packet may, counted from the last that did; at least 1.
  package var gap: Int

  package init(_ chance: Chance, gap: Int = 1) {
    self.chance = chance
    self.gap = gap
  }
}

/// Which packets a queue drops.
package enum QueueDiscipline: Sendable, Equatable {
  /// A packet that finds the queue full is dropped.
  case dropTail
  /// It makes room by dropping the oldest.
  case dropHead
  /// RFC 8289: drops when packets have waited longer than `target` for an `interval`.
  case codel(target: Duration, interval: Duration)
  /// RFC 8033: drops at random so that the wait stays near `target`.
  case pie(target: Duration, burst: Duration)
}

/// What a phone's radio does between packets: asleep it must be promoted first, and it stays awake for
/// a tail after the last packet.
package struct RadioStates: Sendable, Equatable {
  /// From asleep to sending.
  package var promotion: Duration
  /// Awake after the last packet.
  package var tail: Duration

  package init(promotion: Duration, tail: Duration) {
    self.promotion = promotion
    self.tail = tail
  }

  /// Huang et al., MobiSys 2012, measured: 260.1 ms and 11.576 s on LTE.
  package static let lte = RadioStates(
    promotion: Duration(nanoseconds: 260_100_000), tail: .milliseconds(11_576))
  /// The same paper's 3G: 582 ms and 8.1 s.
  package static let umts = RadioStates(promotion: .milliseconds(582), tail: .milliseconds(8_100))
}
