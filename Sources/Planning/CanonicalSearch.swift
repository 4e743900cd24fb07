/// Depth-first search over canonical plans: buffers in ascending order of offset, each resting on the
/// arena's floor or on buffers beneath it.
///
/// Every plan can be pushed down into such a one without growing, so that nothing is missed.
struct CanonicalSearch {
  private(set) var nodes = 0
  /// Offsets of the best plan that beats the one to begin with.
  private(set) var found: [Int]?
  /// Whether no plan is left that could be smaller than the best.
  private(set) var isExhausted = false

  private var best: Int
  private let bound: Int
  private let bufferCount: Int
  /// Buffers that take any bytes.
  private let count: Int
  private let sizes: [Int]
  private let first: [Int]
  private let last: [Int]
  /// The buffer before this one that is equal in size and lifetime; −1 where there is none. Equals
  /// are placed in their order, as exchanging them changes nothing.
  private let twin: [Int]

  // The partial plan.
  private var offsets: [Int]
  private var isPlaced: [Bool]
  /// Height of the plan in each scope.
  private var skyline: [Int]
  /// Bytes in each scope that are still to be placed.
  private var remaining: [Int]
  private var limit = 0

  /// - Parameters:
  ///   - best: Size of the plan to beat.
  ///   - bound: A size at which the search may stop, as none is smaller.
  init(_ buffers: [ArenaBuffer], best: Int, bound: Int) {
    self.best = best
    self.bound = bound
    // Only scopes in which something begins can hold the most.
    let starts = Set(buffers.map(\.first)).sorted()
    // By size times duration, as the large and lasting ones leave the least choice.
    let order = buffers.indices.filter { buffers[$0].bytes > 0 }.sorted { one, other in
      let (a, b) = (buffers[one], buffers[other])
      let areas = (a.bytes * (a.last - a.first + 1), b.bytes * (b.last - b.first + 1))
      return (-areas.0, one) < (-areas.1, other)
    }
    rank = order
    count = order.count
    bufferCount = buffers.count
    let sorted = order.map { buffers[$0] }
    sizes = sorted.map(\.alignedBytes)
    first = sorted.map { buffer in starts.firstIndex { $0 >= buffer.first } ?? 0 }
    last = sorted.map { buffer in (starts.lastIndex { $0 <= buffer.last } ?? 0) }
    var twin = [Int](repeating: -1, count: sorted.count)
    for index in sorted.indices {
      let earlier = sorted[..<index].lastIndex {
        $0.alignedBytes == sorted[index].alignedBytes && $0.first == sorted[index].first
          && $0.last == sorted[index].last
      }
      twin[index] = earlier ?? -1
    }
    self.twin = twin
    offsets = Array(repeating: 0, count: sorted.count)
    isPlaced = Array(repeating: false, count: sorted.count)
    skyline = Array(repeating: 0, count: starts.count)
    remaining = starts.map { scope in
      sorted.reduce(0) { $0 + ($1.isAlive(in: scope) ? $1.alignedBytes : 0) }
    }
  }

  /// Position in the search's order to index of the caller's buffer.
  private let rank: [Int]

  mutating func run(limit: Int) {
    self.limit = limit
    let isComplete = descend(depth: 0, floor: 0, lastIndex: -1)
    isExhausted = isComplete || best <= bound
  }

  /// - Returns: Whether everything below this partial plan was looked at.
  private mutating func descend(depth: Int, floor: Int, lastIndex: Int) -> Bool {
    if depth == count {
      record()
      return true
    }
    nodes += 1
    if nodes > limit { return false }
    var rests: [Int] = []
    rests.reserveCapacity(count)
    var ceiling = Int.max
    for index in 0..<count {
      if isPlaced[index] {
        rests.append(-1)
        continue
      }
      let rest = height(first[index], last[index])
      rests.append(rest)
      // Whatever comes next at this height or above would leave room beneath it for this buffer.
      ceiling = min(ceiling, rest + sizes[index])
    }
    for index in candidates(rests, floor: floor, ceiling: ceiling, lastIndex: lastIndex) {
      let old = place(index, at: rests[index])
      var isComplete = true
      if canBeat(floor: rests[index]) {
        isComplete = descend(depth: depth + 1, floor: rests[index], lastIndex: index)
      }
      unplace(index, old)
      if !isComplete { return false }
      if best <= bound { return true }
    }
    return true
  }

  /// What may come next, the lowest first.
  private func candidates(
    _ rests: [Int], floor: Int, ceiling: Int, lastIndex: Int
  ) -> [Int] {
    var found: [Int] = []
    for index in 0..<count where !isPlaced[index] {
      let rest = rests[index]
      // Of two at one offset, the earlier in the order comes first.
      let isInOrder = rest > floor || (rest == floor && index > lastIndex)
      let isTwinPlaced = twin[index] < 0 || isPlaced[twin[index]]
      if isInOrder && rest < ceiling && isTwinPlaced { found.append(index) }
    }
    return found.sorted { (rests[$0], $0) < (rests[$1], $1) }
  }

  private func height(_ first: Int, _ last: Int) -> Int {
    var height = 0
    for scope in first...last { height = max(height, skyline[scope]) }
    return height
  }

  private mutating func place(_ index: Int, at offset: Int) -> [Int] {
    let old = Array(skyline[first[index]...last[index]])
    offsets[index] = offset
    isPlaced[index] = true
    for scope in first[index]...last[index] {
      skyline[scope] = offset + sizes[index]
      remaining[scope] -= sizes[index]
    }
    return old
  }

  private mutating func unplace(_ index: Int, _ old: [Int]) {
    isPlaced[index] = false
    for scope in first[index]...last[index] {
      skyline[scope] = old[scope - first[index]]
      remaining[scope] += sizes[index]
    }
  }

  /// What is left lies at the floor or above, and on what is there.
  private func canBeat(floor: Int) -> Bool {
    for scope in skyline.indices {
      let start = remaining[scope] > 0 ? max(skyline[scope], floor) : skyline[scope]
      if start + remaining[scope] >= best { return false }
    }
    return true
  }

  private mutating func record() {
    let size = skyline.max() ?? 0
    guard size < best else { return }
    best = size
    var offsets = [Int](repeating: 0, count: bufferCount)
    for (position, index) in rank.enumerated() { offsets[index] = self.offsets[position] }
    found = offsets
  }
}
