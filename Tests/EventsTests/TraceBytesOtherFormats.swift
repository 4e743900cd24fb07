import Events

/// Formats written from their layouts, event by event, independently of the readers.
extension TraceBytes {
  /// Words with vectors: neighbours of one time, row and polarity share a word.
  static func evt21(_ events: EventBatch, isLegacy: Bool) -> [UInt8] {
    var words: [UInt64] = []
    var high = Int64(-1)
    for event in (0..<events.count).map({ events[$0] }) {
      if event.time >> 6 != high {
        high = event.time >> 6
        words.append(8 << 60 | UInt64(high) << 32)
      }
      let base = UInt64(event.x) / 32 * 32
      let type = UInt64(event.isOn ? 1 : 0) << 60
      let head = type | UInt64(event.time & 63) << 54 | base << 43 | UInt64(event.y) << 32
      words.append(head | 1 << (UInt64(event.x) - base))
    }
    let endianness = isLegacy ? ["endianness legacy"] : []
    return header(["evt 2.1", "geometry 128x128"] + endianness)
      + little(isLegacy ? words.map { $0 << 32 | $0 >> 32 } : words)
  }

  /// Every third event as a vector of one.
  static func evt4(_ events: EventBatch) -> [UInt8] {
    var words: [UInt32] = []
    var high = Int64(-1)
    for (index, event) in (0..<events.count).map({ events[$0] }).enumerated() {
      if event.time >> 6 != high {
        high = event.time >> 6
        words.append(0xE << 28 | UInt32(high))
      }
      let isVector = index % 3 == 0 && event.x >= 5
      let x = UInt32(event.x) - (isVector ? 5 : 0)
      let type = (isVector ? 0xC : 0xA) + UInt32(event.isOn ? 1 : 0)
      words.append(type << 28 | UInt32(event.time & 63) << 22 | x << 11 | UInt32(event.y))
      if isVector { words.append(1 << 5) }
    }
    return header(["evt 4.0", "geometry 128x128"]) + little(words)
  }

  /// DVS128: columns from the right, rows from the bottom, polarity 0 for ON.
  static func aedat2(_ events: EventBatch, chip: String = "retina.DVS128") -> [UInt8] {
    let text = "#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.\(chip)\r\n"
    return Array(text.utf8)
      + (0..<events.count).flatMap { index -> [UInt8] in
        let event = events[index]
        let address =
          UInt32(127 - event.x) << 1 | UInt32(127 - event.y) << 8 | (event.isOn ? 0 : 1)
        return big(address) + big(UInt32(event.time))
      }
  }

  static func eventStream(kind: UInt8, width: UInt16, height: UInt16, _ body: [UInt8]) -> [UInt8] {
    Array("Event Stream".utf8) + [2, 0, 0, kind] + little([width, height]) + body
  }

  /// DVS events of a 128×128 sensor, rows from the bottom.
  static func eventStream(_ events: EventBatch) -> [UInt8] {
    var last = Int64(0)
    var body: [UInt8] = []
    for event in (0..<events.count).map({ events[$0] }) {
      var elapsed = event.time - last
      last = event.time
      while elapsed >= 127 {
        body.append(0xFF)
        elapsed -= 127
      }
      body.append(UInt8(elapsed) << 1 | (event.isOn ? 1 : 0))
      body += little([event.x, 127 - event.y])
    }
    return eventStream(kind: 1, width: 128, height: 128, body)
  }

  static func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
