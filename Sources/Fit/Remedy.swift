package import Boards
package import Models
import Planning

/// One change of a deployment, or two together, and what the deployment would be with it.
package struct Remedy: Sendable {
  package enum Step: Sendable {
    /// Without the regions that somebody insisted on.
    case freePlacement
    case place(MemoryUse, region: String)
    case runtime(RuntimeProfile)
    case reshape(ShapeChange)
    case board(Board)
  }

  package var steps: [Step]
  /// Planned and timed anew.
  package var verdict: Verdict
  /// Multiply–accumulate steps of the network that is left, as a share of what it was.
  package var macShare: Double

  /// The network is another one: it must be trained again.
  package var changesNetwork: Bool { steps.contains { $0.disturbance == .network } }

  /// The integer arithmetic is another one: answers differ in the last bits.
  package func changesArithmetic(from runtime: RuntimeProfile) -> Bool {
    verdict.estimate.runtime.arithmetic != runtime.arithmetic
  }
}

extension Remedy {
  /// What a step upsets, from least to most.
  package enum Disturbance: Int, Sendable, Comparable {
    /// A wish of whoever asked.
    case wish
    /// A linker script.
    case placement
    /// The firmware.
    case runtime
    /// The network, its training and its accuracy.
    case network
    /// The hardware.
    case board

    package static func < (a: Disturbance, b: Disturbance) -> Bool { a.rawValue < b.rawValue }
  }

  /// Fewer steps before more; then what they upset most; then the smaller change of the network;
  /// then the faster. Nothing here depends on the order of trying.
  func precedes(_ other: Remedy) -> Bool {
    if steps.count != other.steps.count { return steps.count < other.steps.count }
    let (mine, theirs) = (upset, other.upset)
    if mine != theirs { return mine.lexicographicallyPrecedes(theirs) }
    if macShare != other.macShare { return macShare > other.macShare }
    return verdict.estimate.nanoseconds < other.verdict.estimate.nanoseconds
  }

  private var upset: [Disturbance] { steps.map(\.disturbance).sorted(by: >) }
}

extension Remedy.Step {
  package var disturbance: Remedy.Disturbance {
    switch self {
    case .freePlacement: .wish
    case .place: .placement
    case .runtime: .runtime
    case .reshape: .network
    case .board: .board
    }
  }
}

extension Deployment {
  /// The deployment after a step; nil where the network cannot follow.
  func applying(_ step: Remedy.Step) -> Deployment? {
    var changed = self
    switch step {
    case .freePlacement: changed.overrides.regions = [:]
    case .place(let use, let region): changed.overrides.regions[use] = region
    case .runtime(let runtime): changed.runtime = runtime
    case .board(let board):
      // Regions have other names there.
      changed.board = board
      changed.overrides.regions = [:]
    case .reshape(let change):
      guard let model = try? model.reshaped(change) else { return nil }
      changed.model = model
    }
    return changed
  }
}

extension Verdict {
  /// How far a failing verdict is from passing: the worst ratio of use to limit, 1 when it passes.
  package var excess: Double {
    checks.filter { !$0.passes }.reduce(1) { worst, check in
      switch check.subject {
      case .operators: .infinity
      case .placement:
        max(worst, 1 + Double(check.used) / Double(max(1, estimate.board.ramCapacity)))
      case .flash, .ram, .latency: max(worst, Double(check.used) / Double(max(1, check.limit)))
      }
    }
  }
}
