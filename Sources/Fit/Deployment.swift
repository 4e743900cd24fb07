package import Boards
package import Bytes
package import Models
package import Planning

/// A model, where it is to run, and what it may use: what a verdict is about.
package struct Deployment: Sendable {
  package var model: Model
  package var board: Board
  package var runtime: RuntimeProfile
  /// The board's own memory when nil.
  package var budget: Budget?
  package var overrides: PlacementOverrides
  /// What the rest of the firmware keeps.
  package var reserve: FirmwareReserve

  package init(
    model: Model, board: Board, runtime: RuntimeProfile, budget: Budget? = nil,
    overrides: PlacementOverrides = .none, reserve: FirmwareReserve = .none
  ) {
    self.model = model
    self.board = board
    self.runtime = runtime
    self.budget = budget
    self.overrides = overrides
    self.reserve = reserve
  }

  /// - Throws: as `Verdict`.
  package func verdict() throws(InputError) -> Verdict {
    try Verdict(
      of: model, on: board, runtime: runtime, budget: budget, overrides: overrides,
      reserve: reserve)
  }
}
