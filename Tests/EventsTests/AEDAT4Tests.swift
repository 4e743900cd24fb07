import Bytes
import Commands
import Events
import TestSupport
import Testing
import VirtualTime

/// Packets of DV's format: written and read back, put together by hand, damaged.
@Suite("AEDAT 4")
struct AEDAT4Tests {
  static let sensor = SensorSize(width: 346, height: 260)

  @Test("Events come back as they were written", arguments: AEDAT4Writer.Compression.allCases)
  func roundTrip(_ compression: AEDAT4Writer.Compression) throws {
    let events = EventFixtures.random(50_000, sensor: Self.sensor)
    let writer = try AEDAT4Writer(
      sensor: Self.sensor, compression: compression, libraries: SystemCompression())
    let bytes = writer.header() + (try writer.packets(of: events))
    let trace = try EventTrace.readAll(
      MemorySource(bytes, pieceSize: 9973), name: "a.aedat4", libraries: SystemCompression())
    #expect(trace.format == .aedat4)
    #expect(trace.sensor == Self.sensor)
    #expect(trace.events.texts == events.texts)
    #expect(trace.anomalies.isEmpty)
    if compression != .none { #expect(bytes.count < 50_000 * 14) }
  }

  @Test("An empty batch makes no packet, and a header alone is a recording without events")
  func empty() throws {
    let writer = try AEDAT4Writer(sensor: Self.sensor, compression: .none)
    #expect(try writer.packets(of: EventBatch()).isEmpty)
    let trace = try EventTrace.readAll(MemorySource(writer.header()), name: "a.aedat4")
    #expect(trace.events.isEmpty && trace.anomalies.isEmpty)
  }

  @Test("Events outside the sensor are not written")
  func outside() throws {
    let writer = try AEDAT4Writer(sensor: Self.sensor, compression: .none)
    var batch = EventBatch()
    batch.append(Event(time: 1, x: 346, y: 0, isOn: true))
    #expect(throws: InputError.self) { try writer.packets(of: batch) }
  }

  @Test("Zstandard without a library says so, before any packet")
  func missingLibrary() throws {
    let writer = try AEDAT4Writer(
      sensor: Self.sensor, compression: .zstd, libraries: SystemCompression())
    let error = #expect(throws: InputError.self) {
      try EventReader(MemorySource(writer.header()), name: "a.aedat4")
    }
    #expect(error?.description.contains("Zstandard") == true)
    #expect(error?.file == "a.aedat4")
  }

  /// A packet with one field in its root: what the payload’s root table lists.
  private func packet(_ stream: Int, _ identifier: String, elements: [UInt8], count: Int)
    -> [UInt8]
  {
    var payload: [UInt8] = [0, 0, 0, 0, 16, 0, 0, 0] + Array(identifier.utf8)
    payload += [6, 0, 8, 0, 4, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0]
    payload += [UInt8(count), 0, 0, 0] + elements
    payload[0] = UInt8(payload.count - 4)
    return [UInt8(stream), 0, 0, 0, UInt8(payload.count), 0, 0, 0] + payload
  }

  private let oneEvent: [UInt8] = [
    0, 16, 0x5E, 0xD0, 0xB2, 0x05, 0, 0, 154, 0, 204, 0, 1, 0xAA, 0xBB, 0xCC,
  ]

  @Test("Frames, inertial data and further streams are skipped; triggers are counted")
  func otherStreams() throws {
    let writer = try AEDAT4Writer(sensor: Self.sensor, compression: .none)
    let bytes =
      writer.header() + packet(1, "FRME", elements: [UInt8](repeating: 9, count: 40), count: 1)
      + packet(0, "EVTS", elements: oneEvent, count: 1)
      + packet(2, "TRIG", elements: [UInt8](repeating: 0, count: 12), count: 3)
      + packet(3, "IMUS", elements: [1, 2, 3, 4], count: 1)
      + packet(5, "EVTS", elements: oneEvent + oneEvent, count: 2)
      + packet(0, "EVTS", elements: oneEvent + oneEvent, count: 2)
    let trace = try EventTrace.readAll(MemorySource(bytes, pieceSize: 7), name: "a.aedat4")
    #expect(trace.events.count == 3)
    let event = Event(time: 0x0005_B2D0_5E10_00, x: 154, y: 204, isOn: true)
    #expect(trace.events[0] == event)
    #expect(trace.triggers.count == 3)
    #expect(trace.anomalies.isEmpty)
  }

  @Test("Negative coordinates lie outside every sensor")
  func negative() throws {
    let header = AEDAT4Fixture.header(streams: "", compression: 0)
    var event = oneEvent
    event[9] = 0xFF
    let bytes = header + packet(0, "EVTS", elements: event + oneEvent, count: 2)
    let trace = try EventTrace.readAll(MemorySource(bytes), name: "a.aedat4")
    #expect(trace.sensor == nil)
    #expect(trace.events.count == 1)
    #expect(trace.anomalies[.outsideSensor]?.count == 1)
  }

  @Test("Packets end where the header says that their table starts")
  func table() throws {
    let plain = AEDAT4Fixture.header(streams: "", compression: 0)
    let body = packet(0, "EVTS", elements: oneEvent, count: 1)
    let header = AEDAT4Fixture.header(
      streams: "", compression: 0, table: Int64(plain.count + body.count))
    let bytes = header + body + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]
    let trace = try EventTrace.readAll(MemorySource(bytes, pieceSize: 5), name: "a.aedat4")
    #expect(trace.events.count == 1 && trace.anomalies.isEmpty)
  }

  @Test("A recording that was cut keeps its whole packets")
  func truncated() throws {
    let writer = try AEDAT4Writer(sensor: Self.sensor, compression: .lz4)
    let events = EventFixtures.random(10_000, sensor: Self.sensor)
    let bytes = writer.header() + (try writer.packets(of: events))
    let trace = try EventTrace.readAll(
      MemorySource(Array(bytes.dropLast(100))), name: "a.aedat4")
    #expect(trace.events.count == 8192)
    #expect(trace.anomalies[.truncatedTail]?.count == 1)
  }

  @Test("Sizes that a packet cannot have are counted at their packet", arguments: [0xFF, 0x7F])
  func absurdSizes(_ top: UInt8) throws {
    let header = AEDAT4Fixture.header(streams: "", compression: 1)
    let bytes = header + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, top] + [UInt8](repeating: 0, count: 99)
    let trace = try EventTrace.readAll(MemorySource(bytes), name: "a.aedat4")
    #expect(trace.events.isEmpty)
    #expect(trace.anomalies[.damagedPacket]?.places == [.byte(header.count)])
  }

  @Test(
    "A damaged packet costs its own events and no others, wherever the damage is",
    arguments: AEDAT4Writer.Compression.allCases, [0, 4, 6, 7, 8, 9, 12, 16])
  func damagedPacket(_ compression: AEDAT4Writer.Compression, _ place: Int) throws {
    for mask in [0xA5, 0x01] as [UInt8] { try damaged(compression, place, mask) }
  }

  private func damaged(
    _ compression: AEDAT4Writer.Compression, _ place: Int, _ mask: UInt8
  ) throws {
    let writer = try AEDAT4Writer(
      sensor: Self.sensor, compression: compression, libraries: SystemCompression())
    let events = EventFixtures.random(30_000, sensor: Self.sensor)
    var bytes = writer.header()
    var starts: [Int] = []
    for start in stride(from: 0, to: 30_000, by: 5_000) {
      var part = EventBatch()
      for index in start..<(start + 5_000) { part.append(events[index]) }
      starts.append(bytes.count)
      bytes += try writer.packets(of: part)
    }
    for index in 0..<4 { bytes[starts[2] + place + index] ^= mask }
    let trace = try EventTrace.readAll(
      MemorySource(bytes, pieceSize: 4_001), name: "a.aedat4", libraries: SystemCompression())
    let texts = events.texts
    if compression == .none && place == 8 {
      // The size is there twice; the packet's own is the one that counts.
      #expect(trace.events.texts == texts && trace.anomalies.isEmpty)
    } else {
      #expect(trace.events.texts == Array(texts[..<10_000] + texts[15_000...]))
      #expect(trace.anomalies[.damagedPacket]?.places == [.byte(starts[2])])
      #expect(trace.anomalies.total == 1)
    }
  }

  @Test("A Zstandard packet that claims 4 GB is refused, and nothing of that size is allocated")
  func claimsFourGigabytes() throws {
    // A frame with a content size of 4 bytes: 0xFFFFFFFF, and a window of one segment.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0, 7]
    var output: [UInt8] = []
    let zstandard = try SystemCompression().zstandard()
    let count = frame.withUnsafeBytes {
      zstandard.decode($0, limit: 1 << 28, into: &output)
    }
    #expect(count == nil)
    #expect(output.count <= 65_536)
    let header = AEDAT4Fixture.header(streams: "", compression: 3)
    let packet: [UInt8] = [0, 0, 0, 0, UInt8(frame.count), 0, 0, 0] + frame
    let trace = try EventTrace.readAll(
      MemorySource(header + packet), name: "a.aedat4", libraries: SystemCompression())
    #expect(trace.anomalies[.damagedPacket]?.places == [.byte(header.count)])
  }

  @Test("A list that claims more events than its packet holds is refused")
  func claimsTooManyEvents() throws {
    let header = AEDAT4Fixture.header(streams: "", compression: 0)
    let bytes = header + packet(0, "EVTS", elements: oneEvent, count: 2)
    let trace = try EventTrace.readAll(MemorySource(bytes), name: "a.aedat4")
    #expect(trace.events.isEmpty && trace.anomalies[.damagedPacket]?.count == 1)
  }

  @Test(
    "Damaged packets of every compression decode or throw",
    arguments: AEDAT4Writer.Compression.allCases)
  func mutated(_ compression: AEDAT4Writer.Compression) throws {
    let sensor = SensorSize(width: 64, height: 48)
    let libraries = SystemCompression()
    let writer = try AEDAT4Writer(sensor: sensor, compression: compression, libraries: libraries)
    let events = EventFixtures.random(300, sensor: sensor)
    let bytes = writer.header() + (try writer.packets(of: events))
    var mutator = Mutator(seed: 41)
    var decoded = 0
    for _ in 0..<(SharedData.runsSlowTests ? 100_000 : 3000) {
      let mutant = mutator.mutated(bytes, at: Array(writer.header().count..<bytes.count))
      do throws(InputError) {
        let trace = try EventTrace.readAll(
          MemorySource(mutant), name: "a.aedat4", libraries: libraries)
        #expect(trace.events.count <= 70_000)
        decoded += 1
      } catch {
        #expect(error.file == "a.aedat4")
      }
    }
    #expect(decoded > 30)
  }
}

/// Headers with any fields, written by the general writer of the encoding.
enum AEDAT4Fixture {
  static func header(streams: String, compression: Int, table: Int64 = -1) -> [UInt8] {
    let root: [Int: Field] = [
      0: .int32(compression), 1: .uint64(UInt64(bitPattern: table)), 2: .offset(.string(streams)),
    ]
    let bytes = FlatbufferWriter(root: .table(root), identifier: "IOHE").bytes
    let length = UInt32(bytes.count)
    return Array("#!AER-DAT4.0\r\n".utf8)
      + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + bytes
  }
}

/// Events for round trips.
enum EventFixtures {
  /// Forwards in time by 0 to 15 µs, anywhere on the sensor.
  static func random(
    _ count: Int, sensor: SensorSize, start: Int64 = 1_605_537_493_718_345
  ) -> EventBatch {
    var random = SeededRandom(seed: 5, stream: "event fixtures")
    var batch = EventBatch()
    var time = start
    for _ in 0..<count {
      let bits = random.next()
      time += Int64(bits & 15)
      batch.append(
        Event(
          time: time, x: UInt16((bits >> 8) % UInt64(sensor.width)),
          y: UInt16((bits >> 24) % UInt64(sensor.height)), isOn: bits >> 63 == 1))
    }
    return batch
  }
}
