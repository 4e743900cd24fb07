import Metrics
package import VirtualTime

/// One of a plan's expectations beside what came out.
package struct RehearsalCheck: Sendable, Equatable {
  package enum Figure: Sendable, Equatable {
    case share(Double, atLeast: Double)
    case duration(Duration?, atMost: Duration)
    case cost(Int64, atMost: Int64)
    case count(Int, atMost: Int)
  }

  package var name: String
  package var figure: Figure

  package var holds: Bool {
    switch figure {
    case .share(let share, let least): share >= least
    case .duration(let duration, let most): duration.map { $0 <= most } ?? false
    case .cost(let cost, let most): cost <= most
    case .count(let count, let most): count <= most
    }
  }
}

extension RehearsalPlan {
  /// Whether what the plan expects holds.
  package func checks(_ outcome: RehearsalOutcome) -> [RehearsalCheck] {
    let total = outcome.account.total
    var checks: [RehearsalCheck] = []
    if let least = expectations.inTimeAtLeast {
      let share = Double(total[.answered]) / Double(max(1, total.requests))
      checks.append(.init(name: "inTimeAtLeast", figure: .share(share, atLeast: least)))
    }
    if let most = expectations.p95AtMost {
      checks.append(
        .init(
          name: "p95AtMost",
          figure: .duration(outcome.account.latency.quantile(0.95), atMost: most)))
    }
    if let most = expectations.costAtMost {
      checks.append(.init(name: "costAtMost", figure: .cost(total.cost, atMost: most)))
    }
    if let most = expectations.falseHitsAtMost {
      checks.append(.init(name: "falseHitsAtMost", figure: .count(total.falseHits, atMost: most)))
    }
    return checks
  }
}
