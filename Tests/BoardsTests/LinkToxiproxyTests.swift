import Boards
import Bytes
import Testing
import VirtualTime

@Suite struct LinkToxiproxyTests {
  static let populate = """
    [{"name": "vision", "listen": "[::]:26379", "upstream": "gateway:8080", "enabled": true,
      "toxics": [
        {"type": "latency", "name": "l", "stream": "upstream", "toxicity": 1.0,
         "attributes": {"latency": 40, "jitter": 10}},
        {"type": "bandwidth", "stream": "upstream", "attributes": {"rate": 100}},
        {"type": "latency", "attributes": {"latency": 60}},
        {"type": "timeout", "toxicity": 0.25, "attributes": {"timeout": 0}},
        {"type": "reset_peer", "toxicity": 0.5, "attributes": {"timeout": 200}},
        {"type": "limit_data", "stream": "upstream", "attributes": {"bytes": 4096}},
        {"type": "slow_close", "attributes": {"delay": 10}}]}]
    """

  static func parse(_ text: String) throws(InputError) -> LinkProfile {
    try LinkProfile(toxiproxy: Array(text.utf8), file: "t.json")
  }

  @Test func `a populate file becomes a link`() throws {
    let profile = try Self.parse(Self.populate)
    #expect(profile.title == "Toxiproxy vision")
    #expect(
      profile.uplink.delay
        == .varying(.milliseconds(40), jitter: .milliseconds(10), .uniform, correlation: 0))
    #expect(!profile.uplink.jitterReorders)
    #expect(profile.uplink.capacity == .constant(800_000))
    #expect(profile.downlink.delay == .constant(.milliseconds(60)))
    #expect(
      profile.faults == [
        ConnectionFault(.silence(isUplink: false, closesAfter: nil), part: 0.25),
        ConnectionFault(.reset(after: .milliseconds(200)), part: 0.5),
        ConnectionFault(.limit(isUplink: true, bytes: 4_096)),
      ])
    #expect(profile.notes.count == 1)
  }

  @Test func `toxics alone, one proxy alone and a disabled proxy are links too`() throws {
    let toxics = try Self.parse(#"[{"type": "bandwidth", "attributes": {"rate": 10}}]"#)
    #expect(toxics.downlink.capacity == .constant(80_000))
    let proxy = try Self.parse(#"{"name": "a", "enabled": false, "toxics": []}"#)
    #expect(proxy.faults == [ConnectionFault(.refuse)])
    let slicer = try Self.parse(
      #"[{"type": "slicer", "attributes": {"average_size": 64, "size_variation": 32, "delay": 10}}]"#
    )
    #expect(slicer.downlink.capacity == .constant(51_200_000))
    #expect(slicer.notes.count == 1)
    let off = try Self.parse(
      #"[{"type": "latency", "toxicity": 0, "attributes": {"latency": 10}}]"#)
    #expect(off.downlink.delay == .constant(.zero))
  }

  @Test(arguments: [
    ("[]", "expected a proxy or toxics, found an empty list"),
    ("[{}]", "[0]: expected a proxy with a ‘name’ or a toxic with a ‘type’"),
    (#"[{"name": "a"}, {"name": "b"}]"#, "expected one proxy, as a link is one path, found 2"),
    (#"[{"type": "latencey"}]"#, "did you mean latency?"),
    (#"[{"type": "latency"}]"#, "[0].attributes.latency: expected a number, found none"),
    (
      #"[{"type": "latency", "attributes": {"latency": -5}}]"#,
      "[0].attributes.latency: expected 0 to 86400000, found -5"
    ),
    (
      #"[{"type": "latency", "attributes": {"rate": 5}}]"#,
      "expected no ‘rate’ in a toxic ‘latency’; it has latency, jitter"
    ),
    (
      #"[{"type": "bandwidth", "toxicity": 0.5, "attributes": {"rate": 5}}]"#,
      "‘bandwidth’ for some of the connections is not modelled"
    ),
    (#"[{"type": "bandwidth", "attributes": {"rate": 0}}]"#, "expected 1 to"),
    (#"[{"type": "timeout", "toxicity": 7, "attributes": {"timeout": 5}}]"#, "expected 0 to 1"),
    (#"[{"type": "timeout", "atributes": {"timeout": 5}}]"#, "did you mean ‘attributes’?"),
    (#"[{"type": "timeout", "stream": "up"}]"#, "expected one of upstream, downstream"),
  ])
  func `what is wrong or not modelled is named`(text: String, message: String) {
    let error = #expect(throws: InputError.self) { try Self.parse(text) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test("a corrupted file of toxics is an error or a link, never a trap")
  func survives() {
    var random = SeededRandom(seed: 1, stream: "toxiproxy mutations")
    var loaded = 0
    for _ in 0..<BoardMutationTests.count {
      let bytes = BoardMutationTests.mutate(Array(Self.populate.utf8), &random)
      if (try? LinkProfile(toxiproxy: bytes, file: "mutated")) != nil { loaded += 1 }
    }
    #expect(loaded > 0 && loaded < BoardMutationTests.count)
  }
}
