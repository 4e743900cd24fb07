/// Whole numbers read eight digits at a time: digit by digit, their varying lengths would cost a
/// mispredicted branch each.
enum CSVNumber {
  /// Bytes that a line of eight numbers may look at, so that none lies behind the buffer.
  static let reach = CSVDialect.maximumColumns * 17 + 16

  /// The number of 1…15 digits at `position`, which moves behind it; nil when there is none.
  ///
  /// Source of the combination of digits: Lemire, “Quickly parsing eight digits” (2018).
  @inline(__always)
  static func read(_ text: UnsafePointer<UInt8>, _ position: inout Int) -> Int64? {
    let (first, count) = digits(text + position)
    guard count > 0 else { return nil }
    position &+= count
    if _fastPath(count < 8) { return Int64(first) }
    let (second, more) = digits(text + position)
    guard more < 8 else { return nil }
    position &+= more
    return Int64(first) &* power(more) &+ Int64(second)
  }

  @inline(__always)
  private static func digits(_ text: UnsafePointer<UInt8>) -> (value: UInt64, count: Int) {
    let word = UInt64(
      littleEndian: UnsafeRawPointer(text).loadUnaligned(as: UInt64.self))
    let digits = word ^ 0x3030_3030_3030_3030
    // The high bit of each byte that is no digit: up to 9 nothing reaches it, from 10 on it does.
    let others = ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
    let bits = others.trailingZeroBitCount & 0x78
    if bits == 0 { return (0, 0) }
    // Leading zeros fill up to eight digits; the first digit stands in the lowest byte.
    var value = digits &<< (64 &- UInt64(bits))
    value = value &* 10 &+ (value >> 8)
    let mask = UInt64(0x0000_00FF_0000_00FF)
    let high = (value & mask) &* (100 + (1_000_000 << 32))
    let low = ((value >> 16) & mask) &* (1 + (10_000 << 32))
    return ((high &+ low) >> 32, bits >> 3)
  }

  /// Two numbers of 1…4 digits, a delimiter behind each, from one look at eight bytes; moves
  /// `position` behind the second delimiter. Nil for anything else.
  @inline(__always)
  static func readPair(
    _ text: UnsafePointer<UInt8>, _ position: inout Int, _ delimiter: UInt8
  ) -> (UInt32, UInt32)? {
    let word = UInt64(
      littleEndian: UnsafeRawPointer(text + position).loadUnaligned(as: UInt64.self))
    let digits = word ^ 0x3030_3030_3030_3030
    let others = ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
    let later = others & (others &- 1)
    // Bits in front of the first and of the second byte that is no digit.
    let first = UInt64(others.trailingZeroBitCount & 0x78)
    let second = UInt64(later.trailingZeroBitCount & 0x78)
    let length = second &- first &- 8
    guard first &- 8 <= 24, length &- 8 <= 24, later != 0,
      UInt8(truncatingIfNeeded: word >> first) == delimiter,
      UInt8(truncatingIfNeeded: word >> second) == delimiter
    else { return nil }
    position &+= Int(second >> 3) &+ 1
    return (
      fourDigits(UInt32(truncatingIfNeeded: digits), first),
      fourDigits(UInt32(truncatingIfNeeded: digits &>> (first &+ 8)), length)
    )
  }

  /// The number of `bits` / 8 digits, the first in the lowest byte.
  @inline(__always)
  private static func fourDigits(_ digits: UInt32, _ bits: UInt64) -> UInt32 {
    var value = digits &<< UInt32(truncatingIfNeeded: 32 &- bits)
    value = value &* 10 &+ (value >> 8)
    return (value & 0xFF) &* 100 &+ ((value >> 16) & 0xFF)
  }

  @inline(__always)
  private static func power(_ exponent: Int) -> Int64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1_000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    default: 10_000_000
    }
  }
}
