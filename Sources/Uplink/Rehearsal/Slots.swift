/// Values that come and go, in an array that keeps its memory; a ticket finds a value as long as it
/// is there, and nothing afterwards.
struct Slots<Value: Sendable>: Sendable {
  private var values: [Value] = []
  private var generations: [UInt32] = []
  private var free: [UInt32] = []

  var count: Int { values.count - free.count }

  mutating func insert(_ value: Value) -> Ticket {
    if let slot = free.popLast() {
      values[Int(slot)] = value
      return Ticket(slot: slot, generation: generations[Int(slot)])
    }
    values.append(value)
    generations.append(0)
    return Ticket(slot: UInt32(values.count - 1), generation: 0)
  }

  func contains(_ ticket: Ticket) -> Bool {
    Int(ticket.slot) < values.count && generations[Int(ticket.slot)] == ticket.generation
  }

  /// - Precondition: It contains the ticket.
  subscript(ticket: Ticket) -> Value {
    get { values[Int(ticket.slot)] }
    _modify { yield &values[Int(ticket.slot)] }
  }

  mutating func remove(_ ticket: Ticket) {
    generations[Int(ticket.slot)] = (ticket.generation + 1) & 0x7FFF_FFFF
    free.append(ticket.slot)
  }

  /// Tickets of all values, in the order of their slots.
  var tickets: [Ticket] {
    let unused = Set(free)
    return values.indices.filter { !unused.contains(UInt32($0)) }.map {
      Ticket(slot: UInt32($0), generation: generations[$0])
    }
  }
}

struct Ticket: Sendable, Equatable {
  var slot: UInt32
  var generation: UInt32

  init(slot: UInt32, generation: UInt32) {
    self.slot = slot
    self.generation = generation
  }

  /// As one number, for those who carry it about.
  var token: Int { Int(generation) << 32 | Int(slot) }

  init(token: Int) {
    slot = UInt32(truncatingIfNeeded: token)
    generation = UInt32(truncatingIfNeeded: token >> 32)
  }
}
