import VirtualTime

/// What a TCP endpoint has received and when it acknowledges it, as Linux does.
///
/// Data out of order, and data that fill a gap, are acknowledged at once; so is more than one full segment.
/// The first 16 segments of a connection are too (`quickack`), but not any more once the application
/// answers (`pingpong`). Else the acknowledgement waits 40 ms (TCP_DELACK_MIN) for data to ride on.
struct ReceiveSide: Sendable {
  private let rules: TransportRules
  /// The next byte expected.
  private(set) var next: Int64 = 0
  /// Received beyond a gap, newest first, apart from each other.
  private(set) var beyond: [SelectiveAcknowledgement.Range] = []
  /// The stamp to echo: that of the earliest segment not yet acknowledged (RFC 7323 §4.3).
  private(set) var echo: Int64 = -1
  /// When the delayed acknowledgement is due; nil when none waits.
  private(set) var due: Instant?
  private(set) var mustAcknowledge = false
  private var unacknowledged = 0
  private var quick: Int
  private var isInteractive = false
  private var lastArrival = Instant.zero

  init(_ rules: TransportRules) {
    self.rules = rules
    quick = rules.quickSegments
  }

  mutating func receive(_ packet: Packet, at now: Instant, sendersTimeout: Duration) {
    // A silence longer than the sender's time-out: it restarts from a small window and must hear soon.
    if now - lastArrival > sendersTimeout { quick = max(quick, rules.quickSegments) }
    lastArrival = now
    let start = packet.sequence
    let end = start + Int64(packet.length)
    if start <= next {
      if due == nil && !mustAcknowledge || echo < 0 { echo = packet.stamp }
      if end <= next {
        mustAcknowledge = true
        return
      }
      next = end
      if !beyond.isEmpty {
        mustAcknowledge = true
        absorb()
      }
    } else {
      insert(.init(start: start, end: end))
      mustAcknowledge = true
      return
    }
    unacknowledged += Int(packet.length)
    if quick > 0 && !isInteractive {
      quick -= 1
      mustAcknowledge = true
    } else if unacknowledged > rules.payload {
      mustAcknowledge = true
    } else if due == nil {
      due = now + Duration(nanoseconds: rules.acknowledgementDelay)
    }
  }

  /// An acknowledgement has gone out, alone or on data.
  mutating func acknowledged(withData: Bool) {
    if withData { isInteractive = true }
    mustAcknowledge = false
    unacknowledged = 0
    due = nil
  }

  mutating func delayEnded() {
    if due != nil { mustAcknowledge = true }
  }

  var selective: SelectiveAcknowledgement {
    var report = SelectiveAcknowledgement()
    if beyond.count > 0 { report.ranges.0 = beyond[0] }
    if beyond.count > 1 { report.ranges.1 = beyond[1] }
    if beyond.count > 2 { report.ranges.2 = beyond[2] }
    return report
  }

  private mutating func insert(_ new: SelectiveAcknowledgement.Range) {
    var merged = new
    beyond.removeAll { old in
      guard old.start <= merged.end && merged.start <= old.end else { return false }
      merged.start = min(merged.start, old.start)
      merged.end = max(merged.end, old.end)
      return true
    }
    beyond.insert(merged, at: 0)
  }

  private mutating func absorb() {
    while let index = beyond.firstIndex(where: { $0.start <= next }) {
      next = max(next, beyond[index].end)
      beyond.remove(at: index)
    }
  }
}
