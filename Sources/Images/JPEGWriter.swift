import Glibc

/// Writes grey pictures as baseline JPEG, ITU-T T.81 with the standard's own tables.
///
/// Made to tell how large a picture is when the system has no JPEG library: the same quantisation and
/// Huffman tables as libjpeg's, the transform in float32, so that single coefficients may round to
/// the other side. Sizes are within 0.5 % of libjpeg-turbo's.
package struct JPEGWriter: Sendable {
  /// Steps by which coefficients are divided, row by row.
  private let steps: [Int]
  /// cos((2x + 1)uπ/16) · c(u)/2 at [u · 8 + x].
  private let cosines: [Float]
  private let header: [UInt8]

  /// - Parameter quality: 1…100, on libjpeg's scale.
  package init(quality: Int) {
    precondition((1...100).contains(quality))
    // libjpeg, jpeg_quality_scaling: 50 is the standard's table, 100 all ones.
    let percent = quality < 50 ? 5_000 / quality : 200 - 2 * quality
    steps = JPEGTables.luminance.map { min(255, max(1, ($0 * percent + 50) / 100)) }
    cosines = (0..<64).map { index in
      let (u, x) = (index / 8, index % 8)
      let weight = u == 0 ? 0.5.squareRoot() : 1
      return Float(0.5 * weight * cos(Double((2 * x + 1) * u) * .pi / 16))
    }
    header =
      [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]
      + [0xFF, 0xDB, 0, 67, 0] + JPEGTables.zigzag.map { [steps] in UInt8(steps[$0]) }
  }

  /// The file.
  ///
  /// - Parameter pixels: width · height, row by row; both from 1 to 65,535.
  package func bytes(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    precondition(pixels.count == width * height && (1...65_535).contains(width))
    precondition((1...65_535).contains(height))
    var file = header
    file += [0xFF, 0xC0, 0, 11, 8, UInt8(height >> 8), UInt8(height & 255)]
    file += [UInt8(width >> 8), UInt8(width & 255), 1, 1, 0x11, 0]
    file += JPEGTables.differences.segment(0x00) + JPEGTables.coefficients.segment(0x10)
    file += [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
    var bits = BitWriter(file)
    var last = 0
    var block = [Float](repeating: 0, count: 64)
    var values = [Int](repeating: 0, count: 64)
    for top in stride(from: 0, to: height, by: 8) {
      for left in stride(from: 0, to: width, by: 8) {
        for y in 0..<8 {
          // Beyond the edges the last pixel is repeated.
          let row = min(top + y, height - 1) * width
          for x in 0..<8 { block[8 * y + x] = Float(pixels[row + min(left + x, width - 1)]) - 128 }
        }
        transform(&block)
        for place in 0..<64 {
          let natural = JPEGTables.zigzag[place]
          // libjpeg holds eighths and divides them, halves away from zero.
          let (eighths, step) = (Int((block[natural] * 8).rounded()), 8 * steps[natural])
          let magnitude = (abs(eighths) + step / 2) / step
          values[place] = eighths < 0 ? -magnitude : magnitude
        }
        bits.write(values, after: &last)
      }
    }
    return bits.finished() + [0xFF, 0xD9]
  }

  /// The two-dimensional cosine transform, rows, then columns.
  private func transform(_ block: inout [Float]) {
    cosines.withUnsafeBufferPointer { cosines in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 64) { rows in
        block.withUnsafeMutableBufferPointer { block in
          for y in 0..<8 {
            for u in 0..<8 {
              var sum: Float = 0
              for x in 0..<8 { sum += block[8 &* y &+ x] * cosines[8 &* u &+ x] }
              rows[8 &* y &+ u] = sum
            }
          }
          for v in 0..<8 {
            for u in 0..<8 {
              var sum: Float = 0
              for y in 0..<8 { sum += rows[8 &* y &+ u] * cosines[8 &* v &+ y] }
              block[8 &* v &+ u] = sum
            }
          }
        }
      }
    }
  }
}

/// The entropy-coded part: bits, most significant first, a zero behind every byte of ones.
private struct BitWriter {
  private var bytes: [UInt8]
  private var held: UInt32 = 0
  private var count = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// One block in zigzag order (T.81, F.1.2).
  mutating func write(_ values: [Int], after last: inout Int) {
    write(values[0] - last, behind: 0, JPEGTables.differences)
    last = values[0]
    var zeros = 0
    for value in values.dropFirst() {
      if value == 0 {
        zeros += 1
        continue
      }
      while zeros > 15 {
        write(code: 0xF0, of: JPEGTables.coefficients)
        zeros -= 16
      }
      write(value, behind: zeros, JPEGTables.coefficients)
      zeros = 0
    }
    if zeros > 0 { write(code: 0, of: JPEGTables.coefficients) }
  }

  private mutating func write(_ value: Int, behind zeros: Int, _ table: HuffmanTable) {
    let size = Int.bitWidth - value.magnitude.leadingZeroBitCount
    write(code: zeros << 4 | size, of: table)
    write(value < 0 ? value - 1 : value, bits: size)
  }

  private mutating func write(code symbol: Int, of table: HuffmanTable) {
    write(Int(table.codes[symbol]), bits: Int(table.lengths[symbol]))
  }

  private mutating func write(_ value: Int, bits: Int) {
    held = held << UInt32(bits) | UInt32(truncatingIfNeeded: value) & (1 << UInt32(bits) - 1)
    count += bits
    while count >= 8 {
      count -= 8
      let byte = UInt8(truncatingIfNeeded: held >> UInt32(count))
      bytes.append(byte)
      if byte == 0xFF { bytes.append(0) }
    }
  }

  mutating func finished() -> [UInt8] {
    if count > 0 { write(0x7F, bits: 8 - count) }
    return bytes
  }
}

/// Codes by symbol, made as T.81's annex C says.
private struct HuffmanTable: Sendable {
  /// How many codes have 1, 2, … 16 bits.
  let counts: [UInt8]
  /// Shortest code first.
  let symbols: [UInt8]
  private(set) var codes = [UInt16](repeating: 0, count: 256)
  private(set) var lengths = [UInt8](repeating: 0, count: 256)

  init(_ counts: [UInt8], _ symbols: [UInt8]) {
    self.counts = counts
    self.symbols = symbols
    var (code, next) = (UInt16(0), 0)
    for (index, count) in counts.enumerated() {
      for _ in 0..<count {
        codes[Int(symbols[next])] = code
        lengths[Int(symbols[next])] = UInt8(index + 1)
        code &+= 1
        next += 1
      }
      code <<= 1
    }
  }

  func segment(_ place: UInt8) -> [UInt8] {
    [0xFF, 0xC4, 0, UInt8(19 + symbols.count), place] + counts + symbols
  }
}

/// ITU-T T.81, figure A.6 and tables K.1, K.3 and K.5.
private enum JPEGTables {
  static let zigzag: [Int] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
  ]

  static let luminance: [Int] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]

  static let differences = HuffmanTable(
    [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], Array(0...11))

  static let coefficients = HuffmanTable(
    [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D],
    [
      0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
      0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52,
      0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25,
      0x26, 0x27, 0x28, 0x29, 0x2A,
    ] + pairs(3...3, from: 4) + pairs(4...8, from: 3) + pairs(9...13, from: 2)
      + pairs(14...15, from: 1))

  /// The symbols at the end of table K.5 go on evenly: runs of the first digit, from a size to 10.
  private static func pairs(_ runs: ClosedRange<UInt8>, from size: UInt8) -> [UInt8] {
    runs.flatMap { run in (size...10).map { run << 4 | $0 } }
  }
}
