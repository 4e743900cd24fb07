import Glibc

package enum NormalDistribution {
  /// The inverse of the distribution function by Acklam's rational approximation; relative
  /// error below 1.15e-9.
  ///
  /// - Parameter p: Above 0 and below 1.
  package static func quantile(_ p: Double) -> Double {
    func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
      coefficients.reduce(0) { $0 * x + $1 }
    }
    let c = [
      -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734,
      4.374664141464968, 2.938163982698783,
    ]
    let d = [
      7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416, 1,
    ]
    if p < 0.02425 {
      let q = (-2 * log(p)).squareRoot()
      return polynomial(c, q) / polynomial(d, q)
    }
    if p > 1 - 0.02425 { return -quantile(1 - p) }
    let a = [
      -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
      -3.066479806614716e+01, 2.506628277459239,
    ]
    let b = [
      -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
      -1.328068155288572e+01, 1,
    ]
    let q = p - 0.5
    return q * polynomial(a, q * q) / polynomial(b, q * q)
  }
}
