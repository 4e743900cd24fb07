import Commands
import Events
import TestSupport
import Testing

@Suite("view")
struct ViewTests {
  /// A dot that moves right one column a millisecond, ON before and OFF behind, on 16 × 8 pixels.
  private static let trace: String = {
    var text = "t,x@16,y@8,p\n"
    for step in 0..<16 { text += "\(step * 1000),\(step),3,1\n\(step * 1000),\(step),4,0\n" }
    return text
  }()

  private static func run(
    _ trace: String, _ words: [String], _ body: (Capture.Outcome, Folder) throws -> Void
  ) throws {
    try Folder.temporary { folder in
      let path = try folder.write(Array(trace.utf8), to: "trace.csv")
      let words = words.map { $0.hasPrefix("@") ? folder.file(String($0.dropFirst())) : $0 }
      try body(Capture.run(["view", path] + words), folder)
    }
  }

  @Test("prints the first frame in shades where nothing can move")
  func oneFrame() throws {
    try Self.run(Self.trace, ["--window", "4ms"]) { outcome, _ in
      #expect(outcome.status == .success && outcome.errors.isEmpty)
      #expect(outcome.output == "\n░░░░\n░░░░\n\n0.000–0.004 s  8 events, 4 ON\n".shaded)
    }
  }

  @Test("writes a picture for each window and an animation, and counts every event")
  func files() throws {
    let words =
      ["--window", "5ms", "--png", "@out", "--gif", "@out.gif", "--zoom", "2"] + [
        "--apng", "@out.png", "--json",
      ]
    try Self.run(Self.trace, words) { outcome, folder in
      #expect(outcome.status == .success, "\(outcome.errors)")
      #expect(outcome.output.contains("\"frames\": 4") && outcome.output.contains("\"events\": 32"))
      let names = (1...4).map { "out/frame_00000\($0).png" }
      for name in names { #expect(try folder.bytes(name).starts(with: [0x89, 0x50, 0x4E, 0x47])) }
      let gif = try folder.bytes("out.gif")
      #expect(Array(gif.prefix(10)) == Array("GIF89a".utf8) + [32, 0, 16, 0])
      #expect(gif.last == 0x3B)
      // Four frames, said behind the signature and a header of 25 bytes; each has a control chunk.
      let apng = try folder.bytes("out.png")
      #expect(Array(apng[37..<45]) == Array("acTL".utf8) + [0, 0, 0, 4])
      #expect(apng.count(of: "fcTL") == 4 && apng.count(of: "IDAT") == 1)
      #expect(apng.count(of: "fdAT") == 3)
    }
  }

  @Test("leaves long gaps out, and says how many frames that saves")
  func gap() throws {
    let text = "t,x@4,y@4,p\n0,1,1,1\n10000000000,2,2,0\n"
    try Self.run(text, ["--window", "10ms", "--json"]) { outcome, _ in
      #expect(outcome.output.contains("\"events\": 2"))
      #expect(outcome.output.contains("\"frames\": 27"), "\(outcome.output)")
      // A million windows of 10 ms in all.
      #expect(outcome.output.contains("\"emptyFramesLeftOut\": 999974"), "\(outcome.output)")
    }
  }

  @Test("counts what lies outside the sensor, and finds the size of one that is not stated")
  func size() throws {
    try Self.run("t,x,y,p\n0,1,1,1\n1,30,9,0\n", ["--json"]) { outcome, _ in
      #expect(outcome.output.contains("\"width\": 31") && outcome.output.contains("\"height\": 10"))
    }
    try Self.run("t,x,y,p\n0,65000,65000,1\n", []) { outcome, _ in
      #expect(outcome.status == .badInput)
      #expect(outcome.errors.contains("expected a sensor of at most 16777216 pixels"))
    }
  }

  @Test("draws boxes and labels of the right time")
  func annotations() throws {
    let labels = "class,startTime_usec,endTime_usec\n3,0,8000\n"
    try Folder.temporary { folder in
      let path = try folder.write(Array(Self.trace.utf8), to: "trace.csv")
      let labelPath = try folder.write(Array(labels.utf8), to: "labels.csv")
      let first = Capture.run(["view", path, "--window", "4ms", "--labels", labelPath])
      #expect(first.output.hasSuffix("left hand wave\n"))
      let late = Capture.run(
        ["view", path, "--window", "4ms", "--from", "9ms", "--no-index", "--labels", labelPath])
      #expect(late.output.hasSuffix("8 events, 4 ON\n"), "\(late.output)")
    }
  }

  @Test("draws the boxes of NumPy and of COCO alike, with the names that a file has")
  func boxes() throws {
    let boxes = [BoxLabel(time: 2_000, x: 1, y: 1, width: 9, height: 5, classNumber: 1)]
    let labels = BoxLabels(boxes: boxes, classNames: [1: "dent"])
    try Folder.temporary { folder in
      let path = try folder.write(Array(Self.trace.utf8), to: "trace.csv")
      func picture(_ name: String, _ words: [String]) throws -> [UInt8] {
        let outcome = Capture.run(
          ["view", path, "--window", "20ms", "--zoom", "8", "--png", folder.file(name)] + words)
        #expect(outcome.status == .success, "\(outcome.errors)")
        return try folder.bytes("\(name)/frame_000001.png")
      }
      let npy = try folder.write(PropheseeBoxes.npy(boxes), to: "boxes.npy")
      let coco = try folder.write(labels.coco(), to: "boxes.json")
      let none = try picture("none", [])
      let named = try picture("a", ["--boxes", npy, "--names", "ok,dent"])
      #expect(named != none)
      #expect(try picture("b", ["--boxes", coco]) == named)
      #expect(try picture("c", ["--boxes", npy]) != named)

      let bare = String(decoding: labels.coco(), as: UTF8.self).replacing(
        ",\"timestamp\":2000", with: "")
      let timeless = try folder.write(Array(bare.utf8), to: "timeless.json")
      #expect(try picture("d", ["--boxes", timeless, "--box-period", "40ms"]) == named)
      let refused = Capture.run(["view", path, "--boxes", timeless])
      #expect(refused.status == .badInput && refused.errors.contains("timestamp"))
    }
  }

  @Test(
    "answers wrong words in one line",
    arguments: [
      (["--window", "0ms"], "--window: expected a time from 1us"),
      (["--speed", "0"], "--speed: expected a number"),
      (["--zoom", "0"], "--zoom: expected a whole number from 1"),
      (["--format", "film"], "unknown format ‘film’"),
      (["--boxes", "@none.npy"], "cannot open"), (["--labels", "@none.csv"], "cannot open"),
      (["--gif", "/nowhere/x.gif"], "cannot write"),
      (["--png", "/nowhere/x"], "cannot make the folder"),
    ])
  func mistakes(_ words: [String], _ message: String) throws {
    try Self.run(Self.trace, words) { outcome, _ in
      #expect(outcome.status == .badInput)
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
    }
  }
}

extension [UInt8] {
  fileprivate func count(of name: String) -> Int { ranges(of: Array(name.utf8)).count }
}

extension String {
  /// A cell of one column and two rows: one of its two pixels active is more than half shaded.
  fileprivate var shaded: String { replacing("░", with: "█") }
}
