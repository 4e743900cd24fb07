/// CRC-32 of PNG chunks: polynomial 0xEDB88320, reflected (PNG specification, annex D).
struct CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  private var state: UInt32 = 0xFFFF_FFFF
  var value: UInt32 { ~state }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = Self.table[Int((state ^ UInt32(byte)) & 0xFF)] ^ (state >> 8) }
  }
}

/// Adler-32 at the end of a zlib stream (RFC 1950).
struct Adler32 {
  private var low: UInt32 = 1
  private var high: UInt32 = 0
  var value: UInt32 { high << 16 | low }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
  }
}

extension Array where Element == UInt8 {
  mutating func appendBigEndian(_ value: UInt32) {
    for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }
}
