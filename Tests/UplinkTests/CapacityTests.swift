import Boards
import Bytes
import Foundation
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct CapacityTests {
  static func recorded(_ name: String) throws -> CapacityTrace {
    let path = SharedData.path + "/links/" + name
    return try CapacityTraceReader.read(
      [UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: name)
  }

  static func read(_ text: String) throws(InputError) -> CapacityTrace {
    try CapacityTraceReader.read([UInt8](text.utf8), file: "t.csv")
  }

  /// Published figures of each Mahimahi trace: mean Mbit/s, longest gap, 5 % and median second.
  @Test(.enabled(if: SharedData.isPresent))
  func `recorded traces have the statistics published with them`() throws {
    let index = try String(contentsOfFile: SharedData.path + "/links/INDEX.csv", encoding: .utf8)
    var compared = 0
    for line in index.split(whereSeparator: \.isNewline) where line.hasPrefix("mahimahi,") {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let statistics = try CapacityStatistics(Self.recorded("mahimahi/" + fields[1]))
      let mean = try #require(Double(fields[6]))
      #expect(abs(statistics.duration.inSeconds - Double(fields[5])!) < 1, "\(fields[1])")
      #expect(abs(statistics.meanRate / 1e6 - mean) / mean < 0.015, "\(fields[1])")
      #expect(Int(statistics.longestGap.inMilliseconds) == Int(fields[9]), "\(fields[1])")
      compared += 1
    }
    #expect(compared == 9)
    let driving = try CapacityStatistics(Self.recorded("mahimahi/ATT-LTE-driving.up"))
    #expect(driving.gaps(longerThan: .seconds(1)) == 15)
    #expect(driving.gaps(longerThan: .seconds(2)) == 6)
    #expect(abs(driving.emptySeconds - 0.0929) < 0.001)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `LTE uplinks together have the published tail and clustering`() throws {
    struct Published: Decodable {
      var p50: Double
      var hours: Double
    }
    var gaps: [CapacityStatistics.Gap] = []
    for name in [
      "ATT-LTE-driving", "ATT-LTE-driving-2016", "TMobile-LTE-short", "Verizon-LTE-short",
    ] {
      gaps += try CapacityStatistics(Self.recorded("mahimahi/\(name).up")).gaps
    }
    // outage_stats.json: 377.2 gaps an hour in 0.392 h, 61.2 above 1 s, median 0.355 s.
    #expect(gaps.count == 148)
    #expect(gaps.count { $0.length > .seconds(1) } == 24)
    let lengths = gaps.map(\.length).sorted()
    #expect(abs(lengths[lengths.count / 2].inSeconds - 0.355) < 0.01)
    #expect(abs(lengths.last!.inSeconds - 78.319) < 0.001)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `one upload in ten outlasts the conveyor's buffer on a recorded drive`() throws {
    // Published for 11 KB: median 108 ms, p90 1.79 s, p99 69 s, 9.5 % above 2 s.
    let times = try UploadTimes(
      of: 11_264, on: Self.recorded("mahimahi/ATT-LTE-driving.up"), each: .milliseconds(10))
    #expect(abs(times.quantile(0.5).inMilliseconds - 108) < 15)
    #expect(abs(times.quantile(0.9).inSeconds - 1.79) < 0.4)
    #expect(abs(times.quantile(0.99).inSeconds - 69) < 1)
    #expect(abs(times.part(longerThan: .seconds(2)) - 0.095) < 0.01)
    let short = try UploadTimes(
      of: 11_264, on: Self.recorded("mahimahi/TMobile-LTE-short.up"), each: .milliseconds(10))
    #expect(short.part(longerThan: .seconds(2)) == 0)
  }

  @Test(.enabled(if: SharedData.isPresent))
  func `Ghent's and Norway's logs are read whole`() throws {
    let bus = try CapacityStatistics(Self.recorded("ghent-4g/report_bus_0001.json"))
    #expect(bus.meanRate > 1e6 && bus.duration > .seconds(60))
    let tram = try CapacityStatistics(Self.recorded("norway-hsdpa/cooked_3gp/norway_tram_43"))
    #expect(tram.meanRate > 1e5 && tram.meanRate < 1e7)
  }

  /// Sends packets of `size` through a direction, offered at `times` (ms); when each had left (ms).
  static func departures(_ trace: CapacityTrace, size: Int32, offered times: [Int64]) -> [Int64] {
    var network = Network(
      Link(
        uplink: LinkDirection(capacity: .trace(trace), delay: .constant(.zero)),
        downlink: LinkDirection(capacity: .unlimited, delay: .constant(.zero))))
    // Look-ups are single datagrams: their answers come back at once.
    var answers: [Int64] = []
    for time in times {
      network.setAlarm(Int(size), at: Instant(nanoseconds: time * 1_000_000))
    }
    while let notice = network.next() {
      if case .alarm = notice { network.resolve(token: 0) }
      if case .resolved(_, true) = notice { answers.append(network.now.nanoseconds / 1_000_000) }
    }
    return answers
  }

  @Test
  func `an opportunity carries 1,504 bytes, shared by packets that wait and lost on an idle link`()
    throws
  {
    let trace = try Self.read("5\n5\n10\n20\n")
    // Two short packets share the first; one that comes at 12 waits for 20, at 21 for 25.
    #expect(Self.departures(trace, size: 68, offered: [0, 0, 12, 21]) == [5, 5, 20, 25])
  }

  @Test func `a rate that changes is integrated exactly, over laps`() throws {
    // 1 Mbit/s for a second, then nothing for one: 68-byte queries take 544 µs.
    let trace = CapacityTrace(
      .rates([
        .init(start: .zero, bitsPerSecond: 1_000_000), .init(start: .seconds(1), bitsPerSecond: 0),
      ]), period: .seconds(2))
    #expect(Self.departures(trace, size: 68, offered: [0, 1_500]) == [0, 2_000])
    let times = UploadTimes(of: 125_000, on: trace, each: .milliseconds(500))
    // From 0: 1 s. From 0.5: half before the gap, half after. From 1 and 1.5: the next lap.
    #expect(times.durations.map(\.inSeconds) == [1, 1.5, 2, 2])
  }

  @Test func `wrong capacity files are told by their line`() {
    for (text, expected) in [
      ("1\n3\n2\n", "t.csv: line 3: expected a time of at least 3 ms, found 2; times must ascend"),
      ("1\nx\n", "t.csv: line 2: expected one time in whole milliseconds, found ‘x’"),
      ("0\n0\n", "t.csv: line 3: expected a last time above 0 ms, found 0"),
      (
        "0, 5\n0, 6\n", "t.csv: line 2: expected a time after 0.0 s, found 0.0 s; times must ascend"
      ),
      ("0, -5\n", "t.csv: line 1: expected seconds and Mbit/s, found ‘0, -5’; as in 12.5, 3.75"),
      ("0, 0\n", "t.csv: expected some capacity, found 0 Mbit/s throughout"),
      ("", "t.csv: expected a capacity trace, found nothing"),
      (
        "[{}]",
        "t.csv: expected a JSON array of { duration_ms, bandwidth_kbps }; "
          + "each of them a whole number"
      ),
    ] {
      #expect { try Self.read(text) } throws: { "\($0)" == expected }
    }
  }

  @Test func `damaged capacity files are errors or traces that end`() throws {
    var mutator = Mutator(seed: 5)
    for original in [
      "5\n5\n10\n20\n40\n", "time, Mbit/s\n0, 5\n1, 0\n2.5, 7\n",
      #"[{"duration_ms": 725, "bandwidth_kbps": 36014}, {"duration_ms": 10, "bandwidth_kbps": 0}]"#,
    ] {
      for _ in 0..<2_000 {
        let bytes = mutator.mutated([UInt8](original.utf8))
        guard let trace = try? CapacityTraceReader.read(bytes, file: "x") else { continue }
        let statistics = CapacityStatistics(trace)
        #expect(statistics.meanRate > 0)
      }
    }
  }
}
