import Bytes
import Events
import Testing

@Suite("EVT2.1")
struct EVT21Tests {
  private static func word(_ type: UInt64, low: UInt64, x: UInt64, y: UInt64, _ mask: UInt64)
    -> UInt64
  {
    type << 60 | low << 54 | x << 43 | y << 32 | mask
  }

  private static func recording(_ words: [UInt64]) -> [UInt8] {
    TraceBytes.header(["evt 2.1", "geometry 64x64"]) + TraceBytes.little(words)
  }

  @Test("Each bit of a mask is an event to the right of the word’s pixel")
  func vectors() throws {
    let trace = try TraceBytes.read(
      Self.recording([
        8 << 60 | 2 << 32, Self.word(1, low: 3, x: 7, y: 9, 0b101),
        Self.word(0, low: 4, x: 32, y: 1, 0x8000_0000),
      ]))
    #expect(trace.events.texts == ["131 7 9 1", "131 9 9 1", "132 63 1 0"])
    #expect(trace.anomalies.isEmpty)
  }

  @Test("Events before the first time word, beyond the sensor and of unknown words are counted")
  func anomalies() throws {
    let words: [UInt64] = [
      Self.word(1, low: 0, x: 0, y: 0, 0b111), 8 << 60, Self.word(1, low: 0, x: 62, y: 0, 0b111),
      5 << 60, 0xA << 60 | 1 << 32, 0xE << 60, 0xF << 60,
    ]
    let start = TraceBytes.header(["evt 2.1", "geometry 64x64"]).count
    let trace = try TraceBytes.read(Self.recording(words) + [1])
    #expect(trace.events.texts == ["0 62 0 1", "0 63 0 1"])
    #expect(trace.triggers.count == 1)
    #expect(trace.anomalies[.beforeFirstTime] == .init(count: 3, places: [.byte(start)]))
    #expect(trace.anomalies[.outsideSensor] == .init(count: 1, places: [.byte(start + 16)]))
    #expect(trace.anomalies[.unknownWord] == .init(count: 1, places: [.byte(start + 24)]))
    #expect(trace.anomalies[.truncatedTail] == .init(count: 1, places: [.byte(start + 56)]))
  }

  @Test(
    "Halves are swapped when the header says legacy, in its own line or in the format",
    arguments: [
      ["evt 2.1", "endianness legacy"], ["format EVT21;endianness=legacy;height=64;width=64"],
    ])
  func legacy(_ lines: [String]) throws {
    let words: [UInt64] = [8 << 60 | 1 << 32, Self.word(0, low: 5, x: 3, y: 4, 1)]
    let swapped = TraceBytes.little(words.map { $0 << 32 | $0 >> 32 })
    let trace = try TraceBytes.read(TraceBytes.header(lines) + swapped)
    #expect(trace.format == .evt21Legacy)
    #expect(trace.events.texts == ["69 3 4 0"])
  }
}

@Suite("EVT4")
struct EVT4Tests {
  @Test("Single events and vectors, whose mask is the word behind; triggers and padding")
  func words() throws {
    let words: [UInt32] = [
      0xF << 28, 0xE << 28 | 3, 0xB << 28 | 2 << 22 | 5 << 11 | 6, 0xC << 28 | 10 << 11 | 7, 0b1001,
      0x9 << 28, 0x6 << 28, 0x7 << 28, 0x1 << 28,
    ]
    let bytes = TraceBytes.header(["evt 4.0", "geometry 64x64"]) + TraceBytes.little(words)
    for pieceSize in [1, 5, .max] {
      let trace = try TraceBytes.read(bytes, pieceSize: pieceSize)
      #expect(trace.events.texts == ["194 5 6 1", "192 10 7 0", "192 13 7 0"])
      #expect(trace.triggers.count == 1)
      #expect(trace.anomalies[.unknownWord]?.count == 1)
      #expect(trace.anomalies[.backwardTime]?.count == 1)
    }
  }

  @Test("A vector without its mask is a truncated tail")
  func truncated() throws {
    let words: [UInt32] = [0xE << 28, 0xA << 28, 0xC << 28]
    let trace = try TraceBytes.read(TraceBytes.header(["evt 4.0"]) + TraceBytes.little(words))
    #expect(trace.events.count == 1)
    #expect(trace.anomalies[.truncatedTail]?.count == 1)
  }
}

@Suite("AEDAT 2.0")
struct AEDAT2Tests {
  private static func recording(_ chip: String?, _ records: [(UInt32, UInt32)]) -> [UInt8] {
    let line = chip.map { "# AEChip: eu.seebetter.ini.chips.davis.\($0)\r\n" } ?? ""
    return Array("#!AER-DAT2.0\r\n\(line)# more\r\n".utf8)
      + records.flatMap { TraceBytes.big($0.0) + TraceBytes.big($0.1) }
  }

  @Test("DAVIS events are told from frames, inertial samples and external events")
  func davis() throws {
    let records: [(UInt32, UInt32)] = [
      (10 << 22 | 20 << 12 | 1 << 11, 5), (1 << 31 | 7 << 22, 6), (0x400, 7), (3 << 22, 8),
    ]
    let trace = try TraceBytes.read(Self.recording("DAVIS240C", records), name: "a.aedat")
    #expect(trace.sensor == SensorSize(width: 240, height: 180))
    #expect(trace.events.texts == ["5 219 169 1", "8 239 176 0"])
    #expect(trace.triggers.count == 1)
  }

  @Test("DVS128 polarity 0 is ON, bit 15 is no pixel, and no camera named means DVS128")
  func dvs128() throws {
    let records: [(UInt32, UInt32)] = [
      (3 << 1 | 4 << 8, 1), (0x8000, 2), (1, 3), (2, 0xFFFF_FFF0), (2, 4),
    ]
    let trace = try TraceBytes.read(Self.recording(nil, records), name: "a.aedat")
    #expect(
      trace.events.texts == [
        "1 124 123 1", "3 127 127 0", "4294967280 126 127 1", "4294967300 126 127 1",
      ])
    #expect(trace.triggers.count == 1)
  }

  @Test("A file named .aedat without a header is AEDAT 1.0 of a DVS128, and says so")
  func headerless() throws {
    let records: [UInt8] = [0x04, 0x06, 0, 0, 0, 1, 0x00, 0x01, 0, 0, 0, 3]
    let trace = try EventReader(MemorySource(records), name: "a.aedat")
    #expect(trace.format == .aedat2 && trace.sensor == SensorSize(width: 128, height: 128))
    #expect(trace.comments == ["no header: read as AEDAT 1.0 of a DVS128"])
    let events = try TraceBytes.read(records, name: "a.aedat").events
    #expect(events.texts == ["1 124 123 1", "3 127 127 0"])
    // One that lost only its first byte has a header.
    #expect(throws: InputError.self) {
      try TraceBytes.read(Array("!AER-DAT3.1\r\n".utf8) + records, name: "a.aedat")
    }
    #expect(throws: InputError.self) { try TraceBytes.read(records, name: "a.unknown") }
  }

  @Test("An unknown camera is an error at its line")
  func unknownCamera() {
    let error = #expect(throws: InputError.self) {
      try TraceBytes.read(Self.recording("Cochlea", []), name: "a.aedat")
    }
    #expect(error?.place == .byte(14))
    #expect(error?.problem.contains("Cochlea") == true)
  }

  @Test("AEDAT 1.0 has addresses of two bytes")
  func version1() throws {
    let bytes = Array("#!AER-DAT1.0\r\n".utf8) + [4, 6, 0, 0, 0, 9]
    let trace = try TraceBytes.read(bytes, name: "a.dat")
    #expect(trace.events.texts == ["9 124 123 1"])
  }
}

@Suite("Event Stream")
struct EventStreamTests {
  @Test("DVS: seven bits of time and one of polarity; 0xFF adds 127 µs, 0xFE nothing")
  func dvs() throws {
    let body: [UInt8] = [0xFF, 0xFF, 0xFE, 10 << 1 | 1, 3, 0, 0, 0, 0, 1, 1, 1, 0]
    let bytes = TraceBytes.eventStream(kind: 1, width: 300, height: 200, body)
    for pieceSize in [1, .max] {
      let trace = try TraceBytes.read(bytes, name: "a.es", pieceSize: pieceSize)
      #expect(trace.events.texts == ["264 3 199 1", "264 257 198 0"])
      #expect(trace.sensor == SensorSize(width: 300, height: 200))
    }
  }

  @Test("ATIS: exposures are no events; their times count")
  func atis() throws {
    // Per event_stream's layout: six bits of time, then polarity, then “is an exposure”.
    func record(_ elapsed: UInt8, _ kind: UInt8, _ x: UInt8) -> [UInt8] {
      [elapsed << 2 | kind, x, 0, 1, 0]
    }
    // The overflows add 3 × 63 and 63 µs.
    let body: [UInt8] = [
      record(5, 0, 1), record(7, 1, 2), [0xFF, 0xFD], record(8, 3, 2), record(1, 2, 4),
    ].flatMap { $0 }
    let bytes = TraceBytes.eventStream(kind: 2, width: 8, height: 2, body)
    let trace = try TraceBytes.read(bytes, name: "a.es")
    #expect(trace.events.texts == ["5 1 0 0", "273 4 0 1"])
    #expect(trace.anomalies.isEmpty)
  }

  @Test("Colour: every record is an event, ON for want of a polarity")
  func colour() throws {
    let body: [UInt8] = [0xFF, 253, 1, 0, 0, 0, 9, 8, 7, 0xFE, 0, 2, 0, 1, 0, 6, 5, 4]
    let bytes = TraceBytes.eventStream(kind: 4, width: 4, height: 2, body)
    let trace = try TraceBytes.read(bytes, name: "a.es")
    #expect(trace.events.texts == ["507 1 1 1", "507 2 0 1"])
  }

  @Test(
    "A header that cannot be followed is an error with its place",
    arguments: [(12, UInt8(3)), (15, UInt8(0)), (15, UInt8(3)), (16, UInt8(0))])
  func header(_ place: Int, _ value: UInt8) {
    var bytes = TraceBytes.eventStream(kind: 1, width: 5, height: 5, [])
    bytes[place] = value
    let error = #expect(throws: InputError.self) { try TraceBytes.read(bytes, name: "a.es") }
    #expect(error?.place == .byte(place))
  }

  @Test("A header that ends early is an error", arguments: 12..<20)
  func shortHeader(_ count: Int) {
    let bytes = TraceBytes.eventStream(kind: 1, width: 5, height: 5, [])
    #expect(throws: InputError.self) {
      try TraceBytes.read(Array(bytes.prefix(count)), name: "a.es")
    }
  }
}
