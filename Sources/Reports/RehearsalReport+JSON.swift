import Boards
import Metrics
import Uplink
import VirtualTime

extension RehearsalReport {
  /// Times are whole nanoseconds, money whole micro-units.
  package var json: JSONValue {
    .object([
      .init("rehearsal", .string(plan.name)),
      .init("verdict", .string(passes ? "PASS" : "FAIL")),
      .init("link", .string(link)),
      .init("sharesLink", .bool(plan.sharesLink)),
      .init("stations", .integer(plan.stations.count)),
      .init("seed", .integer(Int(plan.seed))),
      .init("currency", .string(plan.currency)),
      .init("deadlineNanoseconds", .integer(Int(plan.rules.deadline.nanoseconds))),
      .init("incidents", .array(plan.incidents.map(Self.incident))),
      .init("runs", .array(sides.map(run))),
    ])
  }

  private static func incident(_ incident: Incident) -> JSONValue {
    [
      "title": .string(incident.title),
      "startNanoseconds": .integer(Int(incident.start.nanoseconds)),
      "durationNanoseconds": .integer(Int(incident.duration.nanoseconds)),
    ]
  }

  private func run(_ side: Side) -> JSONValue {
    let account = side.outcome.account
    func nanoseconds(_ duration: Duration?) -> JSONValue {
      duration.map { .integer(Int($0.nanoseconds)) } ?? .null
    }
    return .object([
      .init("name", .string(side.name)),
      .init("checks", .object(side.checks.map { .init($0.name, .bool($0.holds)) })),
      .init("total", Self.tally(account.total)),
      .init(
        "latency",
        .object(
          [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("maximum", 1)].map {
            .init("\($0.0)Nanoseconds", nanoseconds(account.latency.quantile($0.1)))
          })),
      .init("teams", members(side, .team)),
      .init("byStation", members(side, .station)),
      .init("keys", members(side, .key)),
      .init("providers", providers(account)),
      .init("link", link(side.outcome)),
      .init("connectionsOpened", .integer(account.connectionsOpened)),
      .init("connectionsFailed", .integer(account.connectionsFailed)),
      .init("lookups", .integer(account.lookups)),
      .init("attemptsNeverAnswered", .integer(account.unanswered)),
      .init("spanNanoseconds", nanoseconds(side.outcome.span)),
      .init("minutes", .array(account.minutes.map(Self.minute))),
      .init("worstMinutes", .array(Self.worstMinutes(side).map { .integer($0.index) })),
    ])
  }

  private func members(_ side: Side, _ kind: Grouping) -> JSONValue {
    .object(groups(side, kind).map { .init($0.name, Self.tally($0.tally)) })
  }

  private func providers(_ account: RehearsalAccount) -> JSONValue {
    .object(
      zip(plan.providers, account.providers).map { profile, tally in
        .init(
          profile.name,
          [
            "attempts": .integer(tally.attempts), "failures": .integer(tally.failures),
            "costMicroUnits": .integer(Int(tally.cost)),
          ])
      })
  }

  private func link(_ outcome: RehearsalOutcome) -> JSONValue {
    func direction(_ account: LinkDirection.Account) -> JSONValue {
      [
        "packetsOffered": .integer(account.offered), "packetsCarried": .integer(account.carried),
        "bytesCarried": .integer(account.carriedBytes), "packetsLost": .integer(account.lost),
        "packetsDropped": .integer(account.dropped),
      ]
    }
    return [
      "uplink": direction(outcome.uplink), "downlink": direction(outcome.downlink),
      "radioPromotions": .integer(outcome.promotions), "packetsStrayed": .integer(outcome.strayed),
    ]
  }

  private static func tally(_ tally: Tally) -> JSONValue {
    .object([
      .init("requests", .integer(tally.requests)),
      .init(
        "fates",
        .object(
          Fate.allCases.filter { tally[$0] > 0 }.map { .init($0.name, .integer(tally[$0])) })),
      .init("attempts", .integer(tally.attempts)),
      .init("bytesSent", .integer(tally.bytesSent)),
      .init("bytesReceived", .integer(tally.bytesReceived)),
      .init("costMicroUnits", .integer(Int(tally.cost))),
      .init("wastedCostMicroUnits", .integer(Int(tally.wastedCost))),
      .init("cacheHits", .integer(tally.cacheHits)),
      .init("falseHits", .integer(tally.falseHits)),
    ])
  }

  /// Requests, and how they ended: in time, late, timed out, refused, not sent, abandoned.
  private static func minute(_ minute: Minute) -> JSONValue {
    .array([.integer(minute.requests)] + minute.families.map { .integer($0) })
  }
}
