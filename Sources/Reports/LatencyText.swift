import Boards
package import Fit
import Timing

/// Milliseconds with three decimals below ten, two above.
func milliseconds(_ nanoseconds: Int) -> String {
  let value = Double(nanoseconds) / 1e6
  return value.fixed(value < 10 ? 3 : 2)
}

/// A time and its error with the same number of decimals: `9.512 ± 0.410`.
func milliseconds(_ nanoseconds: Int, error: Double?) -> String {
  guard let error else { return milliseconds(nanoseconds) }
  let value = Double(nanoseconds) / 1e6
  let places = value < 10 ? 3 : 2
  return "\(value.fixed(places)) ± \((value * error).fixed(places))"
}

func megahertz(_ hertz: Int) -> String {
  hertz % 1_000_000 == 0
    ? "\(hertz / 1_000_000) MHz" : "\((Double(hertz) / 1e6).fixed(3)) MHz"
}

/// Numbers for narrow columns: 12,345,678, then 123.4 M, 12.3 G.
func compact(_ value: Int) -> String {
  let size = Double(value.magnitude)
  if size >= 1e12 { return "\((Double(value) / 1e12).fixed(1)) T" }
  if size >= 1e9 { return "\((Double(value) / 1e9).fixed(1)) G" }
  if size >= 1e8 { return "\((Double(value) / 1e6).fixed(1)) M" }
  return value.grouped
}

extension DeviceEstimate {
  /// `9.51 ± 0.41 ms`; without ± where nobody can say how good it is.
  package var latencyText: String { "\(milliseconds(nanoseconds, error: latencyError)) ms" }

  /// How good the latency is, to stand beside it wherever it is printed in full.
  package var latencyErrorText: String {
    var parts: [String] = []
    if let error = latencyError {
      parts.append("± \((error * 100).fixed(1)) %")
    }
    if isCalibrated, let mean = runtime.evidence.meanError, let worst = runtime.evidence.worstError
    {
      parts.append(
        "whole networks of families it never saw: \((mean * 100).fixed(1)) % on average, "
          + "\((worst * 100).fixed(1)) % at worst (\(runtime.evidence.rows) latencies of "
          + "\(runtime.evidence.families.count) families)")
    } else if runtime.evidence.isMeasured {
      let reasons = uncalibrated + (setting.isOffChip ? ["memory outside the chip"] : [])
      parts.append("modelled, not validated for \(reasons.joined(separator: ", "))")
    } else {
      parts.append("modelled, not validated")
    }
    return parts.joined(separator: "; ")
  }

  /// Share of the time that goes into layers unlike any that were measured; nil when all are.
  package var outsideText: String? {
    let total = layers.total
    guard total.outsideCycles > 0 else { return nil }
    let count = layers.count { !$0.isInFittedRange && $0.cycles > 0 }
    let share = Double(total.outsideCycles) / Double(max(1, total.cycles)) * 100
    return
      "\(share.fixed(0)) % of it in \(count) \(count == 1 ? "layer" : "layers") outside what was "
      + "measured, marked !"
  }
}
