/// Nearest-rank quantiles: the q-quantile of n values is the ⌈q·n⌉-th smallest, so it is always a
/// value that occurred. (NIST handbook, percentile definition; R's type 1.)
package struct Quantiles<Value: Comparable & Sendable>: Sendable {
  private let sorted: [Value]

  /// - Parameter values: At least one.
  package init(_ values: [Value]) {
    precondition(!values.isEmpty, "no values have no quantiles")
    sorted = values.sorted()
  }

  /// - Parameter q: In [0, 1]; 0 gives the minimum.
  package subscript(q: Double) -> Value {
    precondition((0...1).contains(q))
    // q·n of a decimal q may land a hair above a whole number: 0.07 × 100 = 7.000000000000001.
    let rank = Int((q * Double(sorted.count) - 1e-9).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }

  package var count: Int { sorted.count }
  package var minimum: Value { sorted[0] }
  package var median: Value { self[0.5] }
  package var maximum: Value { sorted[sorted.count - 1] }
}
