import Bytes
import Commands
import Events
import TestSupport
import Testing
import VirtualTime

/// Slices of time by an index: the same events as a full read gives, whatever the format.
@Suite("Trace index")
struct TraceIndexTests {
  private static let libraries = SystemCompression()

  private static func reader(_ bytes: [UInt8], _ name: String) throws -> EventReader {
    try EventReader(MemorySource(bytes, pieceSize: 4099), name: name, libraries: libraries)
  }

  private static func events(_ reader: consuming EventReader, limit: Int) throws -> EventBatch {
    var reader = reader
    var (all, batch) = (EventBatch(), EventBatch())
    while try reader.next(into: &batch, limit: limit) { all.append(contentsOf: batch) }
    #expect(reader.eventCount == all.count)
    return all
  }

  private static func check(_ bytes: [UInt8], _ name: String, slices: Int) throws {
    let whole = try events(reader(bytes, name), limit: 65_536)
    var fresh = try reader(bytes, name)
    let index = try TraceIndex(of: &fresh, batchSize: 700)
    #expect(index.eventCount == whole.count)
    #expect(index.firstTime == whole.times.first)
    let times = try #require(index.times)
    #expect(times.lowerBound == whole.times.min() && times.upperBound == whole.times.max())
    var random = SeededRandom(seed: 8, stream: name)
    for number in 0..<slices {
      let ends = [
        Int64.random(in: times, using: &random), Int64.random(in: times, using: &random),
      ].sorted()
      let range = number == 0 ? Int64.min..<Int64.max : ends[0]..<ends[1]
      var expected = whole
      expected.keep(times: range, last: .max)
      var indexed = try reader(bytes, name)
      try indexed.restrict(to: range, index: index)
      let found = try events(indexed, limit: 64 + 37 * number)
      #expect(found.times == expected.times, "\(name) \(range)")
      #expect(found.xs == expected.xs && found.ys == expected.ys, "\(name) \(range)")
      #expect(found.polarities == expected.polarities, "\(name) \(range)")
      var plain = try reader(bytes, name)
      try plain.restrict(to: range)
      #expect(try events(plain, limit: 1000).times == expected.times, "\(name) \(range)")
    }
  }

  @Test(
    "Slices by an index are those of a full read",
    .enabled(if: SharedData.isPresent),
    arguments: [
      "synthetic/g02_evt2.raw", "synthetic/g02_evt3.raw", "synthetic/g02.dat",
      "synthetic/g02_aedat31.aedat", "synthetic/g02_faery.aedat4", "synthetic/g02_faery.csv",
      "synthetic/g02.npz",
      "recordings/rosbag1_evt3_640x480.raw", "recordings/tonic_sample_nmnist.bin",
      "recordings/aestream_davis.aedat4", "recordings/tonic_sample_ncars.dat",
    ])
  func recorded(_ name: String) throws {
    try Self.check(SharedData.bytes("events/" + name), name, slices: 9)
  }

  @Test("Slices of a recording whose time goes backwards hold every event of theirs")
  func backwards() throws {
    var random = SeededRandom(seed: 2, stream: "backwards")
    var events = EventBatch()
    for number in 0..<20_000 {
      let jitter = Int64.random(in: -3000...3000, using: &random)
      events.append(
        Event(time: 1_000_000 + Int64(number) * 5 + jitter, x: 3, y: 4, isOn: number % 2 == 0))
    }
    let writer = try AEDAT4Writer(sensor: SensorSize(width: 8, height: 8), compression: .lz4)
    try Self.check(writer.header() + writer.packets(of: events), "a.aedat4", slices: 20)
  }

  @Test("Times beyond the wraps of EVT3 and DAT stay what they are in a slice")
  func wraps() throws {
    var words: [UInt16] = [0x8000, 0x0005]
    for loop in 0..<40 {
      for high in stride(from: UInt16(0), to: 4096, by: 64) {
        words += [0x8000 | high, 0x6000 | UInt16(loop), 0x2003, 0x2805]
      }
    }
    try Self.check(TraceBytes.evt3(words, geometry: "64x64"), "a.raw", slices: 20)
    let records = (0..<9000).map { number in
      (UInt32(truncatingIfNeeded: number * 1_000_003), UInt32(number % 60) << 14 | 7)
    }
    let lines = ["Version 2", "Height 64", "Width 64"]
    try Self.check(TraceBytes.dat(records, lines: lines), "a.dat", slices: 20)
  }

  @Test("A slice reads only the stretch that holds it")
  func readsLittle() throws {
    let records = (0..<100_000).map { (UInt32($0 * 10), UInt32($0 % 60)) }
    let lines = ["Version 2", "Height 64", "Width 64"]
    let bytes = TraceBytes.dat(records, lines: lines)
    var fresh = try Self.reader(bytes, "a.dat")
    let index = try TraceIndex(of: &fresh, batchSize: 1000)
    let source = CountingSource(bytes)
    var reader = try EventReader(source, name: "a.dat")
    let before = source.count.value
    try reader.restrict(to: 500_000..<510_000, index: index)
    let events = try Self.events(reader, limit: 1000)
    #expect(events.count == 1000)
    #expect(source.count.value - before <= 256 * 1024)
  }

  @Test("An index drops places as a recording goes on, and slices stay exact")
  func thinned() throws {
    let count = 64 * (TraceIndex.capacity + 700)
    let records = (0..<count).map { (UInt32($0), UInt32($0 % 60)) }
    let lines = ["Version 2", "Height 64", "Width 64"]
    let bytes = TraceBytes.dat(records, lines: lines)
    var fresh = try EventReader(MemorySource(bytes), name: "a.dat")
    let index = try TraceIndex(of: &fresh, batchSize: 64)
    #expect(index.entries.count < TraceIndex.capacity)
    #expect(index.eventCount == count)
    for start in [0, 63, 64, 1_000_001, count - 5] {
      var reader = try EventReader(MemorySource(bytes), name: "a.dat")
      try reader.restrict(to: Int64(start)..<Int64(start + 9), index: index)
      let events = try Self.events(reader, limit: 64)
      #expect(events.times == (start..<min(count, start + 9)).map { Int64($0) })
    }
  }

  @Test("A kept index comes back, and only for the recording that it was made of")
  func kept() throws {
    let records = (0..<5000).map { (UInt32($0 * 10), UInt32($0 % 60)) }
    let bytes = TraceBytes.dat(records, lines: ["Version 2", "Height 64", "Width 64"])
    var fresh = try EventReader(MemorySource(bytes), name: "a.dat")
    let index = try TraceIndex(of: &fresh, batchSize: 100)
    func key(
      size: Int? = nil, changed: Int64 = 5, head: [UInt8]? = nil, _ format: TraceFormat = .dat
    )
      -> TraceIndex.Key
    {
      TraceIndex.Key(
        fileSize: size ?? bytes.count, changed: changed, head: head ?? Array(bytes.prefix(99)),
        format: format, sensor: nil)
    }
    let file = index.encoded(for: key())
    #expect(TraceIndex(decoding: file, for: key()) == index)
    #expect(TraceIndex(decoding: file, for: key(size: bytes.count + 8)) == nil)
    #expect(TraceIndex(decoding: file, for: key(changed: 6)) == nil)
    #expect(TraceIndex(decoding: file, for: key(head: [1, 2])) == nil)
    #expect(TraceIndex(decoding: file, for: key(.csv)) == nil)
    var mutator = Mutator(seed: 6)
    var same = 0
    for _ in 0..<2000 {
      let mutant = mutator.mutated(file)
      if let read = TraceIndex(decoding: mutant, for: key()) {
        #expect(read == index)
        same += 1
      }
    }
    #expect(same < 200)
  }

  @Test("No checkpoint, however wrong, brings a decoder down", arguments: 0..<40)
  func wrongCheckpoints(_ seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed), stream: "checkpoints")
    let sensor = SensorSize(width: 64, height: 48)
    let writer = try AEDAT4Writer(sensor: sensor, compression: .lz4)
    let events = EventFixtures.random(300, sensor: sensor, start: 0)
    let old = AEDAT31Writer(sensor: sensor)
    let recordings: [(String, [UInt8])] = [
      ("a.raw", TraceBytes.evt3([0x8001, 0x0005, 0x2003, 0x3001, 0x4FFF], geometry: "64x48")),
      ("a.raw", TraceBytes.evt2([0x8000_0001, 0x0000_0001], geometry: "64x48")),
      ("a.dat", TraceBytes.dat([(1, 2), (3, 4)], lines: ["Version 2"])),
      ("a.aedat4", writer.header() + (try writer.packets(of: events))),
      ("a.aedat", old.header() + (try old.packets(of: events))),
      ("a.bin", [UInt8](repeating: 1, count: 50)), ("a.csv", Array("t,x,y,p\n1,2,3,1\n".utf8)),
    ]
    for (name, bytes) in recordings {
      var fresh = try Self.reader(bytes, name)
      var index = try TraceIndex(of: &fresh)
      let values = index.firstState.map { old in
        let edges: [Int64] = [0, -1, 1, .min, .max, 4096, 1 << 32, Int64(bytes.count)]
        return Bool.random(using: &random) ? old : edges.randomElement(using: &random)!
      }
      index.firstState = values
      var reader = try Self.reader(bytes, name)
      do throws(InputError) {
        try reader.restrict(to: .min ..< .max, index: index)
        var batch = EventBatch()
        while try reader.next(into: &batch) {}
      } catch {
        #expect(error.file == name)
      }
    }
  }
}

extension TraceIndex {
  /// The state of the decoder at the first place, for tests that spoil it.
  fileprivate var firstState: [Int64] {
    get { entries[0].checkpoint.decoder }
    set { entries[0].checkpoint.decoder = newValue }
  }
}

/// Counts the bytes that were read.
private struct CountingSource: SeekableSource {
  final class Count: @unchecked Sendable {
    var value = 0
  }

  let count = Count()
  private var source: MemorySource

  init(_ bytes: [UInt8]) { source = MemorySource(bytes, pieceSize: 65_536) }

  var size: Int { source.size }

  mutating func seek(to offset: Int) { source.seek(to: offset) }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    let read = try source.read(into: buffer)
    count.value += read
    return read
  }
}
