import Bytes

/// Prophesee EVT 2.1: 64-bit words, each up to 32 events of one row, time and polarity.
///
/// Source: Prophesee's EVT 2.1 specification and openeb `evt21_decoder.h`. In the legacy form the
/// halves of a word are swapped.
struct EVT21Decoder: EventDecoder {
  private static let vectorWidth = 32

  private let isLegacy: Bool
  private var time: UpperTime

  init(origin: Int64 = 0, isLegacy: Bool) {
    time = UpperTime(origin: origin)
    self.isLegacy = isLegacy
  }

  var checkpoint: [Int64] { time.checkpoint }

  mutating func resume(from values: [Int64]) -> Bool { time.resume(from: values) }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    let end = bytes.count & ~7
    var position = 0
    while position < end && output.room >= Self.vectorWidth {
      var word = UInt64(
        littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      if isLegacy { word = word << 32 | word >> 32 }
      let place = InputError.Place.byte(offset + position)
      position &+= 8
      let type = UInt32(truncatingIfNeeded: word >> 60)
      switch type {
      case 0, 1:
        var mask = UInt32(truncatingIfNeeded: word)
        guard time.isKnown else {
          tally.anomalies.note(.beforeFirstTime, at: place, count: mask.nonzeroBitCount)
          continue
        }
        let now = time.base &+ Int64((word >> 54) & 0x3F)
        let x = UInt32(truncatingIfNeeded: word >> 43) & 0x7FF
        let y = UInt32(truncatingIfNeeded: word >> 32) & 0x7FF
        while mask != 0 {
          let bit = UInt32(mask.trailingZeroBitCount)
          tally.take(now, x &+ bit, y, type, at: place, &output)
          mask &= mask &- 1
        }
      case 8: time.advance(to: Int64((word >> 32) & 0x0FFF_FFFF))
      case 0xA:
        let upper = UInt32(truncatingIfNeeded: word >> 32)
        time.takeTrigger(
          low: upper >> 22, channel: (upper >> 8) & 0x1F, value: upper, at: place, &tally)
      case 0xE, 0xF: break  // monitoring and its continuation
      default: tally.anomalies.note(.unknownWord, at: place)
      }
    }
    return position
  }
}
