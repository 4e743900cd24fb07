import Bytes

/// What lies in a packet of AEDAT 4, and where packets start when a size cannot be trusted.
enum AEDAT4Packet {
  /// A stream's number and a size.
  static let headerSize = 8
  /// A packet's header and as much of its start as tells that it is one.
  private static let probeSize = headerSize + 12
  private static let eventSize = 16

  enum Content: Equatable {
    /// Where in the payload the events lie.
    case events(position: Int, count: Int)
    case triggers([Trigger])
    /// Frames, inertial data, the table of packets.
    case other
    case damaged
  }

  // MARK: Finding

  /// The first place in `bytes` where a packet may start, and the bytes before it; without one, the
  /// bytes that need not be looked at again.
  ///
  /// A packet starts with a stream's number, a size, and the magic number of its compression; without
  /// compression, the size again and an identifier.
  static func next(
    in bytes: UnsafeRawBufferPointer, _ header: AEDAT4Header
  ) -> (isFound: Bool, skipped: Int) {
    guard bytes.count >= probeSize else { return (false, 0) }
    for position in 0...(bytes.count - probeSize) {
      let stream = word(bytes, position)
      let size = word(bytes, position + 4)
      guard stream < 256, (12...AEDAT4Payload.most).contains(size),
        header.streams.isEmpty || header.streams[stream] != nil
      else { continue }
      if isStart(bytes, position + headerSize, size, header.compression) {
        return (true, position)
      }
    }
    return (false, bytes.count - probeSize + 1)
  }

  private static func isStart(
    _ bytes: UnsafeRawBufferPointer, _ position: Int, _ size: Int,
    _ compression: AEDAT4Header.Compression
  ) -> Bool {
    switch compression {
    case .lz4, .lz4High: return word(bytes, position) == 0x184D_2204
    case .zstandard, .zstandardHigh: return word(bytes, position) == 0xFD2F_B528
    case .none:
      let identifiers = ["EVTS", "FRME", "IMUS", "TRIG"]
      return word(bytes, position) == size - 4
        && identifiers.contains { bytes[(position + 8)..<(position + 12)].elementsEqual($0.utf8) }
    }
  }

  // MARK: Reading

  /// The list of events or triggers in a payload.
  ///
  /// A payload is a size, the offset of the root table from behind that size, an identifier, and
  /// tables. The first field of the root is the list.
  static func content(_ payload: UnsafeRawBufferPointer) -> Content {
    guard payload.count >= 12 else { return .damaged }
    let isEvents: Bool
    switch word(payload, 8) {
    case 0x5354_5645: isEvents = true  // EVTS
    case 0x4749_5254: isEvents = false  // TRIG
    default: return .other
    }
    guard let table = Table(payload, at: 4 + word(payload, 4)) else { return .damaged }
    // A list that was left out is empty.
    guard let place = table.place(of: 0, size: 4) else {
      return isEvents ? .events(position: 0, count: 0) : .triggers([])
    }
    let vector = place + word(payload, place)
    guard vector <= payload.count - 4 else { return .damaged }
    let count = word(payload, vector)
    guard count <= (payload.count - vector - 4) / (isEvents ? eventSize : 4) else {
      return .damaged
    }
    if isEvents { return .events(position: vector + 4, count: count) }
    var triggers: [Trigger] = []
    for index in 0..<count {
      let entry = vector + 4 + index * 4
      guard let table = Table(payload, at: entry + word(payload, entry)) else { return .damaged }
      let time = table.place(of: 0, size: 8).map {
        Int64(littleEndian: payload.loadUnaligned(fromByteOffset: $0, as: Int64.self))
      }
      let source = table.place(of: 1, size: 1).map { payload[$0] }
      // A source that no schema names is a mark of unknown meaning, which nobody could use.
      if let trigger = AEDATTriggers.trigger(time: time ?? 0, source: source ?? 0) {
        triggers.append(trigger)
      }
    }
    return .triggers(triggers)
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> Int {
    Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
  }

  /// A FlatBuffer table, whose list of fields lies inside the payload.
  private struct Table {
    private let payload: UnsafeRawBufferPointer
    private let position: Int
    private let fields: Int

    init?(_ payload: UnsafeRawBufferPointer, at position: Int) {
      guard position >= 0, position <= payload.count - 4 else { return nil }
      let back = Int(Int32(truncatingIfNeeded: word(payload, position)))
      fields = position - back
      guard fields >= 0, fields <= payload.count - 4 else { return nil }
      self.payload = payload
      self.position = position
    }

    /// Where a field of `size` bytes lies; nil when it was left out or lies outside the payload.
    func place(of field: Int, size: Int) -> Int? {
      let entry = fields + 4 + field * 2
      guard entry <= payload.count - 2, 6 + field * 2 <= half(fields) else { return nil }
      let place = position + half(entry)
      guard half(entry) > 0, place <= payload.count - size else { return nil }
      return place
    }

    private func half(_ place: Int) -> Int {
      Int(UInt16(littleEndian: payload.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
    }
  }
}
