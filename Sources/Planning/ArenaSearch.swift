/// How hard a search for a plan may try: counted in steps, never in seconds, so that every machine
/// finds the same plan.
package enum SearchEffort: Sendable {
  /// A few milliseconds at most.
  case quick
  /// About a second at most.
  case thorough

  /// Partial plans that the exact search looks at.
  var planNodes: Int {
    switch self {
    case .quick: 2_000
    case .thorough: 200_000
    }
  }

  /// Partial orders of execution that the exact search looks at.
  var orderNodes: Int {
    switch self {
    case .quick: 1_000
    case .thorough: 100_000
    }
  }
}

/// The smallest arena that can be found for given lifetimes, and the least that any plan needs.
///
/// First come greedy plans over several orders; where their best is above the lower bound, an exact
/// search over canonical plans (each buffer rests on the arena's floor or on another buffer; buffers
/// in ascending order of offset), cut off where a partial plan cannot beat the best one. The search
/// follows Moffitt, “MiniMalloc: A Lightweight Memory Allocator for Hardware-Accelerated Machine
/// Learning”, ASPLOS 2023.
package struct ArenaSearch: Equatable, Sendable {
  package var plan: ArenaPlan
  /// No plan is smaller.
  package var lowerBound: Int
  /// Partial plans that the exact search looked at; 0 where a greedy plan met the bound.
  package var nodes: Int

  package var isProvenSmallest: Bool { plan.size == lowerBound }
  /// Bytes that a better plan might save at most.
  package var gap: Int { plan.size - lowerBound }

  /// Beyond this many buffers only the greedy plans are made.
  private static let mostBuffers = 512

  /// Ignores offsets that the model file asks for: what they cost is the question.
  package init(of lifetimes: TensorLifetimes, effort: SearchEffort = .thorough) {
    let free = lifetimes.withoutOffsets
    let buffers = free.buffers
    let bound = free.peak
    var best = ArenaPlan(greedy: free)
    for rule in GreedyRule.allCases where best.size > bound {
      let plan = rule.plan(buffers)
      if plan.size < best.size { best = plan }
    }
    lowerBound = bound
    nodes = 0
    if best.size > bound && buffers.count <= Self.mostBuffers {
      var search = CanonicalSearch(buffers, best: best.size, bound: bound)
      search.run(limit: effort.planNodes)
      if let offsets = search.found {
        best = ArenaPlan(placements: zip(buffers, offsets).map { .init(buffer: $0, offset: $1) })
      }
      nodes = search.nodes
      // Everything was looked at: no plan is smaller than the best one.
      if search.isExhausted { lowerBound = best.size }
    }
    plan = best
  }
}

extension TensorLifetimes {
  /// Most bytes alive in one scope, each buffer rounded up: no plan is smaller.
  package var peak: Int {
    buffers.map(\.first).reduce(into: 0) { peak, scope in
      let alive = buffers.lazy.filter { $0.isAlive(in: scope) }
      peak = max(peak, alive.reduce(0) { $0 + $1.alignedBytes })
    }
  }

  var withoutOffsets: TensorLifetimes {
    var free = self
    for index in free.buffers.indices { free.buffers[index].fixedOffset = nil }
    return free
  }
}

/// Orders and choices of gap of greedy plans.
private enum GreedyRule: CaseIterable {
  case sizeThenFirst, areaThenSize, durationThenSize, firstThenSize, lastThenSize
  case sizeBestGap, areaBestGap, pressure

  func plan(_ buffers: [ArenaBuffer]) -> ArenaPlan {
    let keys = buffers.indices.map { key(buffers[$0], in: buffers) }
    let order = buffers.indices.sorted { one, other in
      (keys[one].0, keys[one].1, one) < (keys[other].0, keys[other].1, other)
    }
    let takesBestGap = self == .sizeBestGap || self == .areaBestGap
    var offsets = [Int](repeating: 0, count: buffers.count)
    var placed: [Int] = []
    for index in order {
      offsets[index] = Self.offset(
        for: buffers[index], above: placed, buffers, offsets, takesBestGap: takesBestGap)
      let position = placed.firstIndex { offsets[$0] > offsets[index] } ?? placed.count
      placed.insert(index, at: position)
    }
    return ArenaPlan(placements: zip(buffers, offsets).map { .init(buffer: $0, offset: $1) })
  }

  /// Smaller goes first.
  private func key(_ buffer: ArenaBuffer, in buffers: [ArenaBuffer]) -> (Int, Int) {
    let bytes = buffer.alignedBytes
    let duration = buffer.last - buffer.first + 1
    return switch self {
    case .sizeThenFirst, .sizeBestGap: (-bytes, buffer.first)
    case .areaThenSize, .areaBestGap: (-bytes * duration, -bytes)
    case .durationThenSize: (-duration, -bytes)
    case .firstThenSize: (buffer.first, -bytes)
    case .lastThenSize: (-buffer.last, -bytes)
    case .pressure:
      (-buffers.reduce(0) { $0 + ($1.overlapsInTime(buffer) ? $1.alignedBytes : 0) }, -bytes)
    }
  }

  /// - Parameter placed: Indices of placed buffers in ascending order of offset.
  private static func offset(
    for buffer: ArenaBuffer, above placed: [Int], _ buffers: [ArenaBuffer], _ offsets: [Int],
    takesBestGap: Bool
  ) -> Int {
    var candidate = 0
    var best: (offset: Int, gap: Int)?
    for index in placed where buffers[index].overlapsInTime(buffer) {
      let gap = offsets[index] - candidate
      if gap >= buffer.alignedBytes {
        if !takesBestGap { return candidate }
        if best.map({ gap < $0.gap }) ?? true { best = (candidate, gap) }
      }
      candidate = max(candidate, offsets[index] + buffers[index].alignedBytes)
    }
    return best?.offset ?? candidate
  }
}
