import Uplink
import VirtualTime

/// Drives a far end without a network: calls at their times, wake-ups when due.
struct FarEndRun {
  var agenda = Agenda<Step>()
  var effects: [Effect] = []
  var answers: [Int: (answer: Answer, at: Instant)] = [:]
  /// In the order in which they were given.
  var order: [Int] = []

  enum Step {
    case call(Call)
    case wake(Int)
    case impose(ProviderIncident)
    case lift(ProviderIncident)
    case abandon(Int)
  }

  mutating func at(_ time: Instant, _ step: Step) { agenda.schedule(step, at: time) }

  mutating func submit<End: FarEnd>(_ call: Call, to end: inout End, at time: Instant) {
    advance(&end, until: time)
    end.submit(call, at: time, into: &effects)
    take(time)
  }

  /// Runs until nothing is left to do.
  mutating func finish<End: FarEnd>(_ end: inout End) {
    take(agenda.now)
    advance(&end, until: Instant(nanoseconds: .max))
  }

  mutating func advance<End: FarEnd>(_ end: inout End, until limit: Instant) {
    while let time = agenda.nextTime(), time <= limit, let step = agenda.next() {
      switch step {
      case .call(let call): end.submit(call, at: time, into: &effects)
      case .wake(let token): end.wake(token, at: time, into: &effects)
      case .impose(let incident): end.impose(incident, at: time)
      case .lift(let incident): end.lift(incident, at: time)
      case .abandon(let call): end.abandon(call: call, at: time, into: &effects)
      }
      take(time)
    }
  }

  private mutating func take(_ now: Instant) {
    for effect in effects {
      switch effect {
      case .wake(let token, let time): agenda.schedule(.wake(token), at: time)
      case .answer(let call, let answer):
        precondition(answers[call] == nil, "answered twice")
        answers[call] = (answer, now)
        order.append(call)
      }
    }
    effects.removeAll(keepingCapacity: true)
  }
}
