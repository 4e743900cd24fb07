package import Boards
package import VirtualTime

/// Answers by what their images look like: a perceptual hash, the prompt version and the variant.
///
/// Hashes that differ in d bits agree in at least one of d + 1 stretches of the 64 bits, so that only
/// entries which share a stretch are compared.
package struct SemanticCache: Sendable {
  package struct Entry: Sendable, Equatable {
    package var hash: UInt64
    package var promptVersion: Int
    package var variant: Int
    package var label: Int
    package var bytes: Int
    package var source: Answer.Stored
    var storedAt: Instant
  }

  private struct Key: Hashable {
    var stretch: Int
    var bits: UInt64
    var promptVersion: Int
    var variant: Int
  }

  package let rules: CacheRules
  private let ttl: Duration
  private var entries: [Entry] = []
  /// Entries before this one are gone.
  private var first = 0
  private var places: [Key: [Int]] = [:]

  package init(_ rules: CacheRules) {
    self.rules = rules
    ttl = Duration(nanoseconds: Int64(rules.ttl.nanoseconds))
  }

  package var count: Int { entries.count - first }

  private func key(_ stretch: Int, _ hash: UInt64, _ call: (prompt: Int, variant: Int)) -> Key {
    let stretches = rules.distance + 1
    let begin = stretch * 64 / stretches
    let length = (stretch + 1) * 64 / stretches - begin
    let mask = length == 64 ? UInt64.max : (1 << UInt64(length)) - 1
    return Key(
      stretch: stretch, bits: hash >> UInt64(begin) & mask,
      promptVersion: rules.promptVersion ? call.prompt : 0,
      variant: rules.variant ? call.variant : 0)
  }

  /// The entry that looks most like a call's image, the latest among equals; nil when none is near.
  package mutating func find(_ call: Call, at now: Instant) -> (entry: Entry, distance: Int)? {
    expire(now)
    var best: (index: Int, distance: Int)?
    for stretch in 0...rules.distance {
      let found = places[key(stretch, call.imageHash, (call.promptVersion, call.variant))] ?? []
      for index in found {
        let distance = (entries[index].hash ^ call.imageHash).nonzeroBitCount
        guard distance <= rules.distance else { continue }
        if let held = best, (held.distance, -held.index) <= (distance, -index) { continue }
        best = (index, distance)
      }
      if best?.distance == 0 { break }
    }
    return best.map { (entries[$0.index], $0.distance) }
  }

  /// - Parameter provider: Whose answer it is.
  package mutating func store(_ call: Call, bytes: Int, of provider: Int, at now: Instant) {
    expire(now)
    let index = entries.count
    entries.append(
      Entry(
        hash: call.imageHash, promptVersion: call.promptVersion, variant: call.variant,
        label: call.label, bytes: bytes,
        source: Answer.Stored(subject: call.subject, provider: provider), storedAt: now))
    for stretch in 0...rules.distance {
      places[key(stretch, call.imageHash, (call.promptVersion, call.variant)), default: []]
        .append(index)
    }
    while count > rules.most ?? 1_000_000 { dropFirst() }
  }

  private mutating func expire(_ now: Instant) {
    while first < entries.count, now - entries[first].storedAt >= ttl { dropFirst() }
  }

  /// Entries leave in the order in which they came, so that each is the first of its places.
  private mutating func dropFirst() {
    let entry = entries[first]
    for stretch in 0...rules.distance {
      let key = key(stretch, entry.hash, (entry.promptVersion, entry.variant))
      places[key]!.removeFirst()
      if places[key]!.isEmpty { places[key] = nil }
    }
    first += 1
    compact()
  }

  private mutating func compact() {
    guard first > 65_536, first * 2 > entries.count else { return }
    entries.removeFirst(first)
    for key in places.keys {
      for position in places[key]!.indices { places[key]![position] -= first }
    }
    first = 0
  }
}
