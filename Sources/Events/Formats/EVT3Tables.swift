/// What each EVT3 word does to the packed state of the fast path, and what a vector's mask spreads to.
///
/// A state packs TIME_HIGH into bits 44…55, TIME_LOW into 32…43 and the row word into 16…27; the low
/// sixteen bits are free for a column word, so a state and a column make an event in one store.
struct EVT3Tables: Sendable {
  static let timeLowMask = UInt64(0xFFF) << 32
  static let timeHighMask = UInt64(0xFFF) << 44
  static let rowMask = UInt64(0xFFF) << 16
  /// Words that change only the packed state or emit one event: row, column, TIME_LOW, TIME_HIGH.
  static let simpleTypes = UInt32(0b1_0100_0101)

  /// Words that may start a single event: row, TIME_LOW, TIME_HIGH.
  static let beforeColumn = UInt32(0b1_0100_0001)

  /// For each type: the part of the state that stays, and where the content goes.
  private let kept: [UInt64]
  private let factors: [UInt64]
  /// For each mask of eight bits its set bits, lowest first, in eight places; then how many.
  private let positions: [UInt64]
  private let counts: [UInt8]

  struct Pointers {
    let kept: UnsafePointer<UInt64>
    let factors: UnsafePointer<UInt64>
    let positions: UnsafePointer<UInt64>
    let counts: UnsafePointer<UInt8>

    /// Writes eight packed events; returns as how many of them the eight bits of `mask` ask for.
    @inline(__always)
    func spread(_ mask: UInt32, from first: UInt64, to events: UnsafeMutablePointer<UInt64>) -> Int
    {
      let places = positions + Int(mask) &* 8
      for index in 0..<8 { events[index] = first &+ places[index] }
      return Int(counts[Int(mask)])
    }
  }

  init() {
    var kept = [UInt64](repeating: ~0, count: 16)
    var factors = [UInt64](repeating: 0, count: 16)
    for (type, mask) in [(0x0, Self.rowMask), (0x6, Self.timeLowMask)] {
      kept[type] = ~mask
      factors[type] = mask & (0 &- mask)  // the lowest bit of the field
    }
    (self.kept, self.factors) = (kept, factors)
    var positions = [UInt64](repeating: 0, count: 256 * 8)
    var counts = [UInt8](repeating: 0, count: 256)
    for mask in 0..<256 {
      for bit in 0..<8 where mask >> bit & 1 == 1 {
        positions[mask * 8 + Int(counts[mask])] = UInt64(bit)
        counts[mask] += 1
      }
    }
    (self.positions, self.counts) = (positions, counts)
  }

  func withPointers<R>(_ body: (Pointers) -> R) -> R {
    kept.withUnsafeBufferPointer { kept in
      factors.withUnsafeBufferPointer { factors in
        positions.withUnsafeBufferPointer { positions in
          counts.withUnsafeBufferPointer { counts in
            body(
              Pointers(
                kept: kept.baseAddress!, factors: factors.baseAddress!,
                positions: positions.baseAddress!, counts: counts.baseAddress!))
          }
        }
      }
    }
  }
}

/// Four words, the first of them a row or a half of the time, as one event: perhaps TIME_HIGH, then
/// perhaps TIME_LOW, a row and a column. Without a branch, and with a short way to `byteCount`, as the
/// next event waits for it.
struct EVT3SingleEvent {
  /// False when the words are others, or TIME_HIGH wraps.
  let isWhole: Bool
  /// The state after the event, in the places of a packed state.
  let high: UInt64
  let rest: UInt64
  let column: UInt64
  let byteCount: Int

  @inline(__always)
  init(_ words: UInt64, high oldHigh: UInt64, low oldLow: UInt64) {
    // Of the four types that come here only TIME_HIGH has the top bit, then only TIME_LOW the next.
    let hasHigh = (words >> 15) & 1
    let highMask = 0 &- hasHigh
    let afterHigh = words &>> (hasHigh &<< 4)
    let hasLow = (afterHigh >> 14) & 1
    let lowMask = 0 &- hasLow
    let pixel = afterHigh &>> (hasLow &<< 4)
    byteCount = 4 &+ Int((hasHigh &+ hasLow) &<< 1)
    let wrong =
      ((pixel & 0xF000_F000) ^ 0x2000_0000) | (words & 0x7000 & highMask)
      | (((afterHigh & 0xB000) ^ 0x2000) & lowMask)
    high = oldHigh ^ ((oldHigh ^ ((words & 0xFFF) &<< 44)) & highMask)
    let wraps = Int64(bitPattern: oldHigh &- high) >= Int64(2048) << 44
    isWhole = wrong == 0 && !wraps
    // All ones when the upper time stays; else the lower starts from zero.
    let stays = UInt64(bitPattern: Int64(bitPattern: (oldHigh ^ high) &- 1) >> 63)
    let low = oldLow & stays
    let newLow = low ^ ((low ^ ((afterHigh & 0xFFF) &<< 32)) & lowMask)
    rest = newLow | (pixel & 0xFFF) &<< 16
    column = (pixel >> 16) & 0xFFF
  }
}
