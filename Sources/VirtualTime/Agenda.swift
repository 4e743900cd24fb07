/// What happens next: events ordered by time, then by arrival, so that two runs are identical.
///
///     var agenda = Agenda<Step>()
///     agenda.schedule(.windowCloses(0), at: start + .milliseconds(50))
///     while let step = agenda.next() { … agenda.now … }
///
/// `now` moves only by taking events. Make `Event` a small enum: it is stored in the heap itself.
/// A binary heap of (time, order) keys; cancelling leaves a tombstone that `next` steps over.
package struct Agenda<Event> {
  /// Names one scheduled event, to cancel it.
  package struct Token: Equatable, Sendable {
    @usableFromInline let slot: Int
    @usableFromInline let order: UInt64

    @inlinable init(slot: Int, order: UInt64) {
      self.slot = slot
      self.order = order
    }
  }

  @usableFromInline struct Entry {
    @usableFromInline var time: Int64
    @usableFromInline var order: UInt64
    @usableFromInline var slot: Int
    @usableFromInline var event: Event

    @inlinable init(time: Int64, order: UInt64, slot: Int, event: Event) {
      self.time = time
      self.order = order
      self.slot = slot
      self.event = event
    }

    @inlinable func precedes(_ other: Entry) -> Bool {
      time < other.time || (time == other.time && order < other.order)
    }
  }

  @usableFromInline var heap: [Entry] = []
  /// The order number that each slot holds; 0 when its event was cancelled.
  @usableFromInline var slots: [UInt64] = []
  @usableFromInline var freeSlots: [Int] = []
  @usableFromInline var lastOrder: UInt64 = 0

  /// The time of the event taken last; zero before the first.
  @usableFromInline package internal(set) var now: Instant = .zero
  /// Events scheduled and neither taken nor cancelled.
  @usableFromInline package internal(set) var count = 0

  @inlinable package init() {}

  package var isEmpty: Bool { count == 0 }
}

extension Agenda {
  /// Adds an event; several at one time are taken in the order in which they were scheduled.
  ///
  /// - Complexity: O(log n), O(1) when the event comes after all others.
  @inlinable @discardableResult
  package mutating func schedule(_ event: Event, at time: Instant) -> Token {
    precondition(time >= now, "cannot schedule in the past")
    lastOrder += 1
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      slots[slot] = lastOrder
    } else {
      slot = slots.count
      slots.append(lastOrder)
    }
    let entry = Entry(time: time.nanoseconds, order: lastOrder, slot: slot, event: event)
    heap.append(entry)
    siftUp(entry)
    count += 1
    return Token(slot: slot, order: lastOrder)
  }

  /// Takes back an event; false when it was taken or cancelled already.
  ///
  /// - Complexity: O(1).
  @inlinable @discardableResult
  package mutating func cancel(_ token: Token) -> Bool {
    guard slots.indices.contains(token.slot), slots[token.slot] == token.order else { return false }
    slots[token.slot] = 0
    count -= 1
    return true
  }

  /// Takes the earliest event and moves `now` to its time; nil when nothing is left.
  ///
  /// - Complexity: O(log n).
  @inlinable package mutating func next() -> Event? {
    while !heap.isEmpty {
      let entry = removeFirst()
      let isLive = slots[entry.slot] == entry.order
      freeSlots.append(entry.slot)
      guard isLive else { continue }
      slots[entry.slot] = 0
      now = Instant(nanoseconds: entry.time)
      count -= 1
      return entry.event
    }
    return nil
  }

  /// When the next event is due; drops cancelled ones on the way.
  @inlinable package mutating func nextTime() -> Instant? {
    while let first = heap.first {
      if slots[first.slot] == first.order { return Instant(nanoseconds: first.time) }
      freeSlots.append(removeFirst().slot)
    }
    return nil
  }

  /// Moves the hole at the end up to where `entry` belongs.
  @inlinable mutating func siftUp(_ entry: Entry) {
    var hole = heap.count - 1
    while hole > 0 {
      let parent = (hole - 1) / 2
      guard entry.precedes(heap[parent]) else { break }
      heap[hole] = heap[parent]
      hole = parent
    }
    heap[hole] = entry
  }

  /// Removes the root: the hole sinks to a leaf, and the last entry rises from there.
  @inlinable mutating func removeFirst() -> Entry {
    let first = heap[0]
    let last = heap.removeLast()
    let count = heap.count
    guard count > 0 else { return first }
    heap.withUnsafeMutableBufferPointer { heap in
      var hole = 0
      var child = 1
      while child < count {
        if child + 1 < count && heap[child + 1].precedes(heap[child]) { child += 1 }
        heap[hole] = heap[child]
        hole = child
        child = 2 * hole + 1
      }
      while hole > 0 {
        let parent = (hole - 1) / 2
        guard last.precedes(heap[parent]) else { break }
        heap[hole] = heap[parent]
        hole = parent
      }
      heap[hole] = last
    }
    return first
  }
}

extension Agenda: Sendable where Event: Sendable {}
extension Agenda.Entry: Sendable where Event: Sendable {}
