import VirtualTime

/// Where a transmitter stands in its capacity.
struct CapacityCursor: Sendable {
  /// Bits a second of a constant capacity.
  private var rate: Int64?
  private var trace: TraceCursor?
  private var generated: GeneratedCursor?

  init(_ capacity: Capacity) {
    switch capacity {
    case .unlimited: break
    case .constant(let rate): self.rate = max(1, rate)
    case .trace(let trace): self.trace = TraceCursor(trace)
    case .generated(let capacity): generated = GeneratedCursor(capacity)
    }
  }

  /// When `bytes` from `now` on have been sent; nil when they never will be.
  mutating func finish(bytes: Int, from now: Instant) -> Instant? {
    if let rate { return now + Duration(nanoseconds: Int64(bytes) * 8_000_000_000 / rate) }
    if trace != nil { return trace!.finish(bytes: bytes, from: now) }
    if generated != nil { return generated!.finish(bytes: bytes, from: now) }
    return now
  }

  /// Forgets what lies before `now`, so that a copy need not pass it again.
  mutating func skip(to now: Instant) { generated?.skip(to: now) }
}

/// Where a transmitter stands in generated capacity.
struct GeneratedCursor: Sendable {
  private var capacity: GeneratedCapacity
  private var spell: GeneratedCapacity.Spell

  init(_ capacity: GeneratedCapacity) {
    self.capacity = capacity
    spell = self.capacity.next()
  }

  /// Forgets what lies before.
  mutating func skip(to now: Instant) {
    while spell.end <= now { spell = capacity.next() }
  }

  /// When `bytes` from `now` on have been sent. Time only goes on: `now` is never before the end of
  /// what was sent last.
  mutating func finish(bytes: Int, from now: Instant) -> Instant {
    skip(to: now)
    // In bit-nanoseconds a second, so that nothing is rounded before the end.
    var wanted = Int128(bytes) * 8_000_000_000
    var start = max(now, spell.start)
    while true {
      let carried = Int128(spell.rate) * Int128((spell.end - start).nanoseconds)
      if carried >= wanted && spell.rate > 0 {
        let rate = Int128(spell.rate)
        return start + Duration(nanoseconds: Int64((wanted + rate - 1) / rate))
      }
      wanted -= carried
      spell = capacity.next()
      start = spell.start
    }
  }
}
