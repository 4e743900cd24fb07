import Bytes
import Events
import Testing
import VirtualTime

@Suite("Writers of recordings")
struct TraceWriterTests {
  private static let sensor = SensorSize(width: 640, height: 480)

  /// Bursts of neighbours in a row among single events; `steps` lists times between bursts.
  private static func events(from start: Int64, steps: [Int64], seed: UInt64) -> EventBatch {
    var random = SeededRandom(seed: seed, stream: "writers")
    var batch = EventBatch()
    var time = start
    for step in steps {
      time += step
      let bits = random.next()
      let y = UInt16(truncatingIfNeeded: bits >> 8) % 480
      let first = UInt16(truncatingIfNeeded: bits >> 20) % 640
      var mask = bits % 3 == 0 ? random.next() | 1 : 1
      while mask != 0 {
        let x = first + UInt16(mask.trailingZeroBitCount)
        if x < 640 { batch.append(Event(time: time, x: x, y: y, isOn: bits >> 60 & 1 == 1)) }
        mask &= mask - 1
      }
    }
    return batch
  }

  private static func written(
    _ events: EventBatch, _ format: TraceFormat, sensor: SensorSize? = sensor, piece: Int = 700
  ) throws(InputError) -> [UInt8] {
    var writer = try format.writer(
      TraceWriterSetup(sensor: sensor, firstTime: events.times.first ?? 0, compression: .lz4))
    var bytes = writer.header(comments: [])
    for start in stride(from: 0, to: events.count, by: piece) {
      var part = EventBatch()
      for index in start..<min(start + piece, events.count) { part.append(events[index]) }
      bytes += try writer.packets(of: part)
    }
    return bytes
  }

  private static func name(_ format: TraceFormat) -> String { "a." + format.rawValue }

  @Test("Every event comes back the same and in the same order", arguments: TraceFormat.writable)
  func roundTrip(_ format: TraceFormat) throws {
    let recordings: [(start: Int64, steps: [Int64])] = [
      (0, Array(repeating: 3, count: 3000)),
      // Equal times, then several wraps of the 24 bits of EVT3 in one step.
      (5, Array(repeating: 0, count: 50) + [70_000_000, 16_777_216, 16_777_215, 1, 4095, 4096]),
      // Unix time.
      (1_605_537_493_718_345, Array(repeating: 977, count: 400)),
      // Around the wraps of EVT2 and DAT.
      ((1 << 32) - 50, [20, 20, 20, 1_000_000_000]), ((1 << 34) - 130, [64, 64, 64, 9]),
    ]
    for (number, recording) in recordings.enumerated() {
      let events = Self.events(
        from: recording.start, steps: recording.steps, seed: UInt64(number))
      let bytes = try Self.written(events, format)
      let trace = try TraceBytes.read(bytes, name: Self.name(format))
      #expect(trace.events.texts == events.texts, "recording \(number)")
      #expect(trace.format == format)
      #expect(trace.sensor == Self.sensor)
      #expect(trace.anomalies.isEmpty)
    }
  }

  @Test(
    "Small steps back in time are kept", arguments: TraceFormat.writable)
  func backward(_ format: TraceFormat) throws {
    let steps: [Int64] = [5000, 10, -3, 1000, -700, 4096, -4097, 9000, 0]
    let events = Self.events(from: 20_000, steps: steps, seed: 8)
    let trace = try TraceBytes.read(try Self.written(events, format), name: Self.name(format))
    #expect(trace.events.texts == events.texts)
    #expect(trace.anomalies[.backwardTime]?.count == 3)
    #expect(trace.anomalies.total == 3)
  }

  @Test(
    "A time that a format cannot reach is an error, not another time",
    arguments: [
      (TraceFormat.evt3, [Int64(16_000_000), -9_000_000]), (.evt3, [17_000_000, -300_000]),
      (.evt2, [17_179_869_184, -70]), (.dat, [5_000_000_000]),
      (.dat, [3_000_000_000, -2_900_000_000]),
    ])
  func unreachableTime(_ format: TraceFormat, _ steps: [Int64]) {
    let events = Self.events(from: 0, steps: [0] + steps, seed: 4)
    #expect(throws: InputError.self) { try Self.written(events, format) }
  }

  @Test("Negative times go into CSV and AEDAT 4 only", arguments: TraceFormat.writable)
  func negativeTimes(_ format: TraceFormat) throws {
    let events = Self.events(from: -50, steps: [0, 20, 60], seed: 2)
    guard format == .csv || format == .aedat4 else {
      #expect(throws: InputError.self) { try Self.written(events, format) }
      return
    }
    let trace = try TraceBytes.read(try Self.written(events, format), name: Self.name(format))
    #expect(trace.events.texts == events.texts)
  }

  @Test("Coordinates beyond a format or its sensor are errors")
  func coordinates() {
    func event(_ x: UInt16, _ y: UInt16) -> EventBatch {
      var batch = EventBatch()
      batch.append(Event(time: 0, x: x, y: y, isOn: true))
      return batch
    }
    for format in TraceFormat.writable where format != .csv {
      #expect(throws: InputError.self) { try Self.written(event(640, 0), format) }
      #expect(throws: InputError.self) { try Self.written(event(0, 480), format) }
    }
    for (format, limit) in [(TraceFormat.evt2, 2048), (.evt3, 2048), (.dat, 16_384)] {
      let edge = UInt16(limit)
      #expect(throws: InputError.self) {
        try Self.written(event(edge, 0), format, sensor: nil)
      }
      #expect(throws: Never.self) { try Self.written(event(edge - 1, 0), format, sensor: nil) }
    }
  }

  @Test("Without a size, only the formats that have to state it cannot be written")
  func unknownSensor() throws {
    let events = Self.events(from: 0, steps: [1, 2, 3], seed: 1)
    for format in TraceFormat.writable {
      if format == .aedat31 || format == .aedat4 {
        #expect(throws: InputError.self) { try Self.written(events, format, sensor: nil) }
      } else {
        let bytes = try Self.written(events, format, sensor: nil)
        let trace = try TraceBytes.read(bytes, name: Self.name(format))
        #expect(trace.events.texts == events.texts && trace.sensor == nil)
      }
    }
  }

  @Test("EVT3 vectors are whole triples inside the sensor, as openeb wants them")
  func vectors() throws {
    var events = EventBatch()
    for x in UInt16(630)..<640 { events.append(Event(time: 9, x: x, y: 2, isOn: true)) }
    let bytes = try Self.written(events, .evt3)
    let start = try #require(bytes.firstRange(of: Array("% end\n".utf8))).upperBound
    let words = stride(from: start, to: bytes.count, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
    #expect(
      words == [0x8000, 0x6009, 0x0002, 0x3800 | 608, 0x4000, 0x4C00, 0x50FF])
  }
}

@Suite("Adjusted recordings")
struct TraceAdjustmentTests {
  private static func read(
    _ text: String, name: String = "a.csv", limit: Int = 64,
    _ change: (inout TraceAdjustment) -> Void
  ) throws -> (texts: [String], reader: EventReader) {
    var reader = try EventReader(MemorySource(Array(text.utf8)), name: name)
    var adjustment = TraceAdjustment()
    change(&adjustment)
    try reader.adjust(by: adjustment)
    var (texts, batch) = ([String](), EventBatch())
    while try reader.next(into: &batch, limit: limit) { texts += batch.texts }
    return (texts, reader)
  }

  private static let text = "t,x@4,y@3,p\n100,0,0,1\n300,3,2,0\n250,1,1,1\n400,2,0,0\n"

  @Test("Times move by a given time, or so that the first is 0")
  func timeShift() throws {
    let moved = try Self.read(Self.text) { $0.timeShift = .by(-150) }
    #expect(moved.texts == ["-50 0 0 1", "150 3 2 0", "100 1 1 1", "250 2 0 0"])
    let first = try Self.read(Self.text) { $0.timeShift = .firstToZero }
    #expect(first.texts == ["0 0 0 1", "200 3 2 0", "150 1 1 1", "300 2 0 0"])
  }

  @Test("Monotonic times are raised and counted; the anomaly stays told")
  func monotonic() throws {
    let read = try Self.read(Self.text) { $0.isMonotonic = true }
    #expect(read.texts == ["100 0 0 1", "300 3 2 0", "300 1 1 1", "400 2 0 0"])
    #expect(read.reader.raisedTimes == 1)
    #expect(read.reader.anomalies[.backwardTime]?.count == 1)
  }

  @Test("Rows count from the bottom when asked, which takes the height")
  func origin() throws {
    let read = try Self.read(Self.text) { $0.origin = .bottomLeft }
    #expect(read.texts == ["100 0 2 1", "300 3 0 0", "250 1 1 1", "400 2 2 0"])
    #expect(throws: InputError.self) {
      try Self.read("t,x,y,p\n1,2,3,1\n") { $0.origin = .bottomLeft }
    }
    #expect(try Self.read(Self.text) { $0.origin = .stored }.texts.count == 4)
  }
}
