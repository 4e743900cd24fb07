package import Boards
package import VirtualTime

/// How fast a direction sends.
package enum Capacity: Sendable {
  case unlimited
  /// Bits a second, above zero.
  case constant(Int64)
  case trace(CapacityTrace)
  case generated(GeneratedCapacity)
}

/// One direction of a link: a queue before a transmitter, then losses and a delay.
package struct LinkDirection: Sendable {
  package let capacity: Capacity
  package private(set) var queue: PacketQueue
  package var conditions = Conditions()
  package private(set) var account = Account()

  private var loss: LossProcess
  private var delay: DelayProcess
  private var cursor: CapacityCursor
  private let framing: LinkFraming?
  private var corruption: ChanceProcess?
  private var duplication: ChanceProcess?
  private var reordering: ReorderingProcess?
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
  /// `offered` + `duplicated` = `carried` + `lost` + `corrupted` + `dropped` + waiting.
  package struct Account: Sendable, Equatable {
    package var offered = 0
    package var carried = 0
    package var carriedBytes = 0
    /// By the radio.
    package var lost = 0
    /// By the queue.
    package var dropped = 0
    /// Damaged on the way, and thrown away by their receiver.
    package var corrupted = 0
    /// Copies that the link made.
    package var duplicated = 0
  }

  /// - Parameter stream: Names this direction's randomness.
  package init(
    capacity: Capacity, delay: DelayModel, queue: PacketQueue = PacketQueue(),
    loss: LossModel = .none, reorders: Bool = false, seed: UInt64 = 0, stream: String = ""
  ) {
    var profile = LinkProfile.Direction()
    profile.delay = delay
    profile.loss = loss
    profile.jitterReorders = reorders
    self.init(
      capacity, queue, profile, seed: seed, stream: stream, delayStream: stream + ".delay")
  }

  /// - Parameter delayStream: The same for both directions when they share a round trip.
  init(
    _ capacity: Capacity, _ queue: PacketQueue, _ profile: LinkProfile.Direction, seed: UInt64,
    stream: String, delayStream: String
  ) {
    self.capacity = capacity
    self.queue = queue
    framing = profile.framing
    loss = LossProcess(profile.loss, seed: seed, stream: stream + ".loss")
    delay = DelayProcess(
      profile.delay, reorders: profile.jitterReorders, seed: seed, stream: delayStream)
    corruption = ChanceProcess(profile.corruption, seed: seed, stream: stream + ".corruption")
    duplication = ChanceProcess(profile.duplication, seed: seed, stream: stream + ".duplication")
    reordering = ReorderingProcess(profile.reordering, seed: seed, stream: stream + ".reordering")
    random = SeededRandom(seed: seed, stream: stream + ".incidents")
    cursor = CapacityCursor(capacity)
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
    if duplication?.happens() == true {
      account.duplicated += 1
      account.dropped += queue.append(packet, at: now)
    }
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
    if corruption?.happens() == true {
      account.corrupted += 1
      return (nil, begin(at: now))
    }
    account.carried += 1
    account.carriedBytes += Int(packet.size)
    return ((packet, arrival(of: now)), begin(at: now))
  }

  /// When a packet that leaves the transmitter at `now` arrives.
  mutating func arrival(of now: Instant) -> Instant {
    reordering?.skips() == true
      ? now + conditions.extraDelay : delay.arrival(of: now, extra: conditions.extraDelay)
  }

  private mutating func begin(at now: Instant) -> Instant? {
    guard current == nil else { return nil }
    let (packet, dropped) = queue.removeFirst(at: now)
    account.dropped += dropped
    guard let packet else { return nil }
    current = packet
    // Half the rate is twice the bytes.
    let size = framing?.bytes(of: Int(packet.size)) ?? Int(packet.size)
    let bytes = Int((Double(size) / conditions.rate).rounded())
    return cursor.finish(bytes: bytes, from: now)
  }
}
