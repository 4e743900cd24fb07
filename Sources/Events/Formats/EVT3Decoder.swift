import Bytes

/// Prophesee EVT 3.0: 16-bit little-endian words that change a state, type in the top four bits.
///
/// Source: Prophesee's EVT 3.0 specification and openeb `evt3_decoder.h`. Each vector word is taken
/// alone, and a decreasing TIME_LOW is no overflow: real cameras send both.
struct EVT3Decoder: EventDecoder {
  /// Events decoded between two checks, which then still are in the nearest cache.
  private static let blockSize = 2048
  /// What one step may write: vectors are written as four times eight events.
  private static let slack = 40
  /// Coordinates have eleven bits; only a vector that runs off the sensor goes beyond.
  private static let coordinateLimit = UInt32(2048)
  /// Vectors that run off the sensor stay outside, rather than wrap around into it.
  private static let farthestBase = UInt32(0x8000)
  private static let wrap = Int64(1) << 24

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
      var position = 0
      while position < end && output.room >= Self.slack {
        let start = position
        guard state.hasTime && state.hasRow else {
          position += 2
          decodeCarefully(words, start, &position, offset, &output, &tally)
          continue
        }
        let saved = (state: state, count: output.count, triggers: tally.triggers.mark)
        let isKnown = decodeFast(words, &position, end, tables, &output, &tally.triggers)
        if isKnown && isPlausible(output, from: saved.count, tally) {
          if output.count > saved.count { tally.lastTime = output.times[output.count - 1] }
        } else {
          (state, output.count) = (saved.state, saved.count)
          tally.triggers.rewind(to: saved.triggers)
          decodeCarefully(words, start, &position, offset, &output, &tally)
        }
      }
      return position
    }
  }

  private func isPlausible(_ output: EventOutput, from start: Int, _ tally: TraceTally) -> Bool {
    let width = min(tally.width, Self.coordinateLimit)
    return output.isPlausible(
      from: start, after: tally.lastTime, width: width, height: tally.height)
  }

  /// Decodes about a block of events with all state known; false when a word is of no known type.
  private mutating func decodeFast(
    _ words: UnsafeRawPointer, _ position: inout Int, _ end: Int, _ tables: EVT3Tables.Pointers,
    _ output: inout EventOutput, _ triggers: inout TriggerLog
  ) -> Bool {
    let last = output.count &+ min(Self.blockSize, output.room) &- Self.slack
    var isKnown = true
    while position < end && output.count <= last {
      decodeGroups(words, &position, end, tables, &output, last)
      guard position < end && output.count <= last else { break }
      let word = UInt32(
        UInt16(littleEndian: words.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
      if !decodeOther(word, tables, &output, &triggers) { isKnown = false }
      position &+= 2
    }
    return isKnown
  }

  /// Decodes the groups of words that events come in: perhaps TIME_HIGH as it is already, perhaps
  /// TIME_LOW and perhaps a row, then a column or vectors. Stops at any other word.
  ///
  /// Which of the three are there follows no pattern that a branch predictor could learn, so that no
  /// branch depends on it: the group's words are shifted away by 16 bits or by none.
  ///
  /// Not inlined: on its own the loop keeps its pointers in registers.
  @inline(never)
  private mutating func decodeGroups(
    _ words: UnsafeRawPointer, _ position: inout Int, _ end: Int, _ tables: EVT3Tables.Pointers,
    _ output: inout EventOutput, _ last: Int
  ) {
    let (times, xs) = (output.times, output.xs)
    let (ys, polarities) = (output.ys, output.polarities)
    // Four words are looked at; what is left at the end comes again with the next bytes.
    let lastIndex = end &- 8
    let sameHigh = 0x8000 | UInt64(state.timeHigh >> 12)
    let high = state.loops &+ state.timeHigh
    var low = UInt64(state.timeLow)
    var row = UInt64(state.y)
    var (index, count) = (position, output.count)
    while index <= lastIndex && count <= last {
      let four = UInt64(
        littleEndian: words.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      // Of what may come here only TIME_HIGH has the top bit of a type, then only TIME_LOW the next.
      let highShift = (four >> 11) & 16
      let afterHigh = four &>> highShift
      let lowShift = (afterHigh >> 10) & 16
      let afterLow = afterHigh &>> lowShift
      let rowShift: UInt64 = afterLow & 0xF000 == 0 ? 16 : 0
      let pixel = afterLow &>> rowShift
      let wrong =
        ((four ^ sameHigh) & 0xFFFF & (0 &- (highShift >> 4)))
        | ((afterHigh ^ 0x6000) & 0xF000 & (0 &- (lowShift >> 4)))
      let next = index &+ 2 &+ Int(truncatingIfNeeded: (highShift &+ lowShift &+ rowShift) >> 3)
      if _fastPath(wrong | ((pixel ^ 0x2000) & 0xF000) == 0) {
        low = lowShift != 0 ? afterHigh & 0xFFF : low
        row = rowShift != 0 ? afterLow & 0x7FF : row
        times[count] = high &+ Int64(bitPattern: low)
        xs[count] = UInt16(truncatingIfNeeded: pixel & 0x7FF)
        ys[count] = UInt16(truncatingIfNeeded: row)
        polarities[count] = UInt8(truncatingIfNeeded: (pixel >> 11) & 1)
        count &+= 1
        index = next
        continue
      }
      if wrong == 0 && pixel & 0xF000 == 0x3000 {
        low = lowShift != 0 ? afterHigh & 0xFFF : low
        row = rowShift != 0 ? afterLow & 0x7FF : row
        state.base = UInt32(pixel & 0x7FF)
        state.basePolarity = UInt32((pixel >> 11) & 1)
        state.hasBase = true
        index = next
      } else if (four ^ sameHigh) & 0xFFFF == 0 {
        index &+= 2
        continue
      } else if !(four & 0xE000 == 0x4000 && state.hasBase) {
        break
      }
      // Vectors: mostly three words for 32 columns, which the first eight bits may cover.
      let burst = EVT3Burst(
        time: high &+ Int64(bitPattern: low), y: UInt16(truncatingIfNeeded: row),
        polarity: state.basePolarity)
      var base = state.base
      while index <= lastIndex && count <= last {
        let vectors = UInt64(
          littleEndian: words.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        if vectors & 0xF000_F000_F000 == 0x5000_4000_4000 {
          let mask =
            vectors & 0xFFF | (vectors >> 4) & 0xFF_F000 | (vectors >> 8) & 0xFF00_0000
          count &+= tables.spread(mask, from: base, burst, &output, at: count)
          if mask > 0xFF {
            count &+= tables.spread(mask >> 8, from: base &+ 8, burst, &output, at: count)
            count &+= tables.spread(mask >> 16, from: base &+ 16, burst, &output, at: count)
            count &+= tables.spread(mask >> 24, from: base &+ 24, burst, &output, at: count)
          }
          base = min(base &+ 32, Self.farthestBase)
          index &+= 6
        } else if vectors & 0xE000 == 0x4000 {
          let isLong = vectors & 0x1000 == 0
          count &+= tables.spread(vectors, from: base, burst, &output, at: count)
          if isLong {
            let rest = (vectors >> 8) & 0xF
            count &+= tables.spread(rest, from: base &+ 8, burst, &output, at: count)
          }
          base = min(base &+ (isLong ? 12 : 8), Self.farthestBase)
          index &+= 2
        } else {
          break
        }
      }
      state.base = base
    }
    (position, output.count) = (index, count)
    state.timeLow = Int64(bitPattern: low)
    state.y = UInt32(truncatingIfNeeded: row)
  }

  /// One word of any kind; false when it is of no known type or a vector without a base.
  private mutating func decodeOther(
    _ word: UInt32, _ tables: EVT3Tables.Pointers, _ output: inout EventOutput,
    _ triggers: inout TriggerLog
  ) -> Bool {
    let content = word & 0xFFF
    switch word >> 12 {
    case 0x0: state.y = content & 0x7FF
    case 0x2: output.append(state.time, content & 0x7FF, state.y, content >> 11)
    case 0x3:
      state.base = content & 0x7FF
      state.basePolarity = content >> 11
      state.hasBase = true
    case 0x4, 0x5:
      guard state.hasBase else { return false }
      let mask = word >> 12 == 4 ? content : content & 0xFF
      for bit in UInt32(0)..<12 where mask >> bit & 1 == 1 {
        output.append(state.time, state.base &+ bit, state.y, state.basePolarity)
      }
      state.base = Self.next(state.base, after: word >> 12)
    case 0x6: state.timeLow = Int64(content)
    case 0x8: advance(to: Int64(content) << 12)
    case 0xA: triggers.add(Self.trigger(word, state.time))
    default: return Self.isSkipped(word)
    }
    return true
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

  /// Where the next vector starts.
  private static func next(_ base: UInt32, after type: UInt32) -> UInt32 {
    min(base &+ (type == 4 ? 12 : 8), farthestBase)
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
