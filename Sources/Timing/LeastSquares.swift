/// Non-negative linear least squares: min ‖A x − b‖² with x ≥ 0.
///
/// Solved by cyclic coordinate descent on the normal equations, which converges for every full-rank
/// problem and needs no pivoting; the problems here have about a hundred unknowns.
package struct LeastSquares {
  private var size: Int
  /// AᵀA, row-major.
  private var normal: [Double]
  /// Aᵀb.
  private var right: [Double]

  package init(unknowns: Int) {
    size = unknowns
    normal = [Double](repeating: 0, count: unknowns * unknowns)
    right = [Double](repeating: 0, count: unknowns)
  }

  /// Adds one equation: the sum of coefficient × unknown should be `value`.
  package mutating func add(_ row: [(unknown: Int, coefficient: Double)], equals value: Double) {
    for (i, a) in row {
      right[i] += a * value
      for (j, b) in row { normal[i * size + j] += a * b }
    }
  }

  /// The solution. Unknowns that no equation mentions are zero.
  package func solution(sweeps: Int = 2000, tolerance: Double = 1e-7) -> [Double] {
    var x = [Double](repeating: 0, count: size)
    for _ in 0..<sweeps {
      var largest = 0.0
      for i in 0..<size {
        let diagonal = normal[i * size + i]
        guard diagonal > 0 else { continue }
        var residual = right[i]
        for j in 0..<size { residual -= normal[i * size + j] * x[j] }
        let next = max(0, x[i] + residual / diagonal)
        largest = max(largest, (next - x[i]).magnitude * diagonal.squareRoot())
        x[i] = next
      }
      if largest < tolerance { break }
    }
    return x
  }
}
