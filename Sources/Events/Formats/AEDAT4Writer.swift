package import Bytes

/// Writes events as AEDAT 4, the format of DV: a stream of events, one of triggers and, if asked for,
/// one of frames, without a table of packets.
///
///     var writer = try AEDAT4Writer(sensor: sensor, compression: .lz4)
///     sink.write(writer.header())
///     sink.write(try writer.packets(of: batch))   // any number of times
package struct AEDAT4Writer: Sendable {
  package enum Compression: String, CaseIterable, Sendable {
    case none, lz4, zstd
    /// Smaller, and slower to write; as fast to read.
    case zstdHigh = "zstd-high"

    fileprivate var isZstandard: Bool { self == .zstd || self == .zstdHigh }
  }

  /// 128 KiB before compression: two linked blocks.
  private static let eventsPerPacket = 8192

  private let sensor: SensorSize
  private let compression: Compression
  private let hasFrames: Bool
  private let zstandard: (any Zstandard)?

  /// Throws `InputError` for Zstandard when `libraries` cannot offer it.
  ///
  /// - Parameter hasFrames: Whether the header names a stream of frames of the sensor's size.
  package init(
    sensor: SensorSize, compression: Compression, hasFrames: Bool = false,
    libraries: (any CompressionLibraries)? = nil
  ) throws(InputError) {
    self.sensor = sensor
    self.compression = compression
    self.hasFrames = hasFrames
    zstandard = compression.isZstandard ? try (libraries ?? NoLibraries()).zstandard() : nil
  }

  /// The bytes before the first packet.
  package func header() -> [UInt8] {
    let code: UInt32 =
      switch compression {
      case .none: 0
      case .lz4: 1
      case .zstd: 3
      case .zstdHigh: 4
      }
    let text = Array(description.utf8)
    // A root offset and the identifier; the root’s list of fields; the root; its text.
    var table = LittleEndianBytes()
    table.append(UInt32(24))
    table.bytes += "IOHE".utf8
    table.append(UInt32(0))  // 64-bit fields lie at multiples of 8
    for entry in [10, 20, 4, 8, 16] as [UInt16] { table.append(entry) }
    table.append(UInt16(0))
    table.append(Int32(12))  // from the root back to its list of fields
    table.append(code)
    table.append(Int64(-1))  // no table of packets
    table.append(UInt32(4))
    table.append(UInt32(text.count))
    table.bytes += text + [0]
    while table.bytes.count % 8 != 0 { table.bytes.append(0) }
    var file = LittleEndianBytes()
    file.bytes = AEDAT4Header.version
    file.append(UInt32(table.bytes.count))
    return file.bytes + table.bytes
  }

  private var description: String {
    let name =
      switch compression {
      case .none: "NONE"
      case .lz4: "LZ4"
      case .zstd: "ZSTD"
      case .zstdHigh: "ZSTD_HIGH"
      }
    func attribute(_ key: String, _ type: String, _ value: String) -> String {
      "<attr key=\"\(key)\" type=\"\(type)\">\(value)</attr>"
    }
    let path = "/mainloop/Recorder/outInfo/"
    func stream(
      _ number: Int, _ output: String, _ identifier: String, _ what: String, _ info: [String]
    ) -> [String] {
      [
        "<node name=\"\(number)\" path=\"\(path)\(number)/\">",
        attribute("compression", "string", name),
        attribute("originalModuleName", "string", "preflash"),
        attribute("originalOutputName", "string", output),
        attribute("typeDescription", "string", what),
        attribute("typeIdentifier", "string", identifier),
        "<node name=\"info\" path=\"\(path)\(number)/info/\">",
      ] + info + [attribute("source", "string", "Preflash"), "</node>", "</node>"]
    }
    let size = [
      attribute("sizeX", "int", "\(sensor.width)"), attribute("sizeY", "int", "\(sensor.height)"),
    ]
    let lines =
      ["<dv version=\"2.0\">", "<node name=\"outInfo\" path=\"\(path)\">"]
      + stream(0, "events", "EVTS", "Array of events (polarity ON/OFF).", size)
      + stream(1, "triggers", "TRIG", "Array of triggers.", [])
      + (hasFrames ? stream(2, "frames", "FRME", "Standard frame (8-bit image).", size) : [])
      + ["</node>", "</dv>", ""]
    return lines.joined(separator: "\n")
  }

  package func holds(_ trigger: Trigger) -> Bool { AEDATTriggers.source(trigger) != nil }

  /// Packets that hold `batch`, in its order, then those of the triggers; none when all are empty.
  ///
  /// Throws `InputError` for an event outside the sensor.
  package func packets(
    of batch: EventBatch, triggers: [Trigger] = []
  ) throws(InputError) -> [UInt8] {
    let (width, height) = (min(sensor.width, 32_768), min(sensor.height, 32_768))
    for index in 0..<batch.count
    where Int(batch.xs[index]) >= width || Int(batch.ys[index]) >= height {
      throw InputError(
        at: .nowhere,
        "expected an event inside \(sensor.width)×\(sensor.height), found "
          + "(\(batch.xs[index]), \(batch.ys[index]))")
    }
    var file = LittleEndianBytes()
    for start in stride(from: 0, to: batch.count, by: Self.eventsPerPacket) {
      let range = start..<min(start + Self.eventsPerPacket, batch.count)
      append(Self.payload(batch, range), stream: 0, to: &file)
    }
    let held = triggers.compactMap { trigger in
      AEDATTriggers.source(trigger).map { (time: trigger.time, source: $0) }
    }
    for start in stride(from: 0, to: held.count, by: Self.eventsPerPacket) {
      let range = start..<min(start + Self.eventsPerPacket, held.count)
      append(Self.payload(held[range]), stream: 1, to: &file)
    }
    return file.bytes
  }

  /// The packet that holds a frame of the sensor's size.
  package func packet(of frame: GreyFrame) -> [UInt8] {
    precondition(hasFrames && frame.size == sensor)
    var file = LittleEndianBytes()
    append(Self.payload(frame), stream: 2, to: &file)
    return file.bytes
  }

  private func append(_ payload: [UInt8], stream: Int32, to file: inout LittleEndianBytes) {
    let packet =
      switch compression {
      case .none: payload
      case .lz4: LZ4Frame.encode(payload)
      case .zstd: zstandard!.encode(payload, level: 1)
      case .zstdHigh: zstandard!.encode(payload, level: 9)
      }
    file.append(stream)
    file.append(Int32(packet.count))
    file.bytes += packet
  }

  /// A table of times, sides and pixels; format and position, both 0, are left out.
  private static func payload(_ frame: GreyFrame) -> [UInt8] {
    var table = LittleEndianBytes()
    table.bytes.reserveCapacity(96 + frame.bytes.count)
    // From behind the first word: root offset, identifier, 13 half words of fields at 8, the root at
    // 36 with times at multiples of 8, and the pixels at 88.
    table.append(UInt32(88 + 4 + frame.bytes.count))
    table.append(UInt32(36))
    table.bytes += "FRME".utf8
    for entry in [26, 52, 4, 12, 20, 28, 36, 0, 44, 46, 0, 0, 48, 0] as [UInt16] {
      table.append(entry)
    }
    table.append(Int32(28))
    let begin = frame.time - frame.exposure / 2
    let end = begin + frame.exposure
    for time in [frame.time, begin, end, begin, end] { table.append(time) }
    table.append(Int16(truncatingIfNeeded: frame.size.width))
    table.append(Int16(truncatingIfNeeded: frame.size.height))
    table.append(UInt32(4))
    table.append(UInt32(frame.bytes.count))
    table.bytes += frame.bytes
    return table.bytes
  }

  /// A list of tables of a time and a source, which share one list of fields.
  private static func payload(_ triggers: ArraySlice<(time: Int64, source: UInt8)>) -> [UInt8] {
    // From behind the first word: root offset, identifier, fields of the root, root, count and
    // places of the tables; then the fields of a table, and tables at multiples of 8.
    let fields = 28 + triggers.count * 4
    let first = (fields + 8 + 7) / 8 * 8
    var table = LittleEndianBytes()
    table.append(UInt32(first + triggers.count * 16))
    table.append(UInt32(16))
    table.bytes += "TRIG".utf8
    for entry in [6, 8, 4, 0] as [UInt16] { table.append(entry) }
    table.append(Int32(8))
    table.append(UInt32(4))
    table.append(UInt32(triggers.count))
    for index in 0..<triggers.count { table.append(UInt32(first + index * 16 - 28 - index * 4)) }
    for entry in [8, 16, 8, 4] as [UInt16] { table.append(entry) }
    table.bytes += [UInt8](repeating: 0, count: first - fields - 8)
    for (index, trigger) in triggers.enumerated() {
      table.append(Int32(first + index * 16 - fields))
      table.append(UInt32(trigger.source))
      table.append(trigger.time)
    }
    return table.bytes
  }

  private static func payload(_ batch: EventBatch, _ range: Range<Int>) -> [UInt8] {
    var table = LittleEndianBytes()
    table.bytes.reserveCapacity(32 + range.count * 16)
    table.append(UInt32(28 + range.count * 16))  // bytes behind this word
    table.append(UInt32(16))
    table.bytes += "EVTS".utf8
    for entry in [6, 8, 4, 0] as [UInt16] { table.append(entry) }
    table.append(Int32(8))  // from the root back to its list of fields
    table.append(UInt32(4))
    // Events hold 64-bit times, so they start at a multiple of 8 from behind the first word.
    table.append(UInt32(range.count))
    for index in range {
      table.append(batch.times[index])
      let address = UInt64(batch.xs[index]) | UInt64(batch.ys[index]) << 16
      table.append(address | UInt64(batch.polarities[index] & 1) << 32)
    }
    return table.bytes
  }
}

/// Numbers appended to bytes.
struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
