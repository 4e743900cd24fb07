/// Decodes and encodes LZ4 blocks: literals and copies of what came before.
///
/// Source: LZ4 block format description, https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
enum LZ4Block {
  /// Bytes behind the output's end that decoding may overwrite: short copies move 16 at a time.
  static let slack = 64
  /// How far back a copy may reach.
  static let window = 65_535

  private static let minimumMatch = 4
  /// A block ends in at least this many literals.
  private static let lastLiterals = 5
  /// No copy starts within this many bytes of a block's end.
  private static let matchLimit = 12

  /// Decodes one block behind the `start` bytes already in `output`, which copies may refer to.
  ///
  /// Returns the end of the output, at most `limit`; nil when the block is damaged or wants more.
  /// Requires `limit + slack` bytes at `output`.
  static func decode(
    _ block: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer, from start: Int,
    limit: Int
  ) -> Int? {
    guard let input = block.baseAddress else { return nil }
    let end = block.count
    var (position, out) = (0, start)
    while position < end {
      let token = Int(input.load(fromByteOffset: position, as: UInt8.self))
      position &+= 1
      var literals = token >> 4
      // Nearly all: a few literals and a short copy, far from either end. Both are moved whole, with
      // no loop and no branch on their lengths, which no processor could foresee.
      if _fastPath(
        literals < 15 && token & 15 <= 16 &- minimumMatch && end &- position >= 32
          && limit &- out >= 32)
      {
        let rest = input + (position &+ literals)
        let distance = Int(UInt16(littleEndian: rest.loadUnaligned(as: UInt16.self)))
        if _fastPath(distance >= 16 && distance <= out &+ literals) {
          move16(input + position, output + out)
          out &+= literals
          let match = token & 15 &+ minimumMatch
          moveMatch(UnsafeRawPointer(output + (out &- distance)), output + out, match)
          out &+= match
          position &+= literals &+ 2
          continue
        }
      }
      if literals == 15 {
        guard let more = length(input, &position, end) else { return nil }
        literals &+= more
      }
      guard literals <= end &- position, literals <= limit &- out else { return nil }
      if _fastPath(literals <= 16 && end &- position >= 16) {
        // Mostly a few bytes: one wide copy beats a call, and the rest is overwritten later.
        move16(input + position, output + out)
      } else {
        (output + out).copyMemory(from: input + position, byteCount: literals)
      }
      position &+= literals
      out &+= literals
      if position == end { return out }
      guard end &- position >= 2 else { return nil }
      let distance = Int(
        UInt16(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
      position &+= 2
      var match = token & 15
      if match == 15 {
        guard let more = length(input, &position, end) else { return nil }
        match &+= more
      }
      match &+= minimumMatch
      guard distance > 0, distance <= out, match <= limit &- out else { return nil }
      copy(output + out, distance: distance, count: match)
      out &+= match
    }
    // Every block ends in literals, even if there are none.
    return nil
  }

  /// A length continues as long as its bytes are 255. Sums cannot overflow: a block is far shorter.
  @inline(__always)
  private static func length(
    _ input: UnsafeRawPointer, _ position: inout Int, _ end: Int
  ) -> Int? {
    var sum = 0
    while position < end {
      let byte = Int(input.load(fromByteOffset: position, as: UInt8.self))
      position &+= 1
      sum &+= byte
      if byte != 255 { return sum }
    }
    return nil
  }

  @inline(__always)
  private static func move16(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
    let low = source.loadUnaligned(as: UInt64.self)
    let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    target.storeBytes(of: low, as: UInt64.self)
    target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
  }

  /// Moves 4 to 16 bytes and, behind them, up to the sixteenth, anything.
  ///
  /// A record often repeats the one before, whose copy is still on its way to the cache. The
  /// processor hands it over only to loads that want nothing but bytes of that one store, so what is
  /// loaded ends where the copy ends, and all is stored at once.
  @inline(__always)
  private static func moveMatch(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int
  ) {
    let low = source.loadUnaligned(as: UInt64.self)
    let last = source.loadUnaligned(fromByteOffset: max(0, count &- 8), as: UInt64.self)
    let high = UInt64(littleEndian: last) &>> UInt64(truncatingIfNeeded: (16 &- count) &* 8)
    target.storeBytes(of: SIMD2(low, high.littleEndian), as: SIMD2<UInt64>.self)
  }

  /// Repeats what lies `distance` back; source and target may overlap, which repeats a pattern.
  @inline(__always)
  private static func copy(_ target: UnsafeMutableRawPointer, distance: Int, count: Int) {
    let source = UnsafeRawPointer(target - distance)
    if _fastPath(distance >= 16) {
      move16(source, target)
      var done = 16
      while done < count {
        move16(source + done, target + done)
        done &+= 16
      }
    } else if distance >= 8 {
      var done = 0
      while done < count {
        let word = source.loadUnaligned(fromByteOffset: done, as: UInt64.self)
        target.storeBytes(of: word, toByteOffset: done, as: UInt64.self)
        done &+= 8
      }
    } else {
      for index in 0..<count {
        target.storeBytes(
          of: source.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index,
          as: UInt8.self)
      }
    }
  }
}

// MARK: Encoding

extension LZ4Block {
  /// Where four bytes were last seen, by a hash of them; kept over the blocks of a frame.
  struct Positions {
    private static let bits = 14
    fileprivate var table = [Int32](repeating: -1, count: 1 << bits)

    fileprivate static func hash(_ word: UInt32) -> Int {
      Int((word &* 2_654_435_761) >> UInt32(32 - bits))
    }
  }

  /// Encodes `data[range]`, with copies from up to `window` bytes before, as one block.
  static func encode(
    _ data: UnsafeRawBufferPointer, _ range: Range<Int>, _ positions: inout Positions,
    into output: inout [UInt8]
  ) {
    var anchor = range.lowerBound
    var position = anchor
    let matchStartLimit = range.upperBound - matchLimit
    let matchEndLimit = range.upperBound - lastLiterals
    while position <= matchStartLimit {
      let word = data.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      let slot = Positions.hash(word)
      let candidate = Int(positions.table[slot])
      positions.table[slot] = Int32(truncatingIfNeeded: position)
      guard candidate >= 0, position - candidate <= window,
        data.loadUnaligned(fromByteOffset: candidate, as: UInt32.self) == word
      else {
        position += 1 + (position - anchor) >> 6
        continue
      }
      var length = minimumMatch
      while position + length < matchEndLimit && data[candidate + length] == data[position + length]
      {
        length += 1
      }
      append(data, anchor..<position, distance: position - candidate, length: length, to: &output)
      position += length
      anchor = position
    }
    append(data, anchor..<range.upperBound, distance: 0, length: 0, to: &output)
  }

  /// A run of literals and the copy behind it; none when `length` is 0.
  private static func append(
    _ data: UnsafeRawBufferPointer, _ literals: Range<Int>, distance: Int, length: Int,
    to output: inout [UInt8]
  ) {
    func appendRest(_ length: Int) {
      var rest = length - 15
      while rest >= 255 {
        output.append(255)
        rest -= 255
      }
      if rest >= 0 { output.append(UInt8(rest)) }
    }
    let match = length == 0 ? 0 : length - minimumMatch
    output.append(UInt8(min(literals.count, 15) << 4 | min(match, 15)))
    appendRest(literals.count)
    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: data[literals]))
    guard length > 0 else { return }
    output.append(UInt8(distance & 255))
    output.append(UInt8(distance >> 8))
    appendRest(match)
  }
}
