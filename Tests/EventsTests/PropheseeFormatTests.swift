import Bytes
import Events
import Testing

@Suite("Prophesee headers")
struct PropheseeHeaderTests {
  static let oneEvent = TraceBytes.little([UInt32(8) << 28 | 1, 1 << 28 | 5 << 11 | 7])

  @Test("Words may follow a header without an end line, even when they start with a percent sign")
  func headerWithoutEnd() throws {
    // 0x8000_0125 is TIME_HIGH 0x125, its first byte a percent sign, its second no blank.
    let words = TraceBytes.little([UInt32(0x8000_0125), 1 << 28 | 5 << 11 | 7])
    let trace = try TraceBytes.read(TraceBytes.header(["evt 2.0"], end: false) + words)
    #expect(trace.events.texts == ["\(0x125 << 6) 5 7 1"])
    #expect(trace.sensor == nil)
  }

  @Test(
    "The encoding and the sensor come from format, geometry, evt and the table, in this order",
    arguments: [
      (["format EVT2;height=3;width=9", "geometry 640x480", "evt 3.0"], TraceFormat.evt2, "9x3"),
      (["evt 2.0", "geometry 1280x720", "plugin_name hal_plugin_gen31_fx3"], .evt2, "1280x720"),
      (["system_ID 21"], .evt2, "640x480"), (["system_ID 48"], .evt3, "1280x720"),
      (["plugin_name hal_plugin_imx636_evk4"], .evt3, "1280x720"),
      (["plugin_name hal_plugin_gen41_evk2"], .evt2, "1280x720"),
      (["sensor_name GenX320"], .evt3, "320x320"),
    ])
  func precedence(_ lines: [String], _ format: TraceFormat, _ size: String) throws {
    let trace = try TraceBytes.read(TraceBytes.header(lines))
    #expect(trace.format == format)
    #expect(trace.sensor.map { "\($0.width)x\($0.height)" } == size)
  }

  @Test(
    "A header that cannot be followed is an error",
    arguments: [
      ["date 2020"], ["evt 9"], ["evt 2.0", "geometry 0x480"],
      ["evt 2.0", "geometry 640"], ["evt 2.0", "geometry 99999999999999999999x2"],
      ["evt 2.0", "t0 -5"], ["Version 2", "Width 0", "Height 5"],
    ])
  func errors(_ lines: [String]) {
    #expect(throws: InputError.self) {
      try TraceBytes.read(TraceBytes.header(lines) + Self.oneEvent)
    }
  }

  @Test("A time origin in the header is added to every time")
  func timeOrigin() throws {
    let trace = try TraceBytes.read(TraceBytes.header(["evt 2.0", "t0 1000"]) + Self.oneEvent)
    #expect(trace.events.texts == ["1064 5 7 1"])
  }
}

@Suite("EVT2")
struct EVT2Tests {
  static func high(_ value: UInt32) -> UInt32 { 8 << 28 | value }
  static func on(_ x: UInt32, _ y: UInt32, low: UInt32 = 0) -> UInt32 {
    1 << 28 | low << 22 | x << 11 | y
  }

  @Test("Events before the first time word are left out and counted")
  func beforeTime() throws {
    let words = [Self.on(1, 1), 0xA000_0000, Self.high(2), Self.on(3, 4, low: 5)]
    let trace = try TraceBytes.read(TraceBytes.evt2(words))
    #expect(trace.events.texts == ["133 3 4 1"])
    #expect(trace.anomalies[.beforeFirstTime]?.count == 2)
    #expect(trace.triggers.count == 0)
  }

  @Test("Time goes on after the 28 upper bits wrap, and a small step back is no wrap")
  func wrap() throws {
    let words = [
      Self.high(0x0FFF_FFFF), Self.on(1, 1, low: 63), Self.high(0), Self.on(2, 2, low: 1),
      Self.high(9), Self.on(3, 3), Self.high(8), Self.on(4, 4),
    ]
    let trace = try TraceBytes.read(TraceBytes.evt2(words))
    let loop = Int64(1) << 34
    #expect(trace.events.times == [loop - 1, loop + 1, loop + 9 * 64, loop + 8 * 64])
    #expect(trace.anomalies[.backwardTime]?.count == 1)
  }

  @Test("Triggers are counted, monitoring is skipped, unknown types and stray pixels are counted")
  func otherWords() throws {
    let header = TraceBytes.evt2([]).count
    let words = [
      Self.high(1), 0xA000_0001, 0xE000_0014, 0xF000_0001, 0xD000_0000, 0x2000_0000, Self.on(1, 2),
      Self.on(640, 0), Self.on(0, 480), 0x7000_0000, Self.on(639, 479),
    ]
    let trace = try TraceBytes.read(TraceBytes.evt2(words))
    #expect(trace.events.texts == ["64 1 2 1", "64 639 479 1"])
    #expect(trace.triggers.count == 1)
    #expect(
      trace.anomalies[.unknownWord]
        == .init(count: 2, places: [.byte(header + 5 * 4), .byte(header + 9 * 4)]))
    #expect(
      trace.anomalies[.outsideSensor]
        == .init(count: 2, places: [.byte(header + 7 * 4), .byte(header + 8 * 4)]))
    #expect(trace.anomalies.eventsLeftOut == 2)
  }

  @Test("Half a word at the end is told with its place")
  func truncated() throws {
    let bytes = TraceBytes.evt2([Self.high(1), Self.on(1, 2)]) + [1, 2]
    let trace = try TraceBytes.read(bytes, pieceSize: 5)
    #expect(trace.events.count == 1)
    #expect(trace.anomalies[.truncatedTail] == .init(count: 1, places: [.byte(bytes.count - 2)]))
  }
}

@Suite("EVT3")
struct EVT3Tests {
  @Test("A row, a column and both halves of the time make an event")
  func single() throws {
    let words: [UInt16] = [0x8001, 0x6002, 0x0003, 0x2804, 0x2005]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    #expect(trace.events.texts == ["4098 4 3 1", "4098 5 3 0"])
    #expect(trace.anomalies.isEmpty)
  }

  @Test("A vector word makes an event of each set bit and moves the base on")
  func vectors() throws {
    let words: [UInt16] = [0x8001, 0x6000, 0x0007, 0x3864, 0x4801, 0x5081, 0x4002]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    #expect(trace.events.xs == [100, 111, 112, 119, 121])
    #expect(trace.events.polarities == [1, 1, 1, 1, 1])
    #expect(trace.events.ys == [7, 7, 7, 7, 7])
  }

  @Test("The upper time wraps into a loop; a decreasing lower time does not")
  func loops() throws {
    let words: [UInt16] = [
      0x0000, 0x8FFF, 0x632B, 0x2001, 0x6320, 0x2002, 0x8000, 0x2003, 0x6001, 0x2004,
    ]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    let top = Int64(0xFFF) << 12
    #expect(trace.events.times == [top + 811, top + 800, 1 << 24, (1 << 24) + 1])
    #expect(trace.anomalies[.backwardTime]?.count == 1)
  }

  @Test("The upper time sets the lower to zero only when it changes")
  func repeatedHigh() throws {
    let words: [UInt16] = [0x0000, 0x8005, 0x6007, 0x8005, 0x2001, 0x8006, 0x2002]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    #expect(trace.events.times == [5 << 12 | 7, 6 << 12])
  }

  @Test("Padding and monitoring words are skipped, triggers counted, the rest told")
  func otherWords() throws {
    let words: [UInt16] = [
      0x8001, 0x0001, 0x9999, 0xA101, 0xE014, 0xF000, 0x7000, 0xD000, 0x9998, 0xB000, 0x2001,
    ]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    #expect(trace.events.count == 1)
    #expect(trace.triggers.count == 1)
    #expect(trace.anomalies[.unknownWord]?.count == 2)
  }

  @Test("Without time, row or base there is no event, and a reserved row word takes the row away")
  func missingState() throws {
    let words: [UInt16] = [
      0x2001, 0x8001, 0x2002, 0x0005, 0x4003, 0x3010, 0x4001, 0x1000, 0x2003, 0x0006, 0x2004,
    ]
    let trace = try TraceBytes.read(TraceBytes.evt3(words))
    #expect(trace.events.texts == ["4096 16 5 0", "4096 4 6 0"])
    #expect(trace.anomalies[.beforeFirstTime]?.count == 1)
    #expect(trace.anomalies[.beforeFirstAddress]?.count == 4)
    #expect(trace.anomalies[.unknownWord]?.count == 1)
  }

  @Test("A vector that runs off the sensor loses only what lies outside", arguments: [true, false])
  func vectorOffTheEdge(_ statesGeometry: Bool) throws {
    let words: [UInt16] = [0x8001, 0x0005, 0x3000 | 2040, 0x4FFF, 0x4FFF, 0x5FFF]
    let bytes =
      statesGeometry
      ? TraceBytes.evt3(words, geometry: "2046x10")
      : TraceBytes.header(["evt 3.0"]) + TraceBytes.little(words)
    let trace = try TraceBytes.read(bytes)
    #expect(trace.events.count == (statesGeometry ? 6 : 8))
    #expect(trace.anomalies[.outsideSensor]?.count == 32 - trace.events.count)
  }
}

@Suite("DAT")
struct DATTests {
  @Test("Version 2 has 14 bits a coordinate, version 1 nine and eight")
  func versions() throws {
    let two = try TraceBytes.read(TraceBytes.dat([(7, 1 << 28 | 300 << 14 | 9000)]))
    #expect(two.events.texts == ["7 9000 300 1"])
    let one = try TraceBytes.read(
      TraceBytes.dat([(7, 1 << 17 | 200 << 9 | 300)], lines: ["Version 1"]))
    #expect(one.events.texts == ["7 300 200 1"])
  }

  @Test("A drop by more than half of 2^32 µs is a wrap, a smaller one goes back in time")
  func wrap() throws {
    let trace = try TraceBytes.read(
      TraceBytes.dat([(0xFFFF_FFF0, 0), (5, 0), (3, 0), (0x9000_0000, 0), (0x1000_0001, 0)]))
    let loop = Int64(1) << 32
    #expect(
      trace.events.times == [
        0xFFFF_FFF0, loop + 5, loop + 3, loop + 0x9000_0000, loop + 0x1000_0001,
      ])
    #expect(trace.anomalies[.backwardTime]?.count == 2)
  }

  @Test("A file of triggers has no events, other types are errors")
  func types() throws {
    let header = TraceBytes.header(["Version 2"], end: false)
    let triggers = try TraceBytes.read(header + [0x0E, 8] + [UInt8](repeating: 0, count: 16))
    #expect(triggers.triggers.count == 2 && triggers.events.isEmpty)
    for tail in [[0x28, 8], [0x0C, 9], [0x05, 8], [0x0C], []] as [[UInt8]] {
      #expect(throws: InputError.self) { try TraceBytes.read(header + tail) }
    }
  }

  @Test("Optical flow gives its events, and steps over velocities")
  func flow() throws {
    let header = TraceBytes.header(["Version 2", "Height 240", "Width 304"], end: false)
    func record(_ time: UInt32, _ x: UInt32, _ y: UInt32, _ polarity: UInt32) -> [UInt8] {
      let address: UInt32 = polarity << 28 | y << 14 | x
      return TraceBytes.little([time, address]) + [UInt8](repeating: 0xAB, count: 20)
    }
    var bytes = header + [0x28, 28]
    bytes += record(7, 300, 200, 1)
    bytes += record(9, 303, 239, 0)
    bytes += record(4, 1, 2, 1)
    bytes += record(5, 304, 0, 1)
    bytes += [1, 2, 3]
    let trace = try TraceBytes.read(bytes, name: "a.dat", pieceSize: 11)
    #expect(trace.events.texts == ["7 300 200 1", "9 303 239 0", "4 1 2 1"])
    #expect(trace.anomalies[.backwardTime]?.count == 1)
    #expect(trace.anomalies[.outsideSensor]?.count == 1)
    #expect(trace.anomalies[.truncatedTail]?.count == 1)
  }

  @Test("Records of a file without any header are events of version 1")
  func headerless() throws {
    let record = TraceBytes.little([UInt32(7), 1 << 17 | 200 << 9 | 300])
    #expect(try TraceBytes.read(record, name: "a.dat").events.texts == ["7 300 200 1"])
  }
}
