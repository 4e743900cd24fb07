package import Bytes
package import Models

/// How much memory the runtime's own planner wastes: its plan against the best that can be found, in
/// the file's order of execution and in any order that the graph allows.
package struct PlanComparison: Equatable, Sendable {
  /// Bytes of the runtime's plan: activations and scratch.
  package var runtime: Int
  /// The best plan in the order of the file.
  package var best: ArenaSearch
  /// The order that keeps the least alive.
  package var order: ExecutionOrder
  /// The best plan in that order; nil where it is the file's.
  package var reordered: ArenaSearch?
  /// What the runtime's planner makes of that order; nil where it is the file's.
  package var reorderedRuntime: Int?

  /// Offsets that make the runtime use the best plan in the file's order; nil where it does as well
  /// without.
  package var offline: OfflinePlan?

  /// Bytes that the runtime's plan takes beyond the best one in the same order.
  package var waste: Int { runtime - best.plan.size }
  /// The smallest plan of all that were found.
  package var smallest: Int { min(best.plan.size, reordered?.plan.size ?? best.plan.size) }

  /// - Parameter plan: The runtime's own, of this model.
  /// - Throws: `InputError` where the model cannot be planned, see `TensorLifetimes`.
  package init(
    of model: Model, kernels: KernelSet, plan: ArenaPlan, effort: SearchEffort
  ) throws(InputError) {
    let lifetimes = try TensorLifetimes(of: model, kernels: kernels, keepsOffsets: false)
    runtime = plan.size
    best = ArenaSearch(of: lifetimes, effort: effort)
    order = ExecutionOrder(of: model.main, lifetimes: lifetimes, effort: effort)
    if best.plan.size < runtime {
      offline = try OfflinePlan(best.plan, for: model, kernels: kernels, below: runtime)
    }
    // Another order is only worth a plan where it can be smaller.
    guard order.peak < best.plan.size, !order.isOriginal else { return }
    var other = model
    other.graphs[0] = model.main.reordered(order)
    let moved = try TensorLifetimes(of: other, kernels: kernels, keepsOffsets: false)
    reordered = ArenaSearch(of: moved, effort: effort)
    reorderedRuntime = ArenaPlan(greedy: moved).size
  }
}
