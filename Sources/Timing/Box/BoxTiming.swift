package import Boards
package import Bytes
import Glibc
package import VirtualTime

/// Time of one inference on an edge box. An estimate: `basis` says what stands behind it.
///
/// On a box that has nothing else to do, cold, in the mode in which the latencies were published:
///
///     dispatch + max(work × milliseconds a GFLOP, traffic ÷ bandwidth)
///
/// `dispatch` is the fixed part of the fit. A network of fewer operators than the smallest that was
/// measured takes its share of it, by the count of operators. Everything after that is modelled:
///
/// - Power mode. A GPU's work goes by clusters × clock, a CPU's by cores × clock. Small kernels do not
///   fill the clusters and are launched by the CPU: dispatch goes by the slower of both clocks.
/// - Another pipeline takes its share of GPU, CPU and bandwidth from the mean; in the 99th percentile
///   it takes half as much again (`burst`).
/// - Heat. Beyond the power that the cooling takes away at the chip's limit, clocks fall by as much.
package struct BoxTiming: Equatable, Sendable {
  package var setting: BoxSetting
  package var runtime: BoxProfile.Runtime
  package var precision: Precision
  package var work: BoxWork
  /// The fit that the time comes from.
  package var latency: BoxLatency

  /// Milliseconds each, throttled: what the median is made of.
  package var dispatch: Double
  package var compute: Double
  package var memory: Double
  /// Milliseconds before the box is warm; the same as the median when it never throttles.
  package var coldMilliseconds: Double
  /// Share of the clocks that remain when the box is warm, 1 when it does not throttle.
  package var sustainedClock: Double
  /// Seconds of steady work until clocks fall; nil when they never do.
  package var secondsToThrottle: Double?
  /// Standard deviation of the logarithm of frame times.
  package var jitter: Double

  /// Work in pairs of zeros runs faster by this; 1 where it does not.
  package var pairSpeedUp: Double

  /// How much more of the box another pipeline takes in the 99th percentile than on average.
  package static let burst = 1.5
  /// 99 % of a normal distribution lie below so many standard deviations.
  package static let normal99 = 2.3263

  /// - Throws: `InputError` for a runtime or precision that the box has not.
  package init(
    of work: BoxWork, on setting: BoxSetting, runtime name: String? = nil,
    precision: Precision
  ) throws(InputError) {
    let runtime = try setting.box.runtime(name, for: precision)
    self.setting = setting
    self.runtime = runtime
    self.precision = precision
    self.work = work
    latency = try setting.box.latency(of: work, runtime: runtime, precision: precision)
    let scale = Scale(setting, engine: runtime.engine)
    let small = min(1, Double(work.operators) / Double(latency.operators))
    pairSpeedUp = Self.pairSpeedUp(work.zeros, setting.box, runtime)
    dispatch = latency.fixed * small * scale.dispatch
    compute = latency.perWork * work.gigaoperations * scale.compute / pairSpeedUp
    memory = work.traffic(precision) / setting.mode.bandwidth * 1e3 / (1 - setting.load.bandwidth)
    coldMilliseconds = dispatch + max(compute, memory)
    let heat = Heat(setting)
    sustainedClock = heat.sustainedClock
    secondsToThrottle = heat.secondsToThrottle
    dispatch /= sustainedClock
    compute /= sustainedClock
    jitter = (setting.box.jitter.sigma * setting.box.jitter.sigma + scale.spread * scale.spread)
      .squareRoot()
  }

  /// Milliseconds of a frame in the middle of many, warm.
  package var medianMilliseconds: Double { dispatch + max(compute, memory) }
  package var p99Milliseconds: Double { medianMilliseconds * exp(Self.normal99 * jitter) }
  package var median: Duration { Self.duration(medianMilliseconds) }
  package var p99: Duration { Self.duration(p99Milliseconds) }
  package var isMemoryBound: Bool { memory > compute }

  static func duration(_ milliseconds: Double) -> Duration {
    Duration(nanoseconds: Int64(min(milliseconds * 1e6, 9e18).rounded()))
  }

  private static func pairSpeedUp(
    _ zeros: ZeroWeights, _ box: BoxProfile, _ runtime: BoxProfile.Runtime
  ) -> Double {
    guard runtime.skipsPairs, let sparsity = box.pairSparsity else { return 1 }
    return 1 / (1 - zeros.pairedShare + zeros.pairedShare / sparsity.speedUp)
  }
}

extension BoxTiming {
  /// Why the error of a fit does not speak for a time.
  package enum Doubt: Equatable, Sendable {
    /// The fit is on networks of another kind.
    case otherNetworks
    /// Less or more work than any network that was measured.
    case belowRange
    case aboveRange
    /// Another power mode than that of the measurements.
    case otherMode
    case load
    case heat
  }

  package var doubts: [Doubt] {
    var out: [Doubt] = []
    if latency.networks != work.networks { out.append(.otherNetworks) }
    if work.gigaoperations < latency.work[0] { out.append(.belowRange) }
    if work.gigaoperations > latency.work[1] { out.append(.aboveRange) }
    if !isMeasuredMode { out.append(.otherMode) }
    if setting.load != .none { out.append(.load) }
    if secondsToThrottle != nil { out.append(.heat) }
    return out
  }

  private var isMeasuredMode: Bool {
    let (mode, fitted) = (setting.mode, setting.box.measuredMode)
    switch runtime.engine {
    case .gpu: return mode.gpuRate == fitted.gpuRate && mode.cpuClock == fitted.cpuClock
    case .cpu: return mode.cpuRate == fitted.cpuRate
    }
  }

  /// Whether the fit's error speaks for this time.
  package var isMeasured: Bool { latency.isMeasured && doubts.isEmpty }

  /// Relative error to be expected; nil where nobody can say.
  package var error: Double? { isMeasured ? latency.meanError : nil }
}

/// How much longer dispatch and work take than in the measured mode, alone, and how they spread.
private struct Scale {
  var dispatch: Double
  var compute: Double
  var spread: Double

  init(_ setting: BoxSetting, engine: BoxProfile.Engine) {
    let (mode, fitted) = (setting.mode, setting.box.measuredMode)
    let cpuClock = Double(fitted.cpuClock) / Double(mode.cpuClock)
    let share: Double
    switch engine {
    case .gpu:
      let gpuClock = Double(fitted.gpuClock ?? 1) / Double(mode.gpuClock ?? 1)
      share = setting.load.gpu
      dispatch = max(cpuClock, gpuClock) / (1 - max(share, setting.load.cpu))
      compute = (fitted.gpuRate ?? 1) / (mode.gpuRate ?? 1) / (1 - share)
    case .cpu:
      share = setting.load.cpu
      dispatch = cpuClock / (1 - share)
      compute = fitted.cpuRate / mode.cpuRate / (1 - share)
    }
    let busiest = min(0.95, share * BoxTiming.burst)
    spread = log((1 - share) / (1 - busiest)) / BoxTiming.normal99
  }
}

/// One resistance, one capacity: the chip nears ambient + resistance × power with the time constant.
private struct Heat {
  var sustainedClock: Double
  var secondsToThrottle: Double?

  /// Lower than this, firmware would rather switch off.
  private static let leastClock = 0.1

  init(_ setting: BoxSetting) {
    let thermal = setting.box.thermal
    let margin = max(0, thermal.limit - (setting.ambient ?? thermal.ambient))
    let rise = thermal.resistance * setting.mode.busyPower
    guard rise > margin else {
      sustainedClock = 1
      return
    }
    sustainedClock = max(Self.leastClock, margin / rise)
    secondsToThrottle = -thermal.timeConstant * log(1 - margin / rise)
  }
}

extension BoxProfile {
  /// The runtime of a name, or the first one of the box that has the precision.
  package func runtime(
    _ name: String?, for precision: Precision
  ) throws(InputError) -> Runtime {
    guard let name else {
      if let found = runtimes.first(where: { $0.precisions.contains(precision) }) { return found }
      let all = Precision.allCases.filter { each in
        runtimes.contains { $0.precisions.contains(each) }
      }
      throw InputError(
        at: .nowhere, "expected a precision that \(title) has, found \(precision.rawValue)",
        advice: "its runtimes have \(all.map(\.rawValue).joined(separator: ", "))")
    }
    guard let found = runtime(name.lowercased()) else {
      let names = runtimes.map(\.name)
      throw InputError(
        at: .nowhere, "expected a runtime of \(title), found ‘\(name)’",
        advice: name.lowercased().closest(in: names).map { "did you mean \($0)?" }
          ?? "its runtimes are \(names.joined(separator: ", "))")
    }
    guard found.precisions.contains(precision) else {
      throw InputError(
        at: .nowhere,
        "expected a precision that \(found.title) has on \(title), found \(precision.rawValue)",
        advice: "it has \(found.precisions.map(\.rawValue).joined(separator: ", "))")
    }
    return found
  }

  /// The fit of networks of this kind. For one smaller than any of them, or where there is none of this
  /// kind, the fit on measured networks that are nearest in size: an intercept found on large networks
  /// says little about a small one.
  func latency(
    of work: BoxWork, runtime: Runtime, precision: Precision
  ) throws(InputError) -> BoxLatency {
    let all = latencies.filter { $0.runtime == runtime.name && $0.precision == precision }
    let own = all.first { $0.networks == work.networks }
    if let own, work.gigaoperations >= own.work[0] { return own }
    let rivals = (own.map { [$0] } ?? []) + all.filter { !$0.models.isEmpty || own == nil }
    guard let least = rivals.map({ $0.distance(to: work) }).min(),
      let nearest = rivals.first(where: { $0.distance(to: work) == least })
    else {
      throw InputError(
        file: name, at: .key("latencies"),
        "expected a latency of \(runtime.name) at \(precision.rawValue), found none")
    }
    return nearest
  }
}

extension BoxLatency {
  /// How many times the work of the nearest network that was measured is of this; 1 within the range.
  fileprivate func distance(to network: BoxWork) -> Double {
    let asked = max(network.gigaoperations, 1e-6)
    return max(1, work[0] / asked, asked / max(work[1], 1e-6))
  }
}
