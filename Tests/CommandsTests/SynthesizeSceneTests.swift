import Commands
import Events
import TestSupport
import Testing

@Suite("synthesize conveyor and frames")
struct SynthesizeSceneTests {
  private static let small = ["--size", "64x48", "--scale", "40", "--duration", "100ms"]

  private static func conveyor(_ words: [String]) -> Capture.Outcome {
    Capture.run(["synthesize", "conveyor"] + small + words)
  }

  @Test("write a recording, boxes and frames that belong together")
  func conveyor() throws {
    try Folder.temporary { folder in
      let outcome = Self.conveyor([
        "--out", folder.file("belt.aedat"), "--frames", folder.file("belt.y4m"), "--json",
      ])
      #expect(outcome.status == .success, "\(outcome.errors)")
      // Instants at 0, 40 and 80 ms.
      #expect(outcome.output.contains("\"framesWritten\": 3"))
      #expect(outcome.output.contains("\"durationMicroseconds\": 100000"))
      let video = try folder.bytes("belt.y4m")
      let header = "YUV4MPEG2 W64 H48 F25:1 Ip A1:1 Cmono XCOLORRANGE=FULL\n"
      #expect(video.count == header.utf8.count + 3 * (6 + 64 * 48))
      #expect(try folder.bytes("belt_boxes.npy").starts(with: [0x93]))
      let survey = Capture.run(["inspect", "trace", folder.file("belt.aedat"), "--json"])
      #expect(
        survey.output.contains("\"width\": 64") && survey.output.contains("\"anomalies\": []"))
      // What the frames show, an event camera before a screen sees.
      let again = Capture.run([
        "synthesize", "frames", folder.file("belt.y4m"), "--sensor", "clean", "--out",
        folder.file("again.aedat"),
      ])
      #expect(again.status == .success && again.output.contains("from 3 frames"))
    }
  }

  @Test("write frames alone, the same as beside events")
  func framesAlone() throws {
    try Folder.temporary { folder in
      let both = Self.conveyor([
        "--out", folder.file("belt.aedat4"), "--frames", folder.file("belt.aedat4"), "--boxes",
        folder.file("a.npy"),
      ])
      #expect(both.status == .success, "\(both.errors)")
      let alone = Self.conveyor(["--frames", folder.file("belt.y4m"), "--json"])
      #expect(alone.status == .success && alone.output.contains("\"recording\": null"))
      #expect(alone.output.contains("\"framesWritten\": 3"))
      let boxes = try (folder.bytes("a.npy"), folder.bytes("belt_boxes.npy"))
      #expect(boxes.0 == boxes.1)
      // Frames beside events are read wherever frames are.
      for name in ["belt.aedat4", "belt.y4m"] {
        let outcome = Capture.run([
          "synthesize", "frames", folder.file(name), "--sensor", "ideal", "--out",
          folder.file(name + ".csv"),
        ])
        #expect(outcome.status == .success && outcome.output.contains("from 3 frames"))
      }
      let events = try (folder.bytes("belt.aedat4.csv"), folder.bytes("belt.y4m.csv"))
      #expect(events.0 == events.1)
      let wrong = Self.conveyor(["--out", folder.file("x.csv"), "--frames", folder.file("x.csv")])
      #expect(wrong.status == .badInput && wrong.errors.contains("expected AEDAT 4"))
    }
  }

  @Test("write boxes as COCO for a name that asks for it")
  func coco() throws {
    try Folder.temporary { folder in
      let words = ["--out", folder.file("belt.aedat")]
      let outcome = Self.conveyor(words + ["--boxes", folder.file("belt.json")])
      #expect(outcome.status == .success, "\(outcome.errors)")
      let coco = try BoxLabels(folder.bytes("belt.json"), name: "belt.json")
      #expect(coco.frame == SensorSize(width: 64, height: 48))
      #expect(coco.classNames[3] == "missing label" && coco.classNames.count == 5)
      _ = Self.conveyor(words)
      let npy = try BoxLabels(folder.bytes("belt_boxes.npy"), name: "belt_boxes.npy")
      #expect(coco.boxes == npy.boxes)
    }
  }

  @Test("read folders of images in order of their names")
  func images() throws {
    try Folder.temporary { folder in
      for (name, value) in [("b.pgm", 200), ("a.pgm", 50), ("c.txt", 0)] as [(String, UInt8)] {
        let pixels = [UInt8](repeating: value, count: 4)
        _ = try folder.write(Array("P5 2 2 255\n".utf8) + pixels, to: name)
      }
      let words = ["synthesize", "frames", folder.path, "--out", folder.file("x.aedat")]
      #expect(Capture.run(words).errors.contains("missing --fps N"))
      let outcome = Capture.run(words + ["--fps", "10", "--sensor", "ideal", "--json"])
      // ln(200/50) is 1.39: six thresholds of 0.2, ON, in each of four pixels.
      #expect(outcome.output.contains("\"events\": 24"), "\(outcome.output)")
      #expect(outcome.output.contains("\"durationMicroseconds\": 100000"))
      _ = try folder.write(Array("P5 3 1 255\nabc".utf8), to: "d.pgm")
      let mixed = Capture.run(words + ["--fps", "10"])
      #expect(mixed.status == .badInput)
      #expect(mixed.errors.contains("d.pgm: expected 2 × 2 pixels as in the first frame"))
    }
  }

  @Test(
    "answer wrong words in one line",
    arguments: [
      (["--out", "/nowhere/x.aedat"], "cannot write"), ([], "missing --out FILE"),
      (["--size", "8x8", "--out", "x"], "--size: expected WIDTHxHEIGHT"),
      (["--size", "4294967296x2", "--out", "x"], "--size: expected WIDTHxHEIGHT"),
      (["--speed", "-1", "--out", "x"], "--speed: expected a number from 0"),
      (["--speed", "100", "--scale", "9000", "--out", "x"], "at most 200000 pixels a second"),
      (["--flicker", "nan", "--out", "x"], "--flicker: expected a number"),
      (["--sensor", "perfect", "--out", "x"], "unknown sensor ‘perfect’"),
      (["--threshold", "0", "--out", "x"], "--threshold: expected a number from 0.01"),
      (["--shares", "90,3,2,2,1", "--out", "x"], "--shares: expected 5 whole percentages"),
      (["--shares", "100", "--out", "x"], "--shares: expected 5 whole percentages"),
      (["--gap", "2", "--out", "x"], "--gap: expected A..B"),
      (["--gap", "3..2", "--out", "x"], "--gap: expected a number from 3.0"),
      (["--final-light", "0", "--out", "x"], "--final-light: expected a number from 0.01"),
      (["--compression", "zip", "--out", "x"], "expected none, lz4, zstd or zstd-high"),
      (["--fps", "0", "--out", "x"], "--fps: expected a whole number from 1"),
    ])
  func mistakes(_ words: [String], _ message: String) {
    let outcome = Self.conveyor(words)
    #expect(outcome.status == .badInput)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
  }

  @Test("name the file that holds no frames")
  func noFrames() throws {
    try Folder.temporary { folder in
      let out = ["--out", folder.file("x.aedat")]
      let none = Capture.run(["synthesize", "frames", folder.path, "--fps", "9"] + out)
      #expect(none.errors.contains("expected .pgm or .png files, found none"))
      let film = try folder.write(Array("film\n".utf8), to: "film.y4m")
      let bad = Capture.run(["synthesize", "frames", film] + out)
      #expect(bad.errors.contains("\(film): byte 0x0: expected the line YUV4MPEG2"))
      let other = try folder.write(Array("film".utf8), to: "film.mp4")
      #expect(Capture.run(["synthesize", "frames", other] + out).errors.contains("a .y4m video"))
    }
  }
}
