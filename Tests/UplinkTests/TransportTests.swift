import Boards
import Testing
import Uplink
import VirtualTime

/// The modelled protocols against the arithmetic of their RFCs, on a link of 100 ms without limit.
@Suite struct TransportTests {
  static func network(
    uplink: Capacity = .unlimited, queue: Int? = nil, cut: Bool = false
  ) -> Network {
    var network = Network(
      Link(
        uplink: LinkDirection(
          capacity: uplink, delay: .constant(.milliseconds(50)), queue: PacketQueue(limit: queue)),
        downlink: LinkDirection(capacity: .unlimited, delay: .constant(.milliseconds(50)))))
    network.link.uplink.conditions.isCut = cut
    return network
  }

  /// Milliseconds at which a request of `bytes` was answered on a new connection.
  static func post(
    _ bytes: Int, _ transport: TransportProtocol, _ security: Security, on start: Network
  ) -> Double? {
    var network = start
    let id = network.connect(transport, security)
    while let notice = network.next() {
      switch notice {
      case .ready: network.send(bytes, token: 1, on: id)
      case .requestArrived(_, let token): network.respond(200, token: token, on: id)
      case .responseArrived: return Double(network.now.nanoseconds) / 1e6
      default: break
      }
    }
    return nil
  }

  @Test func `round trips before the answer are those of each handshake`() {
    func trips(_ transport: TransportProtocol, _ security: Security) -> Int? {
      Self.post(2_000, transport, security, on: Self.network()).map { Int(($0 / 100).rounded()) }
    }
    #expect(trips(.http1, .none) == 2)
    #expect(trips(.http1, .tls12) == 4)
    #expect(trips(.http1, .tls12Resumed) == 3)
    #expect(trips(.http1, .tls13) == 3)
    #expect(trips(.http1, .tls13Resumed) == 3)
    #expect(trips(.http1, .tls13EarlyData) == 2)
    #expect(trips(.http2, .tls13) == 3)
    #expect(trips(.http3, .tls13) == 2)
    #expect(trips(.http3, .tls13EarlyData) == 1)
  }

  @Test func `a flight carries the initial window and then doubles`() {
    // RFC 6928: 10 segments of 1,448 B, then 20; RFC 9002: 10 datagrams.
    let full = 10 * 1_448
    #expect(Self.post(full, .http1, .none, on: Self.network()) == 200)
    #expect(Self.post(full + 1, .http1, .none, on: Self.network()) == 300)
    #expect(Self.post(3 * full, .http1, .none, on: Self.network()) == 300)
    #expect(Self.post(3 * full + 1, .http1, .none, on: Self.network()) == 400)
  }

  @Test func `HTTP 2 waits for windows to open after 65,535 bytes`() throws {
    // 60 kB fit both; beyond, the client waits for a WINDOW_UPDATE, sent once half has been read.
    let small = try #require(Self.post(60_000, .http2, .tls13, on: Self.network()))
    #expect(small == Self.post(60_000, .http1, .tls13, on: Self.network()))
    let http2 = try #require(Self.post(400_000, .http2, .tls13, on: Self.network()))
    let http1 = try #require(Self.post(400_000, .http1, .tls13, on: Self.network()))
    // At most 65,535 bytes a round trip.
    #expect(http2 >= http1 && http2 >= 300 + 400_000 / 65_535 * 100 - 100)
  }

  @Test func `requests of one HTTP 2 connection travel side by side`() {
    var network = Self.network(uplink: .constant(1_000_000))
    let id = network.connect(.http2, .none)
    var order: [Int] = []
    while let notice = network.next() {
      switch notice {
      case .ready:
        network.send(200_000, token: 1, on: id)
        network.send(1_000, token: 2, on: id)
      case .requestArrived(_, let token): order.append(token)
      default: break
      }
    }
    // The short one does not wait for all of the long one.
    #expect(order == [2, 1])
  }

  @Test func `QUIC asks again after 999 ms, then doubles`() {
    // RFC 9002 §6.2.2: initial RTT 333 ms, time-out 333 + 4 × 166.5 ms.
    for (outage, probe) in [(500, 999), (1_500, 2_997), (5_000, 6_993)] {
      var network = Self.network(cut: true)
      network.setAlarm(0, at: Instant(nanoseconds: Int64(outage) * 1_000_000))
      let id = network.connect(.http3, .tls13)
      var ready: Int64?
      while ready == nil, let notice = network.next() {
        if case .alarm = notice { network.link.uplink.conditions.isCut = false }
        if notice == .ready(id) { ready = network.now.nanoseconds / 1_000_000 }
      }
      // One round trip after the first probe that got through, plus what computing takes.
      #expect(ready == Int64(probe) + 104)
    }
  }

  @Test func `TCP is reset after a new address, QUIC goes on`() {
    for transport in TransportProtocol.allCases {
      var network = Self.network()
      let id = network.connect(transport, .tls13)
      var fate = ""
      while let notice = network.next() {
        switch notice {
        case .ready: network.setAlarm(0, at: network.now + .seconds(1))
        case .alarm:
          network.rebindAddresses()
          network.send(5_000, token: 1, on: id)
        case .requestArrived(_, let token): network.respond(100, token: token, on: id)
        case .responseArrived: fate = "answered"
        case .failed(_, let failure): fate = failure.rawValue
        default: break
        }
      }
      #expect(fate == (transport == .http3 ? "answered" : "reset"))
    }
  }

  @Test func `a name is asked for twice, five seconds apart`() {
    for (state, expected, seconds) in [
      (ResolverState.answers, true, 0.1), (.refuses, false, 0.1), (.silent, false, 10.0),
    ] {
      var network = Self.network()
      network.resolverState = state
      network.resolve(token: 7)
      #expect(network.next() == .resolved(7, expected))
      #expect(Double(network.now.nanoseconds) / 1e9 == seconds)
    }
  }

  @Test func `a wrong certificate ends TLS and not plain TCP`() {
    var network = Self.network()
    network.presentsWrongCertificate = true
    let id = network.connect(.http1, .tls13)
    var last: Network.Notice?
    while let notice = network.next() { last = notice }
    #expect(last == .failed(id, .certificate))
    #expect(Self.post(100, .http1, .none, on: network) != nil)
  }

  @Test func `nobody answers: TCP tries eleven times and then gives up`() {
    var network = Self.network(cut: true)
    let id = network.connect(.http1, .none)
    #expect(network.next() == .failed(id, .timedOut))
    #expect(network.link.uplink.account.offered == 11 && network.link.uplink.account.lost == 11)
    #expect(network.now.nanoseconds == 99_000_000_000)
  }

  @Test(arguments: TransportProtocol.allCases)
  func `whatever the queue drops, every byte arrives and every packet is accounted for`(
    _ transport: TransportProtocol
  ) {
    for limit in [2, 5, 20] {
      for bytes in [1, 1_448, 20_000, 400_000] {
        var network = Self.network(uplink: .constant(2_000_000), queue: limit)
        let id = network.connect(transport, .tls13)
        var answers = 0
        while let notice = network.next() {
          switch notice {
          case .ready: network.send(bytes, token: 1, on: id)
          case .requestArrived(_, let token): network.respond(50_000, token: token, on: id)
          case .responseArrived: answers += 1
          default: break
          }
        }
        #expect(answers == 1, "\(transport), \(limit) packets, \(bytes) B")
        for account in [network.link.uplink.account, network.link.downlink.account] {
          #expect(account.offered == account.carried + account.lost + account.dropped)
        }
        if bytes == 400_000 && limit < 20 { #expect(network.link.uplink.account.dropped > 0) }
      }
    }
  }
}
