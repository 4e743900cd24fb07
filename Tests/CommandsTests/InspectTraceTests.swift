import Commands
import TestSupport
import Testing

@Suite("inspect trace")
struct InspectTraceTests {
  private static func run(_ words: [String]) -> Capture.Outcome {
    Capture.run(["inspect", "trace"] + words)
  }

  private static func withFile<R>(_ text: String, _ body: (String) throws -> R) throws -> R {
    try Folder.temporary { try body($0.write(Array(text.utf8), to: "trace.csv")) }
  }

  @Test("tells events, sensor, duration and anomalies with their place")
  func survey() throws {
    let text = "t,x@4,y@4,p\n100,0,0,1\n2100,1,1,0\n2000,1,1,0\n3000,9,0,1\n"
    try Self.withFile(text) { path in
      let (status, out, _) = Self.run([path])
      #expect(status == .success)
      #expect(out.contains("4 × 4"))
      #expect(out.contains("3: 1 ON (33.3 %), 2 OFF"))
      #expect(out.contains("0.000100 s to 0.002100 s, 0.002000 s long"))
      #expect(out.contains("time goes backwards") && out.contains("line 4"))
      #expect(out.contains("outside the sensor") && out.contains("line 5"))
      let json = Self.run([path, "--json"]).output
      #expect(json.contains("\"events\": 3") && json.contains("\"durationMicroseconds\": 2000"))
    }
  }

  @Test("ends with status 2 and an address for a broken recording")
  func brokenRecording() throws {
    try Self.withFile("t,x,y,p\n1,2,3,1\n1,2,3\n") { path in
      let (status, _, errors) = Self.run([path])
      #expect(status == .badInput)
      #expect(errors.contains("\(path): line 3: expected an event"))
    }
    #expect(Self.run(["/nowhere/trace.raw"]).status == .badInput)
    #expect(Self.run(["/nowhere/trace.raw", "--format", "tape"]).errors.contains("unknown format"))
  }
}
