/// Segments sent and not yet acknowledged, oldest first, and what is known of each.
struct SendQueue: Sendable {
  struct Segment: Sendable {
    var start: Int64
    var length: Int32
    /// When it was sent last.
    var sent: Int64
    var isSacked = false
    var isLost = false
    /// Sent again since it was marked lost.
    var isRetransmitted = false
    /// Ever sent again: then its round trip is ambiguous (Karn).
    var wasRetransmitted = false

    var end: Int64 { start + Int64(length) }
    var isInFlight: Bool { !isSacked && (!isLost || isRetransmitted) }
  }

  private var storage: [Segment] = []
  private var head = 0
  private(set) var sacked = 0
  private(set) var lost = 0
  private(set) var retransmitted = 0

  var count: Int { storage.count - head }
  var isEmpty: Bool { count == 0 }

  /// Segments thought to be on their way (RFC 6675's pipe, as Linux counts it).
  var inFlight: Int { count - sacked - lost + retransmitted }

  subscript(index: Int) -> Segment {
    get { storage[head + index] }
    set {
      let old = storage[head + index]
      sacked += (newValue.isSacked ? 1 : 0) - (old.isSacked ? 1 : 0)
      lost += (newValue.isLost ? 1 : 0) - (old.isLost ? 1 : 0)
      retransmitted += (newValue.isRetransmitted ? 1 : 0) - (old.isRetransmitted ? 1 : 0)
      storage[head + index] = newValue
    }
  }

  mutating func append(_ segment: Segment) { storage.append(segment) }

  mutating func removeFirst() -> Segment {
    let segment = storage[head]
    sacked -= segment.isSacked ? 1 : 0
    lost -= segment.isLost ? 1 : 0
    retransmitted -= segment.isRetransmitted ? 1 : 0
    head += 1
    if head > 64 && head * 2 > storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return segment
  }

  /// Marks segments that a selective acknowledgement covers; calls `newly` with each new one.
  mutating func mark(_ report: SelectiveAcknowledgement, _ newly: (Segment) -> Void) {
    guard !report.isEmpty else { return }
    for index in 0..<count {
      var segment = self[index]
      guard !segment.isSacked, report.covers(segment.start, segment.end) else { continue }
      newly(segment)
      segment.isSacked = true
      segment.isLost = false
      segment.isRetransmitted = false
      self[index] = segment
    }
  }

  /// The first segment that is lost and waits to be sent again.
  var firstToRepeat: Int? {
    guard lost > retransmitted else { return nil }
    return (0..<count).first { self[$0].isLost && !self[$0].isRetransmitted }
  }

  mutating func markAllLost() {
    for index in 0..<count where !self[index].isSacked {
      self[index].isLost = true
      self[index].isRetransmitted = false
    }
  }

  mutating func unmarkLost() {
    for index in 0..<count {
      self[index].isLost = false
      self[index].isRetransmitted = false
    }
  }
}
