import Bytes

/// Prophesee EVT 4.0: 32-bit little-endian words; a vector takes the word behind it as its mask.
///
/// Source: the layout that evutils takes from Metavision's HAL headers; there is no specification.
struct EVT4Decoder: EventDecoder {
  private static let vectorWidth = 32

  private var time: UpperTime

  init(origin: Int64 = 0) { time = UpperTime(origin: origin) }

  var checkpoint: [Int64] { time.checkpoint }

  mutating func resume(from values: [Int64]) -> Bool { time.resume(from: values) }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    func word(_ position: Int) -> UInt32 {
      UInt32(littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }
    let end = bytes.count & ~3
    var position = 0
    while position < end && output.room >= Self.vectorWidth {
      let head = word(position)
      let place = InputError.Place.byte(offset + position)
      switch head >> 28 {
      case 0xA, 0xB: emit(head, 1, at: place, &output, &tally)
      case 0xC, 0xD:
        // Without its mask a vector is no whole record.
        guard position + 8 <= end else { return position }
        position &+= 4
        emit(head, word(position), at: place, &output, &tally)
      case 0xE: time.advance(to: Int64(head & 0x0FFF_FFFF))
      case 0x9:
        time.takeTrigger(
          low: head >> 22, channel: (head >> 8) & 0x1F, value: head, at: place, &tally)
      case 0x6, 0x7, 0xF: break  // monitoring, its continuation, padding
      default: tally.anomalies.note(.unknownWord, at: place)
      }
      position &+= 4
    }
    return position
  }

  /// The events of `mask` from the pixel in `head` on.
  @inline(__always)
  private func emit(
    _ head: UInt32, _ mask: UInt32, at place: InputError.Place, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    guard time.isKnown else {
      tally.anomalies.note(.beforeFirstTime, at: place, count: mask.nonzeroBitCount)
      return
    }
    let now = time.base &+ Int64((head >> 22) & 0x3F)
    var rest = mask
    while rest != 0 {
      let x = ((head >> 11) & 0x7FF) &+ UInt32(rest.trailingZeroBitCount)
      tally.take(now, x, head & 0x7FF, (head >> 28) & 1, at: place, &output)
      rest &= rest &- 1
    }
  }
}
