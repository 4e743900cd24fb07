import Commands
import Foundation
import TestSupport
import Testing

@Suite("inspect link")
struct InspectLinkTests {
  private static func run(_ words: [String]) -> Capture.Outcome {
    Capture.run(["inspect", "link"] + words)
  }

  private static func withFile<R>(
    _ text: String, _ name: String, _ body: (String) throws -> R
  ) throws -> R {
    try Folder.temporary { try body($0.write(Array(text.utf8), to: name)) }
  }

  private struct Report: Decodable {
    struct Direction: Decodable {
      struct Upload: Decodable {
        var bytes: Int
        var p50, p90, p99, over2: Double

        enum CodingKeys: String, CodingKey {
          case bytes
          case p50 = "p50Seconds"
          case p90 = "p90Seconds"
          case p99 = "p99Seconds"
          case over2 = "shareOver2Seconds"
        }
      }

      var capacity: String
      var uploads: [Upload]
    }

    var uplink, downlink: Direction
    var roundTrip: [String: Double]

    enum CodingKeys: String, CodingKey {
      case uplink, downlink
      case roundTrip = "roundTripMilliseconds"
    }
  }

  private static func report(_ words: [String]) throws -> Report {
    let (status, out, errors) = run(words + ["--json"])
    #expect(status == .success, "\(errors)")
    return try JSONDecoder().decode(Report.self, from: Data(out.utf8))
  }

  @Test(
    "shows the published times of small uploads on a recorded drive",
    .enabled(if: SharedData.isPresent))
  func recorded() throws {
    let path = SharedData.path + "/links/mahimahi/ATT-LTE-driving.up"
    let upload = try #require(Self.report([path]).uplink.uploads.first)
    // Published for 11 KB: p50 108 ms, p90 1.79 s, p99 69 s, 9.5 % over 2 s.
    #expect(upload.bytes == 11_264)
    #expect(abs(upload.p50 / 0.108 - 1) < 0.1)
    #expect(abs(upload.p90 / 1.79 - 1) < 0.2)
    #expect(abs(upload.p99 / 69 - 1) < 0.05)
    #expect(abs(upload.over2 - 0.095) < 0.008)
    let text = Self.run([path]).output
    #expect(text.contains("recorded, 1,01"), "\(text)")
    #expect(text.contains("longest 78.32 s"))
  }

  @Test("reads Ghent's and Norway's logs", .enabled(if: SharedData.isPresent))
  func otherFormats() throws {
    for name in ["ghent-4g/report_bus_0001.json", "norway-hsdpa/cooked_3gp/norway_tram_43"] {
      #expect(try Self.report([SharedData.path + "/links/" + name]).uplink.capacity == "recorded")
    }
  }

  @Test("draws presets, the same for the same seed")
  func presets() throws {
    let (status, out, errors) = Self.run(["driving-lte", "--for", "10min"])
    #expect(status == .success, "\(errors)")
    #expect(out.contains("Uplink  generated, 600 s with seed 1: mean"))
    #expect(out.contains("15,800 B") && out.contains("handover, 41.7 an hour"))
    #expect(Self.run(["driving-lte", "--for", "10min", "--seed", "1"]).output == out)
    #expect(Self.run(["driving-lte", "--for", "10min", "--seed", "2"]).output != out)
    #expect(out.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(out)")
    let ideal = try Self.report(["ideal"])
    #expect(ideal.uplink.capacity == "unlimited" && ideal.roundTrip["p99"] == 0)
  }

  @Test("takes a netem line, Toxiproxy's JSON, and a profile that names a trace")
  func otherSources() throws {
    try Self.withFile("delay 40ms rate 3500kbit loss 1%\n", "link.netem") { path in
      let report = try Self.report([path])
      #expect(report.roundTrip["p50"] == 40)
      // 11,264 B at 3.5 Mbit/s.
      let upload = try #require(report.uplink.uploads.first)
      #expect(abs(upload.p99 - 0.025746) < 1e-5)
      #expect(Self.run([path]).output.contains("loses 1.00 % of packets"))
    }
    let toxics = #"[{"type": "reset_peer", "toxicity": 0.5, "attributes": {"timeout": 200}}]"#
    try Self.withFile(toxics, "toxics.json") { path in
      #expect(Self.run([path]).output.contains("50.0 % of them reset after 200 ms"))
    }
    try Folder.temporary { folder in
      _ = try folder.write(Array("0, 5\n1, 0\n2, 5\n".utf8), to: "drive.csv")
      let path = try folder.write(
        Array("{name: 'x', title: 'y', uplink: {capacity: {trace: 'drive.csv'}}}".utf8),
        to: "own.json5")
      #expect(try Self.report([path]).uplink.capacity == "recorded")
    }
  }

  @Test("ends with status 2 and an address for what it cannot read")
  func broken() throws {
    #expect(Self.run(["drivnig-lte"]).errors.contains("did you mean driving-lte?"))
    #expect(Self.run(["/nowhere/x.up"]).status == .badInput)
    #expect(Self.run(["ideal", "--for", "3y"]).status == .badInput)
    try Self.withFile("delay 40ms\nlos 1%\n", "link.netem") { path in
      let (status, _, errors) = Self.run([path])
      #expect(status == .badInput)
      #expect(errors.contains("\(path): line 2: expected an option of netem, found ‘los’"))
    }
    try Self.withFile("5\n3\n", "x.up") { path in
      #expect(Self.run([path]).errors.contains("x.up: line 2: expected a time of at least 5 ms"))
    }
  }
}
