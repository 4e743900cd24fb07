import Commands
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
