package import Bytes

/// A box as its JSON5 file states it, before anything is checked against anything else.
private struct BoxFile: Decodable {
  struct Mode: Decodable {
    var name: String
    var title: String
    var cores: Int
    var cpuClock: Frequency
    var clusters: Int?
    var gpuClock: Frequency?
    var gigabytesPerSecond: Double
    var busyWatts: Double
    var idleWatts: Double
    var source: String
  }

  struct Thermal: Decodable {
    var ambient: Double
    var limit: Double
    var kelvinPerWatt: Double
    var timeConstant: TimeSpan
    var source: String
  }

  struct PairSparsity: Decodable {
    var speedUp: Double
    var source: String
  }

  struct Peaks: Decodable {
    var fp32: Double?
    var fp16: Double?
    var int8: Double?
    var source: String
  }

  struct Runtime: Decodable {
    var name: String
    var title: String
    var engine: BoxProfile.Engine
    var precisions: [Precision]
    var skipsPairs: Bool?
    var memory: ByteCount
    var source: String
  }

  var name: String
  var title: String
  var processor: String
  var memory: ByteCount
  var systemMemory: ByteCount
  var modes: [Mode]
  var defaultMode: String
  var fittedMode: String
  var thermal: Thermal
  var pairSparsity: PairSparsity?
  var teraoperations: Peaks
  var runtimes: [Runtime]
  var jitter: BoxJitter
  var latencies: [BoxLatency]
  var notes: [String]?
}

extension BoxProfile {
  /// Whether a board's file is a box's: only boxes have modes.
  package static func isBox(_ bytes: [UInt8]) -> Bool {
    ConfigurationFile.has("modes", in: bytes)
  }

  /// Reads `boards/boxes/NAME.json5`.
  ///
  /// - Throws: `InputError` for syntax, unknown or missing names, figures out of range, and latencies
  ///   of a runtime or precision that the box has not.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    let raw = try ConfigurationFile.decode(BoxFile.self, bytes: bytes, file: file)
    do {
      self = try Self.checked(raw)
    } catch {
      throw error.inFile(file)
    }
  }

  private static func checked(_ raw: BoxFile) throws(InputError) -> BoxProfile {
    try require(!raw.name.isEmpty, "name", "expected a name")
    try require(
      raw.memory.bytes > raw.systemMemory.bytes, "systemMemory",
      "expected less than the memory, \(raw.memory.bytes) B, found \(raw.systemMemory.bytes) B")
    var modes: [Mode] = []
    for (index, mode) in raw.modes.enumerated() {
      modes.append(try checked(mode, "modes[\(index)]"))
    }
    try requireDifferent(modes.map(\.name), "modes")
    let hasGPU = modes.first?.gpuRate != nil
    try require(
      modes.allSatisfy { ($0.gpuRate != nil) == hasGPU }, "modes",
      "expected clusters and gpuClock in all modes or in none")
    var runtimes: [Runtime] = []
    for (index, runtime) in raw.runtimes.enumerated() {
      runtimes.append(try checked(runtime, "runtimes[\(index)]", hasGPU: hasGPU))
    }
    try require(!runtimes.isEmpty, "runtimes", "expected at least one")
    try requireDifferent(runtimes.map(\.name), "runtimes")
    try require(
      (0...2).contains(raw.jitter.sigma) && raw.jitter.rows >= 0, "jitter",
      "expected a sigma from 0 to 2 and a count of rows")
    for (index, latency) in raw.latencies.enumerated() {
      try check(latency, "latencies[\(index)]", runtimes: runtimes)
    }
    return BoxProfile(
      name: raw.name, title: raw.title, processor: raw.processor, memory: raw.memory.bytes,
      systemMemory: raw.systemMemory.bytes, modes: modes,
      defaultMode: try place(of: raw.defaultMode, in: modes, "defaultMode"),
      fittedMode: try place(of: raw.fittedMode, in: modes, "fittedMode"),
      thermal: try checked(raw.thermal),
      pairSparsity: try raw.pairSparsity.map { sparsity throws(InputError) in
        try require(
          (1...2).contains(sparsity.speedUp), "pairSparsity.speedUp",
          "expected a factor from 1 to 2, found \(sparsity.speedUp)")
        return PairSparsity(speedUp: sparsity.speedUp, source: sparsity.source)
      }, peaks: try checked(raw.teraoperations), runtimes: runtimes, jitter: raw.jitter,
      latencies: raw.latencies, notes: raw.notes ?? [])
  }

  private static func require(
    _ condition: Bool, _ key: String, _ problem: @autoclosure () -> String
  ) throws(InputError) {
    if !condition { throw InputError(at: .key(key), problem()) }
  }

  private static func requireDifferent(_ names: [String], _ key: String) throws(InputError) {
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw InputError(
        at: .key("\(key)[\(index)].name"), "expected names that differ, found ‘\(name)’ twice")
    }
  }

  private static func place(
    of name: String, in modes: [Mode], _ key: String
  ) throws(InputError) -> Int {
    guard let place = modes.firstIndex(where: { $0.name == name }) else {
      let names = modes.map(\.name)
      throw InputError(
        at: .key(key), "expected the name of a mode, found ‘\(name)’",
        advice: name.closest(in: names).map { "did you mean \($0)?" }
          ?? "modes are \(names.joined(separator: ", "))")
    }
    return place
  }

  private static func checked(_ raw: BoxFile.Mode, _ key: String) throws(InputError) -> Mode {
    try require(!raw.name.isEmpty, "\(key).name", "expected a name")
    try require((1...1024).contains(raw.cores), "\(key).cores", "expected 1 to 1024 cores")
    try require(
      (raw.clusters == nil) == (raw.gpuClock == nil), key,
      "expected clusters and gpuClock together, or neither")
    try require(
      (1...1024).contains(raw.clusters ?? 1), "\(key).clusters", "expected 1 to 1024 clusters")
    try require(
      (0.1...100_000).contains(raw.gigabytesPerSecond), "\(key).gigabytesPerSecond",
      "expected 0.1 to 100000, found \(raw.gigabytesPerSecond)")
    try require(
      (0...10_000).contains(raw.busyWatts) && (0...raw.busyWatts).contains(raw.idleWatts),
      "\(key).idleWatts", "expected watts of at least 0, idle ones at most the busy ones")
    return Mode(
      name: raw.name, title: raw.title, cores: raw.cores, cpuClock: raw.cpuClock.hertz,
      clusters: raw.clusters, gpuClock: raw.gpuClock?.hertz,
      bandwidth: raw.gigabytesPerSecond * 1e9, busyPower: raw.busyWatts, idlePower: raw.idleWatts,
      source: raw.source)
  }

  private static func checked(_ raw: BoxFile.Thermal) throws(InputError) -> Thermal {
    try require(
      (-60...80).contains(raw.ambient), "thermal.ambient", "expected -60 to 80 °C")
    try require(
      (raw.ambient + 1...200).contains(raw.limit), "thermal.limit",
      "expected more than the ambient \(raw.ambient) °C and at most 200 °C, found \(raw.limit)")
    try require(
      (0...1000).contains(raw.kelvinPerWatt), "thermal.kelvinPerWatt", "expected 0 to 1000")
    try require(raw.timeConstant.nanoseconds > 0, "thermal.timeConstant", "expected more than 0")
    return Thermal(
      ambient: raw.ambient, limit: raw.limit, resistance: raw.kelvinPerWatt,
      timeConstant: Double(raw.timeConstant.nanoseconds) / 1e9, source: raw.source)
  }

  private static func checked(
    _ raw: BoxFile.Peaks
  ) throws(InputError) -> [Precision: Double] {
    var peaks: [Precision: Double] = [:]
    for (precision, value) in [
      (Precision.fp32, raw.fp32), (.fp16, raw.fp16), (.int8, raw.int8),
    ] {
      guard let value else { continue }
      try require(
        (0.0001...100_000).contains(value), "teraoperations.\(precision.rawValue)",
        "expected 0.0001 to 100000, found \(value)")
      peaks[precision] = value * 1e12
    }
    return peaks
  }

  private static func checked(
    _ raw: BoxFile.Runtime, _ key: String, hasGPU: Bool
  ) throws(InputError) -> Runtime {
    try require(!raw.name.isEmpty, "\(key).name", "expected a name")
    try require(!raw.precisions.isEmpty, "\(key).precisions", "expected at least one")
    try require(
      raw.engine == .cpu || hasGPU, "\(key).engine", "expected cpu on a box without a GPU")
    return Runtime(
      name: raw.name, title: raw.title, engine: raw.engine, precisions: raw.precisions,
      skipsPairs: raw.skipsPairs ?? false, memory: raw.memory.bytes, source: raw.source)
  }

  private static func check(
    _ raw: BoxLatency, _ key: String, runtimes: [Runtime]
  ) throws(InputError) {
    guard let runtime = runtimes.first(where: { $0.name == raw.runtime }) else {
      throw InputError(
        at: .key("\(key).runtime"), "expected a runtime of the box, found ‘\(raw.runtime)’",
        advice: "runtimes are \(runtimes.map(\.name).joined(separator: ", "))")
    }
    try require(
      runtime.precisions.contains(raw.precision), "\(key).precision",
      "expected a precision of \(runtime.name), found \(raw.precision.rawValue)")
    try require(
      (0...1e6).contains(raw.fixed) && (0...1e6).contains(raw.perWork)
        && raw.fixed + raw.perWork > 0, key, "expected milliseconds from 0 to 1e6, not both 0")
    try require(
      (1...1_000_000).contains(raw.operators), "\(key).operators", "expected 1 to 1000000")
    try require(
      raw.work.count == 2 && raw.work[0] >= 0 && raw.work[0] <= raw.work[1]
        && raw.work[1] <= 1e9, "\(key).work",
      "expected GFLOP of the smallest and the largest network, in order")
    let errors = [raw.meanError, raw.worstError, raw.fittedMean, raw.fittedWorst]
    try require(
      errors.allSatisfy { (0...100).contains($0 ?? 0) }, key,
      "expected errors as fractions from 0 to 100")
  }
}
