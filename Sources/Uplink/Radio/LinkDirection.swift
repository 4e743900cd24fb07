package import VirtualTime

/// One direction of a link: a queue before a transmitter, then a delay.
package struct LinkDirection: Sendable {
  package var capacity: Capacity
  package var queue: PacketQueue
  /// From the last bit sent to the packet's arrival.
  package var delay: Duration
  /// Nothing passes and what arrives is lost.
  package var isCut = false

  package private(set) var account = Account()
  /// Whether a packet is being transmitted: its end is on the agenda.
  private var isBusy = false

  package init(capacity: Capacity, delay: Duration, queue: PacketQueue = PacketQueue()) {
    self.capacity = capacity
    self.delay = delay
    self.queue = queue
  }

  /// Every packet that went in, by where it went: `offered` = `carried` + `lost` + `dropped` + queued.
  package struct Account: Sendable, Equatable {
    package var offered = 0
    package var carried = 0
    package var carriedBytes = 0
    /// By the radio.
    package var lost = 0
    /// By the queue.
    package var dropped = 0
  }

  /// Takes a packet; returns when the transmitter finishes its present one if it has just begun.
  package mutating func offer(_ packet: Packet, at now: Instant) -> Instant? {
    account.offered += 1
    if isCut {
      account.lost += 1
      return nil
    }
    account.dropped += queue.append(packet, at: now)
    return begin(at: now)
  }

  /// The transmitter has finished: the packet that arrives after `delay`, if it survives, and when
  /// the next one will be finished.
  package mutating func finish(at now: Instant) -> (arriving: Packet?, next: Instant?) {
    isBusy = false
    guard let packet = queue.removeFirst() else { return (nil, nil) }
    let survives = !isCut
    if survives {
      account.carried += 1
      account.carriedBytes += Int(packet.size)
    } else {
      account.lost += 1
    }
    return (survives ? packet : nil, begin(at: now))
  }

  private mutating func begin(at now: Instant) -> Instant? {
    guard !isBusy, let first = queue.first else { return nil }
    isBusy = true
    return capacity.finish(bytes: Int(first.size), from: now)
  }
}

/// How fast a direction sends.
package enum Capacity: Sendable, Equatable {
  case unlimited
  /// Bits a second.
  case constant(Int64)

  func finish(bytes: Int, from now: Instant) -> Instant {
    switch self {
    case .unlimited: now
    case .constant(let rate):
      now + Duration(nanoseconds: Int64(bytes) * 8_000_000_000 / max(1, rate))
    }
  }
}

/// Packets that wait; the one in transmission is the first.
package struct PacketQueue: Sendable {
  /// Packets; nil for no limit.
  package var limit: Int?
  private var packets: [Packet] = []
  private var head = 0

  package init(limit: Int? = nil) { self.limit = limit }

  package var count: Int { packets.count - head }
  package var first: Packet? { head < packets.count ? packets[head] : nil }

  /// Returns how many packets were dropped.
  mutating func append(_ packet: Packet, at now: Instant) -> Int {
    if let limit, count >= limit { return 1 }
    packets.append(packet)
    return 0
  }

  mutating func removeFirst() -> Packet? {
    guard head < packets.count else { return nil }
    defer {
      head += 1
      if head > 64 && head * 2 > packets.count {
        packets.removeFirst(head)
        head = 0
      }
    }
    return packets[head]
  }
}
