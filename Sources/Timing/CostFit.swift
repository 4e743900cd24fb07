import Boards
import Glibc

/// Finds the costs of several releases of one runtime from latencies of whole networks.
///
/// Each network gives one equation, and there are more costs than networks: so every cost is a prior
/// times a factor whose logarithm is normal. The factor is a product of what all share (cycles per
/// instruction), what a cost has in all releases, what a release has in all costs, and the rest. Costs
/// are positive by construction, and one that no network constrains stays at its prior. The most
/// probable factors are found by Gauss–Newton steps; errors are logarithms of ratios, so a network of
/// 1 MMAC weighs as much as one of 150.
struct CostFit {
  struct Row {
    var release: Int
    /// Counts per cost.
    var counts: [Double]
    var cycles: Double
  }

  private let rows: [Row]
  private let releases: Int
  private let costs = RuntimeCost.allCases
  private let prior: [Double]
  /// 1 / variance of each unknown, and its mean.
  private var weight: [Double] = []
  private var mean: [Double] = []
  private var unknowns: Int { 2 + releases + costs.count * (1 + releases) }

  // Order of unknowns: cycles per instruction; inner loop of convolutions; releases; costs; the rest.
  private let core = 0
  private let loop = 1
  private func release(_ index: Int) -> Int { 2 + index }
  private func cost(_ index: Int) -> Int { 2 + releases + index }
  private func rest(_ release: Int, _ index: Int) -> Int {
    2 + releases + costs.count * (1 + release) + index
  }

  init(_ rows: [Row], releases: Int, spread: CostSpread) {
    self.rows = rows
    self.releases = releases
    prior = costs.map(CostPrior.instructions)
    let ratios = rows.map { row in
      row.cycles / max(1, zip(row.counts, prior).reduce(0) { $0 + $1.0 * $1.1 })
    }
    let ratio = ratios.reduce(0, +) / Double(max(1, ratios.count))
    mean = [Double](repeating: 0, count: unknowns)
    mean[core] = ratio > 0 ? log(ratio) : 0
    var deviation = [Double](repeating: 1, count: unknowns)
    deviation[loop] = spread.base
    for index in 0..<releases { deviation[release(index)] = CostSpread.release }
    for (index, each) in costs.enumerated() {
      deviation[cost(index)] = spread.base(each)
      for other in 0..<releases { deviation[rest(other, index)] = spread.release(each) }
    }
    weight = deviation.map { 1 / ($0 * $0) }
  }

  /// Cycles per unit of each release.
  func solution() -> [[Double]] {
    var factors = mean
    for _ in 0..<30 {
      var step = self.step(from: factors)
      let largest = step.reduce(0) { max($0, $1.magnitude) }
      // A step beyond a factor of two would leave the range in which the model is nearly linear.
      if largest > 0.7 { step = step.map { $0 * 0.7 / largest } }
      for index in factors.indices { factors[index] += step[index] }
      if largest < 1e-9 { break }
    }
    return (0..<releases).map { values(factors, release: $0) }
  }

  private func values(_ factors: [Double], release: Int) -> [Double] {
    costs.enumerated().map { index, each in
      var exponent = factors[cost(index)] + factors[rest(release, index)]
      if !CostPrior.isMemory(each) { exponent += factors[core] + factors[self.release(release)] }
      if isLoop(each) { exponent += factors[loop] }
      return prior[index] * exp(exponent)
    }
  }

  private func isLoop(_ cost: RuntimeCost) -> Bool {
    cost == .convolutionMAC || cost == .pointwiseMAC
  }

  /// One Gauss–Newton step.
  private func step(from factors: [Double]) -> [Double] {
    let each = (0..<releases).map { values(factors, release: $0) }
    let precision = 1 / (CostSpread.network * CostSpread.network)
    var system = NormalEquations(unknowns: unknowns)
    for row in rows {
      let parts = zip(row.counts, each[row.release]).map { $0 * $1 }
      let total = parts.reduce(0, +)
      guard total > 0 else { continue }
      var gradient: [(unknown: Int, coefficient: Double)] = []
      var ofCore = 0.0
      var ofLoop = 0.0
      for (index, part) in parts.enumerated() where part > 0 {
        let share = part / total
        gradient.append((cost(index), share))
        gradient.append((rest(row.release, index), share))
        if !CostPrior.isMemory(costs[index]) { ofCore += share }
        if isLoop(costs[index]) { ofLoop += share }
      }
      gradient.append((core, ofCore))
      gradient.append((release(row.release), ofCore))
      gradient.append((loop, ofLoop))
      system.add(gradient, equals: log(row.cycles / total), weight: precision)
    }
    for index in 0..<unknowns {
      system.add([(index, 1)], equals: mean[index] - factors[index], weight: weight[index])
    }
    return system.solution()
  }
}

/// Weighted least squares with a positive definite matrix, solved by Cholesky's factorization.
struct NormalEquations {
  private let size: Int
  private var matrix: [Double]
  private var right: [Double]

  init(unknowns: Int) {
    size = unknowns
    matrix = [Double](repeating: 0, count: unknowns * unknowns)
    right = [Double](repeating: 0, count: unknowns)
  }

  mutating func add(
    _ row: [(unknown: Int, coefficient: Double)], equals value: Double, weight: Double
  ) {
    for (i, a) in row {
      right[i] += weight * a * value
      for (j, b) in row where j <= i { matrix[i * size + j] += weight * a * b }
    }
  }

  func solution() -> [Double] {
    var lower = matrix
    for i in 0..<size {
      for j in 0...i {
        var sum = lower[i * size + j]
        for k in 0..<j { sum -= lower[i * size + k] * lower[j * size + k] }
        lower[i * size + j] = i == j ? max(sum, 1e-12).squareRoot() : sum / lower[j * size + j]
      }
    }
    var x = right
    for i in 0..<size {
      for k in 0..<i { x[i] -= lower[i * size + k] * x[k] }
      x[i] /= lower[i * size + i]
    }
    for i in (0..<size).reversed() {
      for k in (i + 1)..<size { x[i] -= lower[k * size + i] * x[k] }
      x[i] /= lower[i * size + i]
    }
    return x
  }
}
