package import Boards

/// Where the weights and activations of a model lie, as far as time is concerned.
package struct MemorySetting: Sendable, Equatable {
  /// What reaching one kind of data costs, in core cycles.
  package struct Access: Sendable, Equatable {
    /// To fill one cache line of 32 bytes; 0 where memory is as fast as the cache.
    package var fill: Double
    /// To load one word past the cache; nil where the cache serves the loads.
    package var read: Double?

    package init(fill: Double, read: Double? = nil) {
      self.fill = fill
      self.read = read
    }
  }

  /// Bytes of first-level data cache; 0 when there is none or it is off.
  package var dataCache: Int
  package var weights: Access
  package var activations: Access
  /// Cycles to fetch eight bytes of code; nil with an instruction cache.
  package var codeFetch: Double?
  /// Weights or activations lie outside the chip, where no board behind a profile had them.
  package var isOffChip: Bool
  /// Cycles per line beyond what the flash and the SRAM on the chip cost.
  package var extraPerWeightLine = 0.0
  package var extraPerActivationLine = 0.0

  package init(
    dataCache: Int = 16384, weights: Access = calibrated.weights,
    activations: Access = calibrated.activations, codeFetch: Double? = nil, isOffChip: Bool = false
  ) {
    self.dataCache = dataCache
    self.weights = weights
    self.activations = activations
    self.codeFetch = codeFetch
    self.isOffChip = isOffChip
  }

  /// ST's board of the model zoo, an STM32H747 at 400 MHz: weights in flash, activations in AXI SRAM.
  package static let calibrated = MemorySetting(
    dataCache: 16384, weights: Access(fill: 12), activations: Access(fill: 14))

  /// Weights and arena in the given regions of `board`; regions left out count as its flash and the
  /// fastest SRAM that the cache serves.
  package init(board: Board, weights: MemoryRegion?, arena: MemoryRegion?) {
    let flash = board.regions.first { $0.kind == .flash }
    let inside = board.regions.filter { $0.kind == .sram }
      .min { board.lineFill($0) < board.lineFill($1) }
    self.init(
      dataCache: board.dataCache?.size ?? 0, weights: board.access(weights ?? flash),
      activations: board.access(arena ?? inside))
    if board.instructionCache == nil, let flash { codeFetch = board.readLatency(of: flash) }
    isOffChip = [weights, arena].contains { $0.map(\.isOutside) ?? false }
    if let weights, weights.isOutside, let flash {
      extraPerWeightLine = max(0, board.lineFill(weights) - board.lineFill(flash))
    }
    if let arena, arena.isOutside, let inside {
      extraPerActivationLine = max(0, board.lineFill(arena) - board.lineFill(inside))
    }
  }
}

extension MemoryRegion {
  fileprivate var isOutside: Bool { kind == .externalFlash || kind == .externalRAM }
}

extension Board {
  /// CPU cycles to fill a line of 32 bytes: the first word, then a beat of the bus per cycle of the
  /// memory bus. Where a word of flash is shorter than the line, every word waits.
  fileprivate func lineFill(_ region: MemoryRegion) -> Double {
    let beats = max(1, 32 * 8 / max(8, region.busWidth))
    let words = region.kind == .flash ? max(1, 32 / max(1, flash.wordSize)) : 1
    return readLatency(of: region) * Double(words)
      + Double(max(0, beats - words)) * cyclesPerBusCycle
  }

  fileprivate func access(_ region: MemoryRegion?) -> MemorySetting.Access {
    guard let region, !region.isTightlyCoupled else { return MemorySetting.Access(fill: 0) }
    guard region.isCacheable, dataCache != nil else {
      // One of the cycles is the load's own.
      return MemorySetting.Access(fill: 0, read: max(0, readLatency(of: region) - 1))
    }
    return MemorySetting.Access(fill: lineFill(region))
  }
}
