import Bytes

/// The members of a zip archive, found through the list at its end.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, with the 64-bit sizes that NumPy writes.
struct ZipArchive {
  struct Member {
    var name: String
    /// 0: as they are; 8: DEFLATE.
    var method: Int
    var compressedSize: Int
    var size: Int
    /// Of the member's own header.
    var headerPlace: Int
  }

  private(set) var members: [Member] = []
  private let source: any SeekableSource

  /// Longer lists are no archive of arrays.
  private static let maximumListSize = 1 << 24

  init(_ source: any SeekableSource) throws(InputError) {
    self.source = source
    var whole = StoredBytes(source, 0..<source.size)
    let tailSize = min(source.size, 65_557)
    let tailStart = source.size - tailSize
    let tail = try whole.bytes(at: tailStart, count: tailSize)
    guard let end = Self.lastEnd(tail) else {
      throw InputError(
        at: .byte(source.size), "expected a zip archive’s list of members at the end, found none",
        advice: "is the file truncated?")
    }
    var (count, size, start) = (
      number(tail, end + 10, 2), number(tail, end + 12, 4), number(tail, end + 16, 4)
    )
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF, end >= 20,
      number(tail, end - 20, 4) == 0x0706_4B50
    {
      let place = number(tail, end - 12, 8)
      guard place <= source.size - 56 else { throw Self.damaged(tailStart + end - 12) }
      let record = try whole.bytes(at: place, count: 56)
      (count, size, start) = (
        number(record, 32, 8), number(record, 40, 8), number(record, 48, 8)
      )
    }
    guard size <= Self.maximumListSize, start <= source.size, size <= source.size - start,
      count <= size / 46
    else { throw Self.damaged(tailStart + end) }
    let list = try whole.bytes(at: start, count: size)
    var position = 0
    for _ in 0..<count { members.append(try Self.member(list, &position, start)) }
  }

  /// The end record's place; a comment of up to 64 KiB may follow it.
  private static func lastEnd(_ tail: [UInt8]) -> Int? {
    guard tail.count >= 22 else { return nil }
    return (0...(tail.count - 22)).last { number(tail, $0, 4) == 0x0605_4B50 }
  }

  private static func member(
    _ list: [UInt8], _ position: inout Int, _ start: Int
  ) throws(InputError) -> Member {
    let place = start + position
    guard position <= list.count - 46, number(list, position, 4) == 0x0201_4B50 else {
      throw damaged(place)
    }
    let nameEnd = position + 46 + number(list, position + 28, 2)
    let extraEnd = nameEnd + number(list, position + 30, 2)
    guard extraEnd <= list.count else { throw damaged(place) }
    var member = Member(
      name: String(decoding: list[(position + 46)..<nameEnd], as: UTF8.self),
      method: number(list, position + 10, 2), compressedSize: number(list, position + 20, 4),
      size: number(list, position + 24, 4), headerPlace: number(list, position + 42, 4))
    guard number(list, position + 8, 2) & 1 == 0 else {
      throw InputError(at: .byte(place), "expected a readable archive, found an encrypted one")
    }
    var extra = nameEnd
    while extra + 4 <= extraEnd {
      let next = extra + 4 + number(list, extra + 2, 2)
      guard next <= extraEnd else { break }
      if number(list, extra, 2) == 1 {
        // 64-bit values, only of the fields that are full.
        var field = extra + 4
        for path in [\Member.size, \Member.compressedSize, \Member.headerPlace]
        where member[keyPath: path] == 0xFFFF_FFFF && field + 8 <= next {
          member[keyPath: path] = number(list, field, 8)
          field += 8
        }
      }
      extra = next
    }
    position = extraEnd + number(list, position + 32, 2)
    return member
  }

  /// The bytes of a member.
  func contents(
    of member: Member, libraries: any CompressionLibraries
  ) throws(InputError) -> any ByteStretch {
    var whole = StoredBytes(source, 0..<source.size)
    guard member.headerPlace <= source.size - 30 else { throw Self.damaged(member.headerPlace) }
    let header = try whole.bytes(at: member.headerPlace, count: 30)
    let start = member.headerPlace + 30 + number(header, 26, 2) + number(header, 28, 2)
    guard number(header, 0, 4) == 0x0403_4B50, start <= source.size,
      member.compressedSize <= source.size - start
    else { throw Self.damaged(member.headerPlace) }
    let stored = StoredBytes(source, start..<start + member.compressedSize)
    switch member.method {
    case 0: return stored
    case 8:
      return InflatedBytes(stored, count: member.size, place: start, libraries: libraries)
    default:
      throw InputError(
        at: .byte(member.headerPlace + 8),
        "expected members stored or with DEFLATE, found method \(member.method)",
        advice: "save it with numpy.savez_compressed")
    }
  }

  private static func damaged(_ place: Int) -> InputError {
    InputError(
      at: .byte(place), "expected a zip archive, found damaged data", advice: "is it truncated?")
  }
}

/// `size` bytes, little-endian, at a place inside `bytes`; at most 2^63 - 1.
private func number(_ bytes: [UInt8], _ place: Int, _ size: Int) -> Int {
  let value = bytes[place..<(place + size)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  return Int(clamping: value)
}
