import Bytes

/// Prophesee EVT 2.0: 32-bit little-endian words, type in the top four bits.
///
/// Source: Prophesee's EVT 2.0 specification and openeb `evt2_decoder.h`.
struct EVT2Decoder: EventDecoder {
  /// Words decoded between two checks of their events, which then still are in the nearest cache.
  private static let blockSize = 2048 * 4

  private var time: UpperTime

  init(origin: Int64 = 0) { time = UpperTime(origin: origin) }

  var checkpoint: [Int64] { time.checkpoint }

  mutating func resume(from values: [Int64]) -> Bool { time.resume(from: values) }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    let end = bytes.count & ~3
    var position = time.isKnown ? 0 : skipToTime(words, end, offset, &tally)
    while position < end && output.room > 0 {
      let stop = min(end, position + Self.blockSize, position + output.room * 4)
      let saved = (decoder: self, count: output.count, triggers: tally.triggers.mark)
      let isKnown = decodeFast(words, position..<stop, &output, &tally.triggers)
      let isFine =
        isKnown
        && output.isPlausible(
          from: saved.count, after: tally.lastTime, width: tally.width, height: tally.height)
      if isFine {
        if output.count > 0 { tally.lastTime = output.times[output.count - 1] }
      } else {
        self = saved.decoder
        output.count = saved.count
        tally.triggers.rewind(to: saved.triggers)
        decodeCarefully(words, position..<stop, offset, &output, &tally)
      }
      position = stop
    }
    return position
  }

  /// Decodes words of which each is an event of the sensor or known not to be one; false when one is
  /// neither.
  ///
  /// Not inlined: on its own the loop keeps all its pointers in registers.
  @inline(never)
  private mutating func decodeFast(
    _ words: UnsafeRawPointer, _ range: Range<Int>, _ output: inout EventOutput,
    _ triggers: inout TriggerLog
  ) -> Bool {
    var out = output
    var base = time.base
    var isKnown = true
    var position = range.lowerBound
    let end = range.upperBound
    while position < end {
      // Events come in runs between time words: find the run, then convert it without a branch.
      let start = position
      var word = UInt32(0)
      while position &+ 16 <= end && Self.areFourEvents(words + position) { position &+= 16 }
      while position < end {
        word = UInt32(littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        if word >= 2 << 28 { break }
        position &+= 4
      }
      Self.convert(words + start, (position &- start) >> 2, base, &out)
      if position == end { break }
      position &+= 4
      let type = word >> 28
      if type == 8 {
        time.advance(to: Int64(word & 0x0FFF_FFFF))
        base = time.base
      } else if type == 0xA {
        triggers.add(Self.trigger(word, base))
      } else if type < 0xD {
        isKnown = false
      }
    }
    output = out
    return isKnown
  }

  /// Only events have none of the top three bits of a word.
  @inline(__always)
  private static func areFourEvents(_ words: UnsafeRawPointer) -> Bool {
    let first = words.loadUnaligned(as: UInt64.self)
    let second = words.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    return UInt64(littleEndian: first | second) & 0xE000_0000_E000_0000 == 0
  }

  @inline(__always)
  private static func convert(
    _ words: UnsafeRawPointer, _ count: Int, _ base: Int64, _ output: inout EventOutput
  ) {
    let (times, xs) = (output.times + output.count, output.xs + output.count)
    let (ys, polarities) = (output.ys + output.count, output.polarities + output.count)
    // Two loops: with the times, wide numbers, the others would come two at a time as well.
    for index in 0..<count {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
      times[index] = base &+ Int64((word >> 22) & 0x3F)
    }
    for index in 0..<count {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
      xs[index] = UInt16(truncatingIfNeeded: (word >> 11) & 0x7FF)
      ys[index] = UInt16(truncatingIfNeeded: word & 0x7FF)
      polarities[index] = UInt8(truncatingIfNeeded: word >> 28)
    }
    output.count &+= count
  }

  /// The same words one by one, with every oddity counted.
  private mutating func decodeCarefully(
    _ words: UnsafeRawPointer, _ range: Range<Int>, _ offset: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    for position in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      let place = InputError.Place.byte(offset + position)
      switch word >> 28 {
      case 0, 1:
        let now = time.base &+ Int64((word >> 22) & 0x3F)
        tally.take(now, (word >> 11) & 0x7FF, word & 0x7FF, word >> 28, at: place, &output)
      case 8: time.advance(to: Int64(word & 0x0FFF_FFFF))
      case 0xA: tally.triggers.add(Self.trigger(word, time.base))
      default: count(word >> 28, at: place, &tally)
      }
    }
  }

  private static func trigger(_ word: UInt32, _ base: Int64) -> Trigger {
    Trigger(
      time: base &+ Int64((word >> 22) & 0x3F), channel: (word >> 8) & 0x1F, value: word)
  }

  /// Without a time word, events have no time: counts them up to the first one.
  private mutating func skipToTime(
    _ words: UnsafeRawPointer, _ end: Int, _ offset: Int, _ tally: inout TraceTally
  ) -> Int {
    for position in stride(from: 0, to: end, by: 4) {
      let word = UInt32(
        littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      switch word >> 28 {
      case 8:
        time.advance(to: Int64(word & 0x0FFF_FFFF))
        return position
      case 0x0, 0x1, 0xA: tally.anomalies.note(.beforeFirstTime, at: .byte(offset + position))
      default: count(word >> 28, at: .byte(offset + position), &tally)
      }
    }
    return end
  }

  private func count(_ type: UInt32, at place: InputError.Place, _ tally: inout TraceTally) {
    switch type {
    case 0xD, 0xE, 0xF: break  // inertial data, monitoring and their continuation
    default: tally.anomalies.note(.unknownWord, at: place)
    }
  }
}
