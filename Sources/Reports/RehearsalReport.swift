import Metrics
package import Uplink
import VirtualTime

/// A rehearsal of links and a gateway, ready to be written as text or JSON; with and without the
/// gateway side by side.
package struct RehearsalReport: Sendable {
  /// One run of the plan.
  package struct Side: Sendable {
    /// `direct`, or the gateway's name.
    package var name: String
    package var outcome: RehearsalOutcome
    package let checks: [RehearsalCheck]

    package init(_ name: String, _ outcome: RehearsalOutcome, of plan: RehearsalPlan) {
      self.name = name
      self.outcome = outcome
      checks = plan.checks(outcome)
    }
  }

  package var plan: RehearsalPlan
  package var link: String
  /// The one that is judged comes last.
  package var sides: [Side]

  package init(_ plan: RehearsalPlan, link: String, sides: [Side]) {
    precondition(!sides.isEmpty)
    self.plan = plan
    self.link = link
    self.sides = sides
  }

  /// True when everything that the plan expects holds in the last run.
  package var passes: Bool { sides[sides.count - 1].checks.allSatisfy(\.holds) }

  /// The minutes in which most requests were not answered in time, the worst first.
  static func worstMinutes(_ side: Side, _ count: Int = 5) -> [(index: Int, minute: Minute)] {
    side.outcome.account.minutes.enumerated().filter { $0.element.misses > 0 }
      .sorted {
        ($1.element.misses, $1.element.longest, $0.offset)
          < ($0.element.misses, $0.element.longest, $1.offset)
      }.prefix(count).map { ($0.offset, $0.element) }
  }

  /// Titles of the incidents that touch a minute.
  func incidents(in minute: Int) -> [String] {
    let start = Instant.zero + .seconds(Int64(minute) * 60)
    let end = start + .seconds(60)
    return plan.incidents.filter {
      $0.start < end && ($0.end > start || $0.start == $0.end && $0.start >= start)
    }.map(\.title)
  }

  /// What is counted apart: teams, stations, keys, each with the names that occur.
  func groups(_ side: Side, _ kind: Grouping) -> [(name: String, tally: Tally)] {
    var order: [String] = []
    var tallies: [String: Tally] = [:]
    for cell in side.outcome.account.cells.sorted(by: {
      ($0.station, $0.key) < ($1.station, $1.key)
    }) {
      let station = plan.stations[Int(cell.station)]
      let name =
        switch kind {
        case .team: station.team
        case .station: station.name
        case .key: side.outcome.names.keys[cell.key]
        }
      if tallies[name] == nil { order.append(name) }
      tallies[name, default: Tally()] += cell.tally
    }
    return order.map { ($0, tallies[$0] ?? Tally()) }
  }

  enum Grouping: CaseIterable {
    case team
    case station
    case key
  }
}
