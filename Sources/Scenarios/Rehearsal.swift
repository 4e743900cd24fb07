package import Boards
package import Bytes
package import Events
import Fit
import Kernels
package import Models
import Planning
import Timing
import VirtualTime

/// Everything that a scenario names, read and checked against each other.
package struct Rehearsal: Sendable {
  package let scenario: Scenario
  package let card: ModelCard
  package let replay: Replay
  package let context: ReplayContext

  /// - Parameters:
  ///   - modelFile: The model's name for reports.
  ///   - labels: Empty when the scenario names none.
  /// - Throws: `InputError` when the card is of another model, the labels name classes that the
  ///   model lacks, or the model does not run. A model that does not fit the board is no error.
  package init(
    _ scenario: Scenario, card: ModelCard, model: Model, modelFile: String, device: Device,
    labels: [TraceLabel]
  ) throws(InputError) {
    switch device {
    case .board(let board, let runtime):
      try self.init(
        scenario, card: card, model: model, modelFile: modelFile, board: board, runtime: runtime,
        labels: labels)
    case .box(let setting):
      try self.init(
        scenario, card: card, model: model, modelFile: modelFile, box: setting, labels: labels)
    }
  }

  /// What a scenario's board names.
  package enum Device: Sendable {
    case board(Board, RuntimeProfile)
    case box(BoxSetting)
  }

  private init(
    _ scenario: Scenario, card: ModelCard, model: Model, modelFile: String, board: Board,
    runtime: RuntimeProfile, labels: [TraceLabel]
  ) throws(InputError) {
    try card.check(against: model)
    let arithmetic = try Self.arithmetic(of: runtime)
    let encoder = try RepresentationEncoder(card)
    let classifier = try ModelClassifier(model, arithmetic: arithmetic)
    let estimate = try DeviceEstimate(of: model, on: board, runtime: runtime)
    let placement = try Self.placement(of: estimate, beside: scenario.bufferSize)
    self.scenario = scenario
    self.card = card
    replay = Replay(
      scenario: scenario,
      labels: try LabelTrack(labels, classes: card.classes.map(\.label)), encoder: encoder,
      classifier: classifier,
      sensor: card.representation.sensor,
      clock: CoreClock(hertz: Int64(board.clock)),
      preprocessing: Self.preprocessing(
        scenario, card.representation, tensorSize: encoder.tensorSize, board: board, placement),
      inferenceCycles: Int64(estimate.cycles))
    context = Self.context(
      scenario, estimate, placement, modelFile: modelFile, modelSize: model.fileSize,
      arithmetic: runtime.arithmetic)
  }

  init(scenario: Scenario, card: ModelCard, replay: Replay, context: ReplayContext) {
    self.scenario = scenario
    self.card = card
    self.replay = replay
    self.context = context
  }

  private static func arithmetic(of runtime: RuntimeProfile) throws(InputError) -> Arithmetic {
    guard let arithmetic = Arithmetic(rawValue: runtime.arithmetic) else {
      let names = Arithmetic.allCases.map(\.rawValue).joined(separator: ", ")
      throw InputError(
        file: runtime.name, at: .key("arithmetic"),
        "expected one of \(names), found “\(runtime.arithmetic)”")
    }
    return arithmetic
  }

  /// The model's memory again, now with the events' ring among what has to share the board.
  private static func placement(
    of estimate: DeviceEstimate, beside bufferSize: Int
  ) throws(InputError) -> Placement {
    let demands =
      estimate.placement.usage.flatMap { $0.parts.map(\.demand) }
      + estimate.placement.misfits.map(\.demand)
      + [MemoryDemand("event buffer", bytes: bufferSize, use: .buffer)]
    return try Placement.place(board: estimate.board, demands: demands)
  }

  /// What has no place is timed as if it lay in the largest RAM: the verdict says that it does not.
  private static func preprocessing(
    _ scenario: Scenario, _ representation: ModelCard.Representation, tensorSize: Int,
    board: Board, _ placement: Placement
  ) -> PreprocessingModel {
    let largest = board.regions.filter { !$0.kind.isFlash }.max { $0.size < $1.size }
    guard let tensor = placement.region(for: .arena) ?? largest,
      let ring = placement.region(for: .buffer) ?? largest
    else { return PreprocessingModel(fixedCycles: 0, centicyclesPerEvent: 0) }
    return PreprocessingModel(
      representation.work, tensorSize: tensorSize, eventSize: scenario.eventSize, tensor: tensor,
      ring: ring, on: board)
  }

  private static func context(
    _ scenario: Scenario, _ estimate: DeviceEstimate, _ placement: Placement, modelFile: String,
    modelSize: Int, arithmetic: String
  ) -> ReplayContext {
    let board = estimate.board
    return ReplayContext(
      boardTitle: board.title, runtimeTitle: estimate.runtime.title,
      runtimeError: error(of: estimate), inferenceError: estimate.latencyError,
      arithmetic: arithmetic, modelFile: modelFile, modelSize: modelSize,
      flash: .init(name: "flash", used: estimate.flash.total, size: board.flashCapacity),
      ram: .init(
        name: "RAM", used: estimate.ram.total + scenario.bufferSize, size: board.ramCapacity),
      regions: placement.usage.filter { !$0.parts.isEmpty }.map {
        .init(name: $0.region.name, used: $0.used, size: $0.region.size)
      },
      misfits: placement.misfits.map {
        "\($0.demand.name): \($0.missing) bytes too many"
          + ($0.region.map { " even for \($0)" } ?? ", and no region may hold it")
      },
      isMemoryPlanned: estimate.runtime.activations == nil,
      power: board.power.map { .init(active: $0.active, idle: $0.idle, source: $0.source) })
  }

  static func tenths(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// How far the estimated latency may be off, in words.
  private static func error(of estimate: DeviceEstimate) -> String {
    let evidence = estimate.runtime.evidence
    guard estimate.isCalibrated, let mean = evidence.meanError, let worst = evidence.worstError
    else { return "modelled, not validated" }
    return "off by \(tenths(mean)) on average and \(tenths(worst)) at worst on "
      + "\(evidence.families.count) families of networks held out"
  }
}
