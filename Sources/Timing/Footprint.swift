package import Boards
package import Bytes

/// Published sizes of the code that a compiler made of one model, and of the RAM that it needs
/// beside activations.
package struct Footprint: Sendable, Equatable {
  package var file: String
  package var runtime: String
  /// Bytes.
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
          file: try table.text("file", row), runtime: runtime,
          code: try table.number("code_flash_kib", row) * 1024,
          runtimeRAM: try table.number("runtime_ram_kib", row) * 1024,
          activations: try table.number("activation_ram_kib", row) * 1024))
    }
    return out
  }

  /// A constant and a share per unit (a layer, a byte), for relative errors.
  package static func fit(_ points: [(units: Int, bytes: Double)]) -> LayerCost {
    var problem = LeastSquares(unknowns: 2)
    // Units of a like size keep the problem well conditioned.
    let scale = Double(max(1, points.map(\.units).max() ?? 1))
    for (units, bytes) in points where bytes > 0 {
      problem.add([(0, 1024 / bytes), (1, 1024 * Double(units) / scale / bytes)], equals: 1)
    }
    let solution = problem.solution(sweeps: 100_000, tolerance: 1e-10)
    return LayerCost(base: solution[0] * 1024, perLayer: solution[1] * 1024 / scale)
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
