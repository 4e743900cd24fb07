import VirtualTime

/// One thing that has to hold, with what was asked for and what was found.
package struct ReplayCheck: Equatable, Sendable {
  package enum Bound: Equatable, Sendable {
    /// Shares from 0 to 1; nothing found when nothing could be scored.
    case shareAtLeast(Double, found: Double?)
    case countAtMost(Int, found: Int)
    case bytesAtMost(Int, found: Int)
    /// The model and its buffers have a place on the board.
    case fits(Bool)
  }

  /// The name in `expect`, or `fits`, which is asked of every scenario.
  package var name: String
  package var bound: Bound

  package var holds: Bool {
    switch bound {
    case .shareAtLeast(let least, let found): (found ?? -1) >= least
    case .countAtMost(let most, let found), .bytesAtMost(let most, let found): found <= most
    case .fits(let fits): fits
    }
  }
}

extension Scenario {
  /// What the scenario asks for, held against what was found.
  package func checks(_ outcome: ReplayOutcome, _ context: ReplayContext) -> [ReplayCheck] {
    var checks = [ReplayCheck(name: "fits", bound: .fits(context.misfits.isEmpty))]
    func add(_ name: String, _ bound: ReplayCheck.Bound?) {
      if let bound { checks.append(ReplayCheck(name: name, bound: bound)) }
    }
    let accuracy = outcome.accuracy
    add(
      "flashAtMost",
      expectations.flashAtMost.map { .bytesAtMost($0, found: context.flash?.used ?? 0) })
    add("ramAtMost", expectations.ramAtMost.map { .bytesAtMost($0, found: context.ram.used) })
    add(
      "deadlineMissesAtMost",
      expectations.deadlineMissesAtMost.map { .countAtMost($0, found: outcome.deadlineMisses) })
    add(
      "droppedWindowsAtMost",
      expectations.droppedWindowsAtMost.map { .countAtMost($0, found: outcome.windows.dropped) })
    add(
      "lostEventsAtMost",
      expectations.lostEventsAtMost.map { .countAtMost($0, found: outcome.events.bufferFull) })
    add(
      "accuracyAtLeast",
      expectations.accuracyAtLeast.map { .shareAtLeast($0, found: accuracy?.share) })
    add(
      "segmentAccuracyAtLeast",
      expectations.segmentAccuracyAtLeast.map {
        .shareAtLeast($0, found: accuracy?.segmentShare)
      })
    return checks
  }
}

extension ReplayOutcome.Accuracy {
  package var segmentShare: Double {
    segments == 0 ? 0 : Double(segmentsCorrect) / Double(segments)
  }
}

extension ReplayContext.Power {
  /// Millijoules over the whole replay: the active power while the core works, the idle power (or
  /// the active one, when no idle power is known) for the rest.
  package func millijoules(of outcome: ReplayOutcome) -> Double {
    let seconds = outcome.span.inSeconds
    let busy = seconds * outcome.load
    return active * busy + (idle ?? active) * (seconds - busy)
  }
}
