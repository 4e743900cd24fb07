import VirtualTime

/// One station: its connections, and the requests that wait for one.
struct Station: Sendable {
  struct Connection: Sendable {
    var id: Network.ConnectionID
    var isReady = false
    /// What is under way on it.
    var exchanges: [Ticket] = []
    var lastUse: Instant
    /// When something last came back.
    var lastHeard: Instant
    var hasIdleAlarm = false
  }

  /// Its number in the rehearsal.
  let number: Int32
  /// The network that it uses, counted within its island.
  let network: Int
  var connections: [Connection] = []
  var hasConnected = false
  var isLookingUp = false
  var nameKnownUntil = Instant(nanoseconds: -1)
  /// How far its clock is ahead.
  var clockOffset = Duration.zero
  private var queue: [Ticket] = []
  private var head = 0

  init(number: Int32, network: Int) {
    self.number = number
    self.network = network
  }

  var queued: Int { queue.count - head }
  var connecting: Int { connections.count { !$0.isReady } }

  mutating func enqueue(_ ticket: Ticket) { queue.append(ticket) }

  mutating func dequeue() -> Ticket? {
    guard head < queue.count else { return nil }
    defer {
      head += 1
      if head == queue.count {
        queue.removeAll(keepingCapacity: true)
        head = 0
      } else if head > 64, head * 2 > queue.count {
        queue.removeFirst(head)
        head = 0
      }
    }
    return queue[head]
  }

  /// Back to where it was.
  mutating func requeue(_ ticket: Ticket) {
    if head > 0 {
      head -= 1
      queue[head] = ticket
    } else {
      queue.insert(ticket, at: 0)
    }
  }

  mutating func remove(_ ticket: Ticket) {
    if let index = queue[head...].firstIndex(of: ticket) { queue.remove(at: index) }
  }

  func index(of id: Network.ConnectionID) -> Int? { connections.firstIndex { $0.id == id } }

  /// The ready connection with room that was used last.
  func free(streams: Int) -> Int? {
    var best: Int?
    for index in connections.indices
    where connections[index].isReady && connections[index].exchanges.count < streams
      && connections[index].lastUse >= best.map({ connections[$0].lastUse }) ?? .zero
    {
      best = index
    }
    return best
  }
}
