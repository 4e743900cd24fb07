import Boards

/// One layer's time and how far it can be trusted.
package struct LayerCycles: Sendable, Equatable {
  package var work: LayerWork
  package var cycles: Int
  /// Relative error to be expected, as a root mean square: 0.1 is ± 10 %. nil when the profile says
  /// nothing about layers of this kind.
  package var error: Double?
  /// What about the layer was never measured, in words: `7 × 7 filter`. Empty inside the fitted range.
  package var outside: [String]

  package init(work: LayerWork, cycles: Int, error: Double? = nil, outside: [String] = []) {
    self.work = work
    self.cycles = cycles
    self.error = error
    self.outside = outside
  }

  package var isInFittedRange: Bool { outside.isEmpty }

  /// The error of a layer outside the fitted range against one inside.
  package static let outsideFactor = 2.0
}

/// The time of a whole network with its error.
package struct CycleTotal: Sendable, Equatable {
  package var cycles: Int
  /// Relative error to be expected, as a root mean square; nil when a layer that takes time has none.
  package var error: Double?
  /// Cycles of layers outside the fitted range.
  package var outsideCycles: Int

  /// Layers of one kind err alike, layers of different kinds independently.
  package init(_ layers: [LayerCycles]) {
    var errors: [LayerKind: Double] = [:]
    var isKnown = true
    cycles = 0
    outsideCycles = 0
    for layer in layers where layer.cycles > 0 {
      cycles += layer.cycles
      if !layer.isInFittedRange { outsideCycles += layer.cycles }
      guard let error = layer.error else {
        isKnown = false
        continue
      }
      errors[layer.work.layerKind, default: 0] += error * Double(layer.cycles)
    }
    let squares = LayerKind.allCases.reduce(0) { $0 + (errors[$1] ?? 0) * (errors[$1] ?? 0) }
    error = isKnown && cycles > 0 ? squares.squareRoot() / Double(cycles) : nil
  }
}

extension [LayerCycles] {
  package var total: CycleTotal { CycleTotal(self) }
}
