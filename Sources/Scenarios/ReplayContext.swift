/// What stands around a replay: the device it was rehearsed for, and where its numbers are from.
package struct ReplayContext: Equatable, Sendable {
  /// Bytes used of bytes there, in one kind of memory.
  package struct Usage: Equatable, Sendable {
    package var name: String
    package var used: Int
    package var size: Int
    package init(name: String, used: Int, size: Int) {
      self.name = name
      self.used = used
      self.size = size
    }
  }

  package struct Power: Equatable, Sendable {
    /// Milliwatts with the core running.
    package var active: Double
    /// Milliwatts with the core asleep; nil when the board file does not say.
    package var idle: Double?
    package var source: String
    package init(active: Double, idle: Double?, source: String) {
      self.active = active
      self.idle = idle
      self.source = source
    }
  }

  package var boardTitle: String
  package var runtimeTitle: String
  /// The runtime profile's error in words; says so when it was never validated.
  package var runtimeError: String
  /// Relative error to be expected of this model's inference time; nil when nobody can say.
  package var inferenceError: Double?
  package var arithmetic: String
  package var modelFile: String
  package var modelSize: Int
  /// Nil on an edge box, whose disk is no limit.
  package var flash: Usage?
  package var ram: Usage
  /// Every region that holds something, in order of addresses.
  package var regions: [Usage]
  /// Why the model cannot be placed on the board; empty when it can.
  package var misfits: [String]
  /// False when the runtime's planner is not public and its RAM can only be estimated.
  package var isMemoryPlanned: Bool
  package var power: Power?
  /// How like the device's own answers the replay's are.
  package var fidelity: String

  package static let exact = "emulated bit for bit in the runtime's arithmetic"

  package init(
    boardTitle: String, runtimeTitle: String, runtimeError: String, inferenceError: Double? = nil,
    arithmetic: String, modelFile: String, modelSize: Int, flash: Usage?, ram: Usage,
    regions: [Usage],
    misfits: [String], isMemoryPlanned: Bool, power: Power?, fidelity: String = exact
  ) {
    self.boardTitle = boardTitle
    self.runtimeTitle = runtimeTitle
    self.runtimeError = runtimeError
    self.inferenceError = inferenceError
    self.arithmetic = arithmetic
    self.modelFile = modelFile
    self.modelSize = modelSize
    self.flash = flash
    self.ram = ram
    self.regions = regions
    self.misfits = misfits
    self.isMemoryPlanned = isMemoryPlanned
    self.power = power
    self.fidelity = fidelity
  }
}
