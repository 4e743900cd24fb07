import Bytes

/// Prophesee EVT 3.0: 16-bit little-endian words that change a state, type in the top four bits.
///
/// Source: Prophesee's EVT 3.0 specification and openeb `evt3_decoder.h`. Each vector word is taken
/// alone, and a decreasing TIME_LOW is no overflow: real cameras send both.
struct EVT3Decoder: EventDecoder {
  private var hasTime = false
  /// The two 12-bit halves, and how often they wrapped (every 16.78 s).
  private var timeLow = Int64(0)
  private var timeHigh = Int64(0)
  private var loops = Int64(0)
  private var y = UInt32(0)
  private var hasRow = false
  private var base = UInt32(0)
  private var basePolarity = UInt32(0)
  private var hasBase = false

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    let end = bytes.count & ~1
    var position = 0
    var time = (loops << 24) | (timeHigh << 12) | timeLow
    // A vector word holds at most twelve events.
    while position < end && output.room >= 12 {
      let word = UInt32(
        UInt16(littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
      let content = word & 0xFFF
      switch word >> 12 {
      case 0x2:
        emit(time, content & 0x7FF, content >> 11, at: offset + position, &output, &tally)
      case 0x0:
        y = content & 0x7FF
        hasRow = true
      case 0x3:
        base = content & 0x7FF
        basePolarity = content >> 11
        hasBase = true
      case 0x4:
        emitVector(content, 12, time, at: offset + position, &output, &tally)
      case 0x5:
        emitVector(content & 0xFF, 8, time, at: offset + position, &output, &tally)
      case 0x6:
        timeLow = Int64(content)
        time = (loops << 24) | (timeHigh << 12) | timeLow
      case 0x8:
        advance(to: Int64(content))
        time = (loops << 24) | (timeHigh << 12) | timeLow
      default:
        count(word, at: offset + position, &tally)
      }
      position &+= 2
    }
    return position
  }

  @inline(__always)
  private func emit(
    _ time: Int64, _ x: UInt32, _ polarity: UInt32, at offset: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    guard hasTime else { return tally.anomalies.note(.beforeFirstTime, at: .byte(offset)) }
    guard hasRow else { return tally.anomalies.note(.beforeFirstAddress, at: .byte(offset)) }
    guard x < tally.width && y < tally.height else {
      return tally.anomalies.note(.outsideSensor, at: .byte(offset))
    }
    if time < tally.lastTime { tally.anomalies.note(.backwardTime, at: .byte(offset)) }
    tally.lastTime = time
    output.append(time, x, y, polarity)
  }

  @inline(__always)
  private mutating func emitVector(
    _ mask: UInt32, _ length: UInt32, _ time: Int64, at offset: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    var rest = mask
    if hasBase {
      while rest != 0 {
        let bit = UInt32(rest.trailingZeroBitCount)
        emit(time, base &+ bit, basePolarity, at: offset, &output, &tally)
        rest &= rest &- 1
      }
    } else {
      tally.anomalies.note(.beforeFirstAddress, at: .byte(offset), count: mask.nonzeroBitCount)
    }
    base &+= length
  }

  private mutating func advance(to high: Int64) {
    if hasTime {
      if timeHigh >= 2048 + high { loops += 1 }
      if timeHigh != high { timeLow = 0 }
    }
    timeHigh = high
    hasTime = true
  }

  private mutating func count(_ word: UInt32, at offset: Int, _ tally: inout TraceTally) {
    switch word >> 12 {
    case 0xA:
      if hasTime {
        tally.triggers += 1
      } else {
        tally.anomalies.note(.beforeFirstTime, at: .byte(offset))
      }
    case 0x7, 0xD, 0xE, 0xF: break  // monitoring, inertial data and their continuation
    case 0x9 where word == 0x9999: break  // some cameras pad packets with it
    case 0x1:
      // A reserved row word: what follows belongs to no known row.
      hasRow = false
      tally.anomalies.note(.unknownWord, at: .byte(offset))
    default: tally.anomalies.note(.unknownWord, at: .byte(offset))
    }
  }
}
