import Bytes

/// Prophesee DAT: 8-byte little-endian records, a 32-bit time and a packed address.
///
/// Source: openeb `dat_event_file_reader` and Prophesee's file format page.
struct DATDecoder: EventDecoder {
  /// Times have 32 bits (71.6 min): a drop by more than half of that is a wrap.
  private static let wrapStep = UInt32(1) << 31

  private enum Layout { case version1, version2, triggers }

  private let layout: Layout
  private var loops = Int64(0)
  private var lastRawTime = UInt32(0)

  /// Reads the two bytes behind the header: event type and size. Files without any header have
  /// neither.
  init(_ header: PropheseeHeader, _ feed: inout ByteFeed) throws(InputError) {
    let version = header.value("Version").flatMap { Int($0) } ?? 1
    var type = UInt8(0)
    if !header.fields.isEmpty {
      try feed.fill(atLeast: 2)
      guard feed.count >= 2 else {
        throw InputError(at: .byte(feed.offset), "expected event type and size, found the end")
      }
      type = feed[0]
      guard feed[1] == 8 else {
        throw InputError(
          at: .byte(feed.offset + 1), "expected events of 8 bytes, found \(feed[1]) bytes",
          advice: "only change and trigger events are read")
      }
      feed.consume(2)
    }
    switch type {
    case 0x00, 0x0C: layout = version >= 2 ? .version2 : .version1
    case 0x0E: layout = .triggers
    default:
      throw InputError(
        at: .byte(feed.offset - 2),
        "expected event type 0x0, 0xc or 0xe, found 0x\(String(type, radix: 16))")
    }
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    switch layout {
    case .version2:
      return decode(bytes, offset, &output, &tally, xMask: 0x3FFF, yShift: 14, yMask: 0x3FFF, 28)
    case .version1:
      return decode(bytes, offset, &output, &tally, xMask: 0x1FF, yShift: 9, yMask: 0xFF, 17)
    case .triggers:
      tally.triggers += bytes.count / 8
      return bytes.count & ~7
    }
  }

  @inline(__always)
  private mutating func decode(
    _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally, xMask: UInt32, yShift: UInt32, yMask: UInt32, _ polarityShift: UInt32
  ) -> Int {
    guard let records = bytes.baseAddress else { return 0 }
    let end = min(bytes.count / 8, output.room) &* 8
    var out = output
    var raw = lastRawTime
    var last = tally.lastTime
    let (width, height) = (tally.width, tally.height)
    var position = 0
    while position < end {
      let record = UInt64(
        littleEndian: records.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let rawTime = UInt32(truncatingIfNeeded: record)
      let address = UInt32(truncatingIfNeeded: record >> 32)
      if _slowPath(rawTime < raw) && raw &- rawTime > Self.wrapStep { loops &+= 1 << 32 }
      raw = rawTime
      let time = loops &+ Int64(rawTime)
      let x = address & xMask
      let y = (address >> yShift) & yMask
      if _fastPath(x < width && y < height) {
        if time < last { tally.anomalies.note(.backwardTime, at: .byte(offset + position)) }
        last = time
        out.append(time, x, y, (address >> polarityShift) & 1)
      } else {
        tally.anomalies.note(.outsideSensor, at: .byte(offset + position))
      }
      position &+= 8
    }
    output = out
    lastRawTime = raw
    tally.lastTime = last
    return position
  }
}
