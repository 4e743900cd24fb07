import Boards
import Bytes
import TestSupport
import Testing
import VirtualTime

@Suite struct LinkNetemTests {
  static func parse(_ line: String) throws(InputError) -> LinkProfile.Direction {
    try LinkProfile.Direction(netem: line)
  }

  @Test func `every option of a long line is understood`() throws {
    let direction = try Self.parse(
      "tc qdisc add dev eth0 root netem delay 40ms 10ms 25% distribution normal "
        + "loss gemodel 1% 10% 70% 0.1% rate 3500kbit limit 500 reorder 25% 50% gap 5 "
        + "duplicate 1% corrupt 0.2% 30%")
    #expect(
      direction.delay
        == .varying(
          .milliseconds(40), jitter: .milliseconds(10), .normal, correlation: 0.25))
    #expect(
      direction.loss
        == .gilbertElliott(toBad: 0.01, toGood: 0.1, lossInGood: 0.001, lossInBad: 0.7))
    #expect(direction.capacity == .constant(3_500_000))
    #expect(direction.queue == QueueRule(packets: 500))
    #expect(direction.reordering == Reordering(Chance(0.25, correlation: 0.5), gap: 5))
    #expect(direction.duplication == Chance(0.01))
    #expect(direction.corruption == Chance(0.002, correlation: 0.3))
    // A rate keeps the kernel from reordering by jitter.
    #expect(!direction.jitterReorders)
    #expect(try Self.parse("delay 40ms 10ms").jitterReorders)
    #expect(try Self.parse("delay 1ms").queue.packets == 1_000)
  }

  /// Units as tc(8) lists them.
  @Test(arguments: [
    ("3500kbit", 3_500_000), ("10kbps", 80_000), ("1Mibit", 1_048_576), ("1kibps", 8_192),
    ("2mbit", 2_000_000), ("1gbit", 1_000_000_000), ("9600", 9_600), ("64bit", 64), ("5bps", 40),
    ("1.5MBIT", 1_500_000),
  ])
  func `rates have tc's units`(text: String, rate: Int64) throws {
    #expect(try Self.parse("rate \(text)").capacity == .constant(rate))
  }

  @Test(arguments: [
    ("100ms", 100_000_000), ("1.5s", 1_500_000_000), ("250us", 250_000), ("10usecs", 10_000),
    ("7ns", 7), ("2msec", 2_000_000),
  ])
  func `times have tc's units`(text: String, nanoseconds: Int64) throws {
    #expect(try Self.parse("delay \(text)").delay == .constant(Duration(nanoseconds: nanoseconds)))
  }

  @Test func `losses have the defaults of the manual`() throws {
    #expect(try Self.parse("loss 0.3%").loss == .independent(0.003))
    #expect(try Self.parse("loss random 3").loss == .independent(0.03))
    #expect(
      try Self.parse("loss state 2%").loss
        == .fourState(p13: 0.02, p31: 0.98, p32: 0, p23: 1, p14: 0))
    #expect(
      try Self.parse("loss gemodel 2%").loss
        == .gilbertElliott(toBad: 0.02, toGood: 0.98, lossInGood: 0, lossInBad: 1))
  }

  @Test func `overhead and cells are the manual's example`() throws {
    // tc-netem(8): a packet of 50 bytes on ATM takes two cells of 48 + 5: 106 bytes.
    let framing = try #require(Self.parse("rate 5kbit 0 48 5").framing)
    #expect(framing.bytes(of: 50) == 106)
    #expect(try #require(Self.parse("rate 5kbit -14").framing).bytes(of: 100) == 86)
  }

  @Test(arguments: [
    ("", "expected options of netem, found none"),
    ("delay", "expected a value for ‘delay’, found the end of the line"),
    ("delay 40", "expected a time for ‘delay’, found ‘40’; units are s, ms, us and ns"),
    ("delay -4ms", "expected a time for ‘delay’, found ‘-4ms’"),
    ("delay 1e3ms", "expected a time for ‘delay’, found ‘1e3ms’"),
    ("delay 4ms delay 4ms", "expected ‘delay’ once"),
    ("latency 4ms delay 4ms", "expected ‘delay’ once"),
    ("loss 101%", "expected 0 to 100 % for ‘loss’, found ‘101%’"),
    ("loss 1% 25%", "correlated loss is not modelled"),
    ("loss state 90% 10% 0% 0% 90%", "expected p13 + p14 and p31 + p32 of at most 100 %"),
    ("loss 1% ecn", "‘ecn’ is not modelled"),
    ("slot 800us", "‘slot’ is not modelled"),
    ("distribution normal", "expected a delay with jitter beside ‘distribution’"),
    ("delay 4ms 1ms distribution cauchy", "expected one of uniform, normal, pareto, paretonormal"),
    ("reorder 25%", "expected a delay beside ‘reorder’"),
    ("delay 4ms gap 5", "expected ‘reorder’ beside ‘gap’"),
    ("rate 5furlong", "expected a rate, found ‘5furlong’"),
    ("rate 0kbit", "expected a rate up to 1tbit, found ‘0kbit’"),
    ("rate 1mbit 0 10 -10", "expected cells longer than nothing"),
    ("limit 0", "expected a whole number from 1 to 10000000 for ‘limit’, found ‘0’"),
    ("dealy 40ms", "expected an option of netem, found ‘dealy’; did you mean delay?"),
  ])
  func `what is wrong or not modelled is named`(line: String, message: String) {
    let error = #expect(throws: InputError.self) { try Self.parse(line) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func `a file has a line for the uplink and one for the downlink`() throws {
    let profile = try LinkProfile(
      netem: Array("# egress\n\ndelay 40ms\ndelay 30ms\n".utf8), file: "x.netem")
    #expect(profile.uplink.delay == .constant(.milliseconds(40)))
    #expect(profile.downlink.delay == .constant(.milliseconds(30)))
    let error = #expect(throws: InputError.self) {
      try LinkProfile(netem: Array("delay 4ms\n\nloss x\n".utf8), file: "x.netem")
    }
    #expect(error?.description.hasPrefix("x.netem: line 3: expected 0 to 100 %") == true)
  }

  @Test("a corrupted netem line is an error or a link, never a trap")
  func survives() {
    var random = SeededRandom(seed: 1, stream: "netem mutations")
    let line = Array(
      ("delay 40ms 10ms 25% distribution normal loss state 1% 10% 70% 0.1% rate 3500kbit 20 48 5 "
        + "limit 1000 reorder 25% 50% gap 5 duplicate 1% corrupt 0.2%").utf8)
    var loaded = 0
    for _ in 0..<BoardMutationTests.count {
      let bytes = BoardMutationTests.mutate(line, &random)
      if (try? LinkProfile(netem: bytes, file: "mutated")) != nil { loaded += 1 }
    }
    #expect(loaded > 0 && loaded < BoardMutationTests.count)
  }
}
