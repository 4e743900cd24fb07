import Boards
import Bytes
import Commands
import Models
import Reports
import Timing

/// `Benchmarks calibrate --data ../shared/data --write boards`: fits every runtime profile and every
/// edge box and rewrites the part of each file that lies between the marks. `--only boxes` leaves the
/// runtimes alone, which take a minute.
enum CalibrationCommand {
  private static let begin = "  // Fitted by `Benchmarks calibrate`, do not edit: begin"
  private static let end = "  // Fitted: end"

  static func run(_ words: [String]) throws {
    var data = "../shared/data"
    var boards = "boards"
    var folder: String?
    var only: String?
    var position = 0
    while position + 1 < words.count {
      switch words[position] {
      case "--data": data = words[position + 1]
      case "--boards": boards = words[position + 1]
      case "--write": folder = words[position + 1]
      case "--only": only = words[position + 1]
      default: throw UsageError("calibrate: unknown option ‘\(words[position])’")
      }
      position += 2
    }
    guard position == words.count, [nil, "runtimes", "boxes"].contains(only) else {
      throw UsageError(
        "calibrate: expected --data FOLDER, --boards FOLDER, --write FOLDER and --only runtimes or "
          + "boxes")
    }
    let published = PublishedData(folder: data, boards: boards)
    if only != "boxes" {
      let profiles = try FittedProfiles(published)
      print(profiles.summary, terminator: "")
      try write(profiles.texts, to: folder.map { "\($0)/runtimes" })
    }
    if only != "runtimes" {
      let boxes = try BoxCalibrationText(published)
      print(boxes.summary, terminator: "")
      try write(boxes.texts, to: folder.map { "\($0)/boxes" })
    }
  }

  private static func write(_ texts: [String: String], to folder: String?) throws {
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      guard let folder else {
        print("\(name)\n\(text)")
        continue
      }
      try replace(in: "\(folder)/\(name).json5", with: text)
      print("wrote \(folder)/\(name).json5")
    }
  }

  private static func replace(in path: String, with fitted: String) throws {
    let lines = String(decoding: try Files.read(path), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(where: { $0 == begin }),
      let last = lines.firstIndex(where: { $0 == end }), first < last
    else {
      throw InputError(file: path, at: .nowhere, "expected the lines ‘\(begin)’ and ‘\(end)’")
    }
    let whole =
      lines[...first].joined(separator: "\n") + "\n" + fitted
      + lines[last...].joined(separator: "\n")
    try Files.write(Array(whole.utf8), to: path)
  }
}

/// The fitted part of every profile, as JSON5 text.
private struct FittedProfiles {
  private(set) var texts: [String: String] = [:]
  /// How well families left out are predicted, with all choices made beforehand and made anew.
  private(set) var summary = ""
  private let data: PublishedData

  init(_ data: PublishedData) throws {
    self.data = data
    let calibration = try data.calibration()
    let fitted = calibration.fit()
    let heldOut = calibration.heldOut()
    let nested = calibration.nestedHeldOut()
    summary = Self.summary(heldOut, nested)
    let footprints = try Footprint.modelZoo(data.text("st_shapes/measured.csv"))
    for (runtime, cycles) in fitted {
      let ranges = calibration.ranges(of: runtime)
      let errors = ErrorModel(heldOut, runtime: runtime)
      let layers = ranges.map { ($0, $1.evidence(error: errors.errors[$0] ?? 0)) }
      texts[runtime] =
        try MemoryCalibration(
          footprints.filter { $0.runtime == runtime }, graph: data.graph(of:),
          rules: data.profile(runtime).activations
        ).text + Self.cycles(cycles)
        + Self.evidence(
          heldOut.filter { $0.measurement.runtime == runtime },
          nested: nested.flatMap(\.rows).filter { $0.measurement.runtime == runtime },
          layers: Dictionary(uniqueKeysWithValues: layers))
    }
    try addTFLM(compiled: fitted["x-cube-ai-7.3"] ?? [])
  }

  private static func summary(
    _ heldOut: [Calibration.HeldOut],
    _ nested: [(family: String, spread: CostSpread, rows: [Calibration.HeldOut])]
  ) -> String {
    var out =
      "Families left out, mean and worst error; in brackets with the spreads of costs chosen\n"
    out += "without the family too:\n"
    let again = nested.flatMap(\.rows)
    for runtime in Set(heldOut.map(\.measurement.runtime)).sorted() {
      for isScored in [true, false] {
        func summarize(_ rows: [Calibration.HeldOut]) -> ErrorSummary {
          ErrorSummary(
            rows.filter {
              $0.measurement.runtime == runtime && $0.measurement.isScored == isScored
            })
        }
        let (plain, fresh) = (summarize(heldOut), summarize(again))
        guard plain.rows > 0 else { continue }
        out += "  \(runtime)\(isScored ? "" : ", other boards"), \(plain.rows) rows: "
        out += "\(percent(plain.mean)), \(percent(plain.worst)) "
        out += "(\(percent(fresh.mean)), \(percent(fresh.worst)))\n"
      }
    }
    for (family, spread, _) in nested {
      out += "  without \(family): base \(spread.base), arithmetic \(spread.arithmetic), "
      out += "surroundings \(spread.surroundings)\n"
    }
    return out
  }

  private mutating func addTFLM(compiled: [Double]) throws {
    let counts = try InstructionCount.read(data.text("mcu/tflm_cmsisnn_instructions_per_layer.csv"))
    let fit = InstructionFit(counts, works: try data.works(of: counts.map(\.file)))
    let tflm = TFLMCycles(
      instructions: fit.fit(), compiled: CycleModel(cyclesPerUnit: compiled, compilesAhead: true),
      network: try data.work(of: "mcunet_person_detection_int8.tflite"),
      latencies: try TFLMCycles.latencies(data.text("mcu/tinyengine_stm32h743.csv")))
    let errors = fit.heldOut().map(\.error.magnitude)
    let mean = errors.reduce(0, +) / Double(max(1, errors.count))
    let anchors = tflm.anchors.map { $0.fixed(2) }
    texts["tflm-cmsis-nn"] =
      try code("cmsis", sharedByMatrices: 2400) + Self.cycles(tflm.optimized)
      + Self.modelled(
        "instructions of unseen architectures within \(Self.percent(mean)) mean, "
          + "\(Self.percent(errors.max() ?? 0)) worst; \(anchors[0]) cycles an instruction in MLPerf "
          + "Tiny firmware, \(anchors[1]) in the TinyEngine table, the mean is used",
        layers: fit.evidence(spread: tflm.spread))
    texts["tflm-reference"] =
      try code("ref", sharedByMatrices: 0) + Self.cycles(tflm.reference)
      + Self.modelled(
        "three latencies of the TinyEngine table, spread 7 %, one family; errors by kind of layer are "
          + "assumptions",
        layers: fit.evidence(spread: tflm.spread).mapValues {
          var evidence = $0
          evidence.error = Self.referenceError
          return evidence
        })
  }

  // MARK: Text

  private static func percent(_ value: Double) -> String { "\((value * 100).fixed(1)) %" }

  private func code(_ backend: String, sharedByMatrices: Int) throws -> String {
    let size = try OperatorCodeSize.read(data.text("mcu/tflm_code_size.csv"), backend: backend)
    func list(_ names: [String]) -> String {
      "[\n" + names.sorted().map { "          \"\($0)\",\n" }.joined() + "        ]"
    }
    var out = "  code: {\n    base: \(size.base), data: \(size.data), zeroed: \(size.zeroed),\n"
    out += "    operators: {\n"
    for (name, bytes) in size.operators.sorted(by: { $0.key < $1.key }) {
      out += "      \(name): \(bytes),\n"
    }
    out += "    },\n    // The mean of the operators above, for those that were not measured.\n"
    let mean = size.operators.values.reduce(0, +) / max(1, size.operators.count)
    out += "    otherOperator: \(mean),\n    shared: [\n"
    out += "      // Fixed-point set-up. 5944 and 2400 reproduce the measured sets: 98.7 kB for\n"
    out += "      // MLPerf Tiny IC, 104.0 kB for VWW and KWS with CMSIS-NN.\n"
    out += "      { bytes: 5944, data: 1040, zeroed: 60,\n        operators: "
    out += list(size.withFixedPoint) + " },\n"
    if sharedByMatrices > 0 {
      out += "      // Parameters of matrix products.\n      { bytes: \(sharedByMatrices),\n"
      out += "        operators: "
      out += list(["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"]) + " },\n"
    }
    return out + "    ],\n  },\n  runtimeRAM: { base: 0, perLayer: 0 },\n"
  }

  private static func cycles(_ cycles: [Double]) -> String {
    var out = "  cycles: {\n"
    for (cost, value) in zip(RuntimeCost.allCases, cycles) {
      out += "    \"\(cost.rawValue)\": \(value.fixed(value < 10 ? 4 : 2)),\n"
    }
    return out + "  },\n"
  }

  private static func evidence(
    _ rows: [Calibration.HeldOut], nested: [Calibration.HeldOut],
    layers: [LayerKind: LayerEvidence]
  ) -> String {
    let scoredRows = rows.filter(\.measurement.isScored)
    let scored = ErrorSummary(scoredRows)
    let families = Set(scoredRows.map(\.measurement.family)).sorted()
    let others = rows.filter { !$0.measurement.isScored }
    let again = ErrorSummary(nested.filter(\.measurement.isScored))
    var out = "  evidence: {\n    families: ["
    out += families.map { "\"\($0)\"" }.joined(separator: ", ")
    out += "],\n    rows: \(scored.rows),\n    meanError: \(scored.mean.fixed(4)),\n"
    out += "    worstError: \(scored.worst.fixed(4)),\n"
    out += "    // Root mean square error and measured shapes by kind of layer.\n    layers: {\n"
    out += LayerKind.allCases.compactMap { kind in layers[kind].map { line(kind, $0) } }.joined()
    out += "    },\n    note: \"with the spreads of costs chosen without the family too: mean "
    out += "\(percent(again.mean)), worst \(percent(again.worst))"
    if !others.isEmpty {
      let summary = ErrorSummary(others)
      let boards = Set(others.map(\.measurement.board)).sorted().joined(separator: ", ")
      out += "; \(summary.rows) rows on \(boards): mean \(percent(summary.mean)), "
      out += "worst \(percent(summary.worst))"
    }
    return out + "\",\n  },\n"
  }

  private static func line(_ kind: LayerKind, _ evidence: LayerEvidence) -> String {
    var out =
      "      \"\(kind.rawValue)\": {\n        error: \(evidence.error.fixed(3)), operators: ["
    out += evidence.operators.map { "\"\($0)\"" }.joined(separator: ", ") + "],\n       "
    for (name, range) in [
      ("inputs", evidence.inputs), ("outputs", evidence.outputs), ("taps", evidence.taps),
      ("positions", evidence.positions),
    ] {
      if let range { out += " \(name): [\(range[0]), \(range[1])]," }
    }
    return out + "\n      },\n"
  }

  /// One figure per multiply-accumulate stands for the loops of all layers: by the shapes of the loops
  /// they differ by about this much.
  private static let referenceError = 0.3

  private static func modelled(_ note: String, layers: [LayerKind: LayerEvidence]) -> String {
    "  evidence: {\n    families: [],\n    rows: 0,\n    layers: {\n"
      + LayerKind.allCases.compactMap { kind in layers[kind].map { line(kind, $0) } }.joined()
      + "    },\n    note: \"\(note)\",\n  },\n"
  }
}
