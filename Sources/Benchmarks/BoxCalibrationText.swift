import Boards
import Commands
import Reports
import Timing

/// The fitted part of every edge box's profile, as JSON5 text.
struct BoxCalibrationText {
  private(set) var texts: [String: String] = [:]
  /// How well models left out are predicted.
  private(set) var summary = ""

  init(_ data: PublishedData) throws {
    let boxes = try data.boxes()
    let calibration = BoxCalibration(
      try BoxRows(data.text("boards/latencies.csv")), boxes: boxes)
    for box in boxes {
      let jitter = calibration.jitter(of: box)
      var out = "  jitter: {\n    sigma: \(jitter.sigma.fixed(5)), rows: \(jitter.rows),\n"
      out += "    source: \"\(jitter.source)\",\n  },\n  latencies: [\n"
      out += calibration.latencies(of: box).map(Self.text).joined()
      texts[box.name] = out + "  ],\n"
    }
    summary = Self.summary(calibration, boxes)
  }

  private static func text(_ latency: BoxLatency) -> String {
    var out = "    {\n      runtime: \"\(latency.runtime)\", "
    out += "precision: \"\(latency.precision.rawValue)\", "
    out += "networks: \"\(latency.networks.rawValue)\",\n"
    out += "      fixed: \(latency.fixed.fixed(4)), perWork: \(latency.perWork.fixed(5)), "
    out += "operators: \(latency.operators), "
    out += "work: [\(latency.work.map { $0.fixed(3) }.joined(separator: ", "))],\n"
    out += "      models: [\(latency.models.map { "\"\($0)\"" }.joined(separator: ", "))],\n"
    let errors = [
      ("meanError", latency.meanError), ("worstError", latency.worstError),
      ("fittedMean", latency.fittedMean), ("fittedWorst", latency.fittedWorst),
    ].compactMap { name, value in value.map { "\(name): \($0.fixed(4))" } }
    if !errors.isEmpty { out += "      \(errors.joined(separator: ", ")),\n" }
    if let note = latency.note { out += "      note: \"\(note)\",\n" }
    return out + "    },\n"
  }

  private static func summary(_ calibration: BoxCalibration, _ boxes: [BoxProfile]) -> String {
    var out = "Edge boxes: mean and worst error with models left out; in brackets in sample:\n"
    for box in boxes {
      for latency in calibration.latencies(of: box) {
        let name =
          "\(box.name) \(latency.runtime) \(latency.precision.rawValue) \(latency.networks.rawValue)"
        guard let mean = latency.meanError, let worst = latency.worstError,
          let fitted = latency.fittedMean, let fittedWorst = latency.fittedWorst
        else { continue }
        out += "  \(name), \(latency.models.count) models: \(percent(mean)), \(percent(worst)) "
        out += "(\(percent(fitted)), \(percent(fittedWorst)))\n"
      }
    }
    for transfer in calibration.transfers {
      let row = transfer.measurement
      out += "  never fitted: \(row.model) on \(row.box) at \(row.precision.rawValue): "
      out += "\((transfer.heldOut * 100).fixed(1)) %\n"
    }
    return out
  }

  private static func percent(_ value: Double) -> String { "\((value * 100).fixed(1)) %" }
}
