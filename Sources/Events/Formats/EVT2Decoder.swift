import Bytes

/// Prophesee EVT 2.0: 32-bit little-endian words, type in the top four bits.
///
/// Source: Prophesee's EVT 2.0 specification and openeb `evt2_decoder.h`.
struct EVT2Decoder: EventDecoder {
  /// The 28 upper time bits wrap after 2^34 µs, about 4 h 46 min.
  private static let loopDuration = Int64(1) << 34
  /// openeb takes a step back by nearly the full range for a wrap; smaller ones are what they are.
  private static let smallestWrap = (((Int64(1) << 28) - 1) << 6) - 10_000

  private var hasTime = false
  /// Upper time bits, in µs, without loops.
  private var timeHigh = Int64(0)
  private var loops = Int64(0)

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    let end = bytes.count & ~3
    var position = hasTime ? 0 : skipToTime(words, end, offset, &tally)
    var out = output
    var base = loops &+ timeHigh
    var last = tally.lastTime
    let (width, height) = (tally.width, tally.height)
    while position < end && out.count < out.capacity {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      let type = word >> 28
      if type <= 1 {
        let time = base &+ Int64((word >> 22) & 0x3F)
        let x = (word >> 11) & 0x7FF
        let y = word & 0x7FF
        if _fastPath(x < width && y < height) {
          if time < last { tally.anomalies.note(.backwardTime, at: .byte(offset + position)) }
          last = time
          out.append(time, x, y, type)
        } else {
          tally.anomalies.note(.outsideSensor, at: .byte(offset + position))
        }
      } else if type == 8 {
        advance(to: Int64(word & 0x0FFF_FFFF) << 6)
        base = loops &+ timeHigh
      } else {
        count(type, at: offset + position, &tally)
      }
      position &+= 4
    }
    output = out
    tally.lastTime = last
    return position
  }

  /// Without a time word, events have no time: counts them up to the first one.
  private mutating func skipToTime(
    _ words: UnsafeRawPointer, _ end: Int, _ offset: Int, _ tally: inout TraceTally
  ) -> Int {
    var position = 0
    while position < end {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      switch word >> 28 {
      case 8:
        hasTime = true
        timeHigh = Int64(word & 0x0FFF_FFFF) << 6
        return position
      case 0x0, 0x1, 0xA: tally.anomalies.note(.beforeFirstTime, at: .byte(offset + position))
      default: count(word >> 28, at: offset + position, &tally)
      }
      position += 4
    }
    return position
  }

  private mutating func advance(to new: Int64) {
    if timeHigh - new >= Self.smallestWrap { loops += Self.loopDuration }
    timeHigh = new
  }

  private func count(_ type: UInt32, at offset: Int, _ tally: inout TraceTally) {
    switch type {
    case 0xA: tally.triggers += 1
    case 0xD, 0xE, 0xF: break  // inertial data, monitoring and their continuation
    default: tally.anomalies.note(.unknownWord, at: .byte(offset))
    }
  }
}
