import Boards
package import Timing

/// What stands behind a time on an edge box, in sentences: to be printed wherever the time is.
package struct BoxTimingText: Sendable {
  package var timing: BoxTiming

  package init(_ timing: BoxTiming) { self.timing = timing }

  private var box: BoxProfile { timing.setting.box }

  /// `5.3 %` of models left out, or what to say instead.
  package var errorText: String {
    guard let error, let worst = timing.latency.worstError else { return "modelled, not validated" }
    return
      "off by \(percent(error)) on average and \(percent(worst)) at worst on models left out of "
      + "the fit"
  }

  /// Relative error to be expected; nil where no published latency speaks for this time: another kind
  /// of network, a smaller or larger one, another mode, or a box under load.
  package var error: Double? { isMeasured ? timing.latency.meanError : nil }

  /// Whether the fit's error speaks for this time.
  package var isMeasured: Bool { timing.latency.isMeasured && doubts.isEmpty }

  package var status: String { isMeasured ? "estimated" : "modelled, not validated" }

  /// Everything there is to know, the fit first.
  package var sentences: [String] { [fit] + doubts + remarks }

  private var fit: String {
    let latency = timing.latency
    let kind =
      "\(latency.networks.rawValue) networks with \(timing.runtime.title) at "
      + latency.precision.title
    guard let mean = latency.meanError, let worst = latency.worstError, latency.isMeasured else {
      return "Constants of \(kind): \(latency.note ?? "modelled")."
    }
    return "Fitted on \(latency.models.count) latencies of \(kind) in \(box.measuredMode.title): "
      + "models left out are off by \(percent(mean)) on average, \(percent(worst)) at worst."
  }

  /// Reasons why the error of the fit does not speak for this time.
  private var doubts: [String] {
    [otherKind, outOfRange, otherMode, loaded, throttled].compactMap(\.self)
  }

  private var otherKind: String? {
    let (latency, work) = (timing.latency, timing.work)
    guard latency.networks != work.networks else { return nil }
    return
      "The model is \(Self.article(work.networks)) network: no published latency is of one, so "
      + "that \(latency.networks.rawValue) ones stand in for it."
  }

  private static func article(_ networks: NetworkClass) -> String { "a \(networks.rawValue)" }

  private var outOfRange: String? {
    let (least, most) = (timing.latency.work[0], timing.latency.work[1])
    let work = timing.work.gigaoperations
    let range = "the \(least.fixed(2))–\(most.fixed(2)) GFLOP that were measured"
    if work < least {
      let small = timing.work.operators < timing.latency.operators
      var text = "Extrapolated: \(Self.work(work)) is below \(range)"
      if timing.dispatch > max(timing.compute, timing.memory) { text += "; it is dispatch-bound" }
      return text
        + (small
          ? ", and \(timing.work.operators) operators are taken to cost their share of the fixed "
            + "time of \(timing.latency.operators) (modelled)." : ".")
    }
    return work > most ? "Extrapolated: \(Self.work(work)) is above \(range)." : nil
  }

  static func work(_ gigaoperations: Double) -> String {
    "\(gigaoperations.fixed(gigaoperations < 1 ? 3 : 1)) GFLOP"
  }

  private var otherMode: String? {
    let (mode, fitted) = (timing.setting.mode, box.measuredMode)
    let same: Bool
    switch timing.runtime.engine {
    case .gpu: same = mode.gpuRate == fitted.gpuRate && mode.cpuClock == fitted.cpuClock
    case .cpu: same = mode.cpuRate == fitted.cpuRate
    }
    guard !same else { return nil }
    return "No latency in \(mode.title) is published: scaled from \(fitted.title) by "
      + (timing.runtime.engine == .gpu ? "TPCs × clock" : "cores × clock") + " (modelled)."
  }

  private var loaded: String? {
    let load = timing.setting.load
    guard load != .none else { return nil }
    return "Beside a pipeline that takes \(percent(load.gpu, 0)) of the GPU, "
      + "\(percent(load.cpu, 0)) of the CPU and \(percent(load.bandwidth, 0)) of the bandwidth on "
      + "average, and \(BoxTiming.burst.fixed(1)) times that in the 99th percentile (modelled)."
  }

  private var throttled: String? {
    guard let seconds = timing.secondsToThrottle else { return nil }
    let air = timing.setting.ambient ?? box.thermal.ambient
    return
      "In air of \(air.fixed(0)) °C, clocks fall to \(percent(timing.sustainedClock, 0)) after "
      + "\((seconds / 60).fixed(1)) minutes of steady work; before, it takes "
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
