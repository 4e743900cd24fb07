package import Scenarios

/// A replay, ready to be written as text or JSON.
package struct ReplayReport: Sendable {
  package var scenario: Scenario
  package var card: ModelCard
  package var context: ReplayContext
  package var outcome: ReplayOutcome
  package let checks: [ReplayCheck]

  package init(
    _ scenario: Scenario, card: ModelCard, context: ReplayContext, outcome: ReplayOutcome
  ) {
    self.scenario = scenario
    self.card = card
    self.context = context
    self.outcome = outcome
    checks = scenario.checks(outcome, context)
  }

  /// True when everything that the scenario asks for holds.
  package var passes: Bool { checks.allSatisfy(\.holds) }
}
