import Boards
import Testing
import Uplink
import VirtualTime

@Suite struct LossTests {
  static func losses(_ model: LossModel, _ count: Int) -> [Bool] {
    var process = LossProcess(model, seed: 11, stream: "test")
    return (0..<count).map { _ in process.loses() }
  }

  @Test(arguments: [
    LossModel.independent(0.03), .bursts(loss: 0.05, length: 4),
    .gilbertElliott(toBad: 0.02, toGood: 0.12, lossInGood: 0.001, lossInBad: 0.7),
    .fourState(p13: 0.02, p31: 0.3, p32: 0.2, p23: 0.4, p14: 0.01),
  ])
  func `the part that is lost is the model's mean`(_ model: LossModel) {
    let count = 400_000
    let lost = Double(Self.losses(model, count).count { $0 }) / Double(count)
    // Bursts make the estimate wider than √(p(1−p)/n): five times covers a mean burst of 8.
    let error = 5 * 3 * (model.mean * (1 - model.mean) / Double(count)).squareRoot()
    #expect(abs(lost - model.mean) < error, "\(lost) and \(model.mean)")
  }

  @Test func `bursts have the mean length that was asked for`() {
    let losses = Self.losses(.bursts(loss: 0.05, length: 4), 400_000)
    let bursts = zip(losses, losses.dropFirst()).count { !$0 && $1 }
    #expect(abs(Double(losses.count { $0 }) / Double(bursts) - 4) < 0.15)
  }

  @Test func `streams of other names draw other numbers, the same name the same`() {
    var one = LossProcess(.independent(0.5), seed: 1, stream: "a")
    var same = LossProcess(.independent(0.5), seed: 1, stream: "a")
    var other = LossProcess(.independent(0.5), seed: 1, stream: "b")
    let draws = (0..<64).map { _ in (one.loses(), same.loses(), other.loses()) }
    #expect(draws.allSatisfy { $0.0 == $0.1 })
    #expect(draws.contains { $0.0 != $0.2 })
  }
}

@Suite struct DelayTests {
  static func arrivals(_ model: DelayModel, reorders: Bool, count: Int) -> [Instant] {
    var process = DelayProcess(model, reorders: reorders, seed: 3, stream: "test")
    return (0..<count).map {
      process.arrival(of: Instant(nanoseconds: Int64($0) * 1_000_000), extra: .zero)
    }
  }

  @Test func `jitter overtakes only when asked to`() {
    let model = DelayModel.varying(
      .milliseconds(50), jitter: .milliseconds(20), .uniform, correlation: 0)
    let inOrder = Self.arrivals(model, reorders: false, count: 1_000)
    #expect(zip(inOrder, inOrder.dropFirst()).allSatisfy { $0 <= $1 })
    let free = Self.arrivals(model, reorders: true, count: 1_000)
    #expect(!zip(free, free.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func `a log-normal round trip has the median and the 90 % of the fit`() {
    // 4G with a good signal: ln μ 4.473, σ 0.469 in ms; published p50 86, p90 166 ms.
    var process = DelayProcess(
      .logNormal(median: .microseconds(87_620), sigma: 0.469, period: .seconds(1)), seed: 1,
      stream: "x")
    let delays = (0..<20_000).map { second -> Double in
      let now = Instant(nanoseconds: Int64(second) * 1_000_000_000)
      return (process.arrival(of: now, extra: .zero) - now).inMilliseconds
    }.sorted()
    #expect(abs(delays[10_000] - 87.6) < 2)
    #expect(abs(delays[18_000] - 166) < 8)
  }

  @Test func `a sleeping radio is promoted once and stays awake for its tail`() {
    var radio = Radio(.lte)
    func start(_ milliseconds: Int64) -> Double {
      let now = Instant(nanoseconds: milliseconds * 1_000_000)
      return (radio.wake(at: now) - now).inMilliseconds
    }
    #expect(start(0) == 260.1)
    #expect(start(100) == 160.1)
    #expect(start(1_000) == 0)
    #expect(start(12_000) == 0)
    #expect(start(12_000 + 11_576) == 0)
    #expect(start(12_000 + 2 * 11_576 + 1) == 260.1)
    #expect(radio.promotions == 2)
  }
}

/// Queues before a transmitter of 1 Mbit/s that is offered twice that.
@Suite struct QueueTests {
  /// The longest wait in the last half, and what became of the packets.
  static func overload(_ queue: PacketQueue, seconds: Int64) -> (
    waits: [Duration], account: LinkDirection.Account
  ) {
    let link = Link(
      uplink: LinkDirection(
        capacity: .constant(1_000_000), delay: .constant(.zero), queue: queue),
      downlink: LinkDirection(capacity: .unlimited, delay: .constant(.zero)))
    var network = Network(link)
    let id = network.connect(.http1, .none)
    var waits: [Duration] = []
    var begun = Instant.zero
    while let notice = network.next(), network.now < Instant(nanoseconds: seconds * 1_000_000_000) {
      switch notice {
      case .ready:
        // A long upload keeps the queue full; look-ups feel how long it is.
        network.send(Int(seconds) * 400_000, token: 0, on: id)
        network.setAlarm(0, at: network.now + .milliseconds(100))
      case .alarm:
        begun = network.now
        network.resolve(token: 0)
      case .resolved(_, let answered):
        if answered { waits.append(network.now - begun) }
        network.setAlarm(0, at: network.now + .milliseconds(50))
      default: break
      }
    }
    return (waits, network.link.uplink.account)
  }

  @Test func `CoDel and PIE keep the wait near their targets where drop-tail lets it grow`() {
    func median(_ queue: PacketQueue) -> Double {
      let waits = Self.overload(queue, seconds: 20).waits
      let late = waits.suffix(waits.count / 2).sorted()
      return late[late.count / 2].inMilliseconds
    }
    let deep = median(PacketQueue(.dropTail, limit: 200))
    let codel = median(
      PacketQueue(
        .codel(target: .milliseconds(5), interval: .milliseconds(100)), limit: 200))
    let pie = median(
      PacketQueue(.pie(target: .milliseconds(15), burst: .milliseconds(150)), limit: 200))
    #expect(deep > 500)
    #expect(codel < 100)
    #expect(pie < 150)
  }

  @Test func `drop-head loses the oldest, drop-tail the newest, and both count`() {
    for discipline in [QueueDiscipline.dropTail, .dropHead] {
      let account = Self.overload(PacketQueue(discipline, limit: 10), seconds: 5).account
      #expect(account.dropped > 0)
      #expect(account.offered >= account.carried + account.dropped)
      #expect(account.offered - account.carried - account.dropped <= 11)
    }
  }
}
