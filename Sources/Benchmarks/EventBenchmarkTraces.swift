import Events
import VirtualTime

/// Recordings made in memory, so that a benchmark needs no files: row bursts as a sensor's arbiter
/// gives them, at about 5 million events a second on 640 × 480 pixels.
struct EventBenchmarkTraces {
  static let sensor = SensorSize(width: 640, height: 480)

  private var random: SeededRandom
  /// Events in a burst that share one row, time and polarity; 1 gives single events.
  private let longestBurst: UInt64
  /// In 1/1024 µs.
  private var clock = Int64(1) << 30

  init(longestBurst: UInt64, seed: UInt64 = 1) {
    random = SeededRandom(seed: seed, stream: "event benchmarks")
    self.longestBurst = longestBurst
  }

  private struct Burst {
    var time: Int64
    var y: UInt32
    var polarity: UInt32
    var firstX: UInt32
    /// Bit k: an event at `firstX + k`.
    var mask: UInt32
  }

  private mutating func nextBurst() -> Burst {
    let bits = random.next()
    let longest = min(longestBurst, 32)
    let length = UInt32(1 + (bits >> 8) % longest)
    var mask = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(length)) - 1)
    // About a quarter of the pixels in a long burst stay quiet.
    if length > 2 { mask &= UInt32(truncatingIfNeeded: (bits >> 32) | random.next()) | 1 }
    clock += Int64(bits & 0xFF) * Int64(mask.nonzeroBitCount) * 8 / 5
    return Burst(
      time: clock >> 10, y: UInt32((bits >> 16) % 480), polarity: UInt32((bits >> 30) & 1),
      firstX: UInt32((bits >> 40) % (640 - longest)), mask: mask)
  }

  mutating func events(_ count: Int) -> EventBatch {
    var batch = EventBatch()
    batch.reserveCapacity(count)
    while batch.count < count {
      let burst = nextBurst()
      for bit in UInt32(0)..<32 where burst.mask >> bit & 1 == 1 {
        batch.append(
          Event(
            time: burst.time, x: UInt16(burst.firstX + bit), y: UInt16(burst.y),
            isOn: burst.polarity == 1))
      }
    }
    return batch
  }

  mutating func evt2(_ count: Int) -> [UInt8] {
    var writer = LittleEndianWriter("% evt 2.0\n% geometry 640x480\n% end\n", size: count * 5)
    var high = Int64(-1)
    let batch = events(count)
    for index in 0..<batch.count {
      let time = batch.times[index]
      if time >> 6 != high {
        high = time >> 6
        writer.append(UInt32(8) << 28 | UInt32(high))
      }
      let address = UInt32(batch.xs[index]) << 11 | UInt32(batch.ys[index])
      writer.append(UInt32(batch.polarities[index]) << 28 | UInt32(time & 0x3F) << 22 | address)
    }
    return writer.bytes
  }

  /// Single events as rows and columns; bursts of three and more as vector words.
  mutating func evt3(_ count: Int) -> [UInt8] {
    var writer = LittleEndianWriter("% evt 3.0\n% geometry 640x480\n% end\n", size: count * 8)
    var (high, low, row) = (Int64(-1), Int64(-1), UInt32.max)
    var written = 0
    while written < count {
      let burst = nextBurst()
      if burst.time >> 12 != high {
        high = burst.time >> 12
        low = -1
        writer.append(UInt16(0x8000 | high & 0xFFF))
      }
      if burst.time & 0xFFF != low {
        low = burst.time & 0xFFF
        writer.append(UInt16(0x6000 | low))
      }
      if burst.y != row {
        row = burst.y
        writer.append(UInt16(row))
      }
      written += burst.mask.nonzeroBitCount
      if burst.mask.nonzeroBitCount > 2 {
        writer.append(UInt16(0x3000 | burst.polarity << 11 | burst.firstX))
        writer.append(UInt16(0x4000 | burst.mask & 0xFFF))
        if burst.mask >> 12 != 0 { writer.append(UInt16(0x4000 | (burst.mask >> 12) & 0xFFF)) }
        if burst.mask >> 24 != 0 { writer.append(UInt16(0x5000 | burst.mask >> 24)) }
      } else {
        for bit in UInt32(0)..<32 where burst.mask >> bit & 1 == 1 {
          writer.append(UInt16(0x2000 | burst.polarity << 11 | (burst.firstX + bit)))
        }
      }
    }
    return writer.bytes
  }

  mutating func dat(_ count: Int) -> [UInt8] {
    var writer = LittleEndianWriter("% Version 2\n% Height 480\n% Width 640\n", size: count * 8 + 8)
    writer.append(UInt16(0x080C))  // type 0x0C, 8 bytes
    let batch = events(count)
    for index in 0..<batch.count {
      writer.append(UInt32(truncatingIfNeeded: batch.times[index]))
      let address = UInt32(batch.xs[index]) | UInt32(batch.ys[index]) << 14
      writer.append(address | UInt32(batch.polarities[index]) << 28)
    }
    return writer.bytes
  }

  /// The words behind the header, `passes` times, each changed for its pass.
  static func repeated<Word: FixedWidthInteger>(
    _ bytes: [UInt8], _ passes: Int, of type: Word.Type, _ change: (Word, Int) -> Word
  ) -> [UInt8] {
    let percent = UInt8(ascii: "%")
    var start = 0
    while bytes[start] == percent && bytes[start + 1] == UInt8(ascii: " ") {
      start = (bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? start) + 1
    }
    var writer = LittleEndianWriter("", size: bytes.count * passes)
    writer.bytes += bytes[..<start]
    let size = Word.bitWidth / 8
    let words = stride(from: start, through: bytes.count - size, by: size).map { offset in
      (0..<size).reduce(Word(0)) { $0 | Word(truncatingIfNeeded: bytes[offset + $1]) << ($1 * 8) }
    }
    for pass in 0..<passes { for word in words { writer.append(change(word, pass)) } }
    return writer.bytes
  }

  mutating func csv(_ count: Int) -> [UInt8] {
    var writer = LittleEndianWriter("t,x,y,p\n", size: count * 18)
    let batch = events(count)
    for index in 0..<batch.count {
      writer.append(decimal: Int(batch.times[index]), then: ",")
      writer.append(decimal: Int(batch.xs[index]), then: ",")
      writer.append(decimal: Int(batch.ys[index]), then: ",")
      writer.append(decimal: Int(batch.polarities[index]), then: "\n")
    }
    return writer.bytes
  }

  mutating func aedat31(_ count: Int) throws -> [UInt8] {
    let writer = AEDAT31Writer(sensor: Self.sensor)
    return writer.header() + (try writer.packets(of: events(count)))
  }
}

private struct LittleEndianWriter {
  var bytes: [UInt8]

  init(_ header: String, size: Int) {
    bytes = []
    bytes.reserveCapacity(size)
    bytes += header.utf8
  }

  mutating func append(decimal value: Int, then end: Unicode.Scalar) {
    var divisor = 1
    while value / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(48 + value / divisor % 10))
      divisor /= 10
    }
    bytes.append(UInt8(end.value))
  }

  mutating func append<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
