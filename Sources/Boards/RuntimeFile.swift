package import Bytes

/// A runtime profile as its JSON5 file states it, before anything is checked.
private struct RuntimeFile: Decodable {
  struct Code: Decodable {
    struct Shared: Decodable {
      var bytes: Int
      var data: Int?
      var zeroed: Int?
      var operators: [String]
    }

    var base: Double
    var data: Int?
    var zeroed: Int?
    var perLayer: Double?
    var perTensor: Double?
    var perChannel: Double?
    var kernels: [String: Int]?
    var operators: [String: Int]?
    var otherOperator: Int?
    var shared: [Shared]?
  }

  var name: String
  var title: String
  var version: String
  var arithmetic: String
  var planner: RuntimeProfile.Planner
  var kernels: RuntimeProfile.Kernels
  var modelStorage: RuntimeProfile.ModelStorage
  var compilesAhead: Bool
  var activations: Activations?
  var softmaxMACC: Int?
  var removesDeadChannels: Bool?
  var storesFoldedOutputs: Bool?
  var operators: [String: [String]]
  var customOperators: [String]?
  var operatorsFromMemory: Bool?
  var limits: [OperatorLimit]?
  var code: Code
  var runtimeRAM: LayerCost
  var cycles: [String: Double]
  var evidence: Evidence
  var source: String
}

extension RuntimeProfile {
  /// Reads `boards/runtimes/NAME.json5`.
  ///
  /// - Throws: `InputError` for syntax, unknown or missing names, and costs that cannot be.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(RuntimeFile.self, bytes: bytes, file: file)
    do {
      self = try Self.checked(raw)
    } catch {
      throw error.inFile(file)
    }
  }

  private static func checked(_ raw: RuntimeFile) throws(InputError) -> RuntimeProfile {
    let arithmetics = ["double-rounding", "fp32-half-even"]
    guard arithmetics.contains(raw.arithmetic) else {
      throw InputError(
        at: .key("arithmetic"),
        "expected one of \(arithmetics.joined(separator: ", ")), found ‘\(raw.arithmetic)’")
    }
    try raw.evidence.check()
    return RuntimeProfile(
      name: raw.name, title: raw.title, version: raw.version, arithmetic: raw.arithmetic,
      planner: raw.planner, kernels: raw.kernels, modelStorage: raw.modelStorage,
      compilesAhead: raw.compilesAhead, activations: try checked(raw.activations),
      softmaxMACC: try checkedPrice(raw.softmaxMACC),
      removesDeadChannels: raw.removesDeadChannels ?? false,
      storesFoldedOutputs: raw.storesFoldedOutputs ?? false,
      operators: OperatorSupport(
        types: try OperatorSupportFile.types(raw.operators),
        custom: (raw.customOperators ?? []).sorted(), limits: raw.limits ?? [],
        isFromMemory: raw.operatorsFromMemory ?? false),
      code: try checked(raw.code), runtimeRAM: try checked(raw.runtimeRAM, "runtimeRAM"),
      cycles: try checked(raw.cycles), evidence: raw.evidence, source: raw.source)
  }

  /// Largest size that an entry may state: the address space of a Cortex-M.
  private static let mostBytes = Double(1 << 32)

  private static func checked(
    _ cost: LayerCost, _ key: String
  ) throws(InputError) -> LayerCost {
    guard (0...mostBytes).contains(cost.base), (0...mostBytes).contains(cost.perLayer),
      (0...mostBytes).contains(cost.perTensor ?? 0)
    else {
      throw InputError(at: .key(key), "expected bytes from 0 to 4 GiB")
    }
    return cost
  }

  private static func checked(_ raw: Activations?) throws(InputError) -> Activations? {
    guard let raw else { return nil }
    guard (0...10).contains(raw.meanError), (0...10).contains(raw.worstError), raw.rows >= 0 else {
      throw InputError(at: .key("activations"), "expected errors from 0 to 10 and a count of rows")
    }
    return raw
  }

  private static func checked(_ raw: RuntimeFile.Code) throws(InputError) -> RuntimeCode {
    let cost = try checked(
      LayerCost(base: raw.base, perLayer: raw.perLayer ?? 0, perTensor: raw.perTensor ?? 0), "code")
    let kernels = try checkedKernels(raw.kernels ?? [:])
    let sizes =
      Array((raw.operators ?? [:]).values) + kernels.values + [
        raw.data ?? 0, raw.zeroed ?? 0, raw.otherOperator ?? 0,
      ]
      + (raw.shared ?? []).flatMap { [$0.bytes, $0.data ?? 0, $0.zeroed ?? 0] }
    let perChannel = raw.perChannel ?? 0
    guard sizes.allSatisfy({ $0 >= 0 && Double($0) <= mostBytes }),
      (0...mostBytes).contains(perChannel)
    else {
      throw InputError(at: .key("code"), "expected bytes from 0 to 4 GiB")
    }
    return RuntimeCode(
      base: Int(cost.base.rounded()), data: raw.data ?? 0, zeroed: raw.zeroed ?? 0,
      perLayer: cost.perLayer, perTensor: cost.perTensor ?? 0, perChannel: perChannel,
      kernels: kernels, operators: raw.operators ?? [:],
      otherOperator: raw.otherOperator ?? 0,
      shared: (raw.shared ?? []).map {
        RuntimeCode.Shared(
          bytes: $0.bytes, data: $0.data ?? 0, zeroed: $0.zeroed ?? 0, operators: $0.operators)
      })
  }

  private static func checkedPrice(_ price: Int?) throws(InputError) -> Int? {
    guard let price else { return nil }
    guard (0...1000).contains(price) else {
      throw InputError(at: .key("softmaxMACC"), "expected a price from 0 to 1000, found \(price)")
    }
    return price
  }

  private static func checkedKernels(
    _ raw: [String: Int]
  ) throws(InputError) -> [CompiledKernel: Int] {
    var kernels: [CompiledKernel: Int] = [:]
    for (name, bytes) in raw.sorted(by: { $0.key < $1.key }) {
      guard let kernel = CompiledKernel(rawValue: name) else {
        throw InputError(
          at: .key("code.kernels"), "expected the name of a kernel, found ‘\(name)’",
          advice: "kernels are \(CompiledKernel.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      kernels[kernel] = bytes
    }
    return kernels
  }

  private static func checked(_ raw: [String: Double]) throws(InputError) -> [Double] {
    for name in raw.keys.sorted() where RuntimeCost(rawValue: name) == nil {
      throw InputError(
        at: .key("cycles"), "expected the name of a cost, found ‘\(name)’",
        advice: "costs are \(RuntimeCost.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var cycles: [Double] = []
    for cost in RuntimeCost.allCases {
      guard let value = raw[cost.rawValue] else {
        throw InputError(at: .key("cycles"), "expected a value for ‘\(cost.rawValue)’, found none")
      }
      guard (0...1e9).contains(value) else {
        throw InputError(
          at: .key("cycles.\(cost.rawValue)"), "expected cycles from 0 to 1e9, found \(value)")
      }
      cycles.append(value)
    }
    return cycles
  }
}
