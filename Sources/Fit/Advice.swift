package import Boards
import Models
import Planning

/// The smallest changes with which a failing deployment would pass, each planned and timed anew.
///
/// Single changes are tried first: another region, another runtime, a smaller network, another board.
/// Two at a time are tried when none of them passes, or only at the cost of more than half of the
/// network. Nothing is offered that was not computed.
package struct Advice: Sendable {
  /// What passes, in order of preference; see `Remedy`.
  package var remedies: [Remedy]
  /// When nothing passes: what comes closest, by `Verdict.excess`.
  package var nearest: Remedy?
  /// Deployments that were planned and timed to find out.
  package var tried: Int

  /// At most this many remedies are kept.
  package static let most = 6

  /// - Parameters:
  ///   - verdict: what `deployment` gets.
  ///   - runtimes: profiles to try in place of the deployment's.
  ///   - boards: boards to try in place of the deployment's.
  package init(
    for deployment: Deployment, verdict: Verdict, runtimes: [RuntimeProfile] = [],
    boards: [Board] = []
  ) {
    var search = Search(deployment, verdict, runtimes, boards)
    search.trySingleSteps()
    if search.passing.allSatisfy({ $0.macShare < 0.5 }) { search.tryPairs() }
    remedies = Array(search.passing.sorted { $0.precedes($1) }.prefix(Self.most))
    nearest = remedies.isEmpty ? search.nearest : nil
    tried = search.tried
  }
}

private struct Search {
  private let deployment: Deployment
  private let macs: Int
  private let runtimes: [RuntimeProfile]
  private let boards: [Board]
  private let levers: [Lever]
  /// No smaller network helps while the runtime lacks an operator.
  private let isBlocked: Bool
  private(set) var passing: [Remedy] = []
  private(set) var nearest: Remedy?
  private(set) var tried = 0

  init(
    _ deployment: Deployment, _ verdict: Verdict, _ runtimes: [RuntimeProfile], _ boards: [Board]
  ) {
    self.deployment = deployment
    macs = verdict.estimate.macs
    self.runtimes = runtimes.filter { $0.name != deployment.runtime.name }
    self.boards = boards.filter { $0.name != deployment.board.name }
    levers = Lever.all(of: deployment.model)
    isBlocked = !verdict.audit.blocking.isEmpty
    placed = verdict.estimate.placement.usage.reduce(into: [:]) { regions, usage in
      for part in usage.parts { regions[part.demand.use] = usage.region.name }
    }
  }

  /// Where things lie now.
  private let placed: [MemoryUse: String]

  // MARK: Trying

  /// The deployment after some steps; nil where it cannot be planned.
  private mutating func consider(_ steps: [Remedy.Step], from base: Deployment) -> Remedy? {
    guard let step = steps.last, let changed = base.applying(step) else { return nil }
    tried += 1
    guard let verdict = try? changed.verdict() else { return nil }
    let share = macs > 0 ? Double(verdict.estimate.macs) / Double(macs) : 1
    let remedy = Remedy(steps: steps, verdict: verdict, macShare: share)
    if !verdict.passes {
      let best = nearest.map(\.verdict.excess) ?? .infinity
      if verdict.excess < best { nearest = remedy }
    }
    return remedy
  }

  /// The mildest setting of a lever that passes, if the strongest one does.
  private mutating func pull(
    _ lever: Lever, after steps: [Remedy.Step] = [], from base: Deployment
  ) -> Remedy? {
    var low = 0
    var high = lever.settings.count - 1
    guard var best = consider(steps + [.reshape(lever.settings[high])], from: base),
      best.verdict.passes
    else { return nil }
    while low < high {
      let middle = (low + high) / 2
      if let remedy = consider(steps + [.reshape(lever.settings[middle])], from: base),
        remedy.verdict.passes
      {
        best = remedy
        high = middle
      } else {
        low = middle + 1
      }
    }
    return best
  }

  private mutating func keep(_ remedies: [Remedy], most: Int = 1) {
    passing += remedies.filter(\.verdict.passes).sorted { $0.precedes($1) }.prefix(most)
  }

  // MARK: Single steps

  mutating func trySingleSteps() {
    if !isBlocked { tryPlacements() }
    keep(runtimes.compactMap { consider([.runtime($0)], from: deployment) }, most: 2)
    if !isBlocked {
      for lever in levers { keep([pull(lever, from: deployment)].compactMap(\.self)) }
    }
    let others = boards.compactMap { consider([.board($0)], from: deployment) }
    keep(others.sorted { $0.boardBytes < $1.boardBytes })
  }

  private mutating func tryPlacements() {
    if !deployment.overrides.regions.isEmpty {
      keep([consider([.freePlacement], from: deployment)].compactMap(\.self))
    }
    for use in [MemoryUse.arena, .weights] {
      let regions = deployment.board.regions.map(\.name).filter { $0 != placed[use] }
      keep(regions.compactMap { consider([.place(use, region: $0)], from: deployment) })
    }
  }

  // MARK: Two steps

  mutating func tryPairs() {
    let usable = runtimes.filter { runtime in
      OperatorAudit(deployment.model, runtime: runtime).blocking.isEmpty
    }
    var found: [Remedy] = []
    for runtime in usable {
      let step = Remedy.Step.runtime(runtime)
      guard let base = deployment.applying(step) else { continue }
      found += levers.compactMap { pull($0, after: [step], from: base) }
    }
    keep(found, most: 3)
    if !isBlocked { tryNetworkPairs() }
    guard passing.isEmpty else { return }
    for board in boards {
      let step = Remedy.Step.board(board)
      guard let base = deployment.applying(step) else { continue }
      keep(usable.compactMap { consider([step, .runtime($0)], from: base) })
      if passing.isEmpty, !isBlocked, let lever = levers.last {
        keep([pull(lever, after: [step], from: base)].compactMap(\.self))
      }
    }
  }

  /// Half of one lever, and of each other one as much as it takes.
  private mutating func tryNetworkPairs() {
    for (index, lever) in levers.enumerated() {
      let step = Remedy.Step.reshape(lever.settings[lever.settings.count / 2])
      guard let base = deployment.applying(step) else { continue }
      for other in levers[(index + 1)...] {
        keep([pull(other, after: [step], from: base)].compactMap(\.self))
      }
    }
  }
}

extension Remedy {
  /// Memory of the board that it runs on: less is cheaper.
  fileprivate var boardBytes: Int {
    verdict.estimate.board.flashCapacity + verdict.estimate.board.ramCapacity
  }
}
