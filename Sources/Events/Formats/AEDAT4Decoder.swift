import Bytes

/// AEDAT 4 packets: a stream's number, a size, and a compressed FlatBuffer of so many bytes.
///
/// Only the first stream of events and triggers are decoded, other streams skipped whole; packets of
/// streams that the header does not name are known by their identifier. A damaged packet costs its
/// own events: decoding goes on at the next packet that looks whole.
struct AEDAT4Decoder: EventDecoder {
  private static let eventSize = 16

  private let header: AEDAT4Header
  private var payload: AEDAT4Payload
  /// Where in the payload the next event lies.
  private var eventPlace = 0
  /// Events of the packet at hand that were handed out already, and those that were not.
  private var eventsDone = 0
  private var eventsLeft = 0
  /// True while the packet in front still has events to hand out.
  private var isInPacket = false
  /// Events to pass over when the packet in front is opened, because a reader went on from here.
  private var eventsToPass = 0
  private var bytesToSkip = 0
  /// True behind a damaged packet, until the next whole one is found.
  private var isLost = false
  /// The stream that is read: as the header says, or else that of the first packet of events.
  private var eventStream: Int?

  /// Throws `InputError` when the compression needs a library that is missing.
  init(
    _ header: AEDAT4Header, libraries: any CompressionLibraries
  ) throws(InputError) {
    self.header = header
    eventStream = header.eventStream
    payload = try AEDAT4Payload(header, libraries: libraries)
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    let end = header.tableStart.map { min(bytes.count, max(0, $0 - offset)) } ?? bytes.count
    var position = 0
    let isWhole = decode(
      bytes, end, &position, at: offset, isLast: isEnd || end < bytes.count, &output, &tally)
    if isWhole || end == bytes.count { return position }
    // Behind the last packet the table of packets has nothing to decode.
    if position < end || bytesToSkip > 0 {
      tally.anomalies.note(.truncatedTail, at: .byte(offset + position))
      bytesToSkip = 0
    }
    return bytes.count
  }

  /// Decodes what lies in front of `end`; false when it needs more, true when the room ran out.
  private mutating func decode(
    _ bytes: UnsafeRawBufferPointer, _ end: Int, _ position: inout Int, at offset: Int,
    isLast: Bool, _ output: inout EventOutput, _ tally: inout TraceTally
  ) -> Bool {
    while true {
      if isInPacket {
        // The packet stays unused until all its events are handed out, so that a reader can go on
        // from any place with nothing but an offset and a count.
        emit(at: offset + position, &output, &tally)
        if eventsLeft > 0 { return true }
        position += AEDAT4Packet.headerSize + packetSize(bytes, position)
        isInPacket = false
        eventsDone = 0
      } else if bytesToSkip > 0 {
        let count = min(bytesToSkip, end - position)
        if count == 0 { return false }
        position += count
        bytesToSkip -= count
      } else if isLost {
        let found = AEDAT4Packet.next(
          in: UnsafeRawBufferPointer(rebasing: bytes[position..<end]), header)
        position += found.skipped
        if !found.isFound {
          if isLast { position = end }
          return false
        }
        isLost = false
      } else if end - position < AEDAT4Packet.headerSize {
        return false
      } else if let step = startPacket(
        bytes, position..<end, at: offset, isLast: isLast, &tally)
      {
        position += step
      } else {
        return false
      }
    }
  }

  /// Opens, skips or gives up the packet at the front of `range`: the bytes to move on by; nil when
  /// it is not all there yet.
  private mutating func startPacket(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, at offset: Int, isLast: Bool,
    _ tally: inout TraceTally
  ) -> Int? {
    let position = range.lowerBound
    let start = position + AEDAT4Packet.headerSize
    let size = packetSize(bytes, position)
    let stream = Int(int32(bytes, position))
    let rest = UnsafeRawBufferPointer(rebasing: bytes[start..<range.upperBound])
    // Streams are numbered from 0; a number beyond is no stream of which a packet can be passed over.
    guard size >= 0, size <= AEDAT4Payload.most, (0..<65_536).contains(stream) else {
      return giveUp(at: offset + position, &tally)
    }
    if let known = header.streams[stream], known.type != "TRIG", stream != eventStream {
      bytesToSkip = size
      return AEDAT4Packet.headerSize
    }
    guard size <= rest.count else {
      // The end of a recording that was cut off, unless whole packets follow: then the size is wrong.
      guard isLast, AEDAT4Packet.next(in: rest, header).isFound else { return nil }
      return giveUp(at: offset + position, &tally)
    }
    let isWhole = open(UnsafeRawBufferPointer(rebasing: rest[..<size]), stream, &tally)
    guard isWhole else { return giveUp(at: offset + position, &tally) }
    isInPacket = true
    return 0
  }

  /// Goes on behind a packet's header with a search for the next one: its size may be wrong too.
  private mutating func giveUp(at place: Int, _ tally: inout TraceTally) -> Int {
    tally.anomalies.note(.damagedPacket, at: .byte(place))
    (isLost, eventsToPass, eventsLeft, eventsDone) = (true, 0, 0, 0)
    return AEDAT4Packet.headerSize
  }

  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally) {
    if left > 0 || bytesToSkip > 0 { tally.anomalies.note(.truncatedTail, at: .byte(offset)) }
  }

  var checkpoint: [Int64] {
    [
      Int64(eventsDone + eventsToPass), Int64(bytesToSkip), Int64(eventStream ?? -1),
      isLost ? 1 : 0,
    ]
  }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 4, (0...Int64(AEDAT4Payload.most)).contains(values[0]),
      (0...Int64(AEDAT4Payload.most)).contains(values[1]), Int32(exactly: values[2]) != nil,
      (0...1).contains(values[3])
    else { return false }
    (isInPacket, eventsDone, eventsLeft) = (false, 0, 0)
    (eventsToPass, bytesToSkip) = (Int(values[0]), Int(values[1]))
    eventStream = values[2] < 0 ? nil : Int(values[2])
    isLost = values[3] == 1
    return true
  }

  private func int32(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int32 {
    Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
  }

  private func packetSize(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
    Int(int32(bytes, position + 4))
  }

  // MARK: Opening a packet

  /// False for a packet that cannot be what it says.
  private mutating func open(
    _ packet: UnsafeRawBufferPointer, _ stream: Int, _ tally: inout TraceTally
  ) -> Bool {
    let pass = eventsToPass
    (eventsLeft, eventsToPass, eventsDone) = (0, 0, 0)
    guard let count = payload.fill(packet) else { return false }
    let content = payload.bytes.withUnsafeBytes {
      AEDAT4Packet.content(UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
    switch content {
    case .damaged: return false
    case .other: return stream != eventStream
    case .triggers(let triggers):
      if pass == 0 { for trigger in triggers { tally.triggers.add(trigger) } }
    case .events(let position, let count):
      if eventStream == nil { eventStream = stream }
      guard stream == eventStream else { return true }
      guard pass <= count else { return false }
      eventPlace = position + pass * Self.eventSize
      eventsDone = pass
      eventsLeft = count - pass
    }
    return true
  }

  // MARK: Events

  /// Hands out events until they or the room run out. Anomalies get the place of their packet.
  private mutating func emit(
    at place: Int, _ output: inout EventOutput, _ tally: inout TraceTally
  ) {
    let wanted = min(eventsLeft, output.room)
    let start = eventPlace
    payload.bytes.withUnsafeBytes { bytes in
      for done in stride(from: 0, to: wanted, by: Self.blockSize) {
        let block = min(wanted - done, Self.blockSize)
        let records = bytes.baseAddress! + start + done * Self.eventSize
        let count = output.count
        let areNear = Self.decodeFast(records, block, &output)
        let isFine =
          areNear
          && output.isPlausible(
            from: count, after: tally.lastTime, width: min(tally.width, 32_768),
            height: min(tally.height, 32_768))
        if isFine {
          tally.lastTime = output.times[output.count - 1]
        } else {
          output.count = count
          Self.decodeCarefully(records, block, place, &output, &tally)
        }
      }
    }
    eventPlace += wanted * Self.eventSize
    eventsLeft -= wanted
    eventsDone += wanted
  }

  /// Events decoded between two checks, which then still are in the nearest cache.
  private static let blockSize = 2048

  /// Time, x, y, and a polarity of one byte. Negative coordinates turn up as 32,768 and more.
  ///
  /// Returns false when a time is so far from 0 that a difference of two could overflow.
  private static func decodeFast(
    _ records: UnsafeRawPointer, _ count: Int, _ output: inout EventOutput
  ) -> Bool {
    var extremes = Int64(0)
    let (times, xs) = (output.times + output.count, output.xs + output.count)
    let (ys, polarities) = (output.ys + output.count, output.polarities + output.count)
    for index in 0..<count {
      let record = records + index &* eventSize
      let address = UInt64(
        littleEndian: record.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let time = Int64(littleEndian: record.loadUnaligned(as: Int64.self))
      extremes |= time ^ (time &<< 1)
      times[index] = time
      xs[index] = UInt16(truncatingIfNeeded: address)
      ys[index] = UInt16(truncatingIfNeeded: address >> 16)
      polarities[index] = UInt8(truncatingIfNeeded: (address >> 32) & 0xFF) == 0 ? 0 : 1
    }
    output.count += count
    return extremes >= 0
  }

  /// The same records one by one, with every oddity counted.
  private static func decodeCarefully(
    _ records: UnsafeRawPointer, _ count: Int, _ place: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) {
    for index in 0..<count {
      let record = records + index * eventSize
      let time = Int64(littleEndian: record.loadUnaligned(as: Int64.self))
      let address = UInt64(littleEndian: record.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      let (x, y) = (UInt32(address & 0xFFFF), UInt32((address >> 16) & 0xFFFF))
      let polarity: UInt32 = (address >> 32) & 0xFF == 0 ? 0 : 1
      if x >= 32_768 || y >= 32_768 {
        tally.anomalies.note(.outsideSensor, at: .byte(place))
      } else {
        tally.take(time, x, y, polarity, at: .byte(place), &output)
      }
    }
  }
}
