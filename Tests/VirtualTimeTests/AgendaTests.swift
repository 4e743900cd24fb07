import Testing
import VirtualTime

@Suite("Agenda")
struct AgendaTests {
  @Test("events come out by time, and at one time in the order in which they were scheduled")
  func order() {
    var agenda = Agenda<String>()
    agenda.schedule("late", at: Instant(nanoseconds: 30))
    agenda.schedule("first of two", at: Instant(nanoseconds: 10))
    agenda.schedule("second of two", at: Instant(nanoseconds: 10))
    agenda.schedule("middle", at: Instant(nanoseconds: 20))
    var taken: [String] = []
    var times: [Int64] = []
    while let event = agenda.next() {
      taken.append(event)
      times.append(agenda.now.nanoseconds)
    }
    #expect(taken == ["first of two", "second of two", "middle", "late"])
    #expect(times == [10, 10, 20, 30])
  }

  @Test("a cancelled event never comes; cancelling twice or too late says so")
  func cancel() {
    var agenda = Agenda<Int>()
    let one = agenda.schedule(1, at: Instant(nanoseconds: 1))
    let two = agenda.schedule(2, at: Instant(nanoseconds: 2))
    let answers = [agenda.cancel(one), agenda.cancel(one)]
    #expect(answers == [true, false])
    #expect(agenda.count == 1)
    #expect(agenda.nextTime() == Instant(nanoseconds: 2))
    #expect(agenda.next() == 2)
    let isTooLate = !agenda.cancel(two)
    #expect(isTooLate)
    #expect(agenda.next() == nil)
    #expect(agenda.isEmpty)
  }

  @Test("a token of an event that has gone does not cancel the event that took its slot")
  func reusedSlot() {
    var agenda = Agenda<Int>()
    let gone = agenda.schedule(1, at: Instant(nanoseconds: 1))
    _ = agenda.next()
    agenda.schedule(2, at: Instant(nanoseconds: 2))
    let isGone = !agenda.cancel(gone)
    #expect(isGone)
    #expect(agenda.next() == 2)
  }

  /// The naive agenda: a sorted array.
  private struct Sorted {
    var entries: [(time: Int64, order: Int, event: Int)] = []
    mutating func next() -> Int? {
      let first = entries.indices.min {
        (entries[$0].time, entries[$0].order) < (entries[$1].time, entries[$1].order)
      }
      return first.map { entries.remove(at: $0).event }
    }
  }

  @Test(
    "agrees with a sorted list over random schedules, cancellations and takes", arguments: 1...40)
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var agenda = Agenda<Int>()
    var sorted = Sorted()
    var tokens: [(Agenda<Int>.Token, Int)] = []
    for step in 0..<600 {
      switch random.next() % 4 {
      case 0, 1:
        let time = agenda.now.nanoseconds + Int64(random.next() % 12)
        tokens.append((agenda.schedule(step, at: Instant(nanoseconds: time)), step))
        sorted.entries.append((time, step, step))
      case 2:
        guard !tokens.isEmpty else { continue }
        let (token, event) = tokens.remove(at: Int(random.next() % UInt64(tokens.count)))
        let index = sorted.entries.firstIndex { $0.event == event }
        let wasPending = agenda.cancel(token)
        #expect(wasPending == (index != nil))
        if let index { sorted.entries.remove(at: index) }
      default:
        #expect(agenda.next() == sorted.next())
      }
      #expect(agenda.count == sorted.entries.count)
    }
    while let event = sorted.next() { #expect(agenda.next() == event) }
    #expect(agenda.next() == nil)
  }
}
