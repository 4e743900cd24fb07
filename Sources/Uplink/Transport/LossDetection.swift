/// Recent acknowledgement (RFC 8985): a segment is lost when one sent later has arrived and a
/// reordering window has passed.
struct Rack: Sendable {
  private var sent: Int64 = -1
  private var end: Int64 = 0
  private var roundTrip: Int64 = 0

  /// A segment has been acknowledged, in order or selectively, at `now`.
  mutating func delivered(_ segment: SendQueue.Segment, at now: Int64, least: Int64) {
    let sample = now - segment.sent
    // Too soon for the copy: this acknowledges the original.
    if segment.wasRetransmitted && sample < least { return }
    if segment.sent > sent || (segment.sent == sent && segment.end > end) {
      sent = segment.sent
      end = segment.end
      roundTrip = sample
    }
  }

  /// Marks lost segments; returns nanoseconds until the next one may have to be marked.
  func markLost(
    _ queue: inout SendQueue, at now: Int64, leastRoundTrip: Int64, isRecovering: Bool
  ) -> Int64? {
    guard sent >= 0, queue.sacked > 0 || isRecovering else { return nil }
    let window = isRecovering || queue.sacked >= 3 ? 0 : leastRoundTrip / 4
    var wait: Int64?
    for index in 0..<queue.count {
      let segment = queue[index]
      guard !segment.isSacked, !segment.isLost || segment.isRetransmitted else { continue }
      guard segment.sent < sent || (segment.sent == sent && segment.end < end) else { continue }
      let remaining = segment.sent + roundTrip + window - now
      if remaining <= 0 {
        queue[index].isRetransmitted = false
        queue[index].isLost = true
      } else {
        wait = max(wait ?? 0, remaining)
      }
    }
    return wait
  }
}

/// Proportional rate reduction (RFC 6937): how the window shrinks while losses are repaired.
struct ProportionalReduction: Sendable {
  var windowBefore = 1
  /// Segments sent since the recovery began.
  var sent = 0
  private var delivered = 0

  init() {}

  init(windowBefore: Int) { self.windowBefore = max(1, windowBefore) }

  mutating func window(delivered count: Int, inFlight: Int, threshold: Int) -> Int {
    delivered += count
    let room = threshold - inFlight
    var send: Int
    if room < 0 {
      send = (threshold * delivered + windowBefore - 1) / windowBefore - sent
    } else {
      send = min(room, max(delivered - sent, count) + 1)
    }
    send = max(send, sent == 0 ? 1 : 0)
    return inFlight + send
  }
}

/// How full the window has been: it grows only for a sender that uses it (RFC 7661 as
/// tcp_cwnd_validate has it).
struct WindowUsage: Sendable {
  private var wasLimited = false
  private var mostInFlight = 0
  private var boundary: Int64 = 0

  mutating func note(isLimited: Bool, inFlight: Int, acknowledged: Int64, next: Int64) {
    guard acknowledged >= boundary || isLimited || (!wasLimited && inFlight > mostInFlight) else {
      return
    }
    wasLimited = isLimited
    mostInFlight = inFlight
    boundary = next
  }

  func isLimited(window: CubicWindow) -> Bool {
    wasLimited || (window.isInSlowStart && window.segments < 2 * mostInFlight)
  }
}
