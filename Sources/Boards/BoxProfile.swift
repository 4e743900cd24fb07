package import Bytes

/// A computer at the edge with its power modes, its runtimes and how fast networks were on it.
///
/// Read from `boards/boxes/NAME.json5`. One file is several boards: `orin-nano-8gb-15w` is the box
/// `orin-nano-8gb` in its mode `15w`.
package struct BoxProfile: Equatable, Sendable {
  /// What the processor may use at once.
  package struct Mode: Equatable, Sendable {
    /// Lower-case: `15w`.
    package var name: String
    /// As the maker writes it: `15 W`.
    package var title: String
    package var cores: Int
    /// Hertz.
    package var cpuClock: Int
    /// Texture processing clusters that are switched on; nil on a box without a GPU.
    package var clusters: Int?
    /// Hertz; nil on a box without a GPU.
    package var gpuClock: Int?
    /// Bytes a second between memory and processor.
    package var bandwidth: Double
    /// Watts while a frame is worked on, and otherwise.
    package var busyPower: Double
    package var idlePower: Double
    package var source: String

    /// What the GPU computes at once, in clusters × hertz; nil without one.
    package var gpuRate: Double? {
      guard let clusters, let gpuClock else { return nil }
      return Double(clusters) * Double(gpuClock)
    }

    package var cpuRate: Double { Double(cores) * Double(cpuClock) }
  }

  /// Heat as one resistance and one capacity between the chip and the air.
  package struct Thermal: Equatable, Sendable {
    /// °C of the air around the box.
    package var ambient: Double
    /// °C of the chip at which clocks are lowered.
    package var limit: Double
    /// K a watt.
    package var resistance: Double
    /// Seconds.
    package var timeConstant: Double
    package var source: String
  }

  /// Two zeros in each four neighbouring weights, which some GPUs skip.
  package struct PairSparsity: Equatable, Sendable {
    /// How much faster layers of such weights are.
    package var speedUp: Double
    package var source: String
  }

  package enum Engine: String, CaseIterable, Decodable, Sendable {
    case gpu
    case cpu
  }

  package struct Runtime: Equatable, Sendable {
    package var name: String
    package var title: String
    package var engine: Engine
    /// The first is taken for a float model that asks for none.
    package var precisions: [Precision]
    /// Whether it can use `PairSparsity`.
    package var skipsPairs: Bool
    /// Bytes of the process besides weights and activations.
    package var memory: Int
    package var source: String
  }

  package var name: String
  package var title: String
  package var processor: String
  /// Bytes.
  package var memory: Int
  /// Bytes that the system itself keeps.
  package var systemMemory: Int
  package var modes: [Mode]
  /// Places in `modes`: the maker's own choice, and the mode in which the latencies were measured.
  package var defaultMode: Int
  package var fittedMode: Int
  package var thermal: Thermal
  package var pairSparsity: PairSparsity?
  /// Operations a second at best, dense, in `fittedMode`: of the GPU, or of the CPU where there is none.
  package var peaks: [Precision: Double]
  /// The preferred one first.
  package var runtimes: [Runtime]
  package var jitter: BoxJitter
  package var latencies: [BoxLatency]
  package var notes: [String]

  package func mode(_ name: String) -> Mode? { modes.first { $0.name == name } }
  package func runtime(_ name: String) -> Runtime? { runtimes.first { $0.name == name } }

  /// The mode in which the latencies were measured.
  package var measuredMode: Mode { modes[fittedMode] }

  /// Names by which `--board` knows the box: `NAME-MODE` for each mode, and `NAME` alone for the
  /// default one.
  package var boardNames: [String] { [name] + modes.map { "\(name)-\($0.name)" } }
}

/// Types of weights and activations that a runtime computes with.
package enum Precision: String, CaseIterable, Decodable, Sendable {
  case fp32
  case fp16
  case int8

  /// Bytes of a value.
  package var size: Int {
    switch self {
    case .fp32: 4
    case .fp16: 2
    case .int8: 1
    }
  }

  package var title: String { rawValue.uppercased() }
}

/// Networks that a runtime treats alike: those of one kind are timed by one fit.
package enum NetworkClass: String, CaseIterable, Decodable, Sendable {
  /// Branches that join again by concatenation, or several heads: YOLO.
  case branching
  /// One path of whole convolutions, with sums around blocks of them: ResNet.
  case residual
  /// Depthwise convolutions between pointwise ones: MobileNet.
  case depthwise
}

/// Time of a network on one box: fixed + work × perWork, found on published latencies or borrowed.
package struct BoxLatency: Equatable, Sendable, Decodable {
  package var runtime: String
  package var precision: Precision
  package var networks: NetworkClass
  /// Milliseconds of a network of `operators` operators, however small its work.
  package var fixed: Double
  /// Milliseconds for each GFLOP, a multiply-accumulate being two operations.
  package var perWork: Double
  /// Operators of the smallest network that was measured.
  package var operators: Int
  /// GFLOP of the smallest and the largest network that was measured.
  package var work: [Double]
  /// Models that were measured; empty where the constants are borrowed.
  package var models: [String]
  /// Mean of |predicted / measured − 1|, each model predicted by a fit without it; nil with fewer than
  /// three models.
  package var meanError: Double?
  package var worstError: Double?
  /// The same of the fit on all models.
  package var fittedMean: Double?
  package var fittedWorst: Double?
  /// Where borrowed constants are from, or what else there is to know.
  package var note: String?

  package init(
    runtime: String, precision: Precision, networks: NetworkClass, fixed: Double, perWork: Double,
    operators: Int, work: [Double], models: [String], meanError: Double? = nil,
    worstError: Double? = nil, fittedMean: Double? = nil, fittedWorst: Double? = nil,
    note: String? = nil
  ) {
    self.runtime = runtime
    self.precision = precision
    self.networks = networks
    self.fixed = fixed
    self.perWork = perWork
    self.operators = operators
    self.work = work
    self.models = models
    self.meanError = meanError
    self.worstError = worstError
    self.fittedMean = fittedMean
    self.fittedWorst = fittedWorst
    self.note = note
  }

  /// With fewer, nothing is said about the next model.
  package static let fewestModels = 3

  package var isMeasured: Bool {
    models.count >= Self.fewestModels && meanError != nil && worstError != nil
  }
}

/// How much frames of a box that has nothing else to do differ: a log-normal spread.
package struct BoxJitter: Equatable, Sendable, Decodable {
  /// Standard deviation of the logarithm.
  package var sigma: Double
  /// Latencies behind it; 0 where it is another box's.
  package var rows: Int
  package var source: String

  package init(sigma: Double, rows: Int, source: String) {
    self.sigma = sigma
    self.rows = rows
    self.source = source
  }
}

/// What another pipeline on the same box takes, as shares from 0 to 0.9.
package struct BoxLoad: Equatable, Sendable {
  package var gpu: Double
  package var cpu: Double
  package var bandwidth: Double

  package init(gpu: Double = 0, cpu: Double = 0, bandwidth: Double = 0) {
    self.gpu = gpu
    self.cpu = cpu
    self.bandwidth = bandwidth
  }

  package static let none = BoxLoad()
  package static let most = 0.9
}

/// A box as it is used: in one mode, beside something else, in some air.
package struct BoxSetting: Equatable, Sendable {
  package var box: BoxProfile
  package var mode: BoxProfile.Mode
  package var load: BoxLoad
  /// °C; the profile's own when nil.
  package var ambient: Double?

  package init(
    _ box: BoxProfile, mode: BoxProfile.Mode? = nil, load: BoxLoad = .none, ambient: Double? = nil
  ) {
    self.box = box
    self.mode = mode ?? box.modes[box.defaultMode]
    self.load = load
    self.ambient = ambient
  }

  /// `orin-nano-8gb-15w`
  package var name: String { "\(box.name)-\(mode.name)" }
  /// `Jetson Orin Nano 8GB, 15 W`
  package var title: String { "\(box.title), \(mode.title)" }
}

extension BoxLoad {
  private static let example = "gpu=30%,cpu=20%,bandwidth=25%, or 30% for all three"

  /// Reads `30%`, of everything, or `gpu=30%,cpu=20%,bandwidth=25%`, any of the three in any order.
  package init(parsing text: String) throws(InputError) {
    self.init()
    if !text.contains("=") {
      let share = try Self.share(text[...])
      self.init(gpu: share, cpu: share, bandwidth: share)
      return
    }
    var seen: [Substring] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw Self.error("expected NAME=SHARE, found ‘\(part)’") }
      guard !seen.contains(pair[0]) else { throw Self.error("‘\(pair[0])’ is given twice") }
      seen.append(pair[0])
      switch pair[0] {
      case "gpu": gpu = try Self.share(pair[1])
      case "cpu": cpu = try Self.share(pair[1])
      case "bandwidth": bandwidth = try Self.share(pair[1])
      default:
        throw InputError(
          at: .key("load"), "expected gpu, cpu or bandwidth, found ‘\(pair[0])’",
          advice: String(pair[0]).closest(in: ["gpu", "cpu", "bandwidth"])
            .map { "did you mean \($0)?" } ?? "as in \(Self.example)")
      }
    }
  }

  private static func share(_ text: Substring) throws(InputError) -> Double {
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()),
      (0...100 * most).contains(percent)
    else { throw Self.error("expected a share from 0% to 90%, found ‘\(text)’") }
    return percent / 100
  }

  private static func error(_ problem: String) -> InputError {
    InputError(at: .key("load"), problem, advice: "as in \(example)")
  }
}
