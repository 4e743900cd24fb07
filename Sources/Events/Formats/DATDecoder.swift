import Bytes

/// Prophesee DAT: little-endian records of 8 bytes, a 32-bit time and a packed address. Optical flow
/// adds 20 bytes to each: velocities, a centre and a number, which are not read.
///
/// Source: openeb `dat_event_file_reader` and Prophesee's file format page.
struct DATDecoder: EventDecoder {
  /// Times have 32 bits (71.6 min): a drop by more than half of that is a wrap.
  private static let wrapStep = UInt32(1) << 31

  /// Records decoded between two checks of their events, which then still are in the nearest cache.
  private static let blockSize = 2048

  private enum Layout { case version1, version2, flow, triggers }

  private static let flowSize = 28

  private let layout: Layout
  /// The time origin and the wraps so far, in µs.
  private var loops: Int64
  private var lastRawTime = UInt32(0)

  /// Reads the two bytes behind the header: event type and size. Files without any header have
  /// neither.
  init(
    _ header: PropheseeHeader, origin: Int64, _ feed: inout ByteFeed
  ) throws(InputError) {
    loops = origin
    let version = header.value("Version").flatMap { Int($0) } ?? 1
    var type = UInt8(0)
    if !header.fields.isEmpty {
      try feed.fill(atLeast: 2)
      guard feed.count >= 2 else {
        throw InputError(at: .byte(feed.offset), "expected event type and size, found the end")
      }
      type = feed[0]
      let size = type == 0x28 ? Self.flowSize : 8
      guard Int(feed[1]) == size else {
        throw InputError(
          at: .byte(feed.offset + 1),
          "expected events of \(size) bytes, found \(feed[1]) bytes",
          advice: "change, trigger and optical flow events are read")
      }
      feed.consume(2)
    }
    switch type {
    case 0x00, 0x0C: layout = version >= 2 ? .version2 : .version1
    case 0x0E: layout = .triggers
    case 0x28: layout = .flow
    default:
      throw InputError(
        at: .byte(feed.offset - 2),
        "expected event type 0x0, 0xc, 0xe or 0x28, found 0x\(String(type, radix: 16))")
    }
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    guard let records = bytes.baseAddress else { return 0 }
    switch layout {
    case .triggers: return takeTriggers(bytes, &tally)
    case .flow:
      let count = min(bytes.count / Self.flowSize, output.room)
      for index in 0..<count {
        take(records + index * Self.flowSize, at: offset + index * Self.flowSize, &output, &tally)
      }
      return count * Self.flowSize
    case .version1, .version2: break
    }
    let end = min(bytes.count / 8, output.room)
    var start = 0
    while start < end {
      let range = start..<min(end, start + Self.blockSize)
      let count = output.count
      switch layout {
      case .version1: decodeFast(records, range, &output, xBits: 9, yBits: 8, polarityBit: 17)
      default: decodeFast(records, range, &output, xBits: 14, yBits: 14, polarityBit: 28)
      }
      let isFine = output.isPlausible(
        from: count, after: tally.lastTime, width: tally.width, height: tally.height)
      if isFine {
        tally.lastTime = output.times[output.count - 1]
        lastRawTime = UInt32(truncatingIfNeeded: tally.lastTime &- loops)
      } else {
        output.count = count
        decodeCarefully(records, range, offset, &output, &tally)
      }
      start = range.upperBound
    }
    return end * 8
  }

  var checkpoint: [Int64] { [loops, Int64(lastRawTime)] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 2, let rawTime = UInt32(exactly: values[1]) else { return false }
    (loops, lastRawTime) = (values[0], rawTime)
    return true
  }

  /// Decodes records that are all of the sensor and in order of time, so without a wrap.
  @inline(__always)
  private func decodeFast(
    _ records: UnsafeRawPointer, _ range: Range<Int>, _ output: inout EventOutput, xBits: UInt32,
    yBits: UInt32, polarityBit: UInt32
  ) {
    let loops = self.loops
    let (times, xs) = (output.times + output.count, output.xs + output.count)
    let (ys, polarities) = (output.ys + output.count, output.polarities + output.count)
    let first = records + range.lowerBound * 8
    for index in 0..<range.count {
      let record = UInt64(
        littleEndian: first.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
      let address = UInt32(truncatingIfNeeded: record >> 32)
      times[index] = loops &+ Int64(record & 0xFFFF_FFFF)
      xs[index] = UInt16(truncatingIfNeeded: address & ((1 << xBits) &- 1))
      ys[index] = UInt16(truncatingIfNeeded: (address >> xBits) & ((1 << yBits) &- 1))
      polarities[index] = UInt8(truncatingIfNeeded: (address >> polarityBit) & 1)
    }
    output.count += range.count
  }

  /// The same records one by one, with wraps followed and every oddity counted.
  private mutating func decodeCarefully(
    _ records: UnsafeRawPointer, _ range: Range<Int>, _ offset: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    for index in range { take(records + index * 8, at: offset + index * 8, &output, &tally) }
  }

  /// Any step back in time, with a wrap when it is large enough.
  private mutating func time(_ record: UInt64) -> Int64 {
    let rawTime = UInt32(truncatingIfNeeded: record)
    if rawTime < lastRawTime && lastRawTime - rawTime > Self.wrapStep { loops &+= 1 << 32 }
    lastRawTime = rawTime
    return loops &+ Int64(rawTime)
  }

  private mutating func take(
    _ bytes: UnsafeRawPointer, at place: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    let record = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let address = UInt32(truncatingIfNeeded: record >> 32)
    let time = time(record)
    if layout == .version1 {
      let (x, y) = (address & 0x1FF, (address >> 9) & 0xFF)
      tally.take(time, x, y, (address >> 17) & 1, at: .byte(place), &output)
    } else {
      let (x, y) = (address & 0x3FFF, (address >> 14) & 0x3FFF)
      tally.take(time, x, y, (address >> 28) & 1, at: .byte(place), &output)
    }
  }

  private mutating func takeTriggers(
    _ bytes: UnsafeRawBufferPointer, _ tally: inout TraceTally
  ) -> Int {
    let end = bytes.count & ~7
    for position in stride(from: 0, to: end, by: 8) {
      let record = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let word = UInt32(truncatingIfNeeded: record >> 32)
      tally.triggers.add(Trigger(time: time(record), channel: word >> 26, value: word))
    }
    return end
  }
}
