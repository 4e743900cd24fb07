package import Bytes

/// Reads the luma of YUV4MPEG2 video frame by frame: what `ffmpeg -f yuv4mpegpipe` writes.
///
/// Source: yuv4mpeg(5) of mjpegtools. A frame is held, never the video.
package struct Y4MReader {
  package let width: Int
  package let height: Int
  /// Frames a second, as a ratio.
  package let rate: (numerator: Int64, denominator: Int64)
  /// Frames read so far.
  package private(set) var frameCount = 0

  private var input: ByteLines
  private let layout: Y4MLayout

  /// - Throws: `InputError` for a header that is none or that names an unknown layout.
  package init(_ source: some ByteSource) throws(InputError) {
    input = ByteLines(source)
    guard let line = try input.line(limit: 1024), line.hasPrefix("YUV4MPEG2") else {
      throw InputError(at: .byte(0), "expected the line YUV4MPEG2, found something else")
    }
    var (width, height) = (0, 0)
    var rate: (Int64, Int64) = (25, 1)
    var colour = "420jpeg"
    var isFullRange = false
    for field in line.split(separator: " ").dropFirst() {
      let value = field.dropFirst()
      switch field.first {
      case "W": width = Int(value) ?? 0
      case "H": height = Int(value) ?? 0
      case "F":
        let parts = value.split(separator: ":").map { Int64($0) ?? 0 }
        rate = parts.count == 2 ? (parts[0], parts[1]) : (0, 0)
      case "C": colour = String(value)
      case "X": if value == "COLORRANGE=FULL" { isFullRange = true }
      default: break
      }
    }
    let extent = try ImageExtent(width: width, height: height, at: .byte(0))
    let range: ClosedRange<Int64> = 1...1_000_000_000
    guard range.contains(rate.0), range.contains(rate.1) else {
      throw InputError(at: .byte(0), "expected a frame rate such as F25:1, found another")
    }
    self.width = width
    self.height = height
    self.rate = rate
    layout = try Y4MLayout(colour, extent, isFullRange: isFullRange)
  }

  /// Microseconds from the first frame to the frame of a number.
  package func time(ofFrame number: Int) -> Int64 {
    let (whole, rest) = Int64(number).quotientAndRemainder(dividingBy: rate.numerator)
    return whole * rate.denominator * 1_000_000
      + rest * rate.denominator * 1_000_000 / rate.numerator
  }

  /// The next frame; nil at the end of the video.
  package mutating func next() throws(InputError) -> GreyImage? {
    let start = input.offset
    guard let line = try input.line(limit: 1024) else { return nil }
    guard line == "FRAME" || line.hasPrefix("FRAME ") else {
      throw InputError(at: .byte(start), "expected the line FRAME, found something else")
    }
    let bytes = try input.bytes(layout.frameBytes)
    frameCount += 1
    return GreyImage(
      width: width, height: height,
      samples: (0..<width * height).map { layout.sample(bytes, $0) })
  }
}

/// How a frame's planes follow one another; luma comes first in every layout.
private struct Y4MLayout {
  let frameBytes: Int
  private let sampleBytes: Int
  private let black: Float
  /// From black to white.
  private let range: Float

  init(_ name: String, _ extent: ImageExtent, isFullRange: Bool) throws(InputError) {
    // `420p10`, `mono12`: ten and twelve bits in two bytes, little end first.
    let isMono = name.hasPrefix("mono")
    let digits = isMono ? name.dropFirst(4) : name.drop { $0 != "p" }.dropFirst()
    let depth = Int(digits) ?? 8
    let (half, quarter) = ((extent.width + 1) / 2, (extent.width + 3) / 4)
    let chroma: Int
    switch name.prefix(3) {
    case "420": chroma = 2 * half * ((extent.height + 1) / 2)
    case "422": chroma = 2 * half * extent.height
    case "411": chroma = 2 * quarter * extent.height
    case "444": chroma = (name.hasSuffix("alpha") ? 3 : 2) * extent.pixels
    case "mon": chroma = 0
    default: chroma = -1
    }
    guard chroma >= 0, (8...16).contains(depth) else {
      throw InputError(
        at: .byte(0), "expected a layout such as C420jpeg, C444 or Cmono, found C\(name)")
    }
    sampleBytes = depth > 8 ? 2 : 1
    frameBytes = (extent.pixels + chroma) * sampleBytes
    // Video range leaves 16 and 20 of 256 values free below black and above white (Rec. 601).
    let step = Float(1 << (depth - 8))
    black = isFullRange ? 0 : 16 * step
    range = isFullRange ? Float(1 << depth - 1) : 219 * step
  }

  func sample(_ bytes: [UInt8], _ index: Int) -> Float {
    let value =
      sampleBytes == 1
      ? Int(bytes[index]) : Int(bytes[2 * index]) | Int(bytes[2 * index + 1]) << 8
    return min(max((Float(value) - black) / range, 0), 1)
  }
}

/// Lines and stretches of bytes from a source, in a buffer that grows only with what arrives.
private struct ByteLines {
  private var source: any ByteSource
  private var buffer = [UInt8](repeating: 0, count: 4096)
  /// What is at hand of the buffer.
  private var start = 0
  private var end = 0
  private(set) var offset = 0

  init(_ source: some ByteSource) { self.source = source }

  private var count: Int { end - start }

  /// The text up to a line feed, without it; nil when nothing is left.
  mutating func line(limit: Int) throws(InputError) -> String? {
    var searched = 0
    while true {
      if let found = buffer[(start + searched)..<end].firstIndex(of: 0x0A) {
        let text = String(decoding: buffer[start..<found], as: UTF8.self)
        consume(found + 1 - start)
        return text
      }
      searched = count
      guard searched <= limit else { throw endless }
      if try !fill() {
        if searched == 0 { return nil }
        throw endless
      }
    }
  }

  private var endless: InputError {
    InputError(at: .byte(offset), "expected a line of text, found no end of it")
  }

  mutating func bytes(_ wanted: Int) throws(InputError) -> [UInt8] {
    while count < wanted {
      guard try fill() else {
        throw InputError(
          at: .byte(offset), "expected a frame of \(wanted) bytes, found \(count)")
      }
    }
    let result = Array(buffer[start..<start + wanted])
    consume(wanted)
    return result
  }

  private mutating func consume(_ count: Int) {
    start += count
    offset += count
  }

  /// Reads once more; false at the end.
  private mutating func fill() throws(InputError) -> Bool {
    if start > 0 {
      let kept = Array(buffer[start..<end])
      buffer.replaceSubrange(0..<kept.count, with: kept)
      (start, end) = (0, kept.count)
    }
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    var result: Result<Int, InputError> = .success(0)
    buffer.withUnsafeMutableBytes { bytes in
      do throws(InputError) {
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
        result = .success(try source.read(into: room))
      } catch {
        result = .failure(error)
      }
    }
    let count = try result.get()
    end += count
    return count > 0
  }
}
