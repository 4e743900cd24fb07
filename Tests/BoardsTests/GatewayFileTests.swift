import Boards
import Bytes
import TestSupport
import Testing
import VirtualTime

@Suite struct GatewayFileTests {
  static let presets = ["bifrost", "litellm", "portkey", "preflash"]

  static func preset(_ name: String) throws(InputError) -> [UInt8] {
    guard presets.contains(name) else {
      throw InputError(
        at: .nowhere, "expected a gateway, found ‘\(name)’",
        advice: name.closest(in: presets).map { "did you mean \($0)?" })
    }
    do {
      return try SharedData.own("boards/gateways/\(name).json5")
    } catch {
      throw InputError(at: .nowhere, "\(error)")
    }
  }

  static func parse(_ text: String) throws(InputError) -> GatewayProfile {
    try GatewayProfile(parsing: Array(text.utf8), file: "g.json5", preset: preset)
  }

  static let provider = """
    latency: { median: "900ms", p99: "3s" }
    """

  @Test(
    "every preset is rules without providers, and says so when it is to serve", arguments: presets)
  func bundled(name: String) throws {
    let profile = try GatewayProfile(
      parsing: Self.preset(name), file: name, preset: Self.preset)
    #expect(profile.name == name)
    #expect(profile.providers.isEmpty)
    #expect(throws: InputError.self) { try profile.requireProviders() }
  }

  @Test("a file that names a preset says only what differs")
  func overlay() throws {
    let profile = try Self.parse(
      """
      {
        name: "mine", title: "t", preset: "bifrost",
        retry: { most: 3, backoff: { cap: "2s" } },
        providers: [{ name: "a", \(Self.provider) }],
      }
      """)
    #expect(profile.rules.retry.most == 3)
    #expect(profile.rules.retry.backoff.cap?.nanoseconds == 2_000_000_000)
    #expect(profile.rules.retry.backoff.first.nanoseconds == 500_000_000)
    #expect(profile.rules.retry.actions["credential"] == .bury)
    #expect(profile.chain == [[0]])
  }

  @Test("fallbacks are followed depth first, groups keep together")
  func chain() throws {
    let profile = try Self.parse(
      """
      {
        name: "mine", title: "t", preset: "litellm", route: "eu",
        providers: [
          { name: "a", \(Self.provider) }, { name: "b", \(Self.provider) },
          { name: "c", \(Self.provider) }, { name: "d", \(Self.provider) },
        ],
        groups: { eu: ["a", "b"] },
        fallbacks: { eu: ["c"], c: ["d"] },
      }
      """)
    #expect(profile.chain == [[0, 1], [2], [3]])
  }

  @Test("a key is bound by its accounts and all that these lie within, each once")
  func bindings() throws {
    let profile = try Self.parse(
      """
      {
        name: "mine", title: "t", preset: "bifrost",
        providers: [{ name: "a", \(Self.provider) }],
        accounts: [
          { name: "plant", kind: "customer", budget: { limit: 100, every: "1M" } },
          { name: "line", kind: "team", within: "plant" },
          { name: "anna", kind: "person", within: "plant", budget: { limit: 4.20, every: "1d" } },
        ],
        virtualKeys: [{ name: "k", accounts: ["anna", "line"] }],
      }
      """)
    #expect(profile.bindings == [[2, 0, 1]])
    #expect(profile.accounts[2].budget?.limit.microUnits == 4_200_000)
  }

  static let body = """
    {
      name: "mine", title: "t", preset: "bifrost",
      providers: [
        { name: "a", \(provider) },
        { name: "b", \(provider) },
      ],
      INSERT
    }
    """

  @Test(
    "what cannot be is refused in one line, with the line",
    arguments: [
      (
        "fallbacks: { a: [\"b\"], b: [\"a\"] },",
        "g.json5: line 7: fallbacks.b[0]: fallbacks go round in a circle: a → b → a"
      ),
      (
        "fallbacks: { a: [\"c\"] },",
        "g.json5: line 7: fallbacks.a[0]: expected a provider or group of this file, found ‘c’; did you mean ‘a’?"
      ),
      (
        "accounts: [{ name: \"x\", kind: \"team\", within: \"y\" },\n{ name: \"y\", kind: \"customer\", within: \"x\" }],",
        "g.json5: line 8: accounts[1].within: budgets go round in a circle: x → y → x"
      ),
      (
        "virtualKeys: [{ name: \"k\", budget: { limit: 0, every: \"1d\" } }],",
        "g.json5: line 7: virtualKeys[0].budget.limit: expected more than 0, found a ceiling of zero; leave the budget out, or set the key to isActive: false"
      ),
      (
        "virtualKeys: [{ name: \"k\", budget: { limit: 5, every: \"1f\" } }],",
        "g.json5: line 7: virtualKeys[0].budget.every: expected one of 1m, 5m, 1h, 1d, 1w, 1M, 1Q, 1Y, found “1f”"
      ),
      (
        "attemptTimeout: \"2sec\",",
        "g.json5: line 7: attemptTimeout: expected a duration such as 20ms, found “2sec”; units are ns, us, µs, ms, s, min, h"
      ),
      (
        "attemptTimeout: \"-2s\",",
        "g.json5: line 7: attemptTimeout: expected a duration such as 20ms, found “-2s”"
      ),
      (
        "retry: { actions: { conection: \"same\" } },",
        "g.json5: line 7: retry.actions.conection: expected a failure class, found ‘conection’; did you mean ‘connection’?"
      ),
      (
        "startsAt: \"2026-02-30T00:00:00Z\",",
        "g.json5: line 7: startsAt: expected a time such as 2026-06-01T06:00:00Z, found “2026-02-30T00:00:00Z”"
      ),
      (
        "virtualKeys: [{ name: \"k\", budget: { limit: -1, every: \"1d\" } }],",
        "g.json5: line 7: virtualKeys[0].budget.limit: expected an amount from 0 to 1e9 with at most six decimals, found -1.0"
      ),
      (
        "routes: \"a\",",
        "g.json5: line 7: routes: expected a known name (line 7); did you mean ‘route’?"
      ),
    ])
  func refused(insertion: String, message: String) {
    let text = Self.body.split(separator: "INSERT", maxSplits: 1).joined(separator: insertion)
    let error = #expect(throws: InputError.self) { try Self.parse(text) }
    #expect(error?.description == message)
  }

  @Test("more retries than the gateway allows are refused")
  func ceiling() {
    let error = #expect(throws: InputError.self) {
      try Self.parse("{ name: \"m\", title: \"t\", preset: \"portkey\",\n retry: { most: 6 } }")
    }
    #expect(
      error?.description == "g.json5: line 2: retry.most: expected 0 to 5 retries, found 6")
  }

  @Test("an unknown preset is named, with the one that was meant")
  func unknownPreset() {
    let error = #expect(throws: InputError.self) {
      try Self.parse("{ name: \"m\", title: \"t\",\n preset: \"bifrots\" }")
    }
    #expect(
      error?.description
        == "g.json5: line 2: preset: expected a gateway, found ‘bifrots’; did you mean bifrost?")
  }

  @Test("a corrupted gateway file is an error or a gateway, never a trap")
  func survives() throws {
    var random = SeededRandom(seed: 1, stream: "gateway mutations")
    var files = try Self.presets.map { try Self.preset($0) }
    files.append(
      Array(
        """
        {
          name: "mine", title: "t", preset: "litellm", route: "eu", startsAt: "2026-03-01T06:00:00Z",
          providers: [
            { name: "a", \(Self.provider), keys: [{ name: "k", weight: 0.7 }, { name: "l", weight: 0.3 }],
              limits: { requestsPerMinute: 60, tokensPerMinute: 9000, requestsPerDay: 100 },
              errors: { unavailable: 0.1, hanging: 0.1 }, tokens: { input: 85, output: 10 },
              price: { request: 0.001, inputPerMillion: 0.15, outputPerMillion: 0.6 } },
            { name: "b", \(Self.provider), budget: { limit: 5, every: "1d" } },
          ],
          groups: { eu: ["a", "b"] }, fallbacks: { eu: ["b"] },
          accounts: [{ name: "x", kind: "team", within: "y" }, { name: "y", kind: "customer" }],
          virtualKeys: [{ name: "k", accounts: ["x"], rateLimit: { requests: 5, every: "1m" } }],
          cache: { ttl: "5min", distance: 3, variant: true, promptVersion: true },
        }
        """.utf8))
    var loaded = 0
    let count = SharedData.runsSlowTests ? 50_000 : 3_000
    for index in 0..<count {
      let bytes = BoardMutationTests.mutate(files[index % files.count], &random)
      do {
        let profile = try GatewayProfile(parsing: bytes, file: "mutated", preset: Self.preset)
        loaded += 1
        #expect(profile.chain.joined().allSatisfy { profile.providers.indices.contains($0) })
        for provider in profile.providers { #expect(provider.costOfCall >= 0) }
      } catch {
        #expect(error.file == "mutated")
      }
    }
    #expect(loaded > 0 && loaded < count)
  }

  @Test(
    "calendar periods begin at midnight, on Mondays and on the first of a month",
    arguments: [
      ("1d", "2026-06-03T10:00:00Z", "2026-06-03T00:00:00Z", "2026-06-04T00:00:00Z"),
      ("1w", "2026-06-03T10:00:00Z", "2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z"),
      ("1M", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
      ("1Q", "2028-02-29T00:00:00Z", "2028-01-01T00:00:00Z", "2028-04-01T00:00:00Z"),
      ("1Y", "2026-06-03T10:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
      ("1h", "2026-06-03T10:59:00Z", "2026-06-03T10:00:00Z", "2026-06-03T11:00:00Z"),
    ])
  func calendar(period: String, now: String, begin: String, end: String) throws {
    func seconds(_ text: String) throws -> Int64 {
      try Self.parse(
        "{ name: \"m\", title: \"t\", preset: \"bifrost\", startsAt: \"\(text)\" }"
      ).startsAt
    }
    let period = try #require(ResetPeriod.named(period))
    #expect(try Calendar.boundary(of: period, atOrBefore: seconds(now)) == seconds(begin))
    #expect(try Calendar.boundary(of: period, after: seconds(now)) == seconds(end))
  }
}
