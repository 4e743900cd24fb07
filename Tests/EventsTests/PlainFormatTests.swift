import Bytes
import Events
import Testing

@Suite("AEDAT 3.1")
struct AEDAT31Tests {
  @Test("Polarity packets give events, marked ones are left out, other packets are skipped")
  func packets() throws {
    let bytes = TraceBytes.aedat31([
      TraceBytes.packet([(TraceBytes.polarity(3, 4, true), 10)]),
      TraceBytes.packet([(1, 2), (3, 4)], type: 2),
      TraceBytes.packet(
        [
          (TraceBytes.polarity(5, 6, false, isValid: false), 11),
          (TraceBytes.polarity(7, 8, false), 12), (TraceBytes.polarity(128, 0, true), 13),
        ], overflow: 1),
    ])
    let trace = try TraceBytes.read(bytes, name: "a.aedat", pieceSize: 11)
    #expect(trace.events.texts == ["10 3 4 1", "\((1 << 31) + 12) 7 8 0"])
    #expect(trace.sensor == SensorSize(width: 128, height: 128))
    #expect(trace.anomalies[.invalidEvent]?.count == 1)
    #expect(trace.anomalies[.outsideSensor]?.count == 1)
  }

  @Test("Room that a packet reserves but does not use is skipped")
  func capacity() throws {
    let event = (TraceBytes.polarity(1, 1, true), UInt32(5))
    let bytes = TraceBytes.aedat31([
      TraceBytes.packet([event, (0xFFFF_FFFF, 9)], number: 1), TraceBytes.packet([event]),
    ])
    #expect(try TraceBytes.read(bytes, name: "a.aedat").events.times == [5, 5])
  }

  @Test("A packet that ends early keeps its events and is told")
  func truncated() throws {
    let event = (TraceBytes.polarity(1, 1, true), UInt32(5))
    let bytes = TraceBytes.aedat31([TraceBytes.packet([event, event, event])])
    for cut in [1, 9, 30] {
      let trace = try TraceBytes.read(Array(bytes.dropLast(cut)), name: "a.aedat")
      #expect(trace.events.count == (cut == 30 ? 0 : cut == 9 ? 1 : 2))
      #expect(trace.anomalies[.truncatedTail]?.count == 1)
    }
  }

  @Test("A packet header that contradicts itself is an error with its place")
  func badPackets() {
    let event = (TraceBytes.polarity(1, 1, true), UInt32(5))
    let start = TraceBytes.aedat31([]).count
    let packets: [(packet: [UInt8], place: Int)] = [
      (TraceBytes.packet([event], size: 9), 4), (TraceBytes.packet([event], timeOffset: 0), 4),
      (TraceBytes.packet([event], capacity: 0), 20),
      (TraceBytes.packet([event], overflow: 0x8000_0000), 12),
      (TraceBytes.packet([event], type: 7, size: .max, capacity: .max), 4),
    ]
    for (packet, place) in packets {
      let error = #expect(throws: InputError.self) {
        try TraceBytes.read(TraceBytes.aedat31([packet]), name: "a.aedat")
      }
      #expect(error?.place == .byte(start + place))
    }
  }

  @Test("What the writer writes, the reader reads, across packets and time overflows")
  func roundTrip() throws {
    var events = EventBatch()
    for index in 0..<10_000 {
      let time = (Int64(1) << 31) - 5000 + Int64(index)
      events.append(
        Event(
          time: time, x: UInt16(index % 346), y: UInt16(index % 260), isOn: index % 3 == 0))
    }
    let sensor = SensorSize(width: 346, height: 260)
    let writer = AEDAT31Writer(sensor: sensor)
    let bytes = writer.header(comments: [" made here "]) + (try writer.packets(of: events))
    let trace = try TraceBytes.read(bytes, name: "a.aedat")
    #expect(trace.events.texts == events.texts)
    #expect(trace.sensor == sensor)
    #expect(trace.anomalies.isEmpty)
  }

  @Test("The writer refuses events that the format cannot hold")
  func writerErrors() {
    let writer = AEDAT31Writer(sensor: SensorSize(width: 10, height: 10))
    for (time, x) in [(Int64(-1), UInt16(0)), (0, 10), (1 << 62, 0)] {
      var events = EventBatch()
      events.append(Event(time: time, x: x, y: 0, isOn: true))
      #expect(throws: InputError.self) { try writer.packets(of: events) }
    }
  }
}

@Suite("N-MNIST")
struct NMNISTTests {
  @Test("A record with y = 240 moves later times by 8,192 µs")
  func overflow() throws {
    let bytes: [UInt8] = [
      1, 2, 0x80, 0, 5, 0, 240, 0, 0, 0, 3, 4, 0x00, 0x01, 0x00, 9,
    ]
    let trace = try TraceBytes.read(bytes, name: "00001.bin")
    #expect(trace.events.texts == ["5 1 2 1", "\(8192 + 256) 3 4 0"])
    #expect(trace.anomalies[.truncatedTail] == .init(count: 1, places: [.byte(15)]))
  }
}

@Suite("CSV")
struct CSVTests {
  static func read(_ text: String) throws(InputError) -> EventTrace {
    try TraceBytes.read(Array(text.utf8), name: "a.csv", pieceSize: 7)
  }

  @Test(
    "Every dialect gives the same event",
    arguments: [
      "t,x,y,p\n45,42,49,0\n", "t,x@346,y@260,on\r\n45,42,49,0\r\n", "42,49,0,45\n", "42,49,-1,45",
      "42;49;0;45\n", "0.000045 42 49 0\n", "346 260\n0.000045 42 49 0\n",
      "#!events.txt\n# made by v2e\n4.5e-05 42 49 0\n", "45 42 49 0\n",
      "x, y, p, t\n42, 49, 0, 45\n",
      "id,polarity,timestamp,y,x\n7,0,45,49,42", "\n\n# comment\n45\t42\t49\t0\n\n",
      "0.0000449999,42,49,0\n", "timestamp,x,y,polarity\n0.000045,42,49,-1\n",
    ])
  func dialects(_ text: String) throws {
    let trace = try Self.read(text)
    #expect(trace.events.texts == ["45 42 49 0"])
    #expect(trace.anomalies.isEmpty)
    let statesSize = text.contains("346")
    #expect(trace.sensor == (statesSize ? SensorSize(width: 346, height: 260) : nil))
  }

  @Test("Polarities may be 0 and 1 or -1 and 1")
  func polarities() throws {
    let trace = try Self.read("t,x,y,p\n1,0,0,-1\n2,0,0,1\n3,0,0,0\n")
    #expect(trace.events.polarities == [0, 1, 0])
  }

  @Test(
    "A line that is no event is an error with its number",
    arguments: [
      ("t,x,y,p\n1,2,3,0\n1,2,3\n", 3), ("t,x,y,p\n1,2,3,0\n\n1,2,3,0,5\n", 4),
      ("t,x,y,p\n1,2,3,2\n", 2), ("t,x,y,p\n1,65536,3,0\n", 2), ("t,x,y,p\n1,-2,3,0\n", 2),
      ("t,x,y,p\n1,2,3,0\na,2,3,0\n", 3), ("t,x,y,p\n1,2,3,0 7\n", 2),
      ("t,x,y,p\n1,2,3,0\n1;2;3;0\n", 3),
      ("t,x,y,p\n12345678901234567890,2,3,0\n", 2), ("t,x,y\n1,2,3\n", 1), ("1,2,3\n", 1),
      ("50,60,70,80\n", 1), ("0.1 2 3 0\n0.x 2 3 0\n", 2), ("0.1 2 3 0\n1e99 2 3 0\n", 2),
    ])
  func errors(_ text: String, _ line: Int) {
    let error = #expect(throws: InputError.self) { try Self.read(text) }
    #expect(error?.place == .line(line))
    #expect(error?.file == "a.csv")
  }

  @Test("Events before a bad line are handed out first")
  func eventsBeforeAnError() throws {
    let lines = (0..<1000).map { "\($0),1,1,0\n" }.joined()
    var reader = try EventReader(
      MemorySource(Array(("t,x,y,p\n" + lines + "broken\n").utf8)), name: "a.csv")
    var batch = EventBatch()
    #expect(throws: InputError.self) { while try reader.next(into: &batch) {} }
    #expect(reader.eventCount == 1000)
    #expect(try reader.next(into: &batch) == false)
  }

  @Test("An empty file is an error; a header alone is an empty recording")
  func empty() throws {
    #expect(throws: InputError.self) { try Self.read("") }
    #expect(try Self.read("t,x,y,p\n").events.isEmpty)
  }
}

@Suite("Gesture labels")
struct GestureLabelsTests {
  static func read(_ text: String) throws(InputError) -> GestureLabels {
    try GestureLabels(Array(text.utf8), name: "labels.csv")
  }

  @Test("Classes are those of DVS128 Gesture unless others are asked for")
  func classes() throws {
    #expect(throws: InputError.self) { try Self.read("0,10,20") }
    #expect(throws: InputError.self) { try Self.read("12,10,20") }
    let digits = try GestureLabels(Array("0,10,20\n9,20,30".utf8), name: "l.csv", classes: 0...9)
    #expect(digits.labels.map(\.classNumber) == [0, 9])
    #expect(
      throws: InputError(file: "l.csv", at: .line(1), "expected a class from 0 to 9, found 10")
    ) {
      try GestureLabels(Array("10,10,20".utf8), name: "l.csv", classes: 0...9)
    }
  }

  @Test("Labels are read with or without the header line, in the order of the file")
  func plain() throws {
    let header = "class,startTime_usec,endTime_usec\r\n"
    let labels = try Self.read(header + "2,10,20\r\n1,15,30\r\n\r\n")
    #expect(labels.labels.map(\.classNumber) == [2, 1])
    #expect(labels.overlapCount == 1)
    #expect(try Self.read("2,10,20\n1,15,30").labels == labels.labels)
    #expect(try Self.read("2,10,20\n1,20,30").overlapCount == 0)
  }

  @Test(
    "A label that cannot be one is an error with its line",
    arguments: [
      "0,1,2", "12,1,2", "1,2,2", "1,3,2", "1,-1,2", "1,2", "1,2,3,4", "a,1,2", "1,1.5,2",
      "1,99999999999999999999,2", ",,",
    ])
  func errors(_ row: String) {
    let error = #expect(throws: InputError.self) {
      try Self.read("class,startTime_usec,endTime_usec\n1,1,2\n\(row)\n")
    }
    #expect(error?.place == .line(3))
  }
}
