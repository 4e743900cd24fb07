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
  /// Price of one SOFTMAX value in the runtime's own count of work; nil when it prints no such count.
  package var softmaxMACC: Int?
  /// Whether the compiler leaves out channels that are zero whatever the input is.
  package var removesDeadChannels: Bool
  /// Whether outputs that are known beforehand are stored in their final type.
  package var storesFoldedOutputs: Bool
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

/// A constant, a share per layer and one per tensor, in bytes.
package struct LayerCost: Sendable, Equatable, Decodable {
  package var base: Double
  package var perLayer: Double
  package var perTensor: Double?

  package init(base: Double, perLayer: Double, perTensor: Double? = nil) {
    self.base = base
    self.perLayer = perLayer
    self.perTensor = perTensor
  }

  package func bytes(layers: Int, tensors: Int = 0) -> Int {
    Int((base + perLayer * Double(layers) + (perTensor ?? 0) * Double(tensors)).rounded())
  }
}

/// How a compiler lays out activations whose planner is not public: rules read off generated code,
/// and how well they reproduce published sizes.
package struct Activations: Sendable, Equatable, Decodable {
  /// A layer that may write its output over the input that it is still reading, a row behind.
  package enum Overlap: String, Sendable, CaseIterable, Decodable {
    /// Padding that a convolution needs beforehand: rows move towards the end.
    case padding
    case depthwise
    /// A 1 × 1 convolution.
    case pointwise
    /// A convolution of an image of at most four channels.
    case firstLayer = "first-layer"
    /// Any other convolution.
    case convolution
  }

  /// Where a buffer goes when several places are free.
  package enum Packing: String, Sendable, CaseIterable, Decodable {
    /// Where the arena grows least.
    case leastGrowth = "least-growth"
    /// Over the layer's output wherever `overlaps` lets it, even if there is room elsewhere.
    case overlapFirst = "overlap-first"
  }

  /// Memory for a convolution's weights, widened to 16 bits.
  package enum WeightCache: String, Sendable, CaseIterable, Decodable {
    /// All weights, or 5 KiB when they are more than 6 KiB.
    case asNeeded = "as-needed"
    /// 5 KiB for every convolution.
    case always
  }

  package var overlaps: [Overlap]
  package var packing: Packing
  package var weightCache: WeightCache
  /// Mean of |estimate / published − 1|.
  package var meanError: Double
  package var worstError: Double
  package var rows: Int

  package init(
    overlaps: [Overlap], packing: Packing, weightCache: WeightCache, meanError: Double,
    worstError: Double, rows: Int
  ) {
    self.overlaps = overlaps
    self.packing = packing
    self.weightCache = weightCache
    self.meanError = meanError
    self.worstError = worstError
    self.rows = rows
  }
}
