package import Bytes

/// Reads the frames of an AEDAT 4 recording in the order of the file; its events are passed over.
///
///     var frames = try AEDAT4Frames(source, libraries: libraries)
///     while let frame = try frames.next() { … }
///
/// Source: the schema of DV's `Frame`: time, begin and end of the frame and of its exposure, format,
/// sides, position, pixels. Formats are OpenCV's; those of 8 and 16 bits with one, three or four
/// channels are read, as grey.
package struct AEDAT4Frames {
  /// Frames are refused above this many pixels: more than any sensor has.
  private static let mostPixels = 1 << 26

  private let header: AEDAT4Header
  private var payload: AEDAT4Payload
  private var feed: ByteFeed

  /// - Throws: `InputError` for what is no AEDAT 4, and when the compression needs a library that is
  ///   missing.
  package init(
    _ source: some ByteSource, libraries: any CompressionLibraries
  ) throws(InputError) {
    feed = ByteFeed(source)
    header = try AEDAT4Header(&feed)
    payload = try AEDAT4Payload(header, libraries: libraries)
  }

  /// The next frame; nil at the end of the recording.
  ///
  /// - Throws: `InputError` with the byte of a packet that is cut short or damaged.
  package mutating func next() throws(InputError) -> GreyFrame? {
    while true {
      let place = feed.offset
      if let end = header.tableStart, place >= end { return nil }
      try feed.fill(atLeast: AEDAT4Packet.headerSize)
      if feed.count == 0 { return nil }
      let start = feed.prefix(AEDAT4Packet.headerSize)
      guard start.count == AEDAT4Packet.headerSize else { throw Self.cut(place) }
      let (stream, size) = (Self.word(start, 0), Self.word(start, 4))
      guard (0...AEDAT4Payload.most).contains(size) else {
        throw InputError(at: .byte(place), "expected a packet, found a size of \(size) bytes")
      }
      feed.consume(start.count)
      if let known = header.streams[stream], known.type != "FRME" {
        try skip(size, place)
      } else if let frame = try frame(size, place) {
        return frame
      }
    }
  }

  private mutating func skip(_ size: Int, _ place: Int) throws(InputError) {
    var left = size
    while left > 0 {
      try feed.fill(atLeast: 1)
      if feed.count == 0 { throw Self.cut(place) }
      let count = min(left, feed.count)
      feed.consume(count)
      left -= count
    }
  }

  /// Nil for a packet of something else.
  private mutating func frame(_ size: Int, _ place: Int) throws(InputError) -> GreyFrame? {
    try feed.fill(atLeast: size)
    guard feed.count >= size else { throw Self.cut(place) }
    let packet = feed.prefix(size)
    feed.consume(size)
    guard let count = packet.withUnsafeBytes({ payload.fill($0) }), count >= 12 else {
      throw InputError(at: .byte(place), "expected a whole packet, found a damaged one")
    }
    guard payload.bytes[8..<12].elementsEqual("FRME".utf8) else { return nil }
    do throws(InputError) {
      return try Self.read(Flatbuffer(Array(payload.bytes[4..<count])))
    } catch {
      throw InputError(at: .byte(place), "expected a packet with a frame: \(error.problem)")
    }
  }

  private static func read(_ buffer: Flatbuffer) throws(InputError) -> GreyFrame {
    let table = try buffer.root("the frame")
    func time(_ field: Int) throws(InputError) -> Int64 {
      guard let place = try buffer.place(of: field, in: table, size: 8) else { return 0 }
      return Int64(try buffer.int64(at: place))
    }
    func side(_ field: Int) throws(InputError) -> Int {
      guard let place = try buffer.place(of: field, in: table, size: 2) else { return 0 }
      return Int(Int16(truncatingIfNeeded: try buffer.uint16(at: place)))
    }
    let size = SensorSize(width: try side(6), height: try side(7))
    guard size.width > 0, size.height > 0, size.width * size.height <= mostPixels else {
      throw InputError(
        at: .nowhere, "expected sides above 0, found \(size.width) × \(size.height)")
    }
    let format = try buffer.int8(5, of: table)
    let pixels = try buffer.slice(10, of: table, "the pixels")
    let bytes = try grey(pixels, count: size.width * size.height, format: format)
    let (begin, end) = (try time(3), try time(4))
    let exposure = end > begin ? end.subtractingReportingOverflow(begin).partialValue : 0
    return GreyFrame(time: try time(0), exposure: max(exposure, 0), size: size, bytes: bytes)
  }

  /// One byte for each pixel.
  private static func grey(
    _ pixels: ArraySlice<UInt8>, count: Int, format: Int
  ) throws(InputError) -> [UInt8] {
    // OpenCV's types: depth, and channels − 1 times eight.
    let (depth, channels) = (format & 7, format >> 3 + 1)
    guard format >= 0, depth == 0 || depth == 2, [1, 3, 4].contains(channels) else {
      throw InputError(
        at: .nowhere, "expected 8 or 16 bits in 1, 3 or 4 channels, found format \(format)")
    }
    let sampleBytes = depth == 0 ? 1 : 2
    guard pixels.count == count * channels * sampleBytes else {
      throw InputError(
        at: .nowhere,
        "expected \(count * channels * sampleBytes) bytes of pixels, found \(pixels.count)")
    }
    if channels == 1, sampleBytes == 1 { return Array(pixels) }
    let start = pixels.startIndex
    // The upper byte of two; blue, green and red weighed as luma by Rec. 601.
    func sample(_ index: Int) -> Int { Int(pixels[start + index * sampleBytes + sampleBytes - 1]) }
    return (0..<count).map { pixel in
      let first = pixel * channels
      if channels == 1 { return UInt8(sample(first)) }
      let sum = 114 * sample(first) + 587 * sample(first + 1) + 299 * sample(first + 2)
      return UInt8((sum + 500) / 1000)
    }
  }

  private static func word(_ bytes: [UInt8], _ place: Int) -> Int {
    let value = bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Int(Int32(bitPattern: value))
  }

  private static func cut(_ place: Int) -> InputError {
    InputError(
      at: .byte(place), "expected a whole packet, found the end of the file",
      advice: "is the file truncated?")
  }
}
