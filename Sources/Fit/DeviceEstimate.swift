package import Boards
package import Bytes
package import Models
package import Planning
package import Timing

/// What a model takes on a board with a runtime: flash, RAM, cycles. An estimate, never a
/// measurement; `runtime.evidence` says how good its cycles are.
package struct DeviceEstimate: Sendable {
  package var modelName: String
  package var board: Board
  package var runtime: RuntimeProfile
  /// The graph that an inference runs.
  package var graph: Graph
  package var macs: Int
  /// The runtime's own count of work, where it prints one.
  package var macc: Int?
  package var flash: FlashUse
  package var ram: RAMUse
  package var arena: InterpreterArena
  /// What the rest of the firmware keeps, besides flash and RAM.
  package var reserve: FirmwareReserve
  package var placement: Placement
  package var setting: MemorySetting
  /// Every operator of the main graph, in order.
  package var layers: [LayerCycles]

  /// Core cycles of one inference.
  package var cycles: Int { layers.reduce(0) { $0 + $1.cycles } }

  /// Nanoseconds of one inference at the board's clock, rounded.
  package var nanoseconds: Int { nanoseconds(of: cycles) }

  package func nanoseconds(of cycles: Int) -> Int {
    Int((Double(cycles) * 1e9 / Double(max(1, board.clock))).rounded())
  }

  /// Relative error to be expected of the latency, as a root mean square: by its layers where the
  /// profile knows them, else the profile's own for whole networks. nil when nobody can say.
  package var latencyError: Double? {
    layers.total.error ?? (isCalibrated ? runtime.evidence.meanError : nil)
  }

  /// As `latencyError`, in nanoseconds.
  package var uncertainty: Int? {
    latencyError.map { Int(min($0 * Double(nanoseconds), 1e17).rounded()) }
  }

  /// Kinds of layers whose cycles no measurement or count stands behind, in order of first use.
  package var uncalibrated: [String] {
    var names: [String] = []
    for layer in layers where layer.work.isUncalibrated {
      if !names.contains(layer.work.kind.name) { names.append(layer.work.kind.name) }
    }
    return names
  }

  /// Whether the profile's held-out error speaks for this model.
  package var isCalibrated: Bool {
    runtime.evidence.isMeasured && uncalibrated.isEmpty && !setting.isOffChip
  }

  /// - Throws: `InputError` where the model's memory cannot be planned, and for an override that the
  ///   board cannot serve. What does not fit is a misfit of the placement.
  package init(
    of model: Model, on board: Board, runtime: RuntimeProfile,
    overrides: PlacementOverrides = .none, reserve: FirmwareReserve = .none
  ) throws(InputError) {
    let run = runtime.removesDeadChannels ? model.main.withoutDeadChannels() : model.main
    let works = LayerWork.of(run)
    let left = CycleModel.layerCount(works, compilesAhead: runtime.compilesAhead)
    let compiled = runtime.activations.map { CompiledArena(of: run, rules: $0) }
    let code =
      compiled.map { runtime.code.size(compiled: $0.counts) }
      ?? runtime.code.size(
        operators: Set(model.graphs.flatMap(\.operators).map(\.kind.name)), layers: left)
    let arena = try InterpreterArena(of: model, kernels: runtime.kernels.planned)
    modelName = model.name
    self.board = board
    self.runtime = runtime
    self.arena = arena
    self.reserve = reserve
    graph = model.main
    macs = run.macs
    macc = runtime.softmaxMACC.map { run.vendorMACC(softmaxPrice: $0) }
    flash = FlashUse(model, run: run, works: works, runtime: runtime, code: code)
    ram = RAMUse(
      // A compiler has no interpreter's records: activations are all of its arena.
      arena: compiled?.size ?? arena.minimum,
      arenaReason: compiled == nil ? arena.reason : nil,
      runtime: code.ram
        + runtime.runtimeRAM.bytes(
          layers: compiled?.counts.steps ?? left, tensors: compiled?.counts.tensors ?? 0))
    placement = try Placement.place(
      board: board,
      demands: [
        MemoryDemand(
          "arena", bytes: ram.arena, use: .arena,
          division: Self.division(of: arena, compiled: compiled)),
        MemoryDemand("runtime variables", bytes: ram.runtime, use: .data),
        MemoryDemand("code", bytes: flash.code, use: .code),
        MemoryDemand("model", bytes: flash.model, use: .weights),
      ] + reserve.demands, overrides: overrides)
    setting = MemorySetting(
      board: board, weights: placement.region(for: .weights),
      arena: placement.region(for: .arena))
    let model = CycleModel(runtime)
    layers = works.map { [setting] in model.layer($0, setting: setting) }
  }

  /// TFLM takes two arenas; a compiler places each tensor in a memory pool.
  private static func division(
    of arena: InterpreterArena, compiled: CompiledArena?
  ) -> MemoryDemand.Division {
    if let compiled { return .pools(largest: compiled.placements.map(\.bytes).max() ?? 0) }
    return .pieces([
      .init("activations", bytes: arena.divided.nonPersistent),
      .init("records", bytes: arena.divided.persistent),
    ])
  }
}

extension RuntimeProfile.Kernels {
  fileprivate var planned: KernelSet {
    switch self {
    case .reference: .reference
    case .cmsisNN: .cmsisNN
    }
  }
}

/// What a deployment keeps in RAM, in bytes. The stack is the firmware's and not counted.
package struct RAMUse: Sendable, Equatable {
  /// The arena to declare: the smallest with which TFLM's allocation succeeds, or an estimate of the
  /// activations where the runtime's planner is not public.
  package var arena: Int
  /// Why the arena must be larger than the runtime will report; nil when it need not.
  package var arenaReason: String?
  /// Static variables of the runtime and memory of its own.
  package var runtime: Int

  package var total: Int { arena + runtime }
}
