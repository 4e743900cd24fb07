import Boards
import Models
import Planning
import Reports
import Timing

/// Published sizes of one compiler version against the plan and the fits of its tables.
struct MemoryCalibration {
  private let rows: [Footprint]
  let arenas: [CompiledArena]
  private let rules: Activations?

  init(
    _ rows: [Footprint], graph: (String) throws -> Graph, rules: Activations?
  ) throws {
    self.rows = rows
    self.rules = rules
    arenas = try rows.map { row in
      guard let rules else { return nil }
      return CompiledArena(of: try graph(row.file), rules: rules)
    }.compactMap { $0 }
  }

  /// The fitted sizes of a profile, as JSON5.
  var text: String {
    guard let rules, !rows.isEmpty else { return "" }
    return tables + activations(rules)
  }

  // MARK: Code and RAM of tables

  /// Version 3 of ST Edge AI keeps a scale of four bytes for an output channel, earlier ones a zero
  /// point beside it.
  private var bytesPerChannel: Double { rows[0].runtime.hasPrefix("st-edge-ai") ? 4 : 5 }

  var codeFit: FootprintFit {
    FootprintFit(
      rows: points(\.code), perChannel: bytesPerChannel, countsSteps: false,
      kernels: [.colourConvolution, .convolution])
  }

  var ramFit: FootprintFit {
    FootprintFit(rows: points(\.runtimeRAM), perChannel: 0, countsSteps: true, kernels: [])
  }

  private func points(_ value: KeyPath<Footprint, Double>) -> [FootprintFit.Row] {
    zip(rows, arenas).map {
      FootprintFit.Row(family: $0.family, counts: $1.counts, bytes: $0[keyPath: value])
    }
  }

  private var tables: String {
    let code = codeFit.fit()
    let ram = ramFit.fit()
    var out = Self.comment(codeFit) + "  code: {\n    base: \(code.base.fixed(0)), "
    out += "perTensor: \(code.perTensor.fixed(1)), perChannel: \(bytesPerChannel.fixed(0)),\n"
    out += "    kernels: {"
    for (kernel, bytes) in code.kernels.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      out += " \"\(kernel.rawValue)\": \(bytes.fixed(0)),"
    }
    out += " },\n  },\n" + Self.comment(ramFit) + "  runtimeRAM: { base: \(ram.base.fixed(0)), "
    return out + "perLayer: \(ram.perStep.fixed(1)), perTensor: \(ram.perTensor.fixed(1)) },\n"
  }

  private static func comment(_ fit: FootprintFit) -> String {
    func summary(_ misses: [Double]) -> String {
      let shares = zip(misses, fit.rows).map { $0.magnitude / $1.bytes }
      let within = zip(misses, fit.rows).count {
        $0.magnitude <= FootprintFit.tolerance($1.bytes)
      }
      let mean = shares.reduce(0, +) / Double(max(1, shares.count))
      return "\(within) within 10 % or 512 B, mean \(percent(mean)), worst "
        + "\(percent(shares.max() ?? 0))"
    }
    return "  // \(fit.rows.count) published sizes: \(summary(fit.inSample()));\n"
      + "  // by fits that left their family out: \(summary(fit.leftOut())).\n"
  }

  private static func percent(_ value: Double) -> String { "\((value * 100).fixed(1)) %" }

  // MARK: Activations

  private func activations(_ rules: Activations) -> String {
    let errors = zip(rows, arenas).map { (Double($1.size) / $0.activations - 1).magnitude }
    let mean = errors.reduce(0, +) / Double(max(1, errors.count))
    let overlaps = rules.overlaps.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    return "  activations: {\n    overlaps: [\(overlaps)],\n"
      + "    packing: \"\(rules.packing.rawValue)\", "
      + "weightCache: \"\(rules.weightCache.rawValue)\",\n"
      + "    meanError: \(mean.fixed(4)), worstError: \((errors.max() ?? 0).fixed(4)), "
      + "rows: \(errors.count),\n  },\n"
  }
}
