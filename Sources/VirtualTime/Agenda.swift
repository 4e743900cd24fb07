/// What happens next: events ordered by time, then by arrival, so that two runs are identical.
///
///     var agenda = Agenda<Step>()
///     agenda.schedule(.windowCloses(0), at: start + .milliseconds(50))
///     while let step = agenda.next() { … agenda.now … }
///
/// `now` moves only by taking events. A binary heap of 16-byte keys; the events themselves stay in
/// slots, so that sifting moves little. Cancelling leaves a tombstone that `next` steps over.
///
/// Public, not `package`: only public generic code is specialised by the modules that use it, and
/// unspecialised this is eight times slower.
public struct Agenda<Event> {
  /// Names one scheduled event, to cancel it.
  public struct Token: Equatable, Sendable {
    @usableFromInline let tag: UInt64

    @inlinable init(tag: UInt64) { self.tag = tag }
  }

  /// When an event is due; the tag is its order of arrival and, in the low bits, its slot.
  @usableFromInline struct Key {
    @usableFromInline var time: Int64
    @usableFromInline var tag: UInt64

    @inlinable init(time: Int64, tag: UInt64) {
      self.time = time
      self.tag = tag
    }

    @inlinable func precedes(_ other: Key) -> Bool {
      time == other.time ? tag < other.tag : time < other.time
    }
  }

  @usableFromInline struct Slot {
    /// The tag of the event that lies here; 0 when it was cancelled. Of a free slot, the next free one
    /// plus 1: less than any tag.
    @usableFromInline var tag: UInt64
    @usableFromInline var event: Event?

    @inlinable init(tag: UInt64, event: Event?) {
      self.tag = tag
      self.event = event
    }
  }

  @usableFromInline var heap: [Key] = []
  @usableFromInline var slots: [Slot] = []
  /// The slot freed last, plus 1; 0 when none is free.
  @usableFromInline var firstFree: UInt64 = 0
  @usableFromInline var lastOrder: UInt64 = 0
  @usableFromInline var clock: Instant = .zero
  @usableFromInline var pending = 0

  @inlinable public init() {}

  /// The time of the event taken last; zero before the first.
  @inlinable public var now: Instant { clock }
  /// Events scheduled and neither taken nor cancelled.
  @inlinable public var count: Int { pending }
  @inlinable public var isEmpty: Bool { pending == 0 }
}

extension Agenda {
  /// 16 million events pending at once, and 10¹² in a run.
  @inlinable static var slotBits: UInt64 { 24 }

  /// Adds an event; several at one time are taken in the order in which they were scheduled.
  ///
  /// - Complexity: O(log n), O(1) when the event comes after all others.
  @inlinable @discardableResult
  public mutating func schedule(_ event: Event, at time: Instant) -> Token {
    precondition(time >= clock, "cannot schedule in the past")
    lastOrder += 1
    let slot = firstFree > 0 ? Int(truncatingIfNeeded: firstFree &- 1) : slots.count
    precondition(slot < 1 << Self.slotBits && lastOrder < 1 << (64 - Self.slotBits))
    let tag = lastOrder << Self.slotBits | UInt64(truncatingIfNeeded: slot)
    if slot == slots.count {
      slots.append(Slot(tag: tag, event: event))
    } else {
      firstFree = slots[slot].tag
      slots[slot] = Slot(tag: tag, event: event)
    }
    let key = Key(time: time.nanoseconds, tag: tag)
    heap.append(key)
    siftUp(key)
    pending += 1
    return Token(tag: tag)
  }

  /// Takes back an event; false when it was taken or cancelled already.
  ///
  /// - Complexity: O(1).
  @inlinable @discardableResult
  public mutating func cancel(_ token: Token) -> Bool {
    let slot = Self.slot(of: token.tag)
    guard slot < slots.count, slots[slot].tag == token.tag else { return false }
    slots[slot] = Slot(tag: 0, event: nil)
    pending -= 1
    return true
  }

  /// Takes the earliest event and moves `now` to its time; nil when nothing is left.
  ///
  /// - Complexity: O(log n).
  @inlinable public mutating func next() -> Event? {
    next(through: Instant(nanoseconds: .max))
  }

  /// The same, but nil when the earliest event is due after `limit`.
  @inlinable public mutating func next(through limit: Instant) -> Event? {
    while let first = heap.first {
      let slot = Self.slot(of: first.tag)
      guard slots[slot].tag == first.tag else {
        dropFirst()
        continue
      }
      guard first.time <= limit.nanoseconds else { return nil }
      let event = slots[slot].event
      dropFirst()
      clock = Instant(nanoseconds: first.time)
      pending -= 1
      return event
    }
    return nil
  }

  /// Takes the root off the heap and frees its slot.
  @inlinable mutating func dropFirst() {
    let slot = Self.slot(of: removeFirst().tag)
    slots[slot] = Slot(tag: firstFree, event: nil)
    firstFree = UInt64(truncatingIfNeeded: slot &+ 1)
  }

  /// When the next event is due; drops cancelled ones on the way.
  @inlinable public mutating func nextTime() -> Instant? {
    while let first = heap.first {
      let slot = Self.slot(of: first.tag)
      if slots[slot].tag == first.tag { return Instant(nanoseconds: first.time) }
      dropFirst()
    }
    return nil
  }

  /// Moves `now` without taking an event.
  ///
  /// - Precondition: No event is due before `time`.
  @inlinable public mutating func advance(to time: Instant) {
    precondition(time >= clock && (nextTime() ?? time) >= time, "an event is due before")
    clock = time
  }

  @inlinable static func slot(of tag: UInt64) -> Int {
    Int(truncatingIfNeeded: tag & (1 << slotBits - 1))
  }

  /// Moves the hole at the end up to where `key` belongs.
  @inlinable mutating func siftUp(_ key: Key) {
    heap.withUnsafeMutableBufferPointer { heap in
      var hole = heap.count - 1
      while hole > 0 {
        let parent = (hole - 1) / 2
        guard key.precedes(heap[parent]) else { break }
        heap[hole] = heap[parent]
        hole = parent
      }
      heap[hole] = key
    }
  }

  /// Removes the root: the hole sinks to a leaf, and the last key rises from there.
  @inlinable mutating func removeFirst() -> Key {
    let first = heap[0]
    let last = heap.removeLast()
    let count = heap.count
    guard count > 0 else { return first }
    heap.withUnsafeMutableBufferPointer { heap in
      var hole = 0
      var child = 1
      while child &+ 1 < count {
        // The choice between children is a coin toss: an addition instead of a branch.
        child &+= heap[child &+ 1].precedes(heap[child]) ? 1 : 0
        heap[hole] = heap[child]
        hole = child
        child = 2 &* hole &+ 1
      }
      if child < count {
        heap[hole] = heap[child]
        hole = child
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
extension Agenda.Key: Sendable {}
extension Agenda.Slot: Sendable where Event: Sendable {}
