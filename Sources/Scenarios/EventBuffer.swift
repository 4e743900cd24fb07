package import Events

/// The ring in the device's memory that the camera's events are written to.
///
/// Slots are numbered from the first event ever stored and never renumbered. An event leaves when
/// no window can need it any more, and is then counted under what became of it.
package struct EventBuffer: Sendable {
  package enum Fate: UInt8, Sendable {
    /// Stored for a window that has not been read.
    case waiting
    case used
    case late
    case outsideWindows
  }

  package let capacity: Int
  package private(set) var highWater = 0
  package private(set) var account = EventAccount()

  /// Slots [base, head) are kept in the arrays below; [tail, head) are still held by the device.
  private var events = EventBatch()
  private var fates: [UInt8] = []
  /// When each event reached the device: the latest time seen so far in the recording.
  private var arrivals: [Int64] = []
  private var base = 0
  private var tail = 0

  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  package var head: Int { base + fates.count }
  package var count: Int { head - tail }

  /// Stores an event, or counts it as lost when the ring is full; true when it was stored.
  @discardableResult
  package mutating func store(_ event: Event, arrival: Int64, fate: Fate) -> Bool {
    guard count < capacity else {
      account.bufferFull += 1
      return false
    }
    events.append(event)
    arrivals.append(arrival)
    fates.append(fate.rawValue)
    highWater = max(highWater, count)
    return true
  }

  /// The first slot from `slot` on whose event arrived at `time` or later.
  package func firstSlot(arrivedFrom time: Int64, after slot: Int) -> Int {
    var slot = max(slot, tail)
    while slot < head && arrivals[slot - base] < time { slot += 1 }
    return slot
  }

  /// Marks the events of `slots` with a time from `start` on as used, and returns them as a range
  /// of a batch.
  package mutating func use(
    _ slots: Range<Int>, from start: Int64
  ) -> (events: EventBatch, range: Range<Int>) {
    let range = slots.lowerBound - base..<slots.upperBound - base
    var isOrdered = true
    for index in range {
      if events.times[index] >= start {
        fates[index] = Fate.used.rawValue
      } else {
        isOrdered = false
      }
    }
    if isOrdered { return (events, range) }
    var chosen = EventBatch()
    for index in range where events.times[index] >= start { chosen.append(events[index]) }
    return (chosen, 0..<chosen.count)
  }

  /// Lets go of every event that arrived before `time`.
  package mutating func release(arrivedBefore time: Int64) {
    while tail < head && arrivals[tail - base] < time { leave() }
    if tail - base > max(capacity, 4096) { compact() }
  }

  /// Lets go of every event before `slot`.
  package mutating func release(before slot: Int) {
    while tail < min(slot, head) { leave() }
    if tail - base > max(capacity, 4096) { compact() }
  }

  /// The first and the last time of the events of `slots`; nil without any.
  package func times(of slots: Range<Int>) -> ClosedRange<Int64>? {
    let times = events.times[slots.lowerBound - base..<slots.upperBound - base]
    guard let first = times.min(), let last = times.max() else { return nil }
    return first...last
  }

  /// Gives every event that still waits for a window another fate.
  package mutating func markWaiting(as fate: Fate) {
    for index in tail - base..<fates.count where fates[index] == Fate.waiting.rawValue {
      fates[index] = fate.rawValue
    }
  }

  package mutating func releaseAll() {
    while tail < head { leave() }
    compact()
  }

  /// Counts an event that no window will need, without storing it.
  package mutating func turnAway(as fate: Fate) { account.add(fate) }

  private mutating func leave() {
    account.add(Fate(rawValue: fates[tail - base]) ?? .waiting)
    tail += 1
  }

  private mutating func compact() {
    let gone = tail - base
    events.removeFirst(gone)
    fates.removeFirst(gone)
    arrivals.removeFirst(gone)
    base = tail
  }
}

extension EventAccount {
  fileprivate mutating func add(_ fate: EventBuffer.Fate) {
    switch fate {
    case .used: used += 1
    case .late: late += 1
    case .outsideWindows: outsideWindows += 1
    case .waiting: windowDropped += 1
    }
  }
}

extension EventBatch {
  mutating func removeFirst(_ count: Int) {
    times.removeFirst(count)
    xs.removeFirst(count)
    ys.removeFirst(count)
    polarities.removeFirst(count)
  }
}
