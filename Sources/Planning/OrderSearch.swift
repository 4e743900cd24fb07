/// Depth-first search for an order of execution whose peak is below a limit.
///
/// A state is the set of operators that have run: what it keeps alive does not depend on their
/// order, so that a set that led nowhere once need not be tried again.
struct OrderSearch {
  struct Order {
    var operators: [Int]
    var peak: Int
  }

  private(set) var nodes = 0
  private(set) var ranOut = false

  private let graph: OperatorDependencies
  private let ceiling: Int
  private let limit: Int

  private var order: [Int] = []
  private var peak = 0
  /// Bytes alive between two operators.
  private var alive: Int
  private var readersLeft: [Int]
  private var waitsFor: [Int]
  private var hasRun: [UInt64]
  private var deadEnds: Set<[UInt64]> = []

  init(_ graph: OperatorDependencies, below ceiling: Int, limit: Int) {
    self.graph = graph
    self.ceiling = ceiling
    self.limit = limit
    alive = graph.initial.reduce(0) { $0 + graph.bytes[$1] }
    readersLeft = graph.readers
    waitsFor = graph.before.map(\.count)
    hasRun = Array(repeating: 0, count: (graph.before.count + 63) / 64)
    peak = alive
    // An input that nothing reads is alive in the first scope only.
    for tensor in graph.initial where readersLeft[tensor] == 0 { alive -= graph.bytes[tensor] }
  }

  /// nil where there is none, or none was found before `limit` states.
  mutating func run() -> Order? {
    guard peak < ceiling else { return nil }
    return descend() ? Order(operators: order, peak: peak) : nil
  }

  private mutating func descend() -> Bool {
    let depth = order.count
    let peakBefore = peak
    // Steps that free at least what they keep never hurt: taken without a choice.
    while let index = harmless { step(index) }
    if order.count == graph.before.count { return true }
    nodes += 1
    if nodes > limit { ranOut = true }
    if !ranOut && !deadEnds.contains(hasRun) {
      for index in ready.sorted(by: { (growth($0), $0) < (growth($1), $1) }) {
        if alive + need(index) >= ceiling { continue }
        let peakHere = peak
        step(index)
        if descend() { return true }
        undo()
        peak = peakHere
        if ranOut { break }
      }
      if !ranOut { deadEnds.insert(hasRun) }
    }
    while order.count > depth { undo() }
    peak = peakBefore
    return false
  }

  private var ready: [Int] {
    waitsFor.indices.filter { waitsFor[$0] == 0 && !contains($0) }
  }

  private var harmless: Int? {
    ready.first { alive + need($0) < ceiling && growth($0) <= 0 }
  }

  private func contains(_ index: Int) -> Bool { hasRun[index >> 6] >> UInt64(index & 63) & 1 == 1 }

  /// Bytes that a step needs beside what is alive.
  private func need(_ index: Int) -> Int {
    graph.writes[index].reduce(graph.scratch[index]) { $0 + graph.bytes[$1] }
  }

  /// Bytes alive after a step less those before.
  private func growth(_ index: Int) -> Int {
    var growth = 0
    for tensor in graph.writes[index] where readersLeft[tensor] > 0 {
      growth += graph.bytes[tensor]
    }
    for tensor in graph.reads[index] where readersLeft[tensor] == 1 {
      growth -= graph.bytes[tensor]
    }
    return growth
  }

  private mutating func step(_ index: Int) {
    peak = max(peak, alive + need(index))
    alive += growth(index)
    for tensor in graph.reads[index] { readersLeft[tensor] -= 1 }
    for later in graph.after[index] { waitsFor[later] -= 1 }
    hasRun[index >> 6] |= 1 << UInt64(index & 63)
    order.append(index)
  }

  private mutating func undo() {
    let index = order.removeLast()
    hasRun[index >> 6] &= ~(1 << UInt64(index & 63))
    for later in graph.after[index] { waitsFor[later] += 1 }
    for tensor in graph.reads[index] { readersLeft[tensor] += 1 }
    alive -= growth(index)
  }
}
