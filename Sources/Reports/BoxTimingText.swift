import Boards
package import Timing

/// What stands behind a time on an edge box, in sentences: to be printed wherever the time is.
package struct BoxTimingText: Sendable {
  package var timing: BoxTiming

  package init(_ timing: BoxTiming) { self.timing = timing }

  private var box: BoxProfile { timing.setting.box }

  /// How far off the time may be.
  package var errorText: String {
    guard let error = timing.error, let worst = timing.latency.worstError else {
      return "modelled, not validated"
    }
    return
      "off by \(percent(error)) on average and \(percent(worst)) at worst on models left out of "
      + "the fit"
  }

  package var status: String { timing.isMeasured ? "estimated" : "modelled, not validated" }

  /// Everything there is to know, the fit first.
  package var sentences: [String] { [fit] + timing.doubts.map(sentence) + remarks }

  private var fit: String {
    let latency = timing.latency
    let kind =
      "\(latency.networks.rawValue) networks with \(timing.runtime.title) at "
      + latency.precision.title
    guard let mean = latency.meanError, let worst = latency.worstError, latency.isMeasured else {
      return "Constants of \(kind): \(latency.note ?? "modelled")."
    }
    return
      "Fitted on \(latency.models.count) latencies of \(kind) in the mode \(box.measuredMode.title): "
      + "models left out are off by \(percent(mean)) on average, \(percent(worst)) at worst."
  }

  private func sentence(_ doubt: BoxTiming.Doubt) -> String {
    let (mode, fitted) = (timing.setting.mode.title, box.measuredMode.title)
    switch doubt {
    case .otherNetworks:
      let (own, other) = (timing.work.networks.rawValue, timing.latency.networks.rawValue)
      return
        "The model is a \(own) network; the \(other) ones that stand in for it are the nearest in "
        + "size that were measured."
    case .belowRange: return below
    case .aboveRange:
      return "Extrapolated: \(Self.work(timing.work.gigaoperations)) is above \(range)."
    case .otherMode:
      return "No latency in the mode \(mode) is published: scaled from \(fitted) by "
        + (timing.runtime.engine == .gpu ? "TPCs × clock" : "cores × clock") + " (modelled)."
    case .load: return loaded
    case .heat: return throttled
    }
  }

  private var range: String {
    let (least, most) = (timing.latency.work[0], timing.latency.work[1])
    return least == most
      ? "the \(least.fixed(2)) GFLOP that were measured"
      : "the \(least.fixed(2))–\(most.fixed(2)) GFLOP that were measured"
  }

  private var below: String {
    var text = "Extrapolated: \(Self.work(timing.work.gigaoperations)) is below \(range)"
    if timing.dispatch > max(timing.compute, timing.memory) { text += "; it is dispatch-bound" }
    guard timing.work.operators < timing.latency.operators else { return text + "." }
    return text + ", and \(timing.work.operators) operators are taken to cost their share of the "
      + "fixed time of \(timing.latency.operators) (modelled)."
  }

  static func work(_ gigaoperations: Double) -> String {
    "\(gigaoperations.fixed(gigaoperations < 1 ? 3 : 1)) GFLOP"
  }

  private var loaded: String {
    let load = timing.setting.load
    return "Beside a pipeline that takes \(percent(load.gpu, 0)) of the GPU, "
      + "\(percent(load.cpu, 0)) of the CPU and \(percent(load.bandwidth, 0)) of the bandwidth on "
      + "average, and \(BoxTiming.burst.fixed(1)) times that in the 99th percentile (modelled)."
  }

  private var throttled: String {
    let air = timing.setting.ambient ?? box.thermal.ambient
    let minutes = (timing.secondsToThrottle ?? 0) / 60
    return
      "In air of \(air.fixed(0)) °C, clocks fall to \(percent(timing.sustainedClock, 0)) after "
      + "\(minutes.fixed(1)) minutes of steady work; before, it takes "
      + "\(timing.coldMilliseconds.fixed(2)) ms (modelled)."
  }

  /// What does not weaken the error.
  private var remarks: [String] {
    var out: [String] = []
    if timing.isMemoryBound {
      out.append("Memory-bound: traffic takes longer than the work.")
    }
    if let zeros = zeros { out.append(zeros) }
    return out
  }

  /// Fewer zeros than this are any network's.
  static let tellingShare = 0.3

  /// What zeros among the weights buy; nil where there are few.
  package var zeros: String? {
    let zeros = timing.work.zeros
    guard zeros.share >= Self.tellingShare else { return nil }
    let share = "\(percent(zeros.share, 0)) of the weights are zeros"
    if timing.pairSpeedUp > 1 {
      return share + ", in pairs for \(percent(zeros.pairedShare, 0)) of the work: "
        + "\(timing.runtime.title) skips those, \(timing.pairSpeedUp.fixed(2)) times as fast "
        + "(modelled)."
    }
    let reason =
      zeros.pairedShare > 0
      ? "this box or runtime does not skip pairs of zeros"
      : "\(timing.runtime.title) computes them like any other; only smaller shapes"
        + (box.pairSparsity != nil && timing.runtime.skipsPairs
          ? " or two zeros in every four" : "")
        + " would save time"
    return share + " and buy nothing: \(reason)."
  }

  private func percent(_ share: Double, _ places: Int = 1) -> String {
    "\((share * 100).fixed(places)) %"
  }
}
