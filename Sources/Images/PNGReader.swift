package import Bytes

/// Reads still PNG images of every colour type and depth as grey; not the interlaced ones.
///
/// Source: Portable Network Graphics, 3rd edition (W3C). Colours become luma; transparency is left
/// out of account.
package struct PNGReader {
  /// Inflates raw DEFLATE data that should give exactly `size` bytes.
  package typealias Inflate = (_ deflated: [UInt8], _ size: Int) throws(InputError) -> [UInt8]

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  /// DEFLATE cannot do better than 258 bytes in two bits.
  private static let bestRatio = 1032

  private let bytes: [UInt8]
  private var header: PNGHeader?
  private var palette: [Float] = []
  /// The zlib stream, put together from its chunks.
  private var data: [UInt8] = []
  private var dataStart = 0

  /// - Throws: `InputError` with the byte at which the file stops being a PNG image.
  package static func image(_ bytes: [UInt8], inflate: Inflate) throws(InputError) -> GreyImage {
    var reader = PNGReader(bytes)
    try reader.readChunks()
    return try reader.decode(inflate)
  }

  package static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func readChunks() throws(InputError) {
    guard Self.isPNG(bytes) else {
      throw InputError(at: .byte(0), "expected the signature of a PNG image, found something else")
    }
    var position = Self.signature.count
    while position < bytes.count {
      guard bytes.count - position >= 12 else {
        throw InputError(
          at: .byte(position), "expected a chunk, found \(bytes.count - position) bytes")
      }
      let length = Int(word(position))
      guard length <= bytes.count - position - 12 else {
        throw InputError(
          at: .byte(position),
          "expected a chunk within \(bytes.count - position - 12) bytes, found one of \(length)")
      }
      let name = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
      var crc = CRC32()
      crc.add(bytes[position + 4..<position + 8 + length])
      guard crc.value == word(position + 8 + length) else {
        throw InputError(
          at: .byte(position + 8 + length), "expected the checksum of \(name), found another")
      }
      if try take(name, position + 8..<position + 8 + length) { return }
      position += length + 12
    }
    throw InputError(at: .byte(position), "expected the chunk IEND, found the end of the file")
  }

  /// Returns true at the last chunk.
  private mutating func take(_ name: String, _ range: Range<Int>) throws(InputError) -> Bool {
    guard header != nil || name == "IHDR" else {
      throw InputError(at: .byte(range.lowerBound - 4), "expected IHDR first, found \(name)")
    }
    switch name {
    case "IHDR":
      header = try PNGHeader(bytes[range])
    case "PLTE":
      let colours = bytes[range].map { Float($0) / 255 }
      palette = stride(from: 0, to: colours.count - colours.count % 3, by: 3).map {
        GreyImage.luma(colours[$0], colours[$0 + 1], colours[$0 + 2])
      }
    case "IDAT":
      if data.isEmpty { dataStart = range.lowerBound }
      data.append(contentsOf: bytes[range])
    case "IEND":
      return true
    default:
      // A chunk with a small first letter may be ignored.
      guard bytes[range.lowerBound - 4] & 0x20 != 0 else {
        throw InputError(
          at: .byte(range.lowerBound - 4), "expected chunks of PNG, found the unknown \(name)")
      }
    }
    return false
  }

  private func word(_ position: Int) -> UInt32 {
    bytes[position..<position + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private func decode(_ inflate: Inflate) throws(InputError) -> GreyImage {
    guard let header, data.count >= 6, data[0] & 0x0F == 8, data[1] & 0x20 == 0 else {
      throw InputError(at: .byte(dataStart), "expected a zlib stream in IDAT, found none")
    }
    let size = (header.rowBytes + 1) * header.extent.height
    guard size / Self.bestRatio <= data.count else {
      throw InputError(
        at: .byte(dataStart),
        "expected data for \(header.extent.width) × \(header.extent.height) pixels, "
          + "found \(data.count) bytes")
    }
    var raw = try inflate(Array(data[2..<data.count - 4]), size)
    guard raw.count == size else {
      throw InputError(
        at: .byte(dataStart), "expected \(size) bytes of rows, found \(raw.count)")
    }
    var adler = Adler32()
    adler.add(raw)
    guard data.suffix(4).reduce(UInt32(0), { $0 << 8 | UInt32($1) }) == adler.value else {
      throw InputError(at: .byte(dataStart), "expected the checksum of the rows, found another")
    }
    try PNGFilter.undo(&raw, header, at: dataStart)
    return try grey(raw, header)
  }

  private func grey(_ raw: [UInt8], _ header: PNGHeader) throws(InputError) -> GreyImage {
    let (width, height) = (header.extent.width, header.extent.height)
    var samples: [Float] = []
    samples.reserveCapacity(width * height)
    for row in 0..<height {
      let start = row * (header.rowBytes + 1) + 1
      for column in 0..<width {
        let first = column * header.channels
        func value(_ channel: Int) -> Int { header.sample(raw, start, first + channel) }
        func share(_ channel: Int) -> Float { Float(value(channel)) / Float(header.white) }
        switch header.colour {
        case .grey, .greyAlpha: samples.append(share(0))
        case .colour, .colourAlpha:
          samples.append(GreyImage.luma(share(0), share(1), share(2)))
        case .palette:
          guard value(0) < palette.count else {
            throw InputError(
              at: .byte(dataStart),
              "expected a colour below \(palette.count), found \(value(0)) in row \(row)")
          }
          samples.append(palette[value(0)])
        }
      }
    }
    return GreyImage(width: width, height: height, samples: samples)
  }
}

/// The chunk IHDR.
struct PNGHeader {
  enum Colour: UInt8 {
    case grey = 0
    case colour = 2
    case palette = 3
    case greyAlpha = 4
    case colourAlpha = 6
  }

  let extent: ImageExtent
  let depth: Int
  let colour: Colour

  init(_ chunk: ArraySlice<UInt8>) throws(InputError) {
    let start = chunk.startIndex
    guard chunk.count == 13 else {
      throw InputError(at: .byte(start), "expected 13 bytes of IHDR, found \(chunk.count)")
    }
    func side(_ offset: Int) -> Int {
      chunk[start + offset..<start + offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    extent = try ImageExtent(width: side(0), height: side(4), at: .byte(start))
    depth = Int(chunk[start + 8])
    let allowed: [Colour: [Int]] = [
      .grey: [1, 2, 4, 8, 16], .palette: [1, 2, 4, 8], .colour: [8, 16], .greyAlpha: [8, 16],
      .colourAlpha: [8, 16],
    ]
    guard let colour = Colour(rawValue: chunk[start + 9]), allowed[colour]!.contains(depth) else {
      throw InputError(
        at: .byte(start + 8),
        "expected a colour type and depth of PNG, found \(chunk[start + 9]) and \(depth)")
    }
    self.colour = colour
    guard chunk[start + 10] == 0, chunk[start + 11] == 0 else {
      throw InputError(at: .byte(start + 10), "expected compression 0 and filter 0, found others")
    }
    guard chunk[start + 12] == 0 else {
      throw InputError(
        at: .byte(start + 12), "expected an image row by row, found an interlaced one",
        advice: "save it without interlacing")
    }
  }

  var channels: Int {
    switch colour {
    case .grey, .palette: 1
    case .greyAlpha: 2
    case .colour: 3
    case .colourAlpha: 4
    }
  }

  var white: Int { 1 << depth - 1 }
  /// Without the filter's byte in front.
  var rowBytes: Int { (extent.width * channels * depth + 7) / 8 }
  /// From a byte to the one that the filters compare it with.
  var pixelBytes: Int { max(1, channels * depth / 8) }

  /// The sample of a row that starts at `start`.
  func sample(_ raw: [UInt8], _ start: Int, _ index: Int) -> Int {
    switch depth {
    case 8: return Int(raw[start + index])
    case 16: return Int(raw[start + 2 * index]) << 8 | Int(raw[start + 2 * index + 1])
    default:
      let bit = index * depth
      return Int(raw[start + bit / 8]) >> (8 - depth - bit % 8) & white
    }
  }
}

/// The five row filters, undone in place.
enum PNGFilter {
  static func undo(
    _ raw: inout [UInt8], _ header: PNGHeader, at offset: Int
  ) throws(InputError) {
    let (rowBytes, step) = (header.rowBytes, header.pixelBytes)
    for row in 0..<header.extent.height {
      let start = row * (rowBytes + 1)
      let filter = raw[start]
      guard filter <= 4 else {
        throw InputError(
          at: .byte(offset), "expected a filter from 0 to 4, found \(filter) in row \(row)")
      }
      if filter == 0 { continue }
      for index in 0..<rowBytes {
        let place = start + 1 + index
        let left = index >= step ? Int(raw[place - step]) : 0
        let above = row > 0 ? Int(raw[place - rowBytes - 1]) : 0
        let corner = row > 0 && index >= step ? Int(raw[place - rowBytes - 1 - step]) : 0
        let predicted =
          switch filter {
          case 1: left
          case 2: above
          case 3: (left + above) / 2
          default: paeth(left, above, corner)
          }
        raw[place] &+= UInt8(predicted)
      }
    }
  }

  private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> Int {
    let estimate = left + above - corner
    let distances = (abs(estimate - left), abs(estimate - above), abs(estimate - corner))
    if distances.0 <= distances.1 && distances.0 <= distances.2 { return left }
    return distances.1 <= distances.2 ? above : corner
  }
}
