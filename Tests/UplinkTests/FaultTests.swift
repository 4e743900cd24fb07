import Boards
import Testing
import Uplink
import VirtualTime

/// What a proxy of streams, and netem, do to connections and packets.
@Suite struct FaultTests {
  struct Outcome: Equatable {
    var name: String
    var milliseconds: Double

    init(_ name: String, _ milliseconds: Double) {
      self.name = name
      self.milliseconds = milliseconds
    }
  }

  /// Requests of 10,000 B on a connection each; what was heard of each, in order.
  static func outcomes(
    _ fault: ConnectionFault, count: Int, answer: Int = 1_000
  ) throws -> [Outcome] {
    var profile = LinkProfile(name: "x", title: "x")
    profile.uplink.delay = .constant(.milliseconds(10))
    profile.downlink.delay = .constant(.milliseconds(10))
    profile.faults = [fault]
    var network = Network(try Link(profile, seed: 1))
    var outcomes: [Outcome] = []
    for index in 0..<count {
      let begun = network.now
      let id = network.connect(.http1, .none)
      network.setAlarm(index, at: begun + .seconds(5))
      var outcome: String?
      while outcome == nil, let notice = network.next() {
        switch notice {
        case .ready: network.send(10_000, token: index, on: id)
        case .requestArrived: network.respond(answer, token: index, on: id)
        case .responseArrived: outcome = "answer"
        case .failed(_, let failure): outcome = failure.rawValue
        case .alarm(index): outcome = "nothing"
        default: break
        }
      }
      outcomes.append(Outcome(outcome ?? "nothing", (network.now - begun).inMilliseconds))
      network.close(id)
    }
    return outcomes
  }

  static func first(_ effect: ConnectionFault.Effect, answer: Int = 1_000) throws -> Outcome {
    try #require(outcomes(ConnectionFault(effect), count: 1, answer: answer).first)
  }

  @Test func `connections are refused, reset, silenced and cut at a limit`() throws {
    // One round trip of 20 ms for the SYN.
    #expect(try Self.first(.refuse) == Outcome("reset", 20))
    #expect(try Self.first(.reset(after: .milliseconds(5))) == Outcome("reset", 25))
    #expect(try Self.first(.silence(isUplink: true, closesAfter: nil)).name == "nothing")
    #expect(
      try Self.first(.silence(isUplink: false, closesAfter: .milliseconds(500)))
        == Outcome("reset", 520))
    #expect(try Self.first(.limit(isUplink: true, bytes: 9_999)).name == "reset")
    #expect(try Self.first(.limit(isUplink: true, bytes: 10_000)).name == "answer")
    #expect(try Self.first(.limit(isUplink: false, bytes: 999)).name == "reset")
  }

  @Test func `a toxicity is the part of the connections that are befallen`() throws {
    let outcomes = try Self.outcomes(ConnectionFault(.refuse, part: 0.3), count: 400)
    let refused = outcomes.count { $0.name == "reset" }
    #expect(abs(Double(refused) - 120) < 30, "\(refused)")
  }

  /// Look-ups, each a datagram, sent every 10 ms through an uplink.
  static func account(_ netem: String, count: Int) throws -> LinkDirection.Account {
    var profile = LinkProfile(name: "x", title: "x")
    profile.uplink = try LinkProfile.Direction(netem: netem)
    var network = Network(try Link(profile, seed: 1))
    for index in 0..<count {
      network.setAlarm(index, at: Instant(nanoseconds: Int64(index) * 10_000_000))
    }
    while let notice = network.next() {
      if case .alarm(let token) = notice { network.resolve(token: token) }
    }
    return network.link.uplink.account
  }

  @Test func `damaged and doubled packets are counted, and all counts add up`() throws {
    let account = try Self.account("corrupt 10% duplicate 20% loss 5% delay 1ms", count: 4_000)
    #expect(abs(Double(account.corrupted) / Double(account.offered) - 0.114) < 0.02)
    #expect(abs(Double(account.duplicated) / Double(account.offered) - 0.2) < 0.02)
    #expect(
      account.offered + account.duplicated
        == account.carried + account.lost + account.corrupted + account.dropped)
  }

  @Test(arguments: JitterShape.allCases)
  func `jitter has the shape of tc's tables`(shape: JitterShape) {
    // Mean and deviation of the tables in iproute2, in jitters; uniform has 1/√3.
    let values = (0..<10_000).map { shape.deviation(at: (Double($0) + 0.5) / 10_000) }
    let mean = values.reduce(0, +) / 10_000
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10_000).squareRoot()
    let expected: [JitterShape: (Double, Double)] = [
      .uniform: (0, 0.577), .normal: (0, 1), .pareto: (-0.0335, 0.8197),
      .paretonormal: (-0.0253, 0.8339),
    ]
    #expect(abs(mean - expected[shape]!.0) < 0.03, "\(mean)")
    #expect(abs(deviation - expected[shape]!.1) < 0.03, "\(deviation)")
    #expect(values.allSatisfy { -4 <= $0 && $0 <= 4 })
  }
}
