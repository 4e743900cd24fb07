package import Boards
import VirtualTime

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

/// netem's draws: each mixed with the one before, which narrows them around a half.
struct CorrelatedUniform: Sendable {
  private let correlation: Double
  private var random: SeededRandom
  private var last: Double

  init(correlation: Double, seed: UInt64, stream: String) {
    self.correlation = correlation
    random = SeededRandom(seed: seed, stream: stream)
    last = random.uniform()
  }

  /// In [0, 1).
  mutating func next() -> Double {
    let fresh = random.uniform()
    last = correlation == 0 ? fresh : fresh * (1 - correlation) + last * correlation
    return last
  }
}

/// A chance at work.
struct ChanceProcess: Sendable {
  private let probability: Double
  private var draws: CorrelatedUniform

  init?(_ chance: Chance?, seed: UInt64, stream: String) {
    guard let chance, chance.probability > 0 else { return nil }
    probability = chance.probability
    draws = CorrelatedUniform(correlation: chance.correlation, seed: seed, stream: stream)
  }

  mutating func happens() -> Bool { draws.next() < probability }
}

/// netem's reordering at work.
struct ReorderingProcess: Sendable {
  private let gap: Int
  private var chance: ChanceProcess
  private var sinceLast = 0

  init?(_ reordering: Reordering?, seed: UInt64, stream: String) {
    guard let reordering,
      let chance = ChanceProcess(reordering.chance, seed: seed, stream: stream)
    else { return nil }
    gap = reordering.gap
    self.chance = chance
  }

  /// Whether the next packet skips the delay.
  mutating func skips() -> Bool {
    guard sinceLast >= gap - 1, chance.happens() else {
      sinceLast += 1
      return false
    }
    sinceLast = 0
    return true
  }
}
