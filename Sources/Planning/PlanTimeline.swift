package import Models

/// What is alive in the arena while each operator of the main graph runs.
package struct PlanTimeline: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    /// Index into the main graph's operators.
    package var operation: Int
    /// Bytes of the tensors that must exist at once, unaligned.
    package var tensorBytes: Int
    /// Bytes of scratch that the kernel asks for, unaligned.
    package var scratchBytes: Int
    /// Indices into the plan's placements.
    package var alive: [Int]

    package var bytes: Int { tensorBytes + scratchBytes }
  }

  package var plan: ArenaPlan
  /// One for each operator.
  package var steps: [Step]

  package init(of plan: ArenaPlan, in graph: Graph) {
    self.plan = plan
    steps = graph.operators.indices.map { operation in
      var step = Step(operation: operation, tensorBytes: 0, scratchBytes: 0, alive: [])
      for (index, placement) in plan.placements.enumerated()
      where placement.buffer.isAlive(in: operation + 1) {
        step.alive.append(index)
        if case .tensor = placement.buffer.owner {
          step.tensorBytes += placement.buffer.bytes
        } else {
          step.scratchBytes += placement.buffer.bytes
        }
      }
      return step
    }
  }

  /// The first step at which most bytes are alive.
  package var peak: Step? {
    steps.reduce(nil) { best, step in
      guard let best, best.bytes >= step.bytes else { return step }
      return best
    }
  }
}
