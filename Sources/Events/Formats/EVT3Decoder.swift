import Bytes

/// Prophesee EVT 3.0: 16-bit little-endian words that change a state, type in the top four bits.
///
/// Source: Prophesee's EVT 3.0 specification and openeb `evt3_decoder.h`. Each vector word is taken
/// alone, and a decreasing TIME_LOW is no overflow: real cameras send both.
struct EVT3Decoder: EventDecoder {
  /// Events decoded between two checks; packed and unpacked they still are in the nearest caches.
  private static let blockSize = 2048
  /// What one word may write: the fast path writes a vector as two times eight events.
  private static let slack = 24
  /// Coordinates have eleven bits; only a vector that runs off the sensor goes beyond.
  private static let coordinateLimit = UInt32(2048)
  private static let wrap = Int64(1) << 24
  /// A step back of TIME_HIGH by this much, in its place in a packed state, is a wrap.
  private static let halfRange = Int64(2048) << 44

  private struct State {
    var hasTime = false
    /// The lower 12 bits of the time, and the upper 12 in place, in µs.
    var timeLow = Int64(0)
    var timeHigh = Int64(0)
    /// The time origin and the wraps (every 16.78 s) so far, in µs.
    var loops: Int64
    var y = UInt32(0)
    var hasRow = false
    var base = UInt32(0)
    var basePolarity = UInt32(0)
    var hasBase = false

    var time: Int64 { loops &+ (timeHigh | timeLow) }

    /// Time and row as in `EVT3Tables`.
    var packed: UInt64 {
      get { UInt64(timeHigh | timeLow) << 32 | UInt64(y) << 16 }
      set {
        timeHigh = Int64(newValue >> 32) & 0xFFF000
        timeLow = Int64(newValue >> 32) & 0xFFF
        y = UInt32(truncatingIfNeeded: newValue >> 16) & 0x7FF
      }
    }
  }

  private var state: State
  private let tables = EVT3Tables()

  init(origin: Int64 = 0) { state = State(loops: origin) }

  var checkpoint: [Int64] {
    let flags = [state.hasTime, state.hasRow, state.hasBase].enumerated().reduce(Int64(0)) {
      $0 | ($1.element ? 1 << Int64($1.offset) : 0)
    }
    return [
      flags, state.timeLow, state.timeHigh, state.loops, Int64(state.y), Int64(state.base),
      Int64(state.basePolarity),
    ]
  }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 7, (0..<8).contains(values[0]), (0..<4096).contains(values[1]),
      values[2] & ~0xFFF000 == 0, (0..<2048).contains(values[4]),
      (0...0x8000).contains(values[5]), (0...1).contains(values[6])
    else { return false }
    state = State(
      hasTime: values[0] & 1 != 0, timeLow: values[1], timeHigh: values[2], loops: values[3],
      y: UInt32(values[4]), hasRow: values[0] & 2 != 0, base: UInt32(values[5]),
      basePolarity: UInt32(values[6]), hasBase: values[0] & 4 != 0)
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let words = bytes.baseAddress else { return 0 }
    let end = bytes.count & ~1
    return tables.withPointers { tables in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.blockSize) { packed in
        var position = 0
        while position < end && output.room >= Self.slack {
          if state.hasTime && state.hasRow {
            let start = position
            let saved = (state: state, count: output.count, triggers: tally.triggers.mark)
            let block = UnsafeMutableBufferPointer(rebasing: packed.prefix(output.room))
            let (count, isKnown) = decodeFast(
              words, &position, end, tables, block, &tally.triggers)
            unpack(block.baseAddress!, count, &output)
            if isKnown && isPlausible(output, from: saved.count, tally) {
              if count > 0 { tally.lastTime = output.times[output.count - 1] }
              if position > start { continue }
            } else {
              (state, output.count) = (saved.state, saved.count)
              tally.triggers.rewind(to: saved.triggers)
              decodeCarefully(words, start, &position, offset, &output, &tally)
              continue
            }
          }
          // A word that the fast path leaves alone: a wrap of the time, or one before the first row.
          let start = position
          position += 2
          decodeCarefully(words, start, &position, offset, &output, &tally)
        }
        return position
      }
    }
  }

  private func isPlausible(_ output: EventOutput, from start: Int, _ tally: TraceTally) -> Bool {
    let width = min(tally.width, Self.coordinateLimit)
    return output.isPlausible(
      from: start, after: tally.lastTime, width: width, height: tally.height)
  }

  /// Decodes words with all state known, each event packed as `EVT3Tables` describes; false when a
  /// word is of no known type. Stops before a wrap of the time.
  ///
  /// Not inlined: on its own the loop keeps all its pointers in registers.
  @inline(never)
  private mutating func decodeFast(
    _ words: UnsafeRawPointer, _ position: inout Int, _ end: Int, _ tables: EVT3Tables.Pointers,
    _ block: UnsafeMutableBufferPointer<UInt64>, _ triggers: inout TriggerLog
  ) -> (count: Int, isKnown: Bool) {
    let events = block.baseAddress!
    let lastCount = block.count &- Self.slack
    var isKnown = true
    var count = 0
    var index = position
    // Only vectors write more than one event a word, so only they move this limit.
    var stop = min(end, index &+ 2 &* lastCount)
    var high = state.packed & EVT3Tables.timeHighMask
    var rest = state.packed & ~EVT3Tables.timeHighMask
    while index < stop {
      let word = UInt32(
        UInt16(littleEndian: words.loadUnaligned(fromByteOffset: index, as: UInt16.self)))
      let type = word >> 12
      if (EVT3Tables.beforeColumn >> type) & 1 != 0 && index &+ 8 <= end {
        // Alone in its row and time, an event comes as row and column behind at most one word of
        // each half of the time: taken at one go, nothing needs to be predicted.
        let four = UInt64(
          littleEndian: words.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let single = EVT3SingleEvent(four, high: high, low: rest & EVT3Tables.timeLowMask)
        if single.isWhole {
          high = single.high
          rest = single.rest
          events[count] = high | rest | single.column
          count &+= 1
          index &+= single.byteCount
          continue
        }
      }
      let content = UInt64(word & 0xFFF)
      // Rows, columns and times follow one another without a pattern that a branch predictor
      // could learn: all four change the state without a branch, and every word writes an event
      // that only a column keeps. The upper time stands apart to keep the chain of dependent
      // instructions from word to word at two.
      if (EVT3Tables.simpleTypes >> type) & 1 != 0 {
        let nextHigh = type == 8 ? content << 44 : high
        if _slowPath(Int64(bitPattern: high &- nextHigh) >= Self.halfRange) { break }
        let kept = tables.kept[Int(type)]
        rest &= nextHigh == high ? kept : ~EVT3Tables.timeLowMask
        rest |= content &* tables.factors[Int(type)]
        high = nextHigh
        events[count] = high | rest | content
        count &+= type == 2 ? 1 : 0
      } else if type == 3 {
        state.base = UInt32(content) & 0x7FF
        state.basePolarity = UInt32(content) >> 11
        state.hasBase = true
      } else if type == 4 || type == 5 {
        // A vector beyond the coordinates would run into the polarity.
        if !state.hasBase || state.base > Self.coordinateLimit &- 12 { isKnown = false }
        let first = high | rest | UInt64(state.base &+ state.basePolarity << 11)
        count &+= tables.spread(word & 0xFF, from: first, to: events + count)
        if type == 4 {
          count &+= tables.spread((word & 0xFFF) >> 8, from: first &+ 8, to: events + count)
        }
        state.base = Self.next(state.base, after: type)
        stop = min(end, index &+ 2 &+ 2 &* max(0, lastCount &- count))
      } else if type == 0xA {
        triggers.add(Self.trigger(word, state.loops &+ Int64((high | rest) >> 32)))
      } else if !Self.isSkipped(word) {
        isKnown = false
      }
      index &+= 2
    }
    position = index
    state.packed = high | rest
    return (count, isKnown)
  }

  private func unpack(
    _ packed: UnsafeMutablePointer<UInt64>, _ count: Int, _ output: inout EventOutput
  ) {
    let loops = state.loops
    let (times, xs) = (output.times + output.count, output.xs + output.count)
    let (ys, polarities) = (output.ys + output.count, output.polarities + output.count)
    for index in 0..<count {
      let event = packed[index]
      times[index] = loops &+ Int64(event >> 32)
      xs[index] = UInt16(truncatingIfNeeded: event & 0x7FF)
      ys[index] = UInt16(truncatingIfNeeded: (event >> 16) & 0x7FF)
      polarities[index] = UInt8(truncatingIfNeeded: (event >> 11) & 1)
    }
    output.count += count
  }

  /// The words from `start` up to `position`, one by one, with every oddity counted. Moves `position`
  /// back when the room does not suffice.
  private mutating func decodeCarefully(
    _ words: UnsafeRawPointer, _ start: Int, _ position: inout Int, _ offset: Int,
    _ output: inout EventOutput, _ tally: inout TraceTally
  ) {
    let end = position
    position = start
    while position < end && output.room >= 12 {
      let word = UInt32(
        UInt16(littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
      let place = InputError.Place.byte(offset + position)
      let content = word & 0xFFF
      switch word >> 12 {
      case 0x0:
        state.y = content & 0x7FF
        state.hasRow = true
      case 0x2: emit(content & 0x7FF, content >> 11, at: place, &output, &tally)
      case 0x3:
        state.base = content & 0x7FF
        state.basePolarity = content >> 11
        state.hasBase = true
      case 0x4: emitVector(content, at: place, &output, &tally)
      case 0x5: emitVector(content & 0xFF, at: place, &output, &tally)
      case 0x6: state.timeLow = Int64(content)
      case 0x8: advance(to: Int64(content) << 12)
      default: count(word, at: place, &tally)
      }
      if word >> 12 == 4 || word >> 12 == 5 {
        state.base = Self.next(state.base, after: word >> 12)
      }
      position += 2
    }
  }

  private func emit(
    _ x: UInt32, _ polarity: UInt32, at place: InputError.Place, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    if !state.hasTime {
      tally.anomalies.note(.beforeFirstTime, at: place)
    } else if !state.hasRow {
      tally.anomalies.note(.beforeFirstAddress, at: place)
    } else if x >= Self.coordinateLimit {
      tally.anomalies.note(.outsideSensor, at: place)
    } else {
      tally.take(state.time, x, state.y, polarity, at: place, &output)
    }
  }

  private func emitVector(
    _ mask: UInt32, at place: InputError.Place, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    for bit in UInt32(0)..<12 where mask >> bit & 1 == 1 {
      if state.hasBase {
        emit(state.base + bit, state.basePolarity, at: place, &output, &tally)
      } else {
        tally.anomalies.note(.beforeFirstAddress, at: place)
      }
    }
  }

  private static func trigger(_ word: UInt32, _ time: Int64) -> Trigger {
    Trigger(time: time, channel: (word >> 8) & 0xF, value: word)
  }

  /// Where the next vector starts; stays outside every sensor rather than wrap around into it.
  private static func next(_ base: UInt32, after type: UInt32) -> UInt32 {
    min(base &+ (type == 4 ? 12 : 8), 0x8000)
  }

  private mutating func advance(to high: Int64) {
    if state.hasTime {
      if state.timeHigh - high >= Self.wrap / 2 { state.loops &+= Self.wrap }
      if state.timeHigh != high { state.timeLow = 0 }
    }
    state.timeHigh = high
    state.hasTime = true
  }

  /// Monitoring and inertial data with their continuation, and what some cameras pad packets with.
  private static func isSkipped(_ word: UInt32) -> Bool {
    (UInt32(0b1110_0000_1000_0000) >> (word >> 12)) & 1 != 0 || word == 0x9999
  }

  private mutating func count(
    _ word: UInt32, at place: InputError.Place, _ tally: inout TraceTally
  ) {
    if Self.isSkipped(word) { return }
    if word >> 12 == 0xA {
      if state.hasTime {
        tally.triggers.add(Self.trigger(word, state.time))
      } else {
        tally.anomalies.note(.beforeFirstTime, at: place)
      }
      return
    }
    // After a reserved row word, what follows belongs to no known row.
    if word >> 12 == 0x1 { state.hasRow = false }
    tally.anomalies.note(.unknownWord, at: place)
  }
}
