import Commands
import TestSupport
import Testing

struct SynthesizeGestureTests {
  private static func run(_ words: String...) -> Capture.Outcome {
    Capture.run(["synthesize", "gesture"] + words)
  }

  @Test func aMisspeltClassIsAnsweredWithTheClosestName() {
    let (status, _, error) = Self.run("--class", "right-hand-wav", "--out", "/nowhere/x.aedat")
    #expect(status == .badInput)
    #expect(error.contains("unknown class ‘right-hand-wav’; did you mean right-hand-wave?"))
  }

  @Test func anUnknownClassIsAnsweredWithAllNames() {
    let (status, _, error) = Self.run("--class", "12", "--out", "/nowhere/x.aedat")
    #expect(status == .badInput)
    #expect(error.contains("expected 1 to 11 or one of hand-clap, right-hand-wave"))
  }

  @Test(arguments: ["2", "-1s", "nan s", "1e99s", "0ms", "soon"])
  func aTimeMustHaveAUnitAndARange(_ text: String) {
    let (status, _, error) = Self.run("--class", "1", "--duration=\(text)", "--out", "/nowhere/x")
    #expect(status == .badInput)
    #expect(error.contains("--duration: expected a time from 1ms to 60s"), "\(error)")
  }

  @Test func classAndSessionExcludeEachOther() {
    #expect(Self.run("--out", "/nowhere/x").errors.contains("either --class NAME or --session"))
    let both = Self.run("--class", "1", "--session", "--out", "/nowhere/x")
    #expect(both.errors.contains("either --class NAME or --session"))
  }

  @Test func theRecordingSaysThatItIsSynthetic() throws {
    try Folder.temporary { folder in
      let (status, out, _) = Self.run(
        "--class", "2", "--seed", "7", "--duration", "100ms", "--out", folder.file("wave.aedat"),
        "--json")
      #expect(status == .success)
      #expect(
        out.contains("\"synthetic\": true") && out.contains("\"durationMicroseconds\": 100000"))
      let header = String(decoding: try folder.bytes("wave.aedat").prefix(300), as: UTF8.self)
      #expect(header.hasPrefix("#!AER-DAT3.1\r\n"))
      #expect(
        header.contains("# Synthetic: preflash synthesize gesture, classes 2, subject 1, seed 7"))
      let labels = String(decoding: try folder.bytes("wave_labels.csv"), as: UTF8.self)
      #expect(labels == "class,startTime_usec,endTime_usec\n2,0,100000\n")
    }
  }
}
