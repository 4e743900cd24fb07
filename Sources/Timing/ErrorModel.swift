package import Boards
import Models

/// Relative errors by kind of layer, from predictions of networks that the fit did not see.
///
/// A network's error is made of its kinds' errors, independent of each other: its variance is the sum
/// of (share of cycles × error of the kind)². The kinds' variances are the non-negative ones that fit
/// the squared errors best, drawn to what the priors of their costs allow; then all are scaled so that
/// the squared errors of one runtime's networks come out right on average. Kinds that always come
/// together, as pointwise and depthwise layers do, cannot be told apart by whole networks; none is
/// taken to be better known than to a third of what its priors allow.
package struct ErrorModel: Sendable {
  /// Root mean square errors.
  package private(set) var errors: [LayerKind: Double] = [:]

  /// - Parameters:
  ///   - rows: predictions under all runtimes.
  ///   - runtime: the one to scale for.
  package init(_ rows: [Calibration.HeldOut], runtime: String) {
    let kinds = LayerKind.allCases
    var problem = LeastSquares(unknowns: kinds.count)
    for row in rows {
      // Dividing by the expected variance gives rows of small and of large error the same say.
      let expected = Self.variance(row.shares) { Self.prior($0) }
      guard expected > 0 else { continue }
      problem.add(
        kinds.enumerated().map { ($0, Self.part(row.shares, $1) / expected) },
        equals: row.error * row.error / expected)
    }
    for (index, kind) in kinds.enumerated() {
      let variance = Self.prior(kind) * Self.prior(kind)
      // As strong as five networks of nothing else.
      problem.add([(index, Self.pull / variance)], equals: Self.pull)
    }
    let variances = problem.solution()
    let own = rows.filter { $0.measurement.runtime == runtime }
    let scale = own.reduce(0) { sum, row in
      let expected = kinds.indices.reduce(0) {
        $0 + Self.part(row.shares, kinds[$1]) * variances[$1]
      }
      return sum + (expected > 0 ? row.error * row.error / expected : 0)
    }
    let factor = own.isEmpty ? 1 : (scale / Double(own.count)).squareRoot()
    for (index, kind) in kinds.enumerated() {
      errors[kind] = max(variances[index].squareRoot() * factor, Self.prior(kind) / 3)
    }
  }

  /// The error of a network with these shares of cycles.
  package func error(_ shares: [LayerKind: Double]) -> Double {
    Self.variance(shares) { errors[$0] ?? 0 }.squareRoot()
  }

  private static let pull = 5.0.squareRoot()

  /// What a kind's error may be before a network is seen: the spread of its costs' priors.
  private static func prior(_ kind: LayerKind) -> Double {
    switch kind {
    case .convolution, .pointwise, .depthwise, .fullyConnected: 0.2
    case .firstLayer: 0.3
    case .elementwise, .pooling, .function, .movement: 0.5
    }
  }

  private static func part(_ shares: [LayerKind: Double], _ kind: LayerKind) -> Double {
    let share = shares[kind] ?? 0
    return share * share
  }

  private static func variance(
    _ shares: [LayerKind: Double], _ error: (LayerKind) -> Double
  ) -> Double {
    LayerKind.allCases.reduce(0) { $0 + part(shares, $1) * error($1) * error($1) }
  }
}

/// Smallest and largest numbers of the layers of one kind, and the operators among them.
package struct ShapeRange: Sendable, Equatable {
  package private(set) var inputs: [Int]?
  package private(set) var outputs: [Int]?
  package private(set) var taps: [Int]?
  package private(set) var positions: [Int]?
  package private(set) var operators: [String] = []

  package init() {}

  package mutating func include(_ work: LayerWork) {
    Self.widen(&inputs, work.shape.inputs)
    Self.widen(&outputs, work.shape.outputs)
    Self.widen(&taps, work.shape.taps)
    Self.widen(&positions, work.shape.positions)
    if !operators.contains(work.kind.name) { operators = (operators + [work.kind.name]).sorted() }
  }

  private static func widen(_ range: inout [Int]?, _ value: Int?) {
    guard let value else { return }
    range = range.map { [min($0[0], value), max($0[1], value)] } ?? [value, value]
  }

  package func evidence(error: Double) -> LayerEvidence {
    LayerEvidence(
      error: error, operators: operators, inputs: inputs, outputs: outputs, taps: taps,
      positions: positions)
  }
}
