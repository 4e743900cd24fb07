package import Boards

/// Where the weights and activations of a model lie, as far as time is concerned.
package struct MemorySetting: Sendable, Equatable {
  /// Bytes of first-level data cache; 0 when there is none or it is off.
  package var dataCache: Int
  /// Cycles per 32-byte line of weights beyond what on-chip flash costs.
  package var extraPerWeightLine: Double
  /// Cycles per 32-byte line of activations beyond what on-chip SRAM costs.
  package var extraPerActivationLine: Double

  package init(
    dataCache: Int, extraPerWeightLine: Double = 0, extraPerActivationLine: Double = 0
  ) {
    self.dataCache = dataCache
    self.extraPerWeightLine = extraPerWeightLine
    self.extraPerActivationLine = extraPerActivationLine
  }

  /// Weights or activations lie outside the chip, where no board behind a profile had them.
  package var isOffChip: Bool { extraPerWeightLine > 0 || extraPerActivationLine > 0 }

  /// The boards behind the calibration: 16 KiB of data cache, everything on the chip.
  package static let calibrated = MemorySetting(dataCache: 16384)

  /// Weights and arena in the given regions of `board`.
  ///
  /// The profiles were fitted with weights in on-chip flash and activations in on-chip SRAM; there the
  /// extra is zero. Memory outside the chip costs the difference of a line's fill in full: the core
  /// is in order, and nothing prefetches for it. Regions left out count as on the chip.
  package init(board: Board, weights: MemoryRegion?, arena: MemoryRegion?) {
    self.init(dataCache: board.dataCache?.size ?? 0)
    if let weights, weights.kind == .externalFlash || weights.kind == .externalRAM,
      let flash = board.regions.first(where: { $0.kind == .flash })
    {
      extraPerWeightLine = max(0, board.lineFill(weights) - board.lineFill(flash))
    }
    if let arena, arena.kind == .externalRAM {
      let inside = board.regions.filter { $0.kind == .sram }.map(board.lineFill).min() ?? 0
      extraPerActivationLine = max(0, board.lineFill(arena) - inside)
    }
  }
}

extension Board {
  /// CPU cycles to fill a line of 32 bytes: the first word, then a beat of the bus per cycle of the
  /// memory bus.
  fileprivate func lineFill(_ region: MemoryRegion) -> Double {
    let beats = 32 * 8 / max(8, region.busWidth)
    return readLatency(of: region) + Double(max(0, beats - 1)) * cyclesPerBusCycle
  }
}
