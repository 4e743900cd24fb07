import Bytes

/// One chunk of Prophesee's Event Compression Format, HDF5 filter 0x8ECF.
///
/// Times as runs of small steps, rows as runs, columns as a base with a mask or packed with the
/// polarity. Source: the layout of Prophesee's `hdf5_ecf`, whose groups of four are always whole.
package struct ECFChunk {
  static let filter = 0x8ECF
  /// The most that a chunk can hold.
  static let maximumCount = 65_535
  /// Of a decoded event: x and y as u16, polarity as i16, two bytes unused, time as i64.
  static let rowSize = 16

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Decodes a chunk to rows of 16 bytes; nil when it is damaged.
  package static func rows(_ bytes: [UInt8]) -> [UInt8]? {
    var chunk = ECFChunk(bytes)
    return chunk.decode()
  }

  private mutating func decode() -> [UInt8]? {
    guard let info = number(4) else { return nil }
    let count = Int(info >> 2)
    guard count <= Self.maximumCount else { return nil }
    var columns = Columns(count: count)
    guard readTimes(&columns.times) else { return nil }
    if info & 2 != 0 {
      guard readPacked(&columns, bits: 24, wordSize: 4) else { return nil }
    } else {
      guard readRuns(&columns.ys, wordSize: 2, runBits: 5) else { return nil }
      if info & 1 != 0 {
        guard readPacked(&columns, bits: 12, wordSize: 2) else { return nil }
      } else {
        guard readMasked(&columns.xs), readRuns(&columns.polarities, wordSize: 1, runBits: 7)
        else { return nil }
      }
    }
    return columns.rows
  }

  private struct Columns {
    var times: [Int64]
    var xs: [UInt16]
    var ys: [UInt16]
    var polarities: [UInt16]

    init(count: Int) {
      times = [Int64](repeating: 0, count: count)
      xs = [UInt16](repeating: 0, count: count)
      (ys, polarities) = (xs, xs)
    }

    var rows: [UInt8] {
      [UInt8](unsafeUninitializedCapacity: times.count * rowSize) { buffer, size in
        size = times.count * rowSize
        let rows = UnsafeMutableRawPointer(buffer.baseAddress!)
        for index in times.indices {
          let address =
            UInt64(xs[index]) | UInt64(ys[index]) << 16 | UInt64(polarities[index]) << 32
          rows.storeBytes(of: address.littleEndian, toByteOffset: index &* 16, as: UInt64.self)
          rows.storeBytes(
            of: times[index].littleEndian, toByteOffset: index &* 16 &+ 8, as: Int64.self)
        }
      }
    }
  }

  /// Little-endian; nil at the end.
  private mutating func number(_ size: Int) -> UInt64? {
    guard size <= bytes.count - position else { return nil }
    var value = UInt64(0)
    for index in 0..<size {
      value |= UInt64(bytes[position &+ index]) << UInt64(8 &* index)
    }
    position += size
    return value
  }

  /// Steps of 0 to 14 µs with a run of equal times; longer steps come first, four bits at a time.
  private mutating func readTimes(_ times: inout [Int64]) -> Bool {
    guard var time = number(8) else { return false }
    var filled = 0
    var (step, shift) = (UInt64(0), UInt64(0))
    while filled < times.count {
      guard let word = number(1) else { return false }
      let (high, low) = (word >> 4, word & 15)
      if high == 15 {
        guard shift < 64 else { return false }
        step |= low << shift
        shift += 4
        continue
      }
      time = time &+ step &+ high
      (step, shift) = (0, 0)
      var run = Int(low)
      if low == 15 {
        guard let long = number(2) else { return false }
        run = Int(long)
      }
      guard run > 0, run <= times.count - filled else { return false }
      for index in filled..<(filled + run) { times[index] = Int64(bitPattern: time) }
      filled += run
    }
    return true
  }

  /// Words of a value above and a run below; a full run is the number behind the word.
  private mutating func readRuns(
    _ values: inout [UInt16], wordSize: Int, runBits: UInt64
  ) -> Bool {
    let full = (UInt64(1) << runBits) - 1
    var filled = 0
    while filled < values.count {
      guard let word = number(wordSize) else { return false }
      var run = Int(word & full)
      if word & full == full {
        guard let long = number(2) else { return false }
        run = Int(long)
      }
      guard run > 0, run <= values.count - filled else { return false }
      for index in filled..<(filled + run) {
        values[index] = UInt16(truncatingIfNeeded: word >> runBits)
      }
      filled += run
    }
    return true
  }

  /// A column and a mask of the five behind it. The last mask may run over the end.
  private mutating func readMasked(_ xs: inout [UInt16]) -> Bool {
    var filled = 0
    while filled < xs.count {
      guard let word = number(2) else { return false }
      let x = UInt16(word >> 5)
      xs[filled] = x
      filled += 1
      for next in UInt16(1)...5 where word >> UInt64(5 - next) & 1 == 1 && filled < xs.count {
        xs[filled] = x + next
        filled += 1
      }
    }
    return true
  }

  /// Four events in three words, in whole groups. `bits` of an event: a row of 11 if there are 24, a
  /// column of 11, the polarity.
  private mutating func readPacked(
    _ columns: inout Columns, bits: UInt64, wordSize: Int
  ) -> Bool {
    let count = columns.times.count
    let short = UInt64(wordSize * 8) - bits
    for start in stride(from: 0, to: count, by: 4) {
      guard let a = number(wordSize), let b = number(wordSize), let c = number(wordSize) else {
        return false
      }
      func low(_ word: UInt64, _ bits: UInt64) -> UInt64 { word & ((1 << bits) - 1) }
      let events = [
        a >> short, low(a, short) | (b >> (2 * short)) << short,
        low(b, 2 * short) | (c >> (3 * short)) << (2 * short), low(c, bits),
      ]
      for index in start..<min(start + 4, count) {
        let event = events[index - start]
        columns.polarities[index] = UInt16(event & 1)
        columns.xs[index] = UInt16(event >> 1 & 0x7FF)
        if bits == 24 { columns.ys[index] = UInt16(event >> 12 & 0x7FF) }
      }
    }
    return true
  }
}
