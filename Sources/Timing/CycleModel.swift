package import Boards
package import Models

/// Cycles of layers under one runtime: a sum over `RuntimeCost` of count × cycles.
package struct CycleModel: Sendable, Equatable {
  /// Cycles per unit, in order of `RuntimeCost.allCases`.
  package var cyclesPerUnit: [Double]
  /// The runtime is a compiler: what is known beforehand costs nothing, padding is done by the
  /// convolution that follows, a change of shape alone moves no data.
  package var compilesAhead: Bool

  /// How good the constants are, by kind of layer.
  package var evidence: [LayerKind: LayerEvidence]

  package init(
    cyclesPerUnit: [Double], compilesAhead: Bool, evidence: [LayerKind: LayerEvidence] = [:]
  ) {
    precondition(cyclesPerUnit.count == RuntimeCost.allCases.count)
    self.cyclesPerUnit = cyclesPerUnit
    self.compilesAhead = compilesAhead
    self.evidence = evidence
  }

  package init(_ profile: RuntimeProfile) {
    self.init(
      cyclesPerUnit: profile.cycles, compilesAhead: profile.compilesAhead,
      evidence: profile.evidence.byKind)
  }

  /// Layers that are left at run time.
  package static func layerCount(_ works: [LayerWork], compilesAhead: Bool) -> Int {
    compilesAhead
      ? works.reduce(0) { $0 + ($1.isConstant || $1.vanishesWhenCompiled ? 0 : 1) } : works.count
  }

  /// The counts that this runtime pays for, in order of `RuntimeCost.allCases`.
  package static func counts(
    of work: LayerWork, compilesAhead: Bool, setting: MemorySetting
  ) -> [Double] {
    if compilesAhead && (work.isConstant || work.vanishesWhenCompiled) {
      return [Double](repeating: 0, count: RuntimeCost.allCases.count)
    }
    var counts = work.counts
    counts[RuntimeCost.weightFill.position] =
      Double(work.weightLines(cache: setting.dataCache)) * setting.weights.fill
    counts[RuntimeCost.activationFill.position] =
      Double(work.activationLines) * setting.activations.fill
    return counts
  }

  package func cycles(of work: LayerWork, setting: MemorySetting = .calibrated) -> Int {
    let counts = Self.counts(of: work, compilesAhead: compilesAhead, setting: setting)
    var cycles = 0.0
    for (count, each) in zip(counts, cyclesPerUnit) { cycles += count * each }
    guard cycles > 0 else { return 0 }
    if let fetch = setting.codeFetch { cycles *= max(1, fetch / Self.cyclesPerFetch) }
    cycles += work.weightReads * (setting.weights.read ?? 0)
    cycles += work.activationReads * (setting.activations.read ?? 0)
    return Int(min(cycles, 1e17).rounded())
  }

  /// Cycles in which the core uses up eight bytes of code: 2.7 instructions of 3 bytes on average, at
  /// 0.78 cycles each (`TFLMCycles.firmwareCyclesPerInstruction`).
  private static let cyclesPerFetch = 2.1

  /// A layer with its cycles, their error and whether such a layer was ever measured.
  package func layer(_ work: LayerWork, setting: MemorySetting = .calibrated) -> LayerCycles {
    let cycles = cycles(of: work, setting: setting)
    guard cycles > 0, let evidence = evidence[work.layerKind] else {
      return LayerCycles(work: work, cycles: cycles)
    }
    let outside = outside(work, evidence)
    return LayerCycles(
      work: work, cycles: cycles,
      error: evidence.error * (outside.isEmpty ? 1 : LayerCycles.outsideFactor),
      outside: outside)
  }

  private func outside(_ work: LayerWork, _ evidence: LayerEvidence) -> [String] {
    guard evidence.operators.contains(work.kind.name) else {
      return ["\(work.kind.name) was never measured"]
    }
    guard !work.isUncalibrated else {
      return ["\(work.kind.name) of this element type was never measured"]
    }
    return work.shape.outside(evidence)
  }

  /// Every layer of `graph` with its cycles, in order.
  package func layers(
    of graph: Graph, setting: MemorySetting = .calibrated
  ) -> [LayerCycles] {
    LayerWork.of(graph).map { layer($0, setting: setting) }
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
