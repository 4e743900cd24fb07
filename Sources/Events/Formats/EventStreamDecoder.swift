import Bytes

/// The 12…20 bytes in front of an Event Stream.
struct EventStreamHeader {
  static let magic = Array("Event Stream".utf8)

  enum Kind: UInt8 {
    case dvs = 1
    case atis = 2
    case colour = 4
  }

  private(set) var kind: Kind
  private(set) var sensor: SensorSize

  init(_ feed: inout ByteFeed) throws(InputError) {
    let size = Self.magic.count + 8
    try feed.fill(atLeast: size)
    guard feed.prefix(Self.magic.count) == Self.magic else {
      throw InputError(at: .byte(feed.offset), "expected ‘Event Stream’, found other text")
    }
    guard feed.count >= Self.magic.count + 4 else {
      throw InputError(at: .byte(feed.count), "expected a version and a kind, found the end")
    }
    guard feed[12] == 2 else {
      throw InputError(
        at: .byte(12), "expected version 2, found \(feed[12]).\(feed[13]).\(feed[14])")
    }
    guard let kind = Kind(rawValue: feed[15]) else {
      throw InputError(
        at: .byte(15), "expected events of DVS (1), ATIS (2) or colour (4), found \(feed[15])",
        advice: "generic streams hold bytes instead of events")
    }
    guard feed.count >= size else {
      throw InputError(at: .byte(16), "expected width and height, found the end")
    }
    let width = Int(feed[16]) | Int(feed[17]) << 8
    let height = Int(feed[18]) | Int(feed[19]) << 8
    guard width > 0, height > 0 else {
      throw InputError(at: .byte(16), "expected a size from 1 × 1, found \(width) × \(height)")
    }
    self.kind = kind
    sensor = SensorSize(width: width, height: height)
    feed.consume(size)
  }
}

/// Event Stream 2: a byte with the time since the event before, then the pixel.
///
/// Source: neuromorphic-paris/event_stream. Times start at 0; rows count from the bottom. Of ATIS
/// only changes are events, exposures are skipped; of colour streams, which have no polarity, each
/// record counts as ON.
struct EventStreamDecoder: EventDecoder {
  private let kind: EventStreamHeader.Kind
  private var time = Int64(0)

  init(_ kind: EventStreamHeader.Kind) { self.kind = kind }

  var checkpoint: [Int64] { [time] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 1 else { return false }
    time = values[0]
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) -> Int {
    var position = 0
    let size = kind == .colour ? 8 : 5
    while position < bytes.count && output.room > 0 {
      let head = Int64(bytes[position])
      let isOverflow = kind == .atis ? head & 0xFC == 0xFC : head >= 0xFE
      if isOverflow {
        switch kind {
        case .dvs: time &+= head == 0xFF ? 127 : 0  // 0xFE is a reset, without a time
        case .atis: time &+= 63 &* (head & 3)
        case .colour: time &+= head == 0xFF ? 254 : 0
        }
        position &+= 1
        continue
      }
      guard position + size <= bytes.count else { break }
      let x = UInt32(bytes[position + 1]) | UInt32(bytes[position + 2]) << 8
      let y = UInt32(bytes[position + 3]) | UInt32(bytes[position + 4]) << 8
      let place = InputError.Place.byte(offset + position)
      switch kind {
      case .dvs:
        time &+= head >> 1
        tally.take(time, x, y, UInt32(head & 1), at: place, &output)
      case .atis:
        time &+= head >> 2
        // Bit 0 marks the start or end of an exposure, bit 1 the polarity otherwise.
        if head & 1 == 0 {
          tally.take(time, x, y, UInt32(head >> 1 & 1), at: place, &output)
        }
      case .colour:
        time &+= head
        tally.take(time, x, y, 1, at: place, &output)
      }
      position &+= size
    }
    return position
  }
}
