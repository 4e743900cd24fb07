package import VirtualTime

/// How fast a direction sends.
package enum Capacity: Sendable, Equatable {
  case unlimited
  /// Bits a second, above zero.
  case constant(Int64)
  case trace(CapacityTrace)
}

/// One direction of a link: a queue before a transmitter, then losses and a delay.
package struct LinkDirection: Sendable {
  package let capacity: Capacity
  package private(set) var queue: PacketQueue
  package var conditions = Conditions()
  package private(set) var account = Account()

  private var loss: LossProcess
  private var delay: DelayProcess
  private var cursor: CapacityCursor?
  private var random: SeededRandom
  /// The packet in transmission: its end is on the agenda.
  private var current: Packet?

  /// What incidents change.
  package struct Conditions: Sendable, Equatable {
    /// Nothing passes and what arrives is lost.
    package var isCut = false
    /// Parts of the capacity, above 0 and at most 1.
    package var rate = 1.0
    package var extraDelay = Duration.zero
    /// Lost besides what the model loses.
    package var extraLoss = 0.0

    package init() {}
  }

  /// Every packet that went in, by where it went:
  /// `offered` = `carried` + `lost` + `dropped` + waiting.
  package struct Account: Sendable, Equatable {
    package var offered = 0
    package var carried = 0
    package var carriedBytes = 0
    /// By the radio.
    package var lost = 0
    /// By the queue.
    package var dropped = 0
  }

  /// - Parameter stream: Names this direction's randomness.
  package init(
    capacity: Capacity, delay: DelayModel, queue: PacketQueue = PacketQueue(),
    loss: LossModel = .none, reorders: Bool = false, seed: UInt64 = 0, stream: String = ""
  ) {
    self.capacity = capacity
    self.queue = queue
    self.loss = LossProcess(loss, seed: seed, stream: stream + ".loss")
    self.delay = DelayProcess(delay, reorders: reorders, seed: seed, stream: stream + ".delay")
    random = SeededRandom(seed: seed, stream: stream + ".incidents")
    if case .trace(let trace) = capacity { cursor = CapacityCursor(trace) }
  }

  /// Packets that have been offered and have not left.
  package var waiting: Int { queue.count + (current == nil ? 0 : 1) }

  /// Takes a packet; returns when the transmitter finishes it if it begins at once.
  mutating func offer(_ packet: Packet, at now: Instant) -> Instant? {
    account.offered += 1
    if conditions.isCut {
      account.lost += 1
      return nil
    }
    account.dropped += queue.append(packet, at: now)
    return begin(at: now)
  }

  /// The transmitter has finished: the packet and when it arrives, if it survives, and when the next
  /// one will be finished.
  mutating func finish(at now: Instant) -> (arriving: (Packet, at: Instant)?, next: Instant?) {
    guard let packet = current else { return (nil, nil) }
    current = nil
    var isLost = loss.loses() || conditions.isCut
    if conditions.extraLoss > 0 { isLost = random.uniform() < conditions.extraLoss || isLost }
    if isLost {
      account.lost += 1
      return (nil, begin(at: now))
    }
    account.carried += 1
    account.carriedBytes += Int(packet.size)
    let arrival = delay.arrival(of: now, extra: conditions.extraDelay)
    return ((packet, arrival), begin(at: now))
  }

  private mutating func begin(at now: Instant) -> Instant? {
    guard current == nil else { return nil }
    let (packet, dropped) = queue.removeFirst(at: now)
    account.dropped += dropped
    guard let packet else { return nil }
    current = packet
    // Half the rate is twice the bytes.
    let bytes = Int((Double(packet.size) / conditions.rate).rounded())
    switch capacity {
    case .unlimited: return now
    case .constant(let rate):
      return now + Duration(nanoseconds: Int64(bytes) * 8_000_000_000 / max(1, rate))
    case .trace: return cursor!.finish(bytes: bytes, from: now)
    }
  }
}
