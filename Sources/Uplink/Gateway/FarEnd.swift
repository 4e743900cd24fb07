package import VirtualTime

/// Whoever answers at the far end of the link, as a state machine without a clock: calls and
/// wake-ups go in, effects come out.
package protocol FarEnd: Sendable {
  /// A call has arrived.
  mutating func submit(_ call: Call, at now: Instant, into effects: inout [Effect])
  /// The time of a wake-up that an effect asked for has come; too many do no harm.
  mutating func wake(_ token: Int, at now: Instant, into effects: inout [Effect])
  /// The caller has hung up: no answer will come for the call.
  mutating func abandon(call: Int, at now: Instant, into effects: inout [Effect])
  mutating func impose(_ incident: ProviderIncident, at now: Instant)
  mutating func lift(_ incident: ProviderIncident, at now: Instant)
}

/// Keeps what is to happen and asks for one wake-up at a time.
struct WakingAgenda<Event: Sendable>: Sendable {
  private var agenda = Agenda<Event>()
  private var asked: Instant?

  mutating func schedule(_ event: Event, at time: Instant) -> Agenda<Event>.Token {
    agenda.schedule(event, at: max(time, agenda.now))
  }

  mutating func cancel(_ token: Agenda<Event>.Token?) {
    if let token { agenda.cancel(token) }
  }

  /// The next event that is due.
  mutating func next(dueAt now: Instant) -> Event? {
    guard let time = agenda.nextTime(), time <= now else { return nil }
    return agenda.next()
  }

  /// Asks for a wake-up, unless one that comes no later has been asked for.
  mutating func ask(at now: Instant, into effects: inout [Effect]) {
    if let held = asked, held <= now { asked = nil }
    guard let time = agenda.nextTime() else { return }
    if let asked, asked <= time { return }
    asked = time
    effects.append(.wake(token: 0, at: time))
  }
}
