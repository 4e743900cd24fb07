import Bytes

/// The text in front of AEDAT 3.1 packets: `#` lines up to `#!END-HEADER`.
struct AEDAT31Header {
  /// From the name of the camera, or from a size at the end of it.
  private(set) var sensor: SensorSize?
  /// Lines that start with a blank behind the `#`: what people wrote about the recording.
  private(set) var comments: [String] = []

  init(_ feed: inout ByteFeed) throws(InputError) {
    while true {
      let offset = feed.offset
      guard let line = try feed.line() else {
        throw InputError(at: .byte(offset), "expected a header line, found no end of line")
      }
      if line == "#!END-HEADER" { return }
      guard line.hasPrefix("#") else {
        throw InputError(at: .byte(offset), "expected ‘#!END-HEADER’, found other text")
      }
      if line.hasPrefix("#Format:"), !line.hasSuffix("RAW") {
        throw InputError(
          at: .byte(offset), "expected ‘#Format: RAW’, found ‘\(line)’",
          advice: "record without compression")
      }
      if line.hasPrefix("# ") { comments.append(String(line.dropFirst(2))) }
      if line.hasPrefix("#Source "), let colon = line.firstIndex(of: ":") {
        sensor = sensor ?? Self.sensor(named: line[line.index(after: colon)...])
      }
    }
  }

  /// Sizes of the cameras that cAER supports (source: libcaer's device table).
  private static func sensor(named name: Substring) -> SensorSize? {
    let cameras: [(String, Int, Int)] = [
      ("DVS128", 128, 128), ("DAVIS128", 128, 128), ("DAVIS208", 208, 192), ("DAVIS240", 240, 180),
      ("DAVIS346", 346, 260), ("DAVIS640", 640, 480),
    ]
    for (prefix, width, height) in cameras where name.contains(prefix) {
      return SensorSize(width: width, height: height)
    }
    let sides = name.split(separator: " ").last?.split(separator: "x").map { Int($0) } ?? []
    guard sides.count == 2, let width = sides[0], let height = sides[1],
      (1...32_768).contains(width), (1...32_768).contains(height)
    else { return nil }
    return SensorSize(width: width, height: height)
  }
}

/// AEDAT 3.1 as cAER writes it: packets with a header of 28 bytes, little-endian.
///
/// Source: iniLabs' AEDAT file format page, version 3.1. Polarity packets (type 1) hold events
/// of the pixels, special packets (type 0) triggers; others are skipped whole.
struct AEDAT31Decoder: EventDecoder {
  static let packetHeaderSize = 28
  static let specialType = UInt16(0)
  static let polarityType = UInt16(1)
  /// Of either: four bytes, then the time.
  static let eventSize = 8

  private var eventsLeft = 0
  private var isSpecial = false
  private var bytesToSkip = 0
  /// Multiples of 2^31 µs.
  private var overflow = Int64(0)

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    var position = 0
    while true {
      if eventsLeft > 0 {
        let count = min(eventsLeft, (bytes.count - position) / Self.eventSize, output.room)
        if count == 0 { return position }
        if isSpecial {
          takeTriggers(bytes, position, count, &tally)
        } else {
          decodeEvents(bytes, position, count, offset, &output, &tally)
        }
        position += count * Self.eventSize
        eventsLeft -= count
      } else if bytesToSkip > 0 {
        let count = min(bytesToSkip, bytes.count - position)
        if count == 0 { return position }
        position += count
        bytesToSkip -= count
      } else {
        guard bytes.count - position >= Self.packetHeaderSize else { return position }
        try startPacket(bytes, position, offset)
        position += Self.packetHeaderSize
      }
    }
  }

  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally) {
    if left > 0 || eventsLeft > 0 || bytesToSkip > 0 {
      tally.anomalies.note(.truncatedTail, at: .byte(offset))
    }
  }

  var checkpoint: [Int64] {
    [Int64(eventsLeft), Int64(bytesToSkip), overflow, isSpecial ? 1 : 0]
  }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 4, (0..<1 << 32).contains(values[0]), values[1] >= 0,
      values[2] & ~(0x7FFF_FFFF << 31) == 0, (0...1).contains(values[3])
    else { return false }
    (eventsLeft, bytesToSkip, overflow) = (Int(values[0]), Int(values[1]), values[2])
    isSpecial = values[3] == 1
    return true
  }

  private mutating func startPacket(
    _ bytes: UnsafeRawBufferPointer, _ position: Int, _ offset: Int
  ) throws(InputError) {
    func field(_ index: Int) -> Int {
      Int(
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + index, as: UInt32.self))
      )
    }
    let type = UInt16(truncatingIfNeeded: field(0))
    let (size, timeOffset, overflows) = (field(4), field(8), field(12))
    let (capacity, number) = (field(16), field(20))
    guard number <= capacity else {
      throw InputError(
        at: .byte(offset + position + 20),
        "expected at most \(capacity) events in a packet, found \(number)")
    }
    // Both factors are below 2^32, so only their product can overflow.
    let (total, isTooLarge) = capacity.multipliedReportingOverflow(by: size)
    guard !isTooLarge else {
      throw InputError(
        at: .byte(offset + position + 4),
        "expected a packet size, found \(capacity) × \(size) bytes")
    }
    isSpecial = type == Self.specialType
    let isRead = isSpecial && size == Self.eventSize && timeOffset == 4
    guard type == Self.polarityType || isRead else {
      bytesToSkip = total
      return
    }
    guard size == Self.eventSize, timeOffset == 4 else {
      throw InputError(
        at: .byte(offset + position + 4),
        "expected polarity events of 8 bytes with the time at 4, found \(size) and \(timeOffset)")
    }
    guard overflows <= Int(Int32.max) else {
      throw InputError(
        at: .byte(offset + position + 12), "expected a time overflow below 2^31, found \(overflows)"
      )
    }
    overflow = Int64(overflows) << 31
    eventsLeft = number
    bytesToSkip = (capacity - number) * size
  }

  /// A valid bit, seven bits of type and 24 of data; wraps of the time and rows are no triggers.
  private func takeTriggers(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ tally: inout TraceTally
  ) {
    for place in stride(from: start, to: start + count * Self.eventSize, by: Self.eventSize) {
      let record = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      let special = UInt8(truncatingIfNeeded: record) >> 1
      let time = overflow | Int64(record >> 32)
      if record & 1 == 1, let trigger = AEDATTriggers.trigger(time: time, special: special) {
        tally.triggers.add(trigger)
      }
    }
  }

  private func decodeEvents(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int, _ offset: Int,
    _ output: inout EventOutput, _ tally: inout TraceTally
  ) {
    let records = bytes.baseAddress! + start
    for index in 0..<count {
      let record = UInt64(
        littleEndian: records.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
      let address = UInt32(truncatingIfNeeded: record)
      let time = overflow | Int64(record >> 32)
      let place = InputError.Place.byte(offset + start + index &* 8)
      if _fastPath(address & 1 == 1) {
        let (x, y) = ((address >> 17) & 0x7FFF, (address >> 2) & 0x7FFF)
        tally.take(time, x, y, (address >> 1) & 1, at: place, &output)
      } else {
        tally.anomalies.note(.invalidEvent, at: place)
      }
    }
  }
}
