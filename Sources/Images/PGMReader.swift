package import Bytes

/// Reads portable grey maps: `P5` (binary, 8 or 16 bits) and `P2` (numbers as text).
///
/// Source: netpbm's pgm(5). Only the first image of a file is read.
package enum PGMReader {
  /// - Throws: `InputError` with the byte at which the file stops being a grey map.
  package static func image(_ bytes: [UInt8]) throws(InputError) -> GreyImage {
    var header = PGMTokens(bytes)
    let isText = bytes.starts(with: Array("P2".utf8))
    guard isText || bytes.starts(with: Array("P5".utf8)) else {
      throw InputError(
        at: .byte(0), "expected a grey map that starts with P5 or P2, found something else")
    }
    header.position = 2
    let width = try header.number("the width")
    let height = try header.number("the height")
    let extent = try ImageExtent(width: width, height: height, at: .byte(2))
    let white = try header.number("the value of white")
    guard (1...65_535).contains(white) else {
      throw InputError(
        at: .byte(header.position), "expected a value of white from 1 to 65535, found \(white)")
    }
    return isText
      ? try text(extent, white, &header) : try binary(extent, white, header.position + 1, bytes)
  }

  private static func binary(
    _ extent: ImageExtent, _ white: Int, _ start: Int, _ bytes: [UInt8]
  ) throws(InputError) -> GreyImage {
    let depth = white < 256 ? 1 : 2
    let needed = extent.pixels * depth
    let present = max(0, bytes.count - start)
    guard present >= needed else {
      throw InputError(
        at: .byte(min(start, bytes.count)),
        "expected \(needed) bytes of \(extent.width) × \(extent.height) pixels, found \(present)")
    }
    var samples = [Float](repeating: 0, count: extent.pixels)
    for index in samples.indices {
      let value =
        depth == 1
        ? Int(bytes[start + index])
        : Int(bytes[start + 2 * index]) << 8 | Int(bytes[start + 2 * index + 1])
      samples[index] = min(Float(value) / Float(white), 1)
    }
    return GreyImage(width: extent.width, height: extent.height, samples: samples)
  }

  private static func text(
    _ extent: ImageExtent, _ white: Int, _ tokens: inout PGMTokens
  ) throws(InputError) -> GreyImage {
    // Each number takes a digit and a blank at least.
    let present = (tokens.count - tokens.position + 1) / 2
    guard present >= extent.pixels else {
      throw InputError(
        at: .byte(tokens.position),
        "expected \(extent.pixels) numbers, found room for \(present)")
    }
    var samples = [Float](repeating: 0, count: extent.pixels)
    for index in samples.indices {
      samples[index] = min(Float(try tokens.number("a pixel")) / Float(white), 1)
    }
    return GreyImage(width: extent.width, height: extent.height, samples: samples)
  }
}

/// Numbers between blanks and comments.
private struct PGMTokens {
  private let bytes: [UInt8]
  var position = 0
  var count: Int { bytes.count }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func number(_ what: String) throws(InputError) -> Int {
    skipBlanks()
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]), position - start < 10 {
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    guard position > start else {
      throw InputError(at: .byte(start), "expected \(what) as a whole number, found none")
    }
    return value
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "#") {
        while position < bytes.count && bytes[position] != 0x0A { position += 1 }
      } else if [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }
}
