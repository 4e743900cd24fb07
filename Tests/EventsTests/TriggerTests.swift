import Bytes
import Events
import TestSupport
import Testing

/// Edges at the camera's inputs: read from every format that has them, written where there is room.
@Suite("Triggers")
struct TriggerTests {
  private static let sensor = SensorSize(width: 64, height: 48)

  /// A trigger every 37 µs of `channels` in turn.
  private static func triggers(_ count: Int, channels: [UInt8]) -> [Trigger] {
    (0..<count).map { index in
      Trigger(
        time: 1_000 + Int64(index) * 37, channel: channels[index % channels.count],
        edge: (index / 3).isMultiple(of: 2) ? Trigger.Edge.rising : .falling)
    }
  }

  private static func written(
    _ format: TraceFormat, _ events: EventBatch, _ triggers: [Trigger]
  ) throws -> [UInt8] {
    var writer = try format.writer(TraceWriterSetup(sensor: sensor, firstTime: 0))
    return writer.header(comments: []) + (try writer.packets(of: events, triggers: triggers))
  }

  @Test(
    "come back with time, channel and edge, and the events around them as well",
    arguments: [
      (TraceFormat.evt2, [0, 1, 31]), (.evt3, [0, 7, 15]), (.aedat31, [0, 1, 3, 4, 5, 6]),
      (.aedat4, [0, 1, 3, 4]),
    ] as [(TraceFormat, [UInt8])])
  func roundTrip(_ format: TraceFormat, _ channels: [UInt8]) throws {
    let events = EventFixtures.random(5_000, sensor: Self.sensor, start: 900)
    let triggers = Self.triggers(1_500, channels: channels)
    let bytes = try Self.written(format, events, triggers)
    let trace = try TraceBytes.read(bytes, name: "a.\(format.rawValue)", pieceSize: 997)
    #expect(trace.events.texts == events.texts)
    #expect(trace.triggers == triggers)
    #expect(trace.anomalies.isEmpty)
  }

  @Test("of wraps of the time keep theirs, alone in a recording too")
  func wraps() throws {
    let times: [Int64] = [5, 16_777_216, 16_777_217, 50_331_700, 4_294_967_296]
    let triggers = times.map { Trigger(time: $0, channel: 3, edge: .rising) }
    for format in [TraceFormat.evt2, .evt3] {
      let bytes = try Self.written(format, EventBatch(), triggers)
      #expect(try TraceBytes.read(bytes).triggers == triggers)
    }
  }

  @Test("without a place in a format are left out by its writer")
  func leftOut() throws {
    let held: [(TraceFormat, Trigger, Bool)] = [
      (.evt2, Trigger(time: 1, channel: 31, edge: .falling), true),
      (.evt2, Trigger(time: 1, channel: 32, edge: .falling), false),
      (.evt3, Trigger(time: 1, channel: 15, edge: .rising), true),
      (.evt3, Trigger(time: 1, channel: 16, edge: .rising), false),
      (.evt3, Trigger(time: 1, channel: 0, edge: .pulse), false),
      (.aedat4, Trigger(time: 1, channel: 0, edge: .pulse), true),
      (.aedat4, Trigger(time: 1, channel: 9, edge: .rising), false),
      (.dat, Trigger(time: 1, channel: 0, edge: .rising), false),
      (.csv, Trigger(time: 1, channel: 0, edge: .rising), false),
    ]
    var events = EventBatch()
    events.append(Event(time: 2, x: 3, y: 4, isOn: true))
    for (format, trigger, isHeld) in held {
      let writer = try format.writer(TraceWriterSetup(sensor: Self.sensor, firstTime: 0))
      #expect(writer.holds(trigger) == isHeld, "\(format)")
      let bytes = try Self.written(format, events, [trigger])
      let trace = try TraceBytes.read(bytes, name: "a.\(format.rawValue)")
      #expect(trace.triggers == (isHeld ? [trigger] : []), "\(format)")
      #expect(trace.events.texts == ["2 3 4 1"])
    }
  }

  @Test("of Prophesee's words and records have the fields of their layouts")
  func layouts() throws {
    // An upper time of 5, then a rising edge of channel 17 with a lower time of 9.
    let evt2 = TraceBytes.evt2([0x8000_0005, 0xA240_1101] as [UInt32])
    let expected = Trigger(time: 329, channel: 17, edge: .rising)
    #expect(try TraceBytes.read(evt2).triggers == [expected])
    let words: [UInt64] = [0x8000_0005_0000_0000, 0xA240_1101_0000_0000]
    let evt21 = Array("% evt 2.1\n% end\n".utf8) + TraceBytes.little(words)
    #expect(try TraceBytes.read(evt21).triggers == [expected])
    let records: [UInt32] = [7, 0x4400_0001, 0xFFFF_FFF0, 0x0800_0000, 3, 0]
    var dat = TraceBytes.header(["Version 2"], end: false) + [0x0E, 8]
    dat += TraceBytes.little(records)
    #expect(
      try TraceBytes.read(dat, name: "a.dat").triggers == [
        Trigger(time: 7, channel: 17, edge: .rising),
        Trigger(time: 0xFFFF_FFF0, channel: 2, edge: .falling),
        Trigger(time: 0x1_0000_0003, channel: 0, edge: .falling),
      ])
  }

  @Test("come in pieces: no reader holds more of them than a batch and what it read")
  func bounded() throws {
    let count = 400_000
    let triggers = (0..<count).map { Trigger(time: Int64($0), channel: 1, edge: .rising) }
    let bytes = try Self.written(.evt2, EventBatch(), triggers)
    var reader = try EventReader(MemorySource(bytes), name: "a.raw")
    reader.handsOutTriggers = true
    var batch = EventBatch()
    var (found, largest) = (0, 0)
    while try reader.next(into: &batch, limit: 1_000) {
      #expect(batch.isEmpty)
      found += reader.newTriggers.count
      largest = max(largest, reader.newTriggers.count)
    }
    #expect(found == count && reader.triggerCount == count)
    // A chunk of 256 KiB holds at most 65,536 words.
    #expect(largest < 70_000)
  }

  @Test("move in time with the events, and belong to a slice by their own times")
  func adjusted() throws {
    let events = EventFixtures.random(500, sensor: Self.sensor, start: 1_000)
    let triggers = Self.triggers(60, channels: [0])
    let bytes = try Self.written(.evt3, events, triggers)
    var reader = try EventReader(MemorySource(bytes), name: "a.raw")
    var adjustment = TraceAdjustment()
    adjustment.timeShift = .firstToZero
    reader.handsOutTriggers = true
    try reader.adjust(by: adjustment)
    try reader.restrict(to: 1_500..<2_500)
    var batch = EventBatch()
    var found: [Int64] = []
    var first: Int64?
    while try reader.next(into: &batch) {
      first = first ?? batch.times.first
      found += reader.newTriggers.map(\.time)
    }
    let start = events.times.first { $0 >= 1_500 } ?? 0
    #expect(first == 0)
    let expected = triggers.map(\.time).filter { (1_500..<2_500).contains($0) }
    #expect(found == expected.map { $0 - start })
    #expect(reader.triggerCount == found.count)
  }

  @Test("of HDF5 files come as the events reach their times, and go on after a slice")
  func hdf5() throws {
    let events = EventFixtures.random(20_000, sensor: Self.sensor, start: 0)
    let triggers = Self.triggers(3_000, channels: [0, 6])
    let file = TriggerContainer(events: events, triggers: triggers)
    var reader = try EventReader(file, name: "a.hdf5")
    reader.handsOutTriggers = true
    var batch = EventBatch()
    var found: [Trigger] = []
    while try reader.next(into: &batch, limit: 500) {
      found += reader.newTriggers
      if let last = batch.times.last, last < triggers[2_999].time {
        #expect(reader.newTriggers.allSatisfy { $0.time <= last })
      }
    }
    #expect(found == triggers && reader.comments.isEmpty)

    var fresh = try EventReader(file, name: "a.hdf5")
    let index = try TraceIndex(of: &fresh, batchSize: 300)
    var sliced = try EventReader(file, name: "a.hdf5")
    sliced.handsOutTriggers = true
    try sliced.restrict(to: 50_000..<60_000, index: index)
    found = []
    while try sliced.next(into: &batch) { found += sliced.newTriggers }
    #expect(found == triggers.filter { (50_000..<60_000).contains($0.time) })

    var damaged = file
    damaged.failsTriggers = true
    var rest = try EventReader(damaged, name: "a.hdf5")
    while try rest.next(into: &batch) {}
    #expect(rest.eventCount == 20_000)
    #expect(
      rest.anomalies[.damagedPacket]?.places == [.key("EXT_TRIGGER/events row 1")])
  }
}

/// Prophesee's layout in memory.
private struct TriggerContainer: HDF5Container {
  private struct List: HDF5Dataset {
    var rows: [[UInt8]]
    var fields: [HDF5Field]
    var fails = false
    var rowCount: Int { rows.count }
    var rowSize: Int { rows[0].count }
    var chunkRows: Int? { nil }
    var filters: [Int] { [] }

    func read(
      _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
    ) throws(InputError) {
      if fails { throw InputError(at: .nowhere, "damaged") }
      buffer.copyBytes(from: rows[range].joined())
    }

    func chunk(at row: Int) throws(InputError) -> (bytes: [UInt8], isFiltered: Bool) {
      throw InputError(at: .nowhere, "no chunks")
    }
  }

  private let events: List
  private let triggers: List
  var failsTriggers = false

  init(events: EventBatch, triggers: [Trigger]) {
    func field(_ name: String, _ offset: Int, _ bytes: Int) -> HDF5Field {
      HDF5Field(name: name, offset: offset, type: .signed(bytes: bytes))
    }
    self.events = List(
      rows: (0..<events.count).map { index -> [UInt8] in
        let event = events[index]
        var row = NumpyFixture.little(Int(event.x), 2)
        row += NumpyFixture.little(Int(event.y), 2)
        row += NumpyFixture.little(event.isOn ? 1 : 0, 2)
        row += [0, 0]
        row += NumpyFixture.little(Int(event.time), 8)
        return row
      },
      fields: [field("x", 0, 2), field("y", 2, 2), field("p", 4, 2), field("t", 8, 8)])
    self.triggers = List(
      rows: triggers.map { trigger -> [UInt8] in
        var row = NumpyFixture.little(Int(trigger.edge.rawValue), 2)
        row += NumpyFixture.little(Int(trigger.time), 8)
        row += NumpyFixture.little(Int(trigger.channel), 2)
        return row
      },
      fields: [field("p", 0, 2), field("t", 2, 8), field("id", 10, 2)])
  }

  func dataset(_ path: String) -> (any HDF5Dataset)? {
    switch path {
    case "CD/events": return events
    case "EXT_TRIGGER/events":
      var list = triggers
      list.fails = failsTriggers
      return list
    default: return nil
    }
  }

  func attribute(_ name: String) -> String? { nil }
}
