package import Boards

/// What is believed of each cost before a latency is seen.
package enum CostPrior {
  /// Instructions per unit.
  ///
  /// Most are CMSIS-NN's own, see `InstructionFit`. Three differ, as the code of a compiler does:
  /// gathering a value takes one with fixed shapes about two instructions (a word copy and its
  /// widening), not six; an addition without TFLM's two rescalings of inputs about twenty; a mean is a
  /// pooling. Fills are shares of memory cycles: a load that misses waits for its line, an activation
  /// was often written to the cache just before.
  package static func instructions(_ cost: RuntimeCost) -> Double {
    switch cost {
    case .convolutionMAC, .pointwiseMAC: 1.5
    case .convolutionOutput: 39.5
    case .gatherTap, .gatherThinTap: 64.5
    case .gatherValue: 2
    case .depthwiseMAC: 1.46
    case .depthwiseOutput: 57.2
    case .generalDepthwiseMAC: 8
    case .generalDepthwiseOutput: 40
    case .matrixMAC: 1.91
    case .matrixOutput: 47
    case .floatMAC: 9.5
    case .elementwise: 20
    case .pooling, .reduction: 10
    case .softmax: 336
    case .function: 30
    case .conversion: 5
    case .copy: 2
    case .resize: 60
    case .layer: 3000
    case .weightFill: 1
    case .activationFill: 0.5
    }
  }

  /// Whether a cost is paid in cycles of memory, which the core's speed does not change.
  package static func isMemory(_ cost: RuntimeCost) -> Bool {
    cost == .weightFill || cost == .activationFill
  }

  /// Whether a cost belongs to the inner loops: products and requantization, bound by the core's one
  /// multiplier and its two load ports.
  package static func isArithmetic(_ cost: RuntimeCost) -> Bool {
    switch cost {
    case .convolutionMAC, .pointwiseMAC, .convolutionOutput, .depthwiseMAC, .depthwiseOutput,
      .generalDepthwiseMAC, .generalDepthwiseOutput, .matrixMAC, .matrixOutput, .floatMAC,
      .weightFill, .activationFill:
      true
    default: false
    }
  }
}

/// How far costs may stray, as standard deviations of natural logarithms: 0.2 is about ± 20 %.
package struct CostSpread: Sendable, Equatable {
  /// A runtime's code from the prior.
  package var base: Double
  /// Inner loops from one release to another.
  package var arithmetic: Double
  /// Everything around the inner loops from one release to another.
  package var surroundings: Double

  package init(base: Double, arithmetic: Double, surroundings: Double) {
    self.base = base
    self.arithmetic = arithmetic
    self.surroundings = surroundings
  }

  /// The choice behind the profiles, by the errors of families left out.
  package static let chosen = CostSpread(base: 0.2, arithmetic: 0.08, surroundings: 0.5)

  /// What a nested check chooses from, inside the training families only.
  package static let candidates = [0.2, 0.35].flatMap { base in
    [0.08, 0.15].flatMap { arithmetic in
      [0.15, 0.5].map { CostSpread(base: base, arithmetic: arithmetic, surroundings: $0) }
    }
  }

  /// Latency of a network against its sum of costs.
  static let network = 0.05
  /// All costs of one release together.
  static let release = 0.1
  /// Convolutions over windows and of 1 × 1 share their inner loop's cost but for this.
  static let sameLoop = 0.05

  func base(_ cost: RuntimeCost) -> Double {
    switch cost {
    case .convolutionMAC, .pointwiseMAC: Self.sameLoop
    case .weightFill, .activationFill: 0.3
    default: CostPrior.isArithmetic(cost) || cost == .copy ? base : surround(cost)
    }
  }

  /// Priors that rest on one loop's instruction count are as good as the others'; those that guess
  /// what a closed library does are not.
  private func surround(_ cost: RuntimeCost) -> Double {
    switch cost {
    case .gatherTap, .gatherThinTap, .gatherValue: base
    default: max(base, 0.5)
    }
  }

  func release(_ cost: RuntimeCost) -> Double {
    CostPrior.isArithmetic(cost) ? arithmetic : surroundings
  }
}
