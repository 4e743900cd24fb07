/// A range that holds a true value with a stated confidence.
package struct Interval: Equatable, Sendable {
  package var lower: Double
  package var upper: Double

  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The middle `confidence` of at least one value.
  init(percentilesOf values: [Double], confidence: Double) {
    let quantiles = Quantiles(values)
    let tail = (1 - confidence) / 2
    self.init(lower: quantiles[tail], upper: quantiles[1 - tail])
  }

  package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
}

extension Interval {
  /// The 0.975 quantile of the normal distribution: two-sided 95 %.
  package static let z95 = 1.959_963_984_540_054

  /// Wilson's score interval for `successes` of `trials`; nil without trials.
  ///
  /// Right for independent trials only: windows of one gesture are not independent, see
  /// `ClusterBootstrap`. E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209–212.
  package static func wilson(successes: Int, trials: Int, z: Double = z95) -> Interval? {
    guard trials > 0, (0...trials).contains(successes) else { return nil }
    let n = Double(trials)
    let p = Double(successes) / n
    let z2 = z * z
    let centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half = z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
    // At the ends the two terms cancel exactly; rounding must not leave a trace.
    return Interval(
      lower: successes == 0 ? 0 : max(0, centre - half),
      upper: successes == trials ? 1 : min(1, centre + half))
  }
}
