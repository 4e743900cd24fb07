import Bytes
import Commands
import Reports
import TestSupport
import Testing
import Uplink
import VirtualTime

@Suite struct RequestTraceTests {
  static let header = "time,bytes,prompt version,variant,image hash,station,virtual key\n"

  static func read(
    _ text: String, pieces: Int = .max, stations: [String] = ["a", "b"]
  ) throws(InputError) -> (requests: [Request], names: RequestNames) {
    try read(Array(text.utf8), pieces: pieces, stations: stations)
  }

  static func read(
    _ bytes: [UInt8], pieces: Int = .max, stations: [String] = ["a", "b"]
  ) throws(InputError) -> (requests: [Request], names: RequestNames) {
    var names = RequestNames()
    names.stations = NameTable(stations)
    names.keys = NameTable([""])
    var reader = RequestTraceReader(
      MemorySource(bytes, pieceSize: pieces), keys: stations.map { _ in 0 }, file: "t.csv")
    var requests: [Request] = []
    while try reader.read(100, into: &requests, &names) {}
    return (requests, names)
  }

  @Test func `a row says when, how much, and what of`() throws {
    let (requests, names) = try Self.read(
      Self.header
        + "# a comment\n\n0.5, 15800, v3, bolt-a, 00ff00ff, b, vk-1\r\n1.000000001,1,v4,,F,a,\n")
    #expect(requests.count == 2)
    #expect(requests[0].time == Instant(nanoseconds: 500_000_000))
    #expect(requests[1].time == Instant(nanoseconds: 1_000_000_001))
    #expect(requests[0].bytes == 15_800 && requests[0].imageHash == 0xff_00ff)
    #expect(names.prompts[requests[0].prompt] == "v3" && names.prompts[requests[1].prompt] == "v4")
    #expect(names.variants[requests[0].variant] == "bolt-a")
    #expect(requests[0].station == 1 && requests[1].station == 0)
    #expect(names.keys[requests[0].key] == "vk-1" && requests[1].key == 0)
  }

  @Test func `without a column of stations requests go to them in turn`() throws {
    let (requests, _) = try Self.read("0,1,p,v,0\n1,1,p,v,0\n2,1,p,v,0\n")
    #expect(requests.map(\.station) == [0, 1, 0])
  }

  @Test func `pieces of any size give the same requests`() throws {
    var random = SeededRandom(seed: 1)
    var text = Self.header
    for row in 0..<3_000 {
      text += "\(row / 10).\(row % 10),\(1 + random.next() % 90_000),v\(random.next() % 3),"
      text += "b\(random.next() % 7),\(String(random.next(), radix: 16)),a,k\(random.next() % 5)\n"
    }
    let whole = try Self.read(text)
    #expect(whole.requests.count == 3_000)
    for pieces in [1, 7, 4_096] {
      let parts = try Self.read(text, pieces: pieces)
      #expect(parts.requests == whole.requests && parts.names == whole.names)
    }
  }

  @Test(arguments: [
    ("", "expected requests, found none"),
    (header, "expected requests, found none"),
    ("time,bytes\n", "line 1: expected the columns"),
    ("1,1,p,v,0\n0.5,1,p,v,0\n", "line 2: expected a time of at least that of the line before"),
    ("-1,1,p,v,0\n", "line 1: expected seconds such as 12.5, found ‘-1’"),
    ("1s,1,p,v,0\n", "line 1: expected seconds"),
    ("99999999,1,p,v,0\n", "line 1: expected seconds"),
    ("1.1234567890,1,p,v,0\n", "line 1: expected seconds"),
    ("1,0,p,v,0\n", "line 1: expected 1 to 1073741824 bytes, found ‘0’"),
    ("1,x,p,v,0\n", "line 1: expected 1 to 1073741824 bytes, found ‘x’"),
    ("1,1,p,v,xyz\n", "line 1: expected a hash"),
    ("1,1,p,v\n", "line 1: expected 5 to 7 columns, found 4"),
    ("1,1,p,v,0\n2,1,p,v,0,a\n", "line 2: expected 5 columns, found 6"),
    (header + "1,1,p,v,0,c,k\n", "line 2: expected a station of the rehearsal, found ‘c’"),
    (String(repeating: "9", count: 10_000), "line 1: expected at most 4096 bytes in a line"),
  ])
  func `what is malformed is told with its line`(_ text: String, _ message: String) {
    let error = #expect(throws: InputError.self) { _ = try Self.read(text) }
    #expect(error?.description.hasPrefix("t.csv: \(message)") == true, "\(error as Any)")
    #expect(error?.description.contains("\n") == false)
  }

  @Test func `no damage makes the reader trap`() {
    let text = Self.header + (0..<40).map { "\($0).5,15800,v3,b,00ff,a,k\n" }.joined()
    let bytes = Array(text.utf8)
    var mutator = Mutator(seed: 1)
    var refused = 0
    for _ in 0..<3_000 {
      do {
        _ = try Self.read(mutator.mutated(bytes))
      } catch { refused += 1 }
    }
    for end in bytes.indices { _ = try? Self.read(Array(bytes[..<end])) }
    #expect(refused > 300)
  }
}

@Suite struct RequestTraceWriterTests {
  static func written(_ plan: RehearsalPlan) throws -> [UInt8] {
    var writer = try RequestTraceWriter(plan)
    var bytes = RequestTraceWriter.header
    while case let rows = writer.rows(), !rows.isEmpty { bytes += rows }
    return bytes
  }

  @Test(arguments: ["variant.json5", "runaway.json5"])
  func `requests come back from their table as they were made`(_ name: String) throws {
    let plan = try NetworkRehearsalFiles(RehearsalExampleTests.path(name)).plan
    let bytes = try Self.written(plan)
    func run(_ trace: RequestTraceReader?) throws -> RehearsalOutcome {
      try NetworkRehearsal.run(
        plan, farEnd: .direct, link: { RehearsalText.link($0) }, trace: trace)
    }
    let made = try run(nil)
    let read = try run(
      RequestTraceReader(MemorySource(bytes), keys: plan.stations.map(\.key), file: "t.csv"))
    #expect(made == read && made.account.total.requests > 1_000)
  }

  @Test func `the committed table is what its rehearsal makes`() throws {
    let plan = try NetworkRehearsalFiles(RehearsalExampleTests.path("bad-quarter.json5")).plan
    let committed = try Files.read(RehearsalExampleTests.path("requests/quarter.csv"))
    #expect(try Self.written(plan) == committed)
    let recorded = try NetworkRehearsalFiles(RehearsalExampleTests.path("recorded.json5"))
    #expect(try recorded.runDirect(jobs: 1).outcome.account.total.requests > 500)
    #expect(throws: InputError.self) { try RequestTraceWriter(recorded.plan) }
  }
}
