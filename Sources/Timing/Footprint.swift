package import Boards
package import Bytes

/// Published sizes of the code that a compiler made of one model, and of the RAM that it needs
/// beside activations.
package struct Footprint: Sendable, Equatable {
  package var file: String
  package var family: String
  package var runtime: String
  /// Bytes.
  package var weights: Double
  package var code: Double
  /// Bytes.
  package var runtimeRAM: Double
  /// Bytes, inputs and outputs among them.
  package var activations: Double

  /// Rows of `st_shapes/measured.csv` on STM32H747.
  package static func modelZoo(_ text: String) throws(InputError) -> [Footprint] {
    let table = try CommaSeparated(text, file: "st_shapes/measured.csv")
    var out: [Footprint] = []
    for row in table.rows where try table.text("board", row).contains("H747") {
      guard let runtime = Measurement.runtime(of: try table.text("toolversion", row)) else {
        continue
      }
      out.append(
        Footprint(
          file: try table.text("file", row),
          family: Measurement.family(of: try table.text("file", row)),
          runtime: runtime,
          weights: try table.number("weights_flash_kib", row) * 1024,
          code: try table.number("code_flash_kib", row) * 1024,
          runtimeRAM: try table.number("runtime_ram_kib", row) * 1024,
          activations: try table.number("activation_ram_kib", row) * 1024))
    }
    return out
  }
}

/// Sizes of compiled tables against what they are made of.
package struct FootprintFit: Sendable {
  package struct Row: Sendable {
    package var family: String
    package var counts: CompiledCounts
    /// Published bytes.
    package var bytes: Double

    package init(family: String, counts: CompiledCounts, bytes: Double) {
      self.family = family
      self.counts = counts
      self.bytes = bytes
    }
  }

  package struct Solution: Sendable {
    package var base = 0.0
    package var perStep = 0.0
    package var perTensor = 0.0
    /// Bytes of the kernels in `FootprintFit.kernels`.
    package var kernels: [CompiledKernel: Double] = [:]
  }

  package var rows: [Row]
  /// Bytes of scales and zero points of one output channel, a table that is known.
  package var perChannel: Double
  /// Whether every step has a share of its own, beside that of its tensors.
  package var countsSteps: Bool
  /// Kernels that some of the networks are linked without.
  package var kernels: [CompiledKernel]

  package init(rows: [Row], perChannel: Double, countsSteps: Bool, kernels: [CompiledKernel]) {
    self.rows = rows
    self.perChannel = perChannel
    self.countsSteps = countsSteps
    self.kernels = kernels
  }

  /// A tenth of the size or half a KiB, whichever is larger.
  package static func tolerance(_ bytes: Double) -> Double { max(bytes / 10, 512) }

  /// Least squares in units of the tolerance, no constant negative.
  package func fit(without family: String? = nil) -> Solution {
    // Unknowns of a like size keep the problem well conditioned.
    let scales = [10_000.0, 300, 100] + kernels.map { _ in 5_000 }
    var problem = LeastSquares(unknowns: scales.count)
    for row in rows where row.family != family {
      let weight = 1 / Self.tolerance(row.bytes)
      let used =
        [1, countsSteps ? Double(row.counts.steps) : 0, Double(row.counts.tensors)]
        + kernels.map { row.counts.kernels.contains($0) ? 1 : 0 }
      let equation = used.indices.filter { used[$0] > 0 }
        .map { (unknown: $0, coefficient: used[$0] * scales[$0] * weight) }
      problem.add(equation, equals: (row.bytes - perChannel * Double(row.counts.channels)) * weight)
    }
    let solved = zip(problem.solution(sweeps: 100_000, tolerance: 1e-10), scales).map { $0 * $1 }
    var out = Solution(base: solved[0], perStep: solved[1], perTensor: solved[2])
    for (kernel, bytes) in zip(kernels, solved[3...]) { out.kernels[kernel] = bytes }
    return out
  }

  package func bytes(_ counts: CompiledCounts, _ solution: Solution) -> Double {
    var bytes = solution.base + solution.perStep * Double(counts.steps)
    bytes += solution.perTensor * Double(counts.tensors) + perChannel * Double(counts.channels)
    for kernel in kernels where counts.kernels.contains(kernel) {
      bytes += solution.kernels[kernel] ?? 0
    }
    return bytes
  }

  /// Estimate minus published, bytes, each by the fit that left the row's family out.
  package func leftOut() -> [Double] {
    rows.map { bytes($0.counts, fit(without: $0.family)) - $0.bytes }
  }

  /// Estimate minus published, bytes, by the fit on all rows.
  package func inSample() -> [Double] {
    let solution = fit()
    return rows.map { bytes($0.counts, solution) - $0.bytes }
  }
}

/// Published code sizes of TFLM, operator by operator.
package struct OperatorCodeSize: Sendable, Equatable {
  package var operators: [String: Int] = [:]
  package var base = 0
  package var data = 0
  package var zeroed = 0
  /// Operators whose code comes with the variables of the fixed-point set-up (`frexp`, `round`).
  package var withFixedPoint: [String] = []

  /// Rows of `mcu/tflm_code_size.csv` for one backend, `cmsis` or `ref`: GCC 12 -O2, unused sections
  /// removed.
  package static func read(
    _ text: String, backend: String
  ) throws(InputError) -> OperatorCodeSize {
    let table = try CommaSeparated(text, file: "mcu/tflm_code_size.csv")
    var out = OperatorCodeSize()
    for row in table.rows where try table.text("backend", row) == backend {
      let kind = try table.text("kind", row)
      let data = Int(try table.number("data", row))
      if kind.hasPrefix("base") {
        out.base = Int(try table.number("text", row))
        out.data = data
        out.zeroed = Int(try table.number("bss", row))
      } else if kind == "single op" {
        let name = try table.text("ops", row)
        out.operators[name] = Int(try table.number("delta_text", row))
        if data > out.data { out.withFixedPoint.append(name) }
      }
    }
    return out
  }
}
