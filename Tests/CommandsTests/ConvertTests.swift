import Bytes
import Commands
import Events
import TestSupport
import Testing

@Suite("convert")
struct ConvertTests {
  private static let text =
    "t,x@64,y@32,p\n"
    + (0..<500).map { "\(1000 + $0 * 37),\($0 % 64),\($0 % 32),\($0 % 2)\n" }.joined()

  private static func run(_ words: [String]) -> Capture.Outcome { Capture.run(["convert"] + words) }

  @Test(
    "to a format and back gives the same text",
    arguments: ["a.raw", "a.evt2", "a.evt3", "a.dat", "a.aedat", "a.aedat4", "a.csv"])
  func roundTrip(_ name: String) throws {
    try Folder.temporary { folder in
      let input = try folder.write(Array(Self.text.utf8), to: "in.csv")
      let there = Self.run([input, folder.file(name)])
      #expect(there.status == .success, "\(there.errors)")
      #expect(there.output.contains("500") && there.output.contains("nothing"))
      let back = Self.run([folder.file(name), folder.file("out.csv")])
      #expect(back.status == .success, "\(back.errors)")
      #expect(String(decoding: try folder.bytes("out.csv"), as: UTF8.self) == Self.text)
    }
  }

  @Test("counts what is not in the new file")
  func losses() throws {
    try Folder.temporary { folder in
      let input = try folder.write(
        Array("t,x@4,y@4,p\n10,0,0,1\n9,1,1,1\n11,9,9,0\n".utf8), to: "in.csv")
      let out = folder.file("out.csv")
      let (status, output, _) = Self.run([input, out, "--monotonic", "--time-shift", "first"])
      #expect(status == .success)
      #expect(output.contains("outside the sensor: 1"))
      #expect(output.contains("times raised to the one before: 1"))
      let text = String(decoding: try folder.bytes("out.csv"), as: UTF8.self)
      #expect(text == "t,x@4,y@4,p\n0,0,0,1\n0,1,1,1\n")
      let json = Self.run([input, out, "--json"]).output
      #expect(json.contains("\"events\": 2") && json.contains("\"count\": 1"))
    }
  }

  @Test("leaves no file behind when the target cannot hold an event, and says what to do")
  func refused() throws {
    try Folder.temporary { folder in
      let input = try folder.write(Array("t,x,y,p\n10,3000,0,1\n".utf8), to: "in.csv")
      let refused: [(words: [String], complaint: String)] = [
        ([folder.file("out.evt2")], "below (2048, 2048) for EVT2"),
        ([folder.file("out.aedat4")], "--sensor WIDTHxHEIGHT"),
        ([folder.file("out.dat"), "--time-shift", "-1s"], "--time-shift"),
        ([folder.file("out.bin")], "--format"),
        ([folder.file("out"), "--format", "nmnist"], "unknown format"),
        ([folder.file("out.csv"), "--origin", "bottom-left"], "size"),
        ([folder.file("out.csv"), "--sensor", "5"], "WIDTHxHEIGHT"),
      ]
      for (words, complaint) in refused {
        let (status, _, errors) = Self.run([input] + words)
        #expect(status == .badInput)
        #expect(errors.contains(complaint), "\(errors)")
      }
      #expect(try folder.names() == ["in.csv"])
    }
  }

  @Test("keeps triggers where there is room, and counts those that had none")
  func triggers() throws {
    let triggers = (0..<12).map { (index: Int) -> Trigger in
      let edge: Trigger.Edge = (index / 3).isMultiple(of: 2) ? .rising : .falling
      let channel: UInt8 = index.isMultiple(of: 2) ? 0 : 5
      return Trigger(time: 1_000 + Int64(index) * 37, channel: channel, edge: edge)
    }
    var events = EventBatch()
    for index in 0..<300 {
      events.append(Event(time: 990 + Int64(index), x: UInt16(index % 64), y: 7, isOn: true))
    }
    var writer = EVT3Writer(sensor: SensorSize(width: 64, height: 48), firstTime: 990)
    let bytes = writer.header(comments: []) + (try writer.packets(of: events, triggers: triggers))
    try Folder.temporary { folder in
      let path = try folder.write(bytes, to: "a.raw")
      let text = Capture.run(["inspect", "trace", path]).output
      #expect(text.contains("channel 0: 4 rising, 2 falling, 0.001000 s to 0.001370 s"), "\(text)")
      #expect(text.contains("channel 5: 2 rising, 4 falling, 0.001037 s to 0.001407 s"))
      let json = Capture.run(["inspect", "trace", path, "--json"]).output
      #expect(json.contains("\"triggers\": 12") && json.contains("\"edge\": \"rising\""))

      let evt2 = Self.run([path, folder.file("b.evt2")]).output
      #expect(evt2.contains("Triggers") && evt2.contains("nothing"), "\(evt2)")
      let again = try EventTrace.readAll(MemorySource(try folder.bytes("b.evt2")), name: "b.evt2")
      #expect(again.triggers == triggers && again.events.times == events.times)
      let csv = Self.run([path, folder.file("b.csv")]).output
      #expect(csv.contains("triggers that the format has no place for: 12"), "\(csv)")
      // DV's format has one input.
      let aedat = Self.run([path, folder.file("b.aedat4"), "--json"]).output
      #expect(aedat.contains("\"triggers\": 6"), "\(aedat)")
    }
  }

  @Test("takes the columns of a text in the order that is named")
  func columns() throws {
    try Folder.temporary { folder in
      // Without a name, the first column of polarities would be the third one here.
      let input = try folder.write(
        Array("# odd\n1;17;9;0.5;100\n0;18;8;0.5;250\n".utf8), to: "in.txt")
      let out = folder.file("out.csv")
      #expect(Self.run([input, out]).status == .badInput)
      let outcome = Self.run([input, out, "--columns", "p,x,y,-,t"])
      #expect(outcome.status == .success, "\(outcome.errors)")
      let text = String(decoding: try folder.bytes("out.csv"), as: UTF8.self)
      #expect(text == "t,x,y,p\n100,17,9,1\n250,18,8,0\n")
      for columns in ["p,x,y", "t,x,y,p,p", "t,x,y,q", "", "t,x,y,p,-,-,-,-,-"] {
        let errors = Self.run([input, out, "--columns", columns]).errors
        #expect(errors.contains("--columns: expected t, x, y and p once each"), "\(errors)")
      }
      let short = Self.run([input, out, "--columns", "t,x,y,p"])
      #expect(short.status == .badInput && short.errors.contains("line 2"), "\(short.errors)")
      let wave = try folder.write(Array("#!AER-DAT2.0\r\n".utf8), to: "a.aedat")
      let other = Self.run([wave, out, "--columns", "t,x,y,p"])
      #expect(other.errors.contains("expected text with columns, found AEDAT 2.0"))
    }
  }

  @Test("writes a slice of time")
  func slice() throws {
    try Folder.temporary { folder in
      let input = try folder.write(Array(Self.text.utf8), to: "in.csv")
      let words = [
        input, folder.file("out.csv"), "--from", "370us", "--to", "@1444us", "--no-index",
      ]
      #expect(Self.run(words).status == .success)
      let text = String(decoding: try folder.bytes("out.csv"), as: UTF8.self)
      #expect(text == "t,x@64,y@32,p\n1370,10,10,0\n1407,11,11,1\n")
    }
  }
}
