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
  /// A compiler: operators on constants cost nothing, padding and reshaping merge into neighbours.
  package var compilesAhead: Bool
  /// How to estimate activations where the runtime's own planner is not public; nil when `planner`
  /// is the runtime's and exact.
  package var activations: Activations?
  package var operators: OperatorSupport
  package var code: RuntimeCode
  /// RAM of the runtime's own, beyond arena, static variables and stack.
  package var runtimeRAM: LayerCost
  /// Cycles per unit of work, in order of `RuntimeCost.allCases`.
  package var cycles: [Double]
  package var evidence: Evidence
  /// Where the numbers come from.
  package var source: String

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

/// Activations as a share of what must be alive at once plus a constant, and how well that fits.
package struct Activations: Sendable, Equatable, Decodable {
  /// Bytes.
  package var base: Double
  /// Bytes for every byte that is alive at the peak when layers overwrite dying inputs.
  package var perPeakByte: Double
  /// Mean of |estimate / published − 1| on the published sizes that the two were fitted on.
  package var meanError: Double
  package var worstError: Double
  package var rows: Int

  package func bytes(peak: Int) -> Int { Int((base + perPeakByte * Double(peak)).rounded()) }
}
