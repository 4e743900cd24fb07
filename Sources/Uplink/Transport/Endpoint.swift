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

  /// Whether a flush would change nothing: nothing is due, and the window is not full.
  func hasNothingToDo(at now: Instant) -> Bool {
    if let due, due <= now { return false }
    return !sender.isWindowFull
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

  /// Sends what may be sent; an acknowledgement that is due rides on data or goes alone.
  mutating func flush(at now: Instant, flow: Int32, fromClient: Bool, into packets: inout [Packet])
  {
    let before = packets.count
    if let due = receiver.due, due <= now { receiver.delayEnded() }
    // What every packet says of the other direction; sending does not change it.
    let blank = packet(at: now, flow: flow, fromClient: fromClient)
    func emit(_ start: Int64, _ length: Int32) {
      var packet = blank
      packet.sequence = start
      packet.length = length
      packet.size += length
      packets.append(packet)
    }
    if let timer = sender.timer, timer.due <= now { sender.timerEnded(at: now, emit) }
    sender.transmit(at: now, emit)
    if packets.count > before {
      receiver.acknowledged(withData: true)
    } else if receiver.mustAcknowledge {
      emit(sender.next, 0)
      receiver.acknowledged(withData: false)
    }
  }

  private func packet(at now: Instant, flow: Int32, fromClient: Bool) -> Packet {
    Packet(
      flow: flow, kind: .segment, isFromClient: fromClient,
      size: Int32(rules.headers) + (receiver.beyond.isEmpty ? 0 : 12),
      acknowledged: receiver.next, selective: receiver.selective, stamp: now.nanoseconds,
      echo: receiver.echo)
  }
}
