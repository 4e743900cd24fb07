import Bytes

/// AEDAT 4 packets: a stream's number, a size, and a compressed FlatBuffer of so many bytes.
///
/// Only the first stream of events is decoded. Triggers are counted, other streams skipped whole;
/// packets of streams that the header does not name are known by their identifier.
struct AEDAT4Decoder: EventDecoder {
  /// Bytes that one packet may hold once decompressed: 16 million events.
  static let maximumPayload = 1 << 28
  private static let packetHeaderSize = 8
  private static let eventSize = 16

  private let header: AEDAT4Header
  private let zstandard: (any Zstandard)?
  /// The decompressed packet at hand, kept to reuse its memory.
  private var payload: [UInt8] = []
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
  /// The stream that is read: as the header says, or else that of the first packet of events.
  private var eventStream: Int?

  /// Throws `InputError` when the compression needs a library that is missing.
  init(
    _ header: AEDAT4Header, libraries: any CompressionLibraries
  ) throws(InputError) {
    self.header = header
    eventStream = header.eventStream
    switch header.compression {
    case .zstandard, .zstandardHigh:
      do throws(InputError) { zstandard = try libraries.zstandard() } catch {
        throw error.placed(at: .byte(header.compressionPlace))
      }
    case .none, .lz4, .lz4High: zstandard = nil
    }
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    var position = 0
    while true {
      if isInPacket {
        // The packet stays unused until all its events are handed out, so that a reader can go on
        // from any place with nothing but an offset and a count.
        emit(at: offset + position, &output, &tally)
        if eventsLeft > 0 { return position }
        position += Self.packetHeaderSize + packetSize(bytes, position)
        isInPacket = false
        eventsDone = 0
      } else if bytesToSkip > 0 {
        let count = min(bytesToSkip, bytes.count - position)
        if count == 0 { return position }
        position += count
        bytesToSkip -= count
      } else if let tableStart = header.tableStart, offset + position >= tableStart {
        return bytes.count
      } else {
        guard bytes.count - position >= Self.packetHeaderSize else { return position }
        let size = packetSize(bytes, position)
        guard size >= 0, size <= Self.maximumPayload else {
          throw InputError(
            at: .byte(offset + position + 4),
            "expected a packet of at most \(Self.maximumPayload) bytes, found a size of \(size)",
            advice: "is the file corrupt?")
        }
        let stream = Int(int32(bytes, position))
        if let known = header.streams[stream], known.type != "TRIG", stream != eventStream {
          position += Self.packetHeaderSize
          bytesToSkip = size
          continue
        }
        let start = position + Self.packetHeaderSize
        guard size <= bytes.count - start else { return position }
        do throws(InputError) {
          let packet = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
          try open(packet, stream, &tally)
        } catch {
          throw error.moved(by: offset + start)
        }
        isInPacket = true
      }
    }
  }

  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally) {
    if left > 0 || bytesToSkip > 0 { tally.anomalies.note(.truncatedTail, at: .byte(offset)) }
  }

  var checkpoint: [Int64] {
    [Int64(eventsDone + eventsToPass), Int64(bytesToSkip), Int64(eventStream ?? -1)]
  }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 3, (0...Int64(Self.maximumPayload)).contains(values[0]),
      (0...Int64(Self.maximumPayload)).contains(values[1]), Int32(exactly: values[2]) != nil
    else { return false }
    (isInPacket, eventsDone, eventsLeft) = (false, 0, 0)
    (eventsToPass, bytesToSkip) = (Int(values[0]), Int(values[1]))
    eventStream = values[2] < 0 ? nil : Int(values[2])
    return true
  }

  private func int32(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int32 {
    Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
  }

  private func packetSize(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
    Int(int32(bytes, position + 4))
  }

  // MARK: Opening a packet

  private mutating func open(
    _ packet: UnsafeRawBufferPointer, _ stream: Int, _ tally: inout TraceTally
  ) throws(InputError) {
    let count = try decompress(packet)
    let pass = eventsToPass
    (eventsLeft, eventsToPass, eventsDone) = (0, 0, 0)
    guard let vector = try records(in: count) else { return }
    switch vector.type {
    case .triggers:
      if pass == 0 { tally.triggers += vector.count }
    case .events:
      if eventStream == nil { eventStream = stream }
      guard stream == eventStream else { return }
      guard pass <= vector.count else {
        throw InputError(
          at: .byte(0), "expected a packet of at least \(pass) events, found \(vector.count)")
      }
      eventPlace = vector.position + pass * Self.eventSize
      eventsDone = pass
      eventsLeft = vector.count - pass
    }
  }

  /// Fills `payload` and returns how many bytes of it are the packet's.
  private mutating func decompress(_ packet: UnsafeRawBufferPointer) throws(InputError) -> Int {
    switch header.compression {
    case .none:
      if payload.count < packet.count {
        payload.append(contentsOf: repeatElement(0, count: packet.count - payload.count))
      }
      payload.withUnsafeMutableBytes { $0.copyMemory(from: packet) }
      return packet.count
    case .lz4, .lz4High:
      return try LZ4Frame.decode(packet, limit: Self.maximumPayload, into: &payload)
    case .zstandard, .zstandardHigh:
      guard
        let count = zstandard?.decode(packet, limit: Self.maximumPayload, into: &payload)
      else {
        throw InputError(
          at: .byte(0),
          "expected Zstandard data of at most \(Self.maximumPayload) bytes decoded, "
            + "found damaged data or more", advice: "is the file corrupt?")
      }
      return count
    }
  }

  private enum RecordType { case events, triggers }

  /// The list of events or triggers in the payload; nil for a packet of another kind.
  ///
  /// A payload is a size, the offset of the root table from behind that size, an identifier, and
  /// tables. The first field of the root is the list.
  private func records(
    in count: Int
  ) throws(InputError) -> (type: RecordType, position: Int, count: Int)? {
    func damaged(_ what: String) -> InputError {
      InputError(at: .byte(0), "expected \(what) in the packet", advice: "is the file corrupt?")
    }
    func uint32(_ place: Int) -> Int {
      payload.withUnsafeBytes {
        Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
      }
    }
    guard count >= 12 else { throw damaged("a size, a table and an identifier") }
    let type: RecordType
    let elementSize: Int
    switch uint32(8) {
    case 0x5354_5645: (type, elementSize) = (.events, Self.eventSize)  // EVTS
    case 0x4749_5254: (type, elementSize) = (.triggers, 4)  // TRIG
    default: return nil
    }
    let table = 4 + uint32(4)
    guard table <= count - 4 else { throw damaged("a table") }
    let vtable = table - Int(Int32(truncatingIfNeeded: uint32(table)))
    guard vtable >= 0, vtable <= count - 8 else { throw damaged("a list of fields") }
    let size = uint32(vtable) & 0xFFFF
    let field = uint32(vtable + 4) & 0xFFFF
    // A list that was left out is empty.
    guard size >= 6, field > 0 else { return (type, 0, 0) }
    let place = table + field
    guard place <= count - 4 else { throw damaged("a list") }
    let vector = place + uint32(place)
    guard vector <= count - 4 else { throw damaged("a list") }
    let length = uint32(vector)
    guard length <= (count - vector - 4) / elementSize else { throw damaged("a whole list") }
    return (type, vector + 4, length)
  }

  // MARK: Events

  /// Hands out events until they or the room run out. Anomalies get the place of their packet.
  private mutating func emit(
    at place: Int, _ output: inout EventOutput, _ tally: inout TraceTally
  ) {
    let wanted = min(eventsLeft, output.room)
    let start = eventPlace
    payload.withUnsafeBytes { bytes in
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
