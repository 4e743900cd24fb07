package import Boards
package import Bytes
package import Models
package import Planning

/// Whether a model may be deployed: every limit against what the estimate takes.
package struct Verdict: Sendable {
  package var estimate: DeviceEstimate
  package var audit: OperatorAudit
  /// As it was given; nil when the board's own memory is the budget.
  package var budget: Budget?
  package var checks: [Check]

  package var passes: Bool { checks.allSatisfy(\.passes) }

  /// One line of the verdict.
  package struct Check: Sendable, Equatable {
    package enum Subject: String, Sendable {
      /// Bytes.
      case flash
      /// Bytes.
      case ram
      /// Nanoseconds.
      case latency
      /// Findings of the operator audit that block, against none.
      case operators
      /// Bytes that the board's regions lack, against none.
      case placement
    }

    package var subject: Subject
    package var used: Int
    package var limit: Int

    package var passes: Bool { used <= limit }
    /// What is left, or missing when negative.
    package var margin: Int { limit - used }
  }

  /// - Throws: `InputError` where the model's memory cannot be planned, and for an override that the
  ///   board cannot serve. A model too large is a verdict, not an error.
  package init(
    of model: Model, on board: Board, runtime: RuntimeProfile, budget: Budget? = nil,
    overrides: PlacementOverrides = .none, reserve: FirmwareReserve = .none
  ) throws(InputError) {
    let estimate = try DeviceEstimate(
      of: model, on: board, runtime: runtime, overrides: overrides, reserve: reserve)
    self.estimate = estimate
    self.budget = budget
    audit = OperatorAudit(model, runtime: runtime)
    let limits = budget ?? Budget(flash: board.flashCapacity, ram: board.ramCapacity)
    // A budget of flash is about the chip: who puts the model into another chip spends nothing.
    let isOutside =
      budget != nil && overrides.regions[.weights] != nil
      && estimate.placement.region(for: .weights)?.kind == .externalFlash
    checks = []
    if let flash = limits.flash {
      let used = reserve.flash + (isOutside ? estimate.flash.code : estimate.flash.total)
      checks.append(Check(subject: .flash, used: used, limit: flash))
    }
    if let ram = limits.ram {
      checks.append(Check(subject: .ram, used: reserve.totalRAM + estimate.ram.total, limit: ram))
    }
    if let latency = limits.latency {
      checks.append(Check(subject: .latency, used: estimate.nanoseconds, limit: latency))
    }
    let missing = estimate.placement.misfits.reduce(0) { $0 + $1.missing }
    checks.append(Check(subject: .placement, used: missing, limit: 0))
    checks.append(Check(subject: .operators, used: audit.blocking.count, limit: 0))
  }
}

extension Board {
  /// Bytes in which code or weights may lie, on and off the chip.
  package var flashCapacity: Int {
    regions.filter { $0.kind.isFlash && !$0.uses.isEmpty }.reduce(0) { $0 + $1.size }
  }

  /// Bytes in which arena or variables may lie, on and off the chip.
  package var ramCapacity: Int {
    regions.filter { !$0.kind.isFlash && !$0.uses.isEmpty }.reduce(0) { $0 + $1.size }
  }
}
