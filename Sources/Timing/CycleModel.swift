package import Boards
package import Models

/// Cycles of layers under one runtime: a sum over `RuntimeCost` of count × cycles.
package struct CycleModel: Sendable, Equatable {
  /// Cycles per unit, in order of `RuntimeCost.allCases`.
  package var cyclesPerUnit: [Double]
  /// The runtime is a compiler: what is known beforehand costs nothing, padding is done by the
  /// convolution that follows, a change of shape alone moves no data.
  package var compilesAhead: Bool

  package init(cyclesPerUnit: [Double], compilesAhead: Bool) {
    precondition(cyclesPerUnit.count == RuntimeCost.allCases.count)
    self.cyclesPerUnit = cyclesPerUnit
    self.compilesAhead = compilesAhead
  }

  package init(_ profile: RuntimeProfile) {
    self.init(cyclesPerUnit: profile.cycles, compilesAhead: profile.compilesAhead)
  }

  /// Layers that are left at run time.
  package static func layerCount(_ works: [LayerWork], compilesAhead: Bool) -> Int {
    compilesAhead
      ? works.reduce(0) { $0 + ($1.isConstant || $1.vanishesWhenCompiled ? 0 : 1) } : works.count
  }

  /// The counts that this runtime pays for, in order of `RuntimeCost.allCases`.
  package static func counts(
    of work: LayerWork, compilesAhead: Bool, cache: Int
  ) -> [Double] {
    if compilesAhead && (work.isConstant || work.vanishesWhenCompiled) {
      return [Double](repeating: 0, count: RuntimeCost.allCases.count)
    }
    var counts = work.counts
    counts[RuntimeCost.weightLine.position] = Double(work.weightLines(cache: cache))
    return counts
  }

  package func cycles(of work: LayerWork, setting: MemorySetting = .calibrated) -> Int {
    let counts = Self.counts(of: work, compilesAhead: compilesAhead, cache: setting.dataCache)
    var cycles = 0.0
    for (count, each) in zip(counts, cyclesPerUnit) { cycles += count * each }
    guard cycles > 0 else { return 0 }
    cycles += counts[RuntimeCost.weightLine.position] * setting.extraPerWeightLine
    cycles += Double((work.activationBytes + 31) / 32) * setting.extraPerActivationLine
    return Int(min(cycles, 1e17).rounded())
  }

  /// Every layer of `graph` with its cycles, in order.
  package func layers(
    of graph: Graph, setting: MemorySetting = .calibrated
  ) -> [LayerCycles] {
    LayerWork.of(graph).map { LayerCycles(work: $0, cycles: cycles(of: $0, setting: setting)) }
  }
}

package struct LayerCycles: Sendable, Equatable {
  package var work: LayerWork
  package var cycles: Int

  package init(work: LayerWork, cycles: Int) {
    self.work = work
    self.cycles = cycles
  }
}

extension LayerWork {
  /// A compiler does this within its neighbours.
  var vanishesWhenCompiled: Bool {
    switch kind {
    case .pad, .reshape, .squeeze, .expandDims: true
    default: false
    }
  }
}
