package import Boards
package import VirtualTime

/// One provider without a gateway: each call is one attempt with its station's key.
package struct DirectProvider: FarEnd {
  private var provider: Provider
  /// Index of each station's key; the first key for stations beyond.
  private let keys: [Int]
  private var agenda = WakingAgenda<Int>()
  /// Attempts under way, by slot.
  private var running: [Running?] = []
  private var freeSlots: [Int] = []
  private var slots: [Int: Int] = [:]

  private struct Running: Sendable {
    var call: Int
    var key: Int
    var reply: Provider.Reply
    var began: Instant
  }

  package init(_ profile: ProviderProfile, keys: [Int] = [], seed: UInt64) {
    self.keys = keys
    provider = Provider(profile, seed: seed)
  }

  package mutating func submit(_ call: Call, at now: Instant, into effects: inout [Effect]) {
    let key = keys.indices.contains(call.station) ? keys[call.station] : 0
    let reply = provider.reply(withKey: key, at: now)
    // What never answers holds nothing here: its caller gives up.
    if let delay = reply.delay {
      let slot = freeSlots.popLast() ?? running.count
      if slot == running.count { running.append(nil) }
      running[slot] = Running(call: call.id, key: key, reply: reply, began: now)
      slots[call.id] = slot
      _ = agenda.schedule(slot, at: now + delay)
    }
    agenda.ask(at: now, into: &effects)
  }

  package mutating func wake(_ token: Int, at now: Instant, into effects: inout [Effect]) {
    while let slot = agenda.next(dueAt: now) {
      defer { freeSlots.append(slot) }
      guard let ended = running[slot] else { continue }
      running[slot] = nil
      slots[ended.call] = nil
      effects.append(.answer(call: ended.call, answer(ended, now)))
    }
    agenda.ask(at: now, into: &effects)
  }

  package mutating func abandon(call: Int, at now: Instant, into effects: inout [Effect]) {
    if let slot = slots.removeValue(forKey: call) { running[slot] = nil }
  }

  package mutating func impose(_ incident: ProviderIncident, at now: Instant) {
    provider.impose(incident)
  }

  package mutating func lift(_ incident: ProviderIncident, at now: Instant) {
    provider.lift(incident)
  }

  private func answer(_ ended: Running, _ now: Instant) -> Answer {
    let reply = ended.reply
    // Nobody stands between: a connection that the provider refuses is seen as status 0.
    return Answer(
      status: reply.status, error: reply.failure.map(ErrorType.init), bytes: reply.bytes,
      provider: 0, retryAfter: reply.retryAfter,
      trail: [
        Attempt(
          provider: 0, key: ended.key, began: ended.began, ended: now, status: reply.status,
          failure: reply.failure, cost: reply.cost)
      ])
  }
}
