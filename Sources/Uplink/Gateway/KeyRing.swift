package import Boards
package import VirtualTime

/// A provider's keys, drawn by weight.
package struct KeyRing: Sendable {
  /// What one request has done to the keys of a provider: bit i is key i.
  package struct State: Sendable, Equatable {
    package var dead: UInt64 = 0
    package var used: UInt64 = 0

    package init() {}

    /// Not to be tried again by this request.
    package mutating func bury(_ key: Int) { dead |= 1 << UInt64(key) }
  }

  private let weights: [Double]

  package init(_ keys: [ProviderProfile.Key]) { weights = keys.map { $0.weight ?? 1 } }

  /// The key for the next attempt; nil when all are dead.
  ///
  /// Keys used in this cycle wait until all have been; then a new cycle begins.
  package func draw(_ state: inout State, _ random: inout SeededRandom) -> Int? {
    var fresh = eligible(excluding: state.dead | state.used)
    if fresh == 0 {
      state.used = 0
      fresh = eligible(excluding: state.dead)
    }
    guard fresh != 0 else { return nil }
    let key = drawn(among: fresh, &random)
    state.used |= 1 << UInt64(key)
    return key
  }

  package func isExhausted(_ state: State) -> Bool { eligible(excluding: state.dead) == 0 }

  private func eligible(excluding mask: UInt64) -> UInt64 {
    var keys: UInt64 = 0
    for (index, weight) in weights.enumerated() where weight > 0 { keys |= 1 << UInt64(index) }
    return keys & ~mask
  }

  private func drawn(among keys: UInt64, _ random: inout SeededRandom) -> Int {
    var total = 0.0
    var last = 0
    for index in weights.indices where keys >> UInt64(index) & 1 == 1 {
      total += weights[index]
      last = index
    }
    if keys == 1 << UInt64(last) { return last }
    var point = random.uniform() * total
    for index in weights.indices where keys >> UInt64(index) & 1 == 1 {
      point -= weights[index]
      if point < 0 { return index }
    }
    return last
  }
}
