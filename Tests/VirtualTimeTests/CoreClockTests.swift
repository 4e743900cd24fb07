import Testing
import VirtualTime

@Suite("CoreClock")
struct CoreClockTests {
  @Test("480 MHz: 12 cycles are 25 ns, and a part of a nanosecond rounds up")
  func rounding() {
    let clock = CoreClock(hertz: 480_000_000)
    #expect(clock.instant(ofCycle: 12) == Instant(nanoseconds: 25))
    #expect(clock.instant(ofCycle: 1) == Instant(nanoseconds: 3))
    #expect(clock.cycle(atOrAfter: Instant(nanoseconds: 25)) == 12)
    #expect(clock.cycle(atOrAfter: Instant(nanoseconds: 24)) == 12)
    #expect(clock.duration(ofCycles: 480_000) == .milliseconds(1))
  }

  @Test("a week of cycles drifts by nothing", arguments: [216_000_000, 280_000_000, 550_000_000])
  func noDrift(hertz: Int64) {
    let clock = CoreClock(hertz: hertz)
    let week: Int64 = 7 * 86_400
    #expect(clock.instant(ofCycle: hertz * week) == Instant(nanoseconds: week * 1_000_000_000))
    #expect(clock.cycle(atOrAfter: Instant(nanoseconds: week * 1_000_000_000)) == hertz * week)
  }

  @Test("an instant falls within the cycle that it is converted to")
  func roundTrip() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<2_000 {
      let clock = CoreClock(hertz: Int64(random.next() % 999_999_999) + 1)
      let instant = Instant(nanoseconds: Int64(random.next() % 1_000_000_000_000))
      let cycle = clock.cycle(atOrAfter: instant)
      #expect(clock.instant(ofCycle: cycle) >= instant)
      #expect(cycle == 0 || clock.instant(ofCycle: cycle - 1) <= instant)
    }
  }
}
