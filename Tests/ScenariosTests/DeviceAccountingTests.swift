import Events
import Scenarios
import Testing
import VirtualTime

/// Random devices and recordings against a count that goes event by event.
@Suite("The device's books balance")
struct DeviceAccountingTests {
  static func script(_ random: inout SeededRandom) -> DeviceScript {
    func pick(_ count: UInt64) -> Int64 { Int64(random.next() % count) }
    let policies: [QueuePolicy] = [
      .dropNewest, .queue(depth: 0), .queue(depth: 1), .queue(depth: 3), .dropOldest(depth: 1),
      .dropOldest(depth: 2),
    ]
    var script = DeviceScript()
    script.windows = WindowPlan(origin: pick(30) - 10, length: 1 + pick(20), stride: 1 + pick(20))
    script.policy = policies[Int(pick(6))]
    script.inference = pick(40)
    script.preprocessing = pick(10)
    script.perEvent = pick(3)
    return script
  }

  static func times(_ random: inout SeededRandom) -> [Int64] {
    let isDisordered = random.next() % 3 == 0
    var now: Int64 = 0
    return (0..<Int(random.next() % 200)).map { _ in
      now += Int64(random.next() % 4)
      return isDisordered && random.next() % 5 == 0 ? now - Int64(random.next() % 30) : now
    }
  }

  /// What became of each event, decided from the list of answered windows alone.
  private func recount(
    _ times: [Int64], _ windows: WindowPlan, _ outcome: DeviceScript.Outcome
  ) -> EventAccount {
    let answered = Set(outcome.processed)
    var account = EventAccount()
    account.total = times.count
    var arrival = Int64.min
    for time in times {
      arrival = max(arrival, time)
      let holders = (0..<outcome.device.windowCount + 50).filter {
        windows.start(of: $0) <= time && time < windows.end(of: $0)
      }
      let open = holders.filter { arrival < windows.end(of: $0) }
      if holders.isEmpty {
        account.outsideWindows += 1
      } else if open.isEmpty {
        account.late += 1
      } else if open.contains(where: answered.contains) {
        account.used += 1
      } else if open.contains(where: { $0 < outcome.device.windowCount }) {
        account.windowDropped += 1
      } else {
        account.outsideWindows += 1
      }
    }
    return account
  }

  @Test(
    "with a buffer that never fills, every event is where a naive count puts it", arguments: 1...300
  )
  func unlimited(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let script = Self.script(&random)
    let times = Self.times(&random)
    let outcome = try script.run(times)
    #expect(outcome.device.account == recount(times, script.windows, outcome))
    let handled = (outcome.processed + outcome.device.droppedWindows).sorted()
    #expect(handled == Array(0..<outcome.device.windowCount))
    for (index, shown) in outcome.shown {
      let range = script.windows.start(of: index)..<script.windows.end(of: index)
      #expect(shown.allSatisfy(range.contains))
    }
  }

  @Test(
    "with a small buffer, counts add up and the ring never holds more than it can",
    arguments: 1...300)
  func limited(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "limited")
    var script = Self.script(&random)
    script.capacity = 1 + Int(random.next() % 12)
    let times = Self.times(&random)
    let outcome = try script.run(times)
    let account = outcome.device.account
    #expect(account.isBalanced)
    #expect(account.total == times.count)
    #expect(outcome.device.bufferHighWater <= script.capacity)
    #expect(account.bufferFull == 0 || outcome.device.bufferHighWater == script.capacity)
    let handled = (outcome.processed + outcome.device.droppedWindows).sorted()
    #expect(handled == Array(0..<outcome.device.windowCount))
  }

  @Test(
    "answers come in order, one at a time, and never before their window closed", arguments: 1...100
  )
  func core(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "core")
    let script = Self.script(&random)
    let runs = try script.run(Self.times(&random)).device.runs
    for (run, next) in zip(runs, runs.dropFirst()) {
      #expect(run.index < next.index)
      #expect(run.finished <= next.began)
    }
    for run in runs {
      #expect(run.closed <= run.began && run.began <= run.preprocessed)
      #expect(run.preprocessed <= run.finished)
    }
  }

  @Test("how the reader cuts the recording into batches changes nothing", arguments: 1...40)
  func batches(seed: UInt64) throws {
    var random = SeededRandom(seed: seed, stream: "batches")
    let script = Self.script(&random)
    let times = Self.times(&random)
    let whole = try script.run(times)
    let pieces = try script.run(times, pieces: 1 + Int(random.next() % 7))
    #expect(whole.device.runs == pieces.device.runs)
    #expect(whole.device.account == pieces.device.account)
    #expect(whole.shown == pieces.shown)
  }
}
