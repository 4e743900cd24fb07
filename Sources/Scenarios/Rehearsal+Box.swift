import Boards
import Bytes
import Events
import Fit
import Kernels
import Models
import Timing
import VirtualTime

extension Rehearsal {
  /// On an edge box: preprocessing on a core of its CPU, inference as the box's fits say, warm and in
  /// the middle of its jitter.
  ///
  /// - Throws: `InputError` as the initializer for any device, for a runtime that the box has not, and
  ///   for an expectation about flash.
  init(
    _ scenario: Scenario, card: ModelCard, model: Model, modelFile: String, box setting: BoxSetting,
    labels: [TraceLabel]
  ) throws(InputError) {
    guard scenario.expectations.flashAtMost == nil else {
      throw InputError(
        at: .key("expect.flashAtMost"), "expected no limit of flash on an edge box, found one")
    }
    try card.check(against: model)
    let verdict = try BoxDeployment(
      model: model, setting: setting, runtime: scenario.runtime, reserve: scenario.bufferSize
    ).verdict()
    let encoder = try RepresentationEncoder(card)
    let clock = CoreClock(hertz: Int64(setting.mode.cpuClock))
    let replay = Replay(
      scenario: scenario,
      labels: try LabelTrack(labels, classes: card.classes.map(\.label)), encoder: encoder,
      classifier: try ModelClassifier(model, arithmetic: .fp32HalfEven),
      sensor: card.representation.sensor, clock: clock,
      preprocessing: PreprocessingModel(
        card.representation.work, elements: encoder.cellCount, eventSize: scenario.eventSize,
        on: setting),
      inferenceCycles: clock.cycle(atOrAfter: Instant.zero + verdict.timing.median))
    self.init(
      scenario: scenario, card: card, replay: replay,
      context: Self.context(scenario, verdict, modelFile: modelFile, modelSize: model.fileSize))
  }

  private static func context(
    _ scenario: Scenario, _ verdict: BoxVerdict, modelFile: String, modelSize: Int
  ) -> ReplayContext {
    let timing = verdict.timing
    let setting = timing.setting
    let memory = verdict.checks.first { $0.subject == .memory }
    return ReplayContext(
      boardTitle: setting.title,
      runtimeTitle: "\(timing.runtime.title) at \(timing.precision.title)",
      runtimeError: error(of: timing), inferenceError: timing.error,
      arithmetic: Arithmetic.fp32HalfEven.rawValue, modelFile: modelFile, modelSize: modelSize,
      flash: nil,
      ram: .init(name: "RAM", used: memory?.used ?? 0, size: memory?.limit ?? 0), regions: [],
      misfits: memory.map { $0.passes ? [] : ["process: \(-$0.margin) bytes too many"] } ?? [],
      isMemoryPlanned: false,
      power: .init(
        active: setting.mode.busyPower * 1_000, idle: setting.mode.idlePower * 1_000,
        source: "modelled: the mode's budget"),
      fidelity:
        "those of integer arithmetic as XNNPACK has it, which this runtime need not follow to the bit"
    )
  }

  private static func error(of timing: BoxTiming) -> String {
    guard let mean = timing.error, let worst = timing.latency.worstError else {
      return "modelled, not validated"
    }
    return "off by \(tenths(mean)) on average and \(tenths(worst)) at worst on models held out"
  }
}
