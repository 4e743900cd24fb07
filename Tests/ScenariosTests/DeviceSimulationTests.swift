import Bytes
import Events
import Scenarios
import Testing
import VirtualTime

@Suite("A device on its own clock")
struct DeviceSimulationTests {
  @Test("an idle core answers each window its work after the window closed")
  func idle() throws {
    let script = DeviceScript(inference: 3, preprocessing: 1, perEvent: 1)
    let outcome = try script.run([0, 4, 12, 29])
    #expect(outcome.processed == [0, 1, 2])
    #expect(outcome.shown == [0: [0, 4], 1: [12], 2: [29]])
    #expect(outcome.latencies == [6, 5, 5])
    // From the oldest event: window 0 closes at 10 and answers at 16, its first event came at 0.
    #expect(
      outcome.device.runs.map { $0.reaction } == [
        .microseconds(16), .microseconds(13), .microseconds(6),
      ])
    #expect(outcome.device.busyCycles == 16_000)
    #expect(outcome.device.account.used == 4)
    #expect(outcome.device.account.isBalanced)
  }

  @Test("a window is complete when the recording reaches its last microsecond, not before")
  func completeness() throws {
    #expect(try DeviceScript().run([0, 19]).device.windowCount == 2)
    let cut = try DeviceScript().run([0, 18])
    #expect(cut.device.windowCount == 1)
    #expect(cut.device.account.outsideWindows == 1)
    #expect(cut.device.account.used == 1)
  }

  @Test("an event at a window's end belongs to the next window")
  func boundary() throws {
    #expect(try DeviceScript().run([9, 10, 19]).shown == [0: [9], 1: [10, 19]])
  }

  @Test("a window without events is processed and has no reaction time")
  func empty() throws {
    let outcome = try DeviceScript().run([0, 29])
    #expect(outcome.shown[1] == [])
    #expect(outcome.device.runs[1].reaction == nil)
  }

  @Test("a core that frees at the instant of a closing takes that window")
  func exactFit() throws {
    let outcome = try DeviceScript(policy: .dropNewest, inference: 10).run(Array(0..<50))
    #expect(outcome.processed == [0, 1, 2, 3, 4])
    #expect(outcome.device.droppedWindows.isEmpty)
  }

  @Test("drop-newest turns away what closes while the core is busy")
  func dropNewest() throws {
    let outcome = try DeviceScript(policy: .dropNewest, inference: 25).run(Array(0..<80))
    // Window 0 works from 10 to 35; 1 and 2 close at 20 and 30; 3 closes at 40.
    #expect(outcome.processed == [0, 3, 6])
    #expect(outcome.device.droppedWindows == [1, 2, 4, 5, 7])
    #expect(outcome.device.account.used == 30)
    #expect(outcome.device.account.windowDropped == 50)
    #expect(outcome.latencies == [25, 25, 25])
  }

  @Test("a queue makes windows wait, and turns away the newest when it is full")
  func queue() throws {
    let outcome = try DeviceScript(policy: .queue(depth: 1), inference: 25).run(Array(0..<80))
    // 0: 10–35; 1 waits, 2 is turned away; 1: 35–60; 3 waits (40), 4 away (50), 5 away (60 is taken
    // by 3 at that instant, so 5 waits); 3: 60–85; 6 and 7 are turned away; 5: 85–110.
    #expect(outcome.processed == [0, 1, 3, 5])
    #expect(outcome.device.droppedWindows == [2, 4, 6, 7])
    #expect(outcome.latencies == [25, 40, 45, 50])
    #expect(outcome.device.longestQueue == 1)
  }

  @Test("drop-oldest keeps the freshest window waiting")
  func dropOldest() throws {
    let outcome = try DeviceScript(policy: .dropOldest(depth: 1), inference: 25).run(Array(0..<80))
    // 0: 10–35; 1 waits, 2 replaces it; 2: 35–60; 3, then 4 waits; 4: 60–85; 5, 6, then 7 waits.
    #expect(outcome.processed == [0, 2, 4, 7])
    #expect(outcome.device.droppedWindows == [1, 3, 5, 6])
  }

  @Test("events that find the buffer full are lost, and the mark stays at the capacity")
  func overflow() throws {
    let outcome = try DeviceScript(capacity: 4).run([0, 1, 2, 3, 4, 5, 11, 19])
    #expect(outcome.shown == [0: [0, 1, 2, 3], 1: [11, 19]])
    #expect(outcome.device.account.bufferFull == 2)
    #expect(outcome.device.account.used == 6)
    #expect(outcome.device.bufferHighWater == 4)
  }

  @Test("a window's events occupy the buffer until it is preprocessed, not until it is answered")
  func release() throws {
    var script = DeviceScript(capacity: 4, inference: 8, preprocessing: 2)
    // At 11 the first three are being read; one place is left. At 12 they are gone.
    #expect(try script.run([0, 1, 2, 11, 11, 19]).device.account.bufferFull == 1)
    #expect(try script.run([0, 1, 2, 12, 12, 19]).device.account.bufferFull == 0)
    script.preprocessing = 0
    #expect(try script.run([0, 1, 2, 11, 11, 19]).device.account.bufferFull == 0)
  }

  @Test("with overlapping windows every event is counted once")
  func overlap() throws {
    var script = DeviceScript()
    script.windows = WindowPlan(origin: 0, length: 10, stride: 5)
    let outcome = try script.run(Array(0..<20))
    #expect(outcome.processed == [0, 1, 2])
    #expect(outcome.shown[1] == Array(5..<15))
    #expect(outcome.device.account.used == 20)
    #expect(outcome.device.account.isBalanced)
  }

  @Test("an event of a dropped and of a processed window is used")
  func overlapWithDrop() throws {
    var script = DeviceScript(policy: .dropNewest, inference: 8)
    script.windows = WindowPlan(origin: 0, length: 10, stride: 5)
    let outcome = try script.run(Array(0..<25))
    #expect(outcome.processed == [0, 2])
    #expect(outcome.device.droppedWindows == [1, 3])
    #expect(outcome.device.account.used == 20)
    #expect(outcome.device.account.windowDropped == 5)
  }

  @Test("gaps between windows, and events before the first one, are outside")
  func gaps() throws {
    var script = DeviceScript()
    script.windows = WindowPlan(origin: 5, length: 5, stride: 10)
    let outcome = try script.run(Array(0..<20))
    #expect(outcome.shown == [0: Array(5..<10), 1: Array(15..<20)])
    #expect(outcome.device.account.outsideWindows == 10)
    #expect(outcome.device.account.used == 10)
  }

  @Test("an event that steps back behind a closed window is late; within an open one it is used")
  func late() throws {
    let outcome = try DeviceScript().run([0, 12, 9, 11, 19])
    #expect(outcome.device.account.late == 1)
    #expect(outcome.shown == [0: [0], 1: [12, 11, 19]])
    #expect(outcome.device.account.used == 4)
  }

  @Test("pixels beyond the model's area and impossible times are malformed")
  func malformed() throws {
    var script = DeviceScript()
    script.sensor = SensorSize(width: 4, height: 4)
    let outcome = try script.run([
      Event(time: 0, x: 3, y: 3, isOn: true), Event(time: 1, x: 4, y: 0, isOn: true),
      Event(time: 2, x: 0, y: 4, isOn: false), Event(time: .max, x: 0, y: 0, isOn: true),
      Event(time: .min, x: 0, y: 0, isOn: true), Event(time: 9, x: 0, y: 0, isOn: true),
    ])
    #expect(outcome.device.account.malformed == 4)
    #expect(outcome.device.account.used == 2)
    #expect(outcome.device.account.isBalanced)
  }

  @Test("a time stamp years ahead is an error with advice, not an endless run")
  func gapTooLong() {
    #expect(throws: InputError.self) { try DeviceScript().run([0, 1 << 50]) }
  }

  @Test("no events at all: nothing happens, and nothing is divided by nothing")
  func nothing() throws {
    let outcome = try DeviceScript().run([Int64]())
    #expect(outcome.device.windowCount == 0)
    #expect(outcome.device.account == EventAccount())
    #expect(outcome.device.span == .zero)
  }
}
