/// PNG files made for the tests, from the specification and not from the reader.
struct PNGFile {
  var width = 3
  var height = 2
  var depth: UInt8 = 8
  var colour: UInt8 = 0
  var interlaced: UInt8 = 0
  /// Rows with their filter bytes.
  var rows: [UInt8] = [0, 0, 128, 255, 0, 10, 20, 30]
  var palette: [UInt8] = []

  func bytes() -> [UInt8] {
    var out: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let header =
      Self.bigEndian(UInt32(truncatingIfNeeded: width))
      + Self.bigEndian(UInt32(truncatingIfNeeded: height)) + [depth, colour, 0, 0, interlaced]
    out += Self.chunk("IHDR", header)
    out += Self.chunk("tEXt", Array("Software\u{0}by hand".utf8))
    if !palette.isEmpty { out += Self.chunk("PLTE", palette) }
    let length = UInt16(rows.count)
    let stored: [UInt8] =
      [0x78, 0x01, 1, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255)]
      + [UInt8(~length >> 8)] + rows + Self.bigEndian(Self.adler(rows))
    // In two chunks, as data may come.
    out += Self.chunk("IDAT", Array(stored.prefix(9)))
    out += Self.chunk("IDAT", Array(stored.dropFirst(9)))
    return out + Self.chunk("IEND", [])
  }

  static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let named = Array(name.utf8) + data
    return bigEndian(UInt32(data.count)) + named + bigEndian(crc(named))
  }

  /// Bit by bit, as the specification defines it.
  static func crc(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let differs = (value ^ UInt32(byte >> bit)) & 1 == 1
        value = (value >> 1) ^ (differs ? 0xEDB8_8320 : 0)
      }
    }
    return ~value
  }

  static func adler(_ bytes: [UInt8]) -> UInt32 {
    let low = bytes.reduce(1) { ($0 + UInt32($1)) % 65_521 }
    let high = bytes.indices.reduce(UInt32(0)) { sum, index in
      (sum + bytes[...index].reduce(1) { ($0 + UInt32($1)) % 65_521 }) % 65_521
    }
    return high << 16 | low
  }
}

/// Undoes GIF's codes, for pictures of sixteen colours.
func expandedGIF(_ codes: [UInt8]) -> [UInt8] {
  let (clear, end) = (16, 17)
  var table = (0..<16).map { [UInt8($0)] } + [[], []]
  var (bits, width, position) = (0, 5, 0)
  var last: [UInt8] = []
  var out: [UInt8] = []
  while true {
    while bits < width {
      guard position < codes.count else { return out }
      bits += 8
      position += 1
    }
    let first = position * 8 - bits
    var code = 0
    for bit in 0..<width {
      let place = first + bit
      code |= Int(codes[place / 8] >> UInt8(place % 8) & 1) << bit
    }
    bits -= width
    if code == end { return out }
    if code == clear {
      table.removeLast(table.count - 18)
      (width, last) = (5, [])
      continue
    }
    let string = code < table.count ? table[code] : last + [last[0]]
    out += string
    if !last.isEmpty && table.count < 4096 { table.append(last + [string[0]]) }
    if table.count == 1 << width && width < 12 { width += 1 }
    last = string
  }
}
