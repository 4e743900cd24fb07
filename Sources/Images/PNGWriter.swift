/// Writes a picture as PNG: four bits a pixel, stored without compression.
///
/// Stored, so that the same picture is the same bytes whatever zlib a system has.
package enum PNGWriter {
  package static func bytes(_ image: IndexedImage) -> [UInt8] {
    start(width: image.width, height: image.height) + palette(image.palette)
      + chunk("IDAT", pixels(image)) + end
  }

  /// The signature and the header.
  static func start(width: Int, height: Int) -> [UInt8] {
    var header: [UInt8] = []
    header.appendBigEndian(UInt32(width))
    header.appendBigEndian(UInt32(height))
    header += [4, 3, 0, 0, 0]  // four bits, palette, nothing unusual
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
  }

  static func palette(_ colours: [Colour]) -> [UInt8] {
    chunk("PLTE", colours.flatMap { [$0.red, $0.green, $0.blue] })
  }

  static let end = chunk("IEND", [])

  /// What an IDAT chunk holds.
  static func pixels(_ image: IndexedImage) -> [UInt8] { stored(rows(image)) }

  /// Two pixels a byte, an unfiltered row's 0 in front.
  private static func rows(_ image: IndexedImage) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((image.width / 2 + 2) * image.height)
    for row in 0..<image.height {
      let start = row * image.width
      out.append(0)
      for column in stride(from: 0, to: image.width, by: 2) {
        let left = image.pixels[start + column]
        let right = column + 1 < image.width ? image.pixels[start + column + 1] : 0
        out.append(left << 4 | right)
      }
    }
    return out
  }

  /// A zlib stream of stored blocks (RFC 1950 and 1951).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var start = 0
    while start < bytes.count {
      let end = min(start + 65_535, bytes.count)
      let length = UInt16(end - start)
      out.append(end == bytes.count ? 1 : 0)
      for value in [length, ~length] {
        out += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
      }
      out += bytes[start..<end]
      start = end
    }
    var adler = Adler32()
    adler.add(bytes)
    out.appendBigEndian(adler.value)
    return out
  }

  static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.appendBigEndian(UInt32(data.count))
    let named = Array(name.utf8) + data
    out += named
    var crc = CRC32()
    crc.add(named)
    out.appendBigEndian(crc.value)
    return out
  }
}
