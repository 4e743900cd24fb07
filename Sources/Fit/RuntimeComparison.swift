package import Boards
package import Bytes

/// One model on one board with several runtimes, best first.
package struct RuntimeComparison: Sendable {
  /// What passes before what fails; then by latency, and what fails by how far it is from passing.
  package var verdicts: [Verdict]

  /// At least one runtime meets the budget.
  package var passes: Bool { verdicts.contains(where: \.passes) }

  /// - Throws: as `Verdict`.
  package init(
    _ deployment: Deployment, runtimes: [RuntimeProfile]
  ) throws(InputError) {
    verdicts = []
    for runtime in runtimes {
      var changed = deployment
      changed.runtime = runtime
      verdicts.append(try changed.verdict())
    }
    verdicts.sort { one, other in
      (one.excess, one.estimate.nanoseconds, one.estimate.runtime.name)
        < (other.excess, other.estimate.nanoseconds, other.estimate.runtime.name)
    }
  }
}
