import VirtualTime

/// One side of a TCP connection: what it sends and what it receives.
struct Endpoint: Sendable {
  private let rules: TransportRules
  private(set) var sender: SendSide
  private(set) var receiver: ReceiveSide
  /// The wake-up that the agenda holds for it; earlier than `due` when that has moved.
  var wakeUp: Instant?

  init(_ rules: TransportRules) {
    self.rules = rules
    sender = SendSide(rules)
    receiver = ReceiveSide(rules)
  }

  /// When it must be woken next.
  var due: Instant? {
    switch (sender.timer?.due, receiver.due) {
    case (let a?, let b?): min(a, b)
    case (let a, let b): a ?? b
    }
  }

  mutating func open(roundTrip sample: Int64?, afterRepeats repeats: Int) {
    sender.open(roundTrip: sample, afterRepeats: repeats)
  }

  mutating func forgetPath() { sender.forgetPath() }

  mutating func write(_ bytes: Int) { sender.write(Int64(bytes)) }

  mutating func receive(_ packet: Packet, at now: Instant) {
    if packet.length > 0 {
      receiver.receive(
        packet, at: now, sendersTimeout: Duration(nanoseconds: sender.roundTrip.timeout))
    }
    sender.receive(packet, at: now)
  }

  /// Acts on whatever is due.
  mutating func wake(at now: Instant, _ emit: (Int64, Int32) -> Void) {
    if let due = receiver.due, due <= now { receiver.delayEnded() }
    if let timer = sender.timer, timer.due <= now { sender.timerEnded(at: now, emit) }
  }

  /// Sends what may be sent; an acknowledgement that is due rides on data or goes alone.
  mutating func flush(at now: Instant, flow: Int32, fromClient: Bool, into packets: inout [Packet])
  {
    let before = packets.count
    var pending: [(Int64, Int32)] = []
    wake(at: now) { pending.append(($0, $1)) }
    sender.transmit(at: now) { pending.append(($0, $1)) }
    for (start, length) in pending {
      packets.append(packet(start, length, at: now, flow: flow, fromClient: fromClient))
    }
    if packets.count > before {
      receiver.acknowledged(withData: true)
    } else if receiver.mustAcknowledge {
      packets.append(packet(sender.next, 0, at: now, flow: flow, fromClient: fromClient))
      receiver.acknowledged(withData: false)
    }
  }

  private func packet(
    _ start: Int64, _ length: Int32, at now: Instant, flow: Int32, fromClient: Bool
  ) -> Packet {
    Packet(
      flow: flow, kind: .segment, isFromClient: fromClient,
      size: Int32(rules.headers) + length + (receiver.beyond.isEmpty ? 0 : 12),
      sequence: start, length: length, acknowledged: receiver.next,
      selective: receiver.selective, stamp: now.nanoseconds, echo: receiver.echo)
  }
}
