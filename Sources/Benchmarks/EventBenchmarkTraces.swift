import Commands
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

  /// A recording of at least `count` events as the writer of a format writes it.
  mutating func recording(
    _ format: TraceFormat, _ count: Int, compression: AEDAT4Writer.Compression = .none
  ) throws -> [UInt8] {
    let first = clock >> 10
    var writer = try format.writer(
      TraceWriterSetup(
        sensor: Self.sensor, firstTime: first, compression: compression,
        libraries: SystemCompression()))
    var bytes = writer.header(comments: [])
    for _ in stride(from: 0, to: count, by: 1 << 20) {
      bytes += try writer.packets(of: events(min(count, 1 << 20)))
    }
    return bytes
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
}

private struct LittleEndianWriter {
  var bytes: [UInt8]

  init(_ header: String, size: Int) {
    bytes = []
    bytes.reserveCapacity(size)
    bytes += header.utf8
  }

  mutating func append<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
