import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct GatewayPartsTests {
  static func rules(_ name: String) throws -> GatewayRules { try GatewayFixture.preset(name).rules }

  @Test("Bifrost backs off 500 ms × 2ⁿ × 0.8 to 1.2, never more than 5 s")
  func bifrostBackoff() throws {
    let policy = RetryPolicy(try Self.rules("bifrost").retry)
    var random = SeededRandom(seed: 1)
    for (number, base) in [500.0, 1000, 2000, 4000, 5000, 5000].enumerated() {
      let waits = (0..<500).map { _ in policy.backoff(number, &random).inMilliseconds }
      #expect(waits.min()! >= base * 0.8 && waits.min()! < base * 0.83)
      #expect(waits.max()! <= min(base * 1.2, 5000))
      #expect(waits.max()! > min(base * 1.17, 4999))
    }
  }

  @Test("LiteLLM backs off min(0.5 × 2ⁿ, 8) s and up to 0.75 s more")
  func litellmBackoff() throws {
    let policy = RetryPolicy(try Self.rules("litellm").retry)
    var random = SeededRandom(seed: 1)
    for (number, base) in [500.0, 1000, 2000, 4000, 8000, 8000].enumerated() {
      let waits = (0..<500).map { _ in policy.backoff(number, &random).inMilliseconds }
      #expect(waits.min()! >= base && waits.max()! <= base + 750)
      #expect(waits.max()! - waits.min()! > 700)
    }
  }

  @Test("LiteLLM heeds a Retry-After up to 60 s and no longer one")
  func litellmRetryAfter() throws {
    let policy = RetryPolicy(try Self.rules("litellm").retry)
    var random = SeededRandom(seed: 1)
    #expect(policy.wait(0, retryAfter: .seconds(60), waited: .zero, &random) == .seconds(60))
    let beyond = policy.wait(0, retryAfter: .seconds(61), waited: .zero, &random)
    #expect(beyond! <= .milliseconds(1250))
    #expect(policy.wait(0, retryAfter: .zero, waited: .zero, &random)! >= .milliseconds(500))
  }

  @Test("Portkey waits 1, 2, 4, 8, 16 s without jitter")
  func portkeyBackoff() throws {
    let policy = RetryPolicy(try Self.rules("portkey").retry)
    var random = SeededRandom(seed: 1)
    #expect((0..<5).map { policy.backoff($0, &random).inSeconds } == [1, 2, 4, 8, 16])
  }

  @Test("Portkey's Retry-After waits end at 60 s in all")
  func portkeyRetryAfter() throws {
    var rules = try Self.rules("portkey").retry
    rules.retryAfter = TimeSpan(nanoseconds: 60_000_000_000)
    let policy = RetryPolicy(rules)
    var random = SeededRandom(seed: 1)
    #expect(policy.wait(0, retryAfter: .seconds(40), waited: .zero, &random) == .seconds(40))
    #expect(policy.wait(1, retryAfter: .seconds(30), waited: .seconds(40), &random) == nil)
    #expect(policy.wait(0, retryAfter: .seconds(60), waited: .zero, &random) == nil)
  }

  @Test("keys are drawn by weight, whatever the weights' sum")
  func weights() {
    let ring = KeyRing([.init(name: "a", weight: 7), .init(name: "b", weight: 3)])
    var random = SeededRandom(seed: 2)
    var first = 0
    for _ in 0..<10_000 {
      var state = KeyRing.State()
      if ring.draw(&state, &random) == 0 { first += 1 }
    }
    #expect(abs(first - 7_000) < 150)
  }

  @Test("a key used in this cycle comes again only when all were; a dead one never")
  func cycle() {
    let ring = KeyRing([.init(name: "a"), .init(name: "b"), .init(name: "c")])
    var random = SeededRandom(seed: 3)
    var state = KeyRing.State()
    let drawn = (0..<6).map { _ in ring.draw(&state, &random)! }
    #expect(Set(drawn[..<3]) == [0, 1, 2] && Set(drawn[3...]) == [0, 1, 2])
    state.bury(1)
    #expect(Set((0..<20).map { _ in ring.draw(&state, &random)! }) == [0, 2])
    state.bury(0)
    state.bury(2)
    #expect(ring.isExhausted(state))
    #expect(ring.draw(&state, &random) == nil)
  }

  @Test("a rolling period begins anew with the first use after it is over")
  func rolling() {
    var limit = PeriodicLimit(10, every: .named("1m")!, alignedTo: nil)
    var isUsedUp: [Bool] = []
    limit.charge(10, at: .zero)
    isUsedUp.append(limit.isUsedUp(at: .zero + .seconds(59)))
    isUsedUp.append(limit.isUsedUp(at: .zero + .seconds(90)))
    limit.charge(10, at: .zero + .seconds(90))
    // From 90 s on, not from 60.
    isUsedUp.append(limit.isUsedUp(at: .zero + .seconds(149)))
    isUsedUp.append(limit.isUsedUp(at: .zero + .seconds(150)))
    #expect(isUsedUp == [true, false, true, false])
    #expect(limit.usedEver == 20)
  }

  @Test("a calendar period begins at the boundary, whenever the run began")
  func aligned() {
    // Begins 10 s before midnight.
    var limit = PeriodicLimit(10, every: .named("1d")!, alignedTo: 86_390)
    limit.charge(10, at: .zero)
    let remaining = limit.remaining(at: .zero)
    let before = limit.isUsedUp(at: .zero + .seconds(9))
    let after = limit.isUsedUp(at: .zero + .seconds(10))
    #expect(remaining == .seconds(10))
    #expect(before && !after)
  }

  @Test("what was set aside in a period that is over is not given back to the next")
  func refund() {
    var limit = PeriodicLimit(10, every: .named("1m")!, alignedTo: 0)
    limit.charge(8, at: .zero + .seconds(50))
    limit.charge(5, at: .zero + .seconds(70))
    limit.refund(8, chargedAt: .zero + .seconds(50), at: .zero + .seconds(75))
    #expect(limit.used == 5)
    #expect(limit.usedEver == 5)
  }

  @Test(
    "a breaker opens after failures in a row, lets one probe through, and closes when it succeeds")
  func breaker() {
    var breaker = Breaker(
      BreakerRules(failures: 3, open: TimeSpan(nanoseconds: 10_000_000_000), probes: 1))
    breaker.record(false, wasProbe: false, at: .zero)
    breaker.record(false, wasProbe: false, at: .zero)
    breaker.record(true, wasProbe: false, at: .zero)
    for _ in 0..<2 { breaker.record(false, wasProbe: false, at: .zero) }
    #expect(breaker.allows(at: .zero))
    breaker.record(false, wasProbe: false, at: .zero)
    #expect(breaker.state(at: .zero) == .open(until: .zero + .seconds(10)))
    #expect(!breaker.allows(at: .zero + .seconds(9)))
    let later = Instant.zero + .seconds(10)
    #expect(breaker.state(at: later) == .halfOpen)
    let isProbe = breaker.begin(at: later)
    #expect(isProbe)
    #expect(!breaker.allows(at: later))
    breaker.record(false, wasProbe: true, at: later)
    #expect(breaker.state(at: later) == .open(until: later + .seconds(10)))
    let again = later + .seconds(10)
    let isProbeAgain = breaker.begin(at: again)
    #expect(isProbeAgain)
    breaker.record(true, wasProbe: true, at: again)
    #expect(breaker.state(at: again) == .closed)
    #expect(breaker.openings == 2)
  }

  static func cooldown() throws -> Cooldown { Cooldown(try rules("litellm").cooldown!) }

  @Test("LiteLLM cools a deployment down for 5 s after 429 only if the group has another")
  func cooldown429() throws {
    var alone = try Self.cooldown()
    alone.record(.rateLimit, hasOthers: false, at: .zero)
    #expect(!alone.isActive(at: .zero))
    var grouped = try Self.cooldown()
    grouped.record(.rateLimit, hasOthers: true, at: .zero)
    #expect(grouped.isActive(at: .zero + .milliseconds(4999)))
    #expect(!grouped.isActive(at: .zero + .seconds(5)))
  }

  @Test(
    "LiteLLM cools down at once after 401, 402, 404 and 408, also without a group",
    arguments: [FailureClass.credential, .quota, .modelGone, .timeout])
  func cooldownImmediate(failure: FailureClass) throws {
    var cooldown = try Self.cooldown()
    cooldown.record(failure, hasOthers: false, at: .zero)
    #expect(cooldown.isActive(at: .zero))
  }

  @Test("LiteLLM cools down when more than half of at least five of a minute fail, in a group")
  func cooldownShare() throws {
    var cooldown = try Self.cooldown()
    for _ in 0..<2 { cooldown.record(nil, hasOthers: true, at: .zero) }
    for _ in 0..<2 { cooldown.record(.serverError, hasOthers: true, at: .zero) }
    #expect(!cooldown.isActive(at: .zero))
    // Three of five.
    cooldown.record(.serverError, hasOthers: true, at: .zero)
    #expect(cooldown.isActive(at: .zero))
    // The next minute counts anew.
    var fresh = try Self.cooldown()
    for _ in 0..<4 { fresh.record(.serverError, hasOthers: true, at: .zero + .seconds(59)) }
    fresh.record(.serverError, hasOthers: true, at: .zero + .seconds(60))
    #expect(!fresh.isActive(at: .zero + .seconds(60)))
  }

  @Test("alone, LiteLLM cools down only when all of a thousand fail")
  func cooldownAlone() throws {
    var cooldown = try Self.cooldown()
    for _ in 0..<999 { cooldown.record(.serverError, hasOthers: false, at: .zero) }
    #expect(!cooldown.isActive(at: .zero))
    cooldown.record(.serverError, hasOthers: false, at: .zero)
    #expect(cooldown.isActive(at: .zero))
    var mixed = try Self.cooldown()
    mixed.record(nil, hasOthers: false, at: .zero)
    for _ in 0..<2000 { mixed.record(.serverError, hasOthers: false, at: .zero) }
    #expect(!mixed.isActive(at: .zero))
  }

  @Test("LiteLLM never cools down after APIConnectionError or another 4xx, however many")
  func cooldownNever() throws {
    var cooldown = try Self.cooldown()
    for _ in 0..<5000 {
      cooldown.record(.connection, hasOthers: true, at: .zero)
      cooldown.record(.callerFault, hasOthers: true, at: .zero)
    }
    #expect(!cooldown.isActive(at: .zero))
    #expect(cooldown.count == 0)
  }

  @Test("allowed failures, once set, replace the share")
  func cooldownAllowed() throws {
    var rules = try Self.rules("litellm").cooldown!
    rules.allowedFailures = 3
    var cooldown = Cooldown(rules)
    for _ in 0..<3 { cooldown.record(.serverError, hasOthers: false, at: .zero) }
    #expect(!cooldown.isActive(at: .zero))
    cooldown.record(.serverError, hasOthers: false, at: .zero)
    #expect(cooldown.isActive(at: .zero))
  }

  static let cacheRules = CacheRules(
    ttl: TimeSpan(nanoseconds: 300_000_000_000), distance: 3, variant: true, promptVersion: true,
    most: nil)

  @Test("the cache finds hashes up to the distance, and none beyond")
  func cacheDistance() {
    var random = SeededRandom(seed: 9)
    for distance in 0...5 {
      for _ in 0..<200 {
        var cache = SemanticCache(Self.cacheRules)
        let hash = random.next()
        var other = hash
        var bits = Set<UInt64>()
        while bits.count < distance { bits.insert(UInt64.random(in: 0..<64, using: &random)) }
        for bit in bits { other ^= 1 << bit }
        cache.store(Call(id: 0, imageHash: hash), bytes: 1, of: 0, at: .zero)
        let found = cache.find(Call(id: 1, imageHash: other), at: .zero)
        #expect(found?.distance == (distance <= 3 ? distance : nil))
      }
    }
  }

  @Test("the cache finds what a look at every entry would")
  func cacheAgainstScan() {
    var random = SeededRandom(seed: 10)
    var rules = Self.cacheRules
    rules.most = 300
    rules.distance = 6
    var cache = SemanticCache(rules)
    var all: [(call: Call, at: Instant)] = []
    // Hashes that lie close together, so that there is something to find.
    let seeds = (0..<8).map { _ in random.next() }
    for index in 0..<2000 {
      let now = Instant.zero + .seconds(Int64(index))
      var hash = seeds[Int.random(in: 0..<8, using: &random)]
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        hash ^= 1 << UInt64.random(in: 0..<64, using: &random)
      }
      let call = Call(
        id: index, promptVersion: index / 700, variant: Int.random(in: 0..<2, using: &random),
        imageHash: hash)
      let live = all.suffix(300).filter { now - $0.at < .seconds(300) }
      let expected = live.filter {
        $0.call.promptVersion == call.promptVersion && $0.call.variant == call.variant
      }.map { ($0.call.imageHash ^ hash).nonzeroBitCount }.min()
      let found = cache.find(call, at: now)
      #expect(found?.distance == expected.flatMap { $0 <= 6 ? $0 : nil })
      cache.store(call, bytes: 1, of: 0, at: now)
      all.append((call, now))
    }
  }

  @Test("an entry is gone after its time to live")
  func cacheTTL() {
    var cache = SemanticCache(Self.cacheRules)
    cache.store(Call(id: 0, imageHash: 5), bytes: 1, of: 0, at: .zero)
    let before = cache.find(Call(id: 1, imageHash: 5), at: .zero + .milliseconds(299_999))
    let after = cache.find(Call(id: 1, imageHash: 5), at: .zero + .seconds(300))
    #expect(before != nil && after == nil)
    #expect(cache.count == 0)
  }

  @Test("latencies are told apart from the sixteenth on")
  func latencies() {
    var recent = RecentLatencies(quantile: 0.9)
    for index in 1...15 { recent.add(.milliseconds(Int64(index))) }
    #expect(recent.expected == nil)
    recent.add(.milliseconds(16))
    #expect(recent.expected == .milliseconds(9))
    #expect(recent.seldomExceeded == .milliseconds(15))
  }
}
