import VirtualTime

/// What a TCP endpoint has to send: Linux's sender with CUBIC, SACK, RACK and tail-loss probes.
///
/// RFC 5681 and 6928 (windows), 6298 (time-out), 6675 and 8985 (loss detection), 6937 (recovery),
/// 9438 (CUBIC); where Linux differs from the RFC, Linux. The receiver's window is taken to be wide
/// enough. Under QUIC's rules, RFC 9002.
struct SendSide: Sendable {
  enum State: Sendable {
    case open
    /// Fast recovery, until `recoveryEnd` is acknowledged.
    case recovery
    /// After a time-out, until `recoveryEnd` is acknowledged.
    case loss
  }

  enum Timer: Sendable {
    case retransmission
    case probe
    /// A segment is lost unless it is acknowledged by then (RACK).
    case reordering
  }

  private let rules: TransportRules
  private(set) var buffer: SendBuffer
  private(set) var queue = SendQueue()
  private(set) var window = CubicWindow()
  private(set) var roundTrip: RoundTrip
  private(set) var state = State.open
  /// First byte not acknowledged, and the first never sent.
  private(set) var acknowledged: Int64 = 0
  private(set) var next: Int64 = 0
  private(set) var timer: (kind: Timer, due: Instant)?

  private var recoveryEnd: Int64 = 0
  private var backoff = 0
  private var lastSend = Instant.zero
  private var usage = WindowUsage()
  /// When the window was last full, and the most of it used since.
  private var lastFull = Instant.zero
  private var mostUsed = 0
  private var wasAcknowledged = false
  private var rack = Rack()
  private var probeEnd: Int64?
  private var recovery = ProportionalReduction()
  private var undo: Undo?

  /// What to restore when a retransmission turns out to have been needless.
  private struct Undo: Sendable {
    var segments: Int
    var threshold: Int
    /// When the first copy was sent; nil before that.
    var since: Int64?
  }

  init(_ rules: TransportRules) {
    self.rules = rules
    buffer = SendBuffer(isLimited: !rules.isQUIC)
    roundTrip = RoundTrip(rules)
  }

  /// After 15 time-outs in a row (tcp_retries2); QUIC's idle time-out is its owner's.
  var hasGivenUp: Bool { backoff > 15 }

  /// The path is new: nothing is known of its capacity (RFC 9000 §9.4).
  mutating func forgetPath() { window = CubicWindow() }

  var isWindowFull: Bool { queue.inFlight >= window.segments }

  /// Whether all that was written has been acknowledged.
  var isDone: Bool { acknowledged == buffer.written }

  mutating func write(_ bytes: Int64) {
    buffer.write(bytes)
  }

  /// The handshake's round trip, unless its SYN was repeated.
  mutating func open(roundTrip sample: Int64?, afterRepeats repeats: Int) {
    if let sample { roundTrip.sample(sample) }
    // RFC 6298 §5.7 and tcp_init_transfer: two lost SYNs halve the trust to one segment.
    if repeats > 1 { window.set(1) }
  }

  private var timeout: Duration {
    Duration(
      nanoseconds: min(roundTrip.timeout << Int64(min(backoff, 20)), RoundTrip.longestTimeout))
  }
}

// MARK: - Sending

extension SendSide {
  /// Sends what the window allows; calls `emit` with (first byte, length) of each segment.
  mutating func transmit(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    restartAfterIdle(now)
    repeatLost(at: now, emit)
    sendNew(at: now, emit)
    // Only an acknowledgement wakes a writer that waits for room.
    while wasAcknowledged,
      buffer.refill(isWindowFull: isWindowFull, window: window.segments)
    {
      sendNew(at: now, emit)
    }
    wasAcknowledged = false
  }

  private mutating func sendNew(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    var sentAny = false
    while next < buffer.end, queue.inFlight < window.segments {
      let length = Int32(min(Int64(rules.payload), buffer.end - next))
      queue.append(.init(start: next, length: length, sent: now.nanoseconds))
      emit(next, length)
      next += Int64(length)
      recovery.sent += 1
      lastSend = now
      sentAny = true
    }
    let isLimited = isWindowFull
    if sentAny || isLimited { noteUsage(isLimited: isLimited, at: now) }
    if sentAny { armAfterSending(now) }
  }

  private mutating func restartAfterIdle(_ now: Instant) {
    guard !rules.isQUIC, queue.isEmpty, next < buffer.end, next > 0 else { return }
    let idle = (now - lastSend).nanoseconds
    guard idle > roundTrip.timeout else { return }
    window.restart(afterIdle: idle, timeout: roundTrip.timeout)
  }

  private mutating func repeatLost(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    while let index = queue.firstToRepeat {
      guard queue.inFlight < window.segments else { return }
      resend(index, at: now, emit)
    }
  }

  private mutating func resend(_ index: Int, at now: Instant, _ emit: (Int64, Int32) -> Void) {
    queue[index].isRetransmitted = queue[index].isLost
    queue[index].wasRetransmitted = true
    queue[index].sent = now.nanoseconds
    recovery.sent += 1
    lastSend = now
    if undo != nil && undo?.since == nil { undo?.since = now.nanoseconds }
    emit(queue[index].start, queue[index].length)
    if timer == nil { arm(.retransmission, at: now + timeout) }
  }

  private mutating func noteUsage(isLimited: Bool, at now: Instant) {
    usage.note(
      isLimited: isLimited, inFlight: queue.count, acknowledged: acknowledged, next: next)
    if usage.isLimited(window: window) {
      lastFull = now
      mostUsed = 0
    } else {
      mostUsed = max(mostUsed, queue.count)
      if now - lastFull >= Duration(nanoseconds: roundTrip.timeout), state == .open {
        window.shrink(used: mostUsed)
        mostUsed = 0
        lastFull = now
      }
    }
  }

  /// A probe of the tail after two round trips comes before the time-out (RFC 8985 §7).
  private mutating func armAfterSending(_ now: Instant) {
    let deadline = now + timeout
    guard !rules.isQUIC, state == .open, probeEnd == nil, queue.sacked == 0, roundTrip.isMeasured
    else {
      return arm(.retransmission, at: deadline)
    }
    var probe = 2 * roundTrip.smoothed
    probe += queue.count == 1 ? rules.leastVariance : 2_000_000
    let due = now + Duration(nanoseconds: probe)
    if due < deadline { arm(.probe, at: due) } else { arm(.retransmission, at: deadline) }
  }

  private mutating func arm(_ kind: Timer, at due: Instant) { timer = (kind, due) }
}

// MARK: - Acknowledgements

extension SendSide {
  mutating func receive(_ packet: Packet, at now: Instant) {
    let before = acknowledged
    guard packet.acknowledged >= acknowledged else { return }
    var newest: SendQueue.Segment?
    var delivered = 0
    while !queue.isEmpty, queue[0].end <= packet.acknowledged {
      let segment = queue.removeFirst()
      if !segment.isSacked {
        delivered += 1
        newest = segment
        rack.delivered(segment, at: now.nanoseconds, least: roundTrip.least)
      }
    }
    acknowledged = max(acknowledged, packet.acknowledged)
    let least = roundTrip.least
    queue.mark(packet.selective) { segment in
      delivered += 1
      rack.delivered(segment, at: now.nanoseconds, least: least)
    }
    let sample = newest.flatMap { $0.wasRetransmitted ? nil : now.nanoseconds - $0.sent }
    if let sample { roundTrip.sample(sample) }
    if acknowledged > before || delivered > 0 { backoff = 0 }
    if let end = probeEnd, acknowledged >= end { probeEnd = nil }
    undoIfSpurious(packet, progressed: acknowledged > before)
    buffer.acknowledged(acknowledged)
    wasAcknowledged = true
    leaveRecovery()
    detectLoss(at: now)
    grow(delivered, sample: sample, at: now)
    rearm(now, progressed: acknowledged > before)
  }

  private mutating func grow(_ delivered: Int, sample: Int64?, at now: Instant) {
    if state == .recovery {
      window.set(
        recovery.window(
          delivered: delivered, inFlight: queue.inFlight, threshold: window.threshold))
    } else {
      window.acknowledge(
        delivered, at: now, sample: sample, roundTrip: roundTrip,
        isLimited: state == .loss || usage.isLimited(window: window), acknowledged: acknowledged,
        sent: next)
    }
  }

  private mutating func leaveRecovery() {
    guard state != .open, acknowledged >= recoveryEnd else { return }
    if state == .recovery { window.set(window.threshold) }
    state = .open
    undo = nil
  }

  /// The original arrived, not the copy: the time-out was wrong, and its cut of the window is undone
  /// (RFC 4015, by timestamps).
  private mutating func undoIfSpurious(_ packet: Packet, progressed: Bool) {
    guard progressed, state != .open, packet.echo >= 0, let undo, let since = undo.since,
      packet.echo < since
    else { return }
    queue.unmarkLost()
    window.restore(segments: undo.segments, threshold: undo.threshold)
    state = .open
    self.undo = nil
  }

  private mutating func detectLoss(at now: Instant) {
    let wait = rack.markLost(
      &queue, at: now.nanoseconds, leastRoundTrip: roundTrip.least, isRecovering: state != .open)
    if queue.lost > queue.retransmitted && state == .open { enterRecovery() }
    if let wait { arm(.reordering, at: now + Duration(nanoseconds: wait)) }
  }

  private mutating func enterRecovery() {
    undo = Undo(segments: window.segments, threshold: window.threshold)
    recovery = ProportionalReduction(windowBefore: window.segments)
    _ = window.reduce()
    recoveryEnd = next
    state = .recovery
    probeEnd = nil
  }

  /// The timer that was set has run out.
  mutating func timerEnded(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    guard let kind = timer?.kind else { return }
    timer = nil
    guard !queue.isEmpty else { return }
    switch kind {
    case .probe: probe(at: now, emit)
    case .reordering:
      detectLoss(at: now)
      if timer == nil { arm(.retransmission, at: now + timeout) }
    case .retransmission: timeOut(at: now, emit)
    }
  }

  private mutating func probe(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    resend(queue.count - 1, at: now, emit)
    probeEnd = next
    arm(.retransmission, at: now + timeout)
  }

  private mutating func timeOut(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    if rules.isQUIC { return probeOldest(at: now, emit) }
    if state == .open || acknowledged >= recoveryEnd {
      undo = Undo(segments: window.segments, threshold: window.threshold, since: now.nanoseconds)
      _ = window.reduce()
    }
    queue.markAllLost()
    window.set(1)
    state = .loss
    recoveryEnd = next
    probeEnd = nil
    backoff += 1
    if let first = queue.firstToRepeat { resend(first, at: now, emit) }
    arm(.retransmission, at: now + timeout)
  }

  /// RFC 9002 §6.2.4: a probe time-out sends two packets again and marks none lost; the window
  /// collapses only when nothing got through for three of them (§7.6).
  private mutating func probeOldest(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    backoff += 1
    if backoff == 3 {
      _ = window.reduce()
      window.set(2)
    }
    for index in 0..<min(2, queue.count) where !queue[index].isSacked {
      resend(index, at: now, emit)
    }
    arm(.retransmission, at: now + timeout)
  }

  private mutating func rearm(_ now: Instant, progressed: Bool) {
    if queue.isEmpty {
      timer = nil
    } else if timer?.kind != .reordering && progressed {
      armAfterSending(now)
    }
  }
}
