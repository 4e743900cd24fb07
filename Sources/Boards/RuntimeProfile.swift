/// What a runtime costs and can do: one version of one inference library or compiler.
///
/// Read from `boards/runtimes/NAME.json5`.
package struct RuntimeProfile: Sendable, Equatable {
  /// How activations are laid out in the arena.
  package enum Planner: String, CaseIterable, Decodable, Sendable {
    /// TensorFlow Lite for Microcontrollers' greedy planner, to the byte.
    case tflmGreedy = "tflm-greedy"
  }

  /// Which kernels ask for scratch memory.
  package enum Kernels: String, CaseIterable, Decodable, Sendable {
    case reference
    case cmsisNN = "cmsis-nn"
  }

  /// What of a model lies in flash.
  package enum ModelStorage: String, CaseIterable, Decodable, Sendable {
    /// The `.tflite` file as it is.
    case file
    /// Weights and biases alone; the graph has become code.
    case weights
  }

  /// Lower-case name of the profile's file, such as `tflm-cmsis-nn`.
  package var name: String
  package var title: String
  package var version: String
  /// `double-rounding` or `fp32-half-even`, as the interpreter names them.
  package var arithmetic: String
  package var planner: Planner
  package var kernels: Kernels
  package var modelStorage: ModelStorage
  /// A compiler: operators on constants cost nothing, padding and reshaping merge into neighbors.
  package var compilesAhead: Bool
  /// The runtime's own planner is not public and does better than `planner` as a rule.
  package var arenaIsUpperBound: Bool
  /// Schema names of the operators that it has, sorted.
  package var operators: [String]
  package var customOperators: [String]
  package var code: RuntimeCode
  /// RAM of the runtime's own, beyond arena, static variables and stack.
  package var runtimeRAM: LayerCost
  /// Cycles per unit of work, in order of `RuntimeCost.allCases`.
  package var cycles: [Double]
  package var evidence: Evidence
  /// Where the numbers come from.
  package var source: String

  package func supports(_ operatorName: String) -> Bool { operators.contains(operatorName) }

  package func cycles(_ cost: RuntimeCost) -> Double {
    cycles[RuntimeCost.allCases.firstIndex(of: cost)!]
  }
}

/// A constant and a share per layer, in bytes.
package struct LayerCost: Sendable, Equatable, Decodable {
  package var base: Double
  package var perLayer: Double

  package init(base: Double, perLayer: Double) {
    self.base = base
    self.perLayer = perLayer
  }

  package func bytes(layers: Int) -> Int { Int((base + perLayer * Double(layers)).rounded()) }
}

/// How well the cycles of a profile predict networks of architectures that it never saw.
package struct Evidence: Sendable, Equatable, Decodable {
  /// Architecture families with measured latencies behind the constants.
  package var families: [String]
  /// Measured latencies that the errors were taken on.
  package var rows: Int
  /// Mean of |predicted / measured − 1|, each family predicted by a fit without it.
  package var meanError: Double?
  package var worstError: Double?
  package var note: String?

  /// With fewer families nothing is said about the next one.
  package static let fewestFamilies = 3

  package var isMeasured: Bool {
    families.count >= Self.fewestFamilies && meanError != nil && worstError != nil
  }
}
