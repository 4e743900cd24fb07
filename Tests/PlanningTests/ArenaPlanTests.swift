import Planning
import Testing
import VirtualTime

@Suite struct ArenaPlanTests {
  /// Buffers of random sizes and lifetimes.
  static func random(count: Int, seed: UInt64) -> TensorLifetimes {
    var random = SeededRandom(seed: seed, stream: "lifetimes")
    let scopes = Int.random(in: 1...40, using: &random)
    let buffers = (0..<count).map { index in
      let first = Int.random(in: 0..<scopes, using: &random)
      let bytes = Int.random(in: 1...(1 << Int.random(in: 1...16, using: &random)), using: &random)
      return ArenaBuffer(
        owner: .tensor(graph: 0, index: index), bytes: bytes, first: first,
        last: Int.random(in: first..<scopes, using: &random))
    }
    return TensorLifetimes(buffers: buffers, scopeCount: scopes)
  }

  static func buffer(
    _ bytes: Int, _ first: Int, _ last: Int, at offset: Int? = nil
  ) -> ArenaBuffer {
    ArenaBuffer(
      owner: .tensor(graph: 0, index: 0), bytes: bytes, first: first, last: last,
      fixedOffset: offset)
  }

  static func offsets(_ buffers: ArenaBuffer...) -> [Int] {
    ArenaPlan(greedy: TensorLifetimes(buffers: buffers, scopeCount: 10)).placements.map(\.offset)
  }

  @Test("live buffers never overlap", arguments: 1...60 as ClosedRange<UInt64>)
  func sound(seed: UInt64) {
    let lifetimes = Self.random(count: Int(seed) * 3, seed: seed)
    let plan = ArenaPlan(greedy: lifetimes)
    #expect(plan.collisions.isEmpty)
    let live = (0..<lifetimes.scopeCount).map { scope in
      lifetimes.buffers.filter { $0.isAlive(in: scope) }.reduce(0) {
        $0 + ($1.bytes + 15) / 16 * 16
      }
    }
    #expect(plan.size >= live.max() ?? 0)
    #expect(plan.placements.allSatisfy { $0.offset % 16 == 0 && $0.offset >= 0 })
  }

  @Test("the largest goes to the bottom, the rest above it")
  func order() {
    #expect(Self.offsets(Self.buffer(16, 0, 1), Self.buffer(64, 1, 2)) == [64, 0])
  }

  @Test("buffers that never live at once share their bytes")
  func sharing() {
    #expect(Self.offsets(Self.buffer(64, 0, 1), Self.buffer(64, 2, 3)) == [0, 0])
  }

  @Test("of equals, the one added last goes first")
  func equals() {
    #expect(Self.offsets(Self.buffer(32, 0, 1), Self.buffer(32, 0, 1)) == [32, 0])
  }

  @Test("sizes are rounded up to 16 bytes")
  func rounding() {
    #expect(Self.offsets(Self.buffer(17, 0, 1), Self.buffer(1, 0, 1)) == [0, 32])
  }

  @Test("a gap between live buffers is used")
  func gap() {
    // The third lives beside the first only, above which the second leaves its bytes.
    #expect(
      Self.offsets(Self.buffer(64, 0, 3), Self.buffer(48, 0, 1), Self.buffer(32, 2, 3))
        == [0, 64, 64])
  }

  @Test("a fixed offset stays, and others keep away from it")
  func fixed() {
    #expect(Self.offsets(Self.buffer(32, 0, 1, at: 16), Self.buffer(32, 0, 1)) == [16, 48])
  }

  @Test("fixed offsets that collide are found")
  func collision() {
    let lifetimes = TensorLifetimes(
      buffers: [Self.buffer(32, 0, 1, at: 0), Self.buffer(32, 1, 2, at: 16)], scopeCount: 3)
    #expect(ArenaPlan(greedy: lifetimes).collisions.count == 1)
  }

  @Test("no buffers need no arena")
  func empty() {
    #expect(ArenaPlan(greedy: TensorLifetimes(buffers: [], scopeCount: 1)).size == 0)
  }
}
