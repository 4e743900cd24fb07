import VirtualTime

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

/// A loss model at work.
package struct LossProcess: Sendable {
  package let model: LossModel
  private var random: SeededRandom
  private var state = 1

  package init(_ model: LossModel, seed: UInt64, stream: String) {
    self.model = model
    random = SeededRandom(seed: seed, stream: stream)
  }

  /// Whether the next packet is lost.
  package mutating func loses() -> Bool {
    switch model {
    case .none: return false
    case .independent(let p): return random.uniform() < p
    case .gilbertElliott(let toBad, let toGood, let lossInGood, let lossInBad):
      // As the kernel does: the transition is drawn first, the loss with the old state's parameter.
      let isGood = state == 1
      if random.uniform() < (isGood ? toBad : toGood) { state = isGood ? 2 : 1 }
      return random.uniform() < (isGood ? lossInGood : lossInBad)
    case .fourState(let p13, let p31, let p32, let p23, let p14):
      let draw = random.uniform()
      switch state {
      case 1: state = draw < p14 ? 4 : draw < p14 + p13 ? 3 : 1
      case 2: state = draw < p23 ? 3 : 2
      case 3: state = draw < p32 ? 2 : draw < p32 + p31 ? 1 : 3
      default: state = 1
      }
      return state >= 3
    }
  }
}
