package import Boards
import VirtualTime

/// Packets that wait for a transmitter, and the rule by which some of them are dropped.
package struct PacketQueue: Sendable {
  private struct Waiting: Sendable {
    var packet: Packet
    var since: Instant
  }

  package let discipline: QueueDiscipline
  /// Packets and bytes; nil for no limit.
  package let limit: Int?
  package let byteLimit: Int?
  private var waiting: [Waiting] = []
  private var head = 0
  package private(set) var bytes = 0
  private var codel = Codel()
  private var pie: Pie

  package init(
    _ discipline: QueueDiscipline = .dropTail, limit: Int? = nil, byteLimit: Int? = nil,
    seed: UInt64 = 0
  ) {
    self.discipline = discipline
    self.limit = limit
    self.byteLimit = byteLimit
    pie = Pie(seed: seed)
  }

  package var count: Int { waiting.count - head }

  /// Takes a packet; returns how many packets were dropped for it, itself perhaps.
  mutating func append(_ packet: Packet, at now: Instant) -> Int {
    if case .pie(let target, let burst) = discipline,
      pie.shouldDrop(bytes: bytes, at: now, target: target, burst: burst)
    {
      return 1
    }
    var dropped = 0
    while isFull(with: Int(packet.size)) {
      guard discipline == .dropHead, count > 0 else { return dropped + 1 }
      _ = take()
      dropped += 1
    }
    waiting.append(Waiting(packet: packet, since: now))
    bytes += Int(packet.size)
    return dropped
  }

  private func isFull(with size: Int) -> Bool {
    if let limit, count >= limit { return true }
    if let byteLimit, bytes + size > byteLimit { return true }
    return false
  }

  /// The next packet to send, and how many were dropped before it.
  mutating func removeFirst(at now: Instant) -> (packet: Packet?, dropped: Int) {
    switch discipline {
    case .dropTail, .dropHead: return (take()?.packet, 0)
    case .pie:
      guard let first = take() else { return (nil, 0) }
      pie.waited(now - first.since)
      return (first.packet, 0)
    case .codel(let target, let interval):
      var dropped = 0
      while let first = take() {
        let drops = codel.shouldDrop(
          waited: now - first.since, at: now, bytesLeft: bytes, target: target, interval: interval)
        if !drops { return (first.packet, dropped) }
        dropped += 1
      }
      codel.ranEmpty()
      return (nil, dropped)
    }
  }

  private mutating func take() -> Waiting? {
    guard head < waiting.count else { return nil }
    let first = waiting[head]
    head += 1
    bytes -= Int(first.packet.size)
    if head > 64 && head * 2 > waiting.count {
      waiting.removeFirst(head)
      head = 0
    }
    return first
  }
}

/// Controlled delay, RFC 8289 §5.
private struct Codel: Sendable {
  private static let packetBytes = 1_500

  private var isDropping = false
  private var firstAbove: Instant?
  private var next = Instant.zero
  private var count = 0
  private var lastCount = 0

  mutating func ranEmpty() {
    firstAbove = nil
    isDropping = false
  }

  mutating func shouldDrop(
    waited: Duration, at now: Instant, bytesLeft: Int, target: Duration, interval: Duration
  ) -> Bool {
    let isAbove = hasStayedAbove(waited, now, bytesLeft, target, interval)
    if isDropping {
      guard isAbove else {
        isDropping = false
        return false
      }
      guard now >= next else { return false }
      count += 1
      next = control(next, interval)
      return true
    }
    guard isAbove else { return false }
    isDropping = true
    // A relapse soon after: go on at the rate that worked.
    let recent = count - lastCount
    let isRelapse = recent > 1 && now.nanoseconds - next.nanoseconds < 16 * interval.nanoseconds
    count = isRelapse ? recent : 1
    lastCount = count
    next = control(now, interval)
    return true
  }

  private mutating func hasStayedAbove(
    _ waited: Duration, _ now: Instant, _ bytesLeft: Int, _ target: Duration, _ interval: Duration
  ) -> Bool {
    if waited < target || bytesLeft <= Self.packetBytes {
      firstAbove = nil
      return false
    }
    guard let first = firstAbove else {
      firstAbove = now + interval
      return false
    }
    return now >= first
  }

  private func control(_ time: Instant, _ interval: Duration) -> Instant {
    time + Duration(nanoseconds: Int64(Double(interval.nanoseconds) / Double(count).squareRoot()))
  }
}

/// Proportional integral controller enhanced, RFC 8033 §4 and §5, with waits measured by time stamps.
private struct Pie: Sendable {
  private static let update = Duration.milliseconds(15)
  private static let alpha = 0.125
  private static let beta = 1.25

  private var probability = 0.0
  private var wait = Duration.zero
  private var lastWait = Duration.zero
  private var lastUpdate: Instant?
  private var allowance: Duration?
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed, stream: "queue.pie") }

  mutating func waited(_ duration: Duration) { wait = duration }

  mutating func shouldDrop(
    bytes: Int, at now: Instant, target: Duration, burst: Duration
  ) -> Bool {
    if bytes == 0 { wait = .zero }
    refresh(now, target: target, burst: burst)
    if let allowance, allowance > .zero { return false }
    let isShort = wait.nanoseconds < target.nanoseconds / 2 && probability < 0.2
    if isShort || bytes <= 2 * 1_500 { return false }
    return random.uniform() < probability
  }

  private mutating func refresh(_ now: Instant, target: Duration, burst: Duration) {
    guard var last = lastUpdate else {
      lastUpdate = now
      allowance = burst
      return
    }
    // Long idle times need no more steps than it takes to decay to nothing.
    if now - last > .seconds(20) { last = Instant(nanoseconds: now.nanoseconds - 20_000_000_000) }
    while now - last >= Self.update {
      last = last + Self.update
      step(target)
      if let left = allowance {
        allowance = left > Self.update ? left - Self.update : .zero
      }
      if probability == 0, wait.nanoseconds < target.nanoseconds / 2, lastWait == wait {
        allowance = burst
      }
    }
    lastUpdate = last
  }

  private mutating func step(_ target: Duration) {
    var change =
      Self.alpha * (wait - target).inSeconds + Self.beta * (wait - lastWait).inSeconds
    // The smaller the probability, the gentler (§4.2).
    for (limit, factor) in [
      (0.000001, 2_048.0), (0.00001, 512), (0.0001, 128), (0.001, 32), (0.01, 8), (0.1, 2),
    ] where probability < limit {
      change /= factor
      break
    }
    if probability >= 0.1 { change = min(change, 0.02) }
    probability = min(1, max(0, probability + change))
    if wait == .zero && lastWait == .zero { probability *= 0.98 }
    lastWait = wait
  }
}
