import Models
import Planning
import TestSupport
import Testing
import VirtualTime

@Suite struct ArenaSearchTests {
  /// Few scopes and sizes, so that gaps matter.
  static func crowded(seed: UInt64, count: ClosedRange<Int>) -> TensorLifetimes {
    var random = SeededRandom(seed: seed, stream: "crowded")
    let scopes = Int.random(in: 2...7, using: &random)
    let buffers = (0..<Int.random(in: count, using: &random)).map { index in
      let first = Int.random(in: 0..<scopes, using: &random)
      return ArenaBuffer(
        owner: .tensor(graph: 0, index: index), bytes: Int.random(in: 1...120, using: &random),
        first: first, last: min(scopes - 1, first + Int.random(in: 0...3, using: &random)))
    }
    return TensorLifetimes(buffers: buffers, scopeCount: scopes)
  }

  /// Whether two buffers hold one byte in one scope, told without any of the planner's code.
  static func collides(_ plan: ArenaPlan, scopes: Int) -> Bool {
    for scope in -1..<scopes {
      let ranges = plan.placements
        .filter { $0.buffer.first <= scope && scope <= $0.buffer.last && $0.buffer.bytes > 0 }
        .map { ($0.offset, $0.offset + $0.buffer.bytes) }.sorted { $0.0 < $1.0 }
      for (one, other) in zip(ranges, ranges.dropFirst()) where other.0 < one.1 { return true }
    }
    return false
  }

  /// The smallest plan, by trying every order of first fits: one of them is the best, as the order of
  /// ascending offsets of a best plan pushed down gives it back.
  static func bruteForce(_ lifetimes: TensorLifetimes) -> Int {
    let buffers = lifetimes.buffers
    var best = Int.max
    var placed: [(first: Int, last: Int, start: Int, end: Int)] = []
    func place(_ rest: [Int]) {
      let size = placed.map(\.end).max() ?? 0
      if size >= best { return }
      if rest.isEmpty {
        best = size
        return
      }
      for index in rest {
        let buffer = buffers[index]
        let bytes = (buffer.bytes + 15) / 16 * 16
        let others = placed.filter { $0.first <= buffer.last && buffer.first <= $0.last }
        let starts = ([0] + others.map(\.end)).sorted()
        let start = starts.first { start in
          others.allSatisfy { $0.end <= start || start + bytes <= $0.start }
        }
        placed.append((buffer.first, buffer.last, start ?? 0, (start ?? 0) + bytes))
        place(rest.filter { $0 != index })
        placed.removeLast()
      }
    }
    place(Array(buffers.indices))
    return buffers.isEmpty ? 0 : best
  }

  @Test("thousands of plans are sound, within their bound, and never larger than the runtime's")
  func sound() {
    for seed in 1...2_000 as ClosedRange<UInt64> {
      let lifetimes = Self.crowded(seed: seed, count: 0...28)
      let search = ArenaSearch(of: lifetimes, effort: .quick)
      #expect(search.plan.placements.map(\.buffer) == lifetimes.buffers)
      #expect(!Self.collides(search.plan, scopes: lifetimes.scopeCount), "seed \(seed)")
      #expect(search.plan.placements.allSatisfy { $0.offset >= 0 && $0.offset % 16 == 0 })
      #expect(search.plan.size >= search.lowerBound)
      #expect(search.lowerBound >= lifetimes.peak)
      #expect(search.plan.size <= ArenaPlan(greedy: lifetimes).size, "seed \(seed)")
    }
  }

  @Test("small plans are as small as the smallest of all, and known to be")
  func smallest() {
    var improved = 0
    for seed in 1...200 as ClosedRange<UInt64> {
      let lifetimes = Self.crowded(seed: seed, count: 1...6)
      let search = ArenaSearch(of: lifetimes)
      #expect(search.plan.size == Self.bruteForce(lifetimes), "seed \(seed)")
      #expect(search.isProvenSmallest)
      if search.plan.size < ArenaPlan(greedy: lifetimes).size { improved += 1 }
    }
    #expect(improved > 0)
  }

  /// Sixteen units are alive at once at most, but no plan is smaller than seventeen: found by a search
  /// over six million random instances, and checked by all 362,880 orders of first fits.
  @Test("where no plan reaches the bytes alive at once, the search proves it")
  func aboveThePeak() {
    let buffers = [
      (2, 2, 5), (5, 5, 5), (5, 1, 1), (4, 0, 6), (3, 3, 3), (6, 6, 6), (3, 1, 4), (3, 0, 3),
      (5, 4, 6),
    ].enumerated().map { index, buffer in
      ArenaBuffer(
        owner: .tensor(graph: 0, index: index), bytes: 16 * buffer.0, first: buffer.1,
        last: buffer.2)
    }
    let lifetimes = TensorLifetimes(buffers: buffers, scopeCount: 7)
    #expect(lifetimes.peak == 16 * 16)
    let search = ArenaSearch(of: lifetimes)
    #expect(search.plan.size == 16 * 17)
    #expect(search.lowerBound == 16 * 17)
    #expect(search.isProvenSmallest && search.nodes > 0)
    #expect(!Self.collides(search.plan, scopes: 7))
  }

  @Test("offsets that the file asks for do not bind the search")
  func offsets() {
    let lifetimes = TensorLifetimes(
      buffers: [
        ArenaBuffer(
          owner: .tensor(graph: 0, index: 0), bytes: 32, first: 0, last: 1, fixedOffset: 4_096)
      ], scopeCount: 2)
    #expect(ArenaPlan(greedy: lifetimes).size == 4_128)
    #expect(ArenaSearch(of: lifetimes).plan.size == 32)
  }

  @Test("a search that may not look far still answers, and says what is not proven")
  func cutOff() {
    for seed in 1...40 as ClosedRange<UInt64> {
      let lifetimes = ArenaPlanTests.random(count: 120, seed: seed)
      let quick = ArenaSearch(of: lifetimes, effort: .quick)
      #expect(quick == ArenaSearch(of: lifetimes, effort: .quick))
      #expect(quick.nodes <= 2_001)
      #expect(quick.gap == 0 || quick.nodes > 0)
    }
  }

  @Test("more buffers than the exact search takes are planned greedily")
  func many() {
    let lifetimes = ArenaPlanTests.random(count: 700, seed: 3)
    let search = ArenaSearch(of: lifetimes, effort: .quick)
    #expect(search.nodes == 0)
    #expect(search.plan.collisions.isEmpty)
  }

  @Test("nothing needs nothing")
  func empty() {
    let search = ArenaSearch(of: TensorLifetimes(buffers: [], scopeCount: 1))
    #expect(search.plan.size == 0 && search.isProvenSmallest)
  }
}
