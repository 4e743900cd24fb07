package import Boards
package import VirtualTime

/// Work that nobody waits for: so many images through a gateway, as fast as limits and money allow.
package struct BatchPlan: Sendable {
  package var images: Int
  package var bytes = 15_800
  /// Calls under way at once, at most.
  package var inFlight = 16
  /// What the client allows itself.
  package var requestsPerMinute: Int?
  /// A call that fails is tried so often.
  package var attempts = 5
  /// Before a failed call is tried again, doubled each time, and where a 429 does not say how long.
  package var backoff = Duration.seconds(1)
  package var longestBackoff = Duration.seconds(60)
  package var virtualKey: Int?
  /// From the client to the gateway and back.
  package var roundTrip = Duration.milliseconds(90)
  package var incidents: [TimedProviderIncident] = []

  package init(images: Int) { self.images = images }
}

package struct TimedProviderIncident: Sendable, Equatable {
  package var incident: ProviderIncident
  package var start: Instant
  package var end: Instant

  package init(_ incident: ProviderIncident, start: Instant, end: Instant) {
    self.incident = incident
    self.start = start
    self.end = end
  }
}

/// What became of a batch. Every image is scored, failed, refused or unsent.
package struct BatchResult: Sendable, Equatable {
  package internal(set) var scored = 0
  /// Images whose attempts are used up, by what the last one said.
  package internal(set) var failed = [Int](repeating: 0, count: ErrorType.allCases.count)
  /// Images whose answer was that the budget is used up.
  package internal(set) var refused = 0
  /// Images never sent, since the budget was known to be used up or the gateway lets nobody in.
  package internal(set) var unsent = 0
  package internal(set) var calls = 0
  package internal(set) var rateLimited = 0
  package internal(set) var retried = 0
  /// Time spent waiting for a limit with nothing else to do.
  package internal(set) var paused = Duration.zero
  /// From the first call to the last answer.
  package internal(set) var took = Duration.zero
  /// Images scored in each hour.
  package internal(set) var hourly: [Int] = []

  package var failures: Int { failed.reduce(0, +) }
}

/// A batch client at work on virtual time.
package struct BatchRun: Sendable {
  private enum Step: Sendable {
    case send
    case arrives(image: Int)
    case wake(token: Int)
    case answered(image: Int, Answer)
    case again(image: Int)
    case begins(Int)
    case ends(Int)
  }

  package private(set) var gateway: Gateway
  package private(set) var result = BatchResult()
  private let plan: BatchPlan
  private var agenda = Agenda<Step>()
  private var bucket: TokenBucket?
  private var effects: [Effect] = []
  private var next = 0
  /// Images that are to be sent again now.
  private var waiting: [Int] = []
  private var attempts: [Int: Int] = [:]
  private var underWay = 0
  private var pausedUntil = Instant.zero
  /// Refusals for a limit one after another.
  private var limitsInARow = 0
  private var sendIsDue = false
  private var isOver = false

  /// A client that meets so many limits without one success gives up.
  private static let patience = 1_000

  package init(_ plan: BatchPlan, _ profile: GatewayProfile, seed: UInt64) {
    self.plan = plan
    gateway = Gateway(profile, seed: seed)
    bucket = plan.requestsPerMinute.map { TokenBucket($0, per: .seconds(60)) }
    for (index, incident) in plan.incidents.enumerated() {
      agenda.schedule(.begins(index), at: incident.start)
      agenda.schedule(.ends(index), at: incident.end)
    }
  }

  /// Runs to the end.
  ///
  /// - Parameter progress: Told now and then how many images are done.
  package mutating func finish(progress: (Int) -> Void = { _ in }) {
    send()
    while !isDone, let step = agenda.next() {
      take(step)
      if result.calls % 4_096 == 0 { progress(done) }
    }
    result.unsent = plan.images - result.scored - result.failures - result.refused
  }

  private var done: Int { result.scored + result.failures + result.refused }
  private var isDone: Bool {
    underWay == 0 && (isOver || (next == plan.images && waiting.isEmpty && attempts.isEmpty))
  }

  private mutating func take(_ step: Step) {
    switch step {
    case .send:
      sendIsDue = false
      send()
    case .arrives(let image):
      let call = Call(
        id: image, bytes: plan.bytes, imageHash: UInt64(image) &* 0x9e37_79b9_7f4a_7c15,
        virtualKey: plan.virtualKey, idempotencyKey: image)
      gateway.submit(call, at: agenda.now, into: &effects)
      carryOut()
    case .wake(let token):
      gateway.wake(token, at: agenda.now, into: &effects)
      carryOut()
    case .answered(let image, let answer):
      underWay -= 1
      hear(answer, image)
      send()
    case .again(let image):
      waiting.append(image)
      send()
    case .begins(let index): gateway.impose(plan.incidents[index].incident, at: agenda.now)
    case .ends(let index): gateway.lift(plan.incidents[index].incident, at: agenda.now)
    }
  }

  private mutating func carryOut() {
    for effect in effects {
      switch effect {
      case .wake(let token, let time): agenda.schedule(.wake(token: token), at: time)
      case .answer(let image, let answer):
        let back = plan.roundTrip.nanoseconds - plan.roundTrip.nanoseconds / 2
        agenda.schedule(
          .answered(image: image, answer), at: agenda.now + Duration(nanoseconds: back))
      }
    }
    effects.removeAll(keepingCapacity: true)
  }

  /// Sends as much as is allowed now, and comes back when more is.
  private mutating func send() {
    let now = agenda.now
    while !isOver, underWay < plan.inFlight, next < plan.images || !waiting.isEmpty {
      let wait = max(pausedUntil - now, bucket?.wait(for: 1, at: now) ?? .zero)
      guard wait <= .zero else {
        guard !sendIsDue else { return }
        sendIsDue = true
        if underWay == 0 { result.paused += wait }
        agenda.schedule(.send, at: now + wait)
        return
      }
      bucket?.take(1, at: now)
      let image = waiting.popLast() ?? next
      if image == next { next += 1 }
      underWay += 1
      result.calls += 1
      let there = Duration(nanoseconds: plan.roundTrip.nanoseconds / 2)
      agenda.schedule(.arrives(image: image), at: now + there)
    }
  }

  private mutating func hear(_ answer: Answer, _ image: Int) {
    let now = agenda.now
    result.took = now - .zero
    guard let error = answer.error else {
      limitsInARow = 0
      attempts[image] = nil
      result.scored += 1
      let hour = Int(now.nanoseconds / 3_600_000_000_000)
      if hour >= result.hourly.count {
        result.hourly += [Int](repeating: 0, count: hour + 1 - result.hourly.count)
      }
      result.hourly[hour] += 1
      return
    }
    switch error {
    case .policyBudgetExceeded:
      // Whoever asks on would be told the same until the money comes back: a batch ends here.
      attempts[image] = nil
      result.refused += 1
      isOver = true
    case .policyAccessDenied:
      fail(image, error)
      isOver = true
    case .policyRateLimited, .providerRateLimited, .providersUnavailable, .gatewayDropped:
      wait(answer, image, error)
    default: tryAgain(image, error)
    }
  }

  private mutating func fail(_ image: Int, _ error: ErrorType) {
    attempts[image] = nil
    result.failed[ErrorType.allCases.firstIndex(of: error)!] += 1
  }

  /// A limit, or nobody there to ask, concerns every call: all wait.
  private mutating func wait(_ answer: Answer, _ image: Int, _ error: ErrorType) {
    result.rateLimited += 1
    limitsInARow += 1
    guard limitsInARow <= Self.patience * plan.inFlight else {
      fail(image, error)
      isOver = true
      return
    }
    let pause = answer.retryAfter ?? backoff(limitsInARow / plan.inFlight)
    pausedUntil = max(pausedUntil, agenda.now + pause)
    attempts[image] = attempts[image] ?? 0
    waiting.append(image)
  }

  private mutating func tryAgain(_ image: Int, _ error: ErrorType) {
    let tried = (attempts[image] ?? 0) + 1
    guard tried < plan.attempts else {
      fail(image, error)
      return
    }
    attempts[image] = tried
    result.retried += 1
    agenda.schedule(.again(image: image), at: agenda.now + backoff(tried - 1))
  }

  private func backoff(_ number: Int) -> Duration {
    min(plan.backoff * Int64(1 << min(max(number, 0), 20)), plan.longestBackoff)
  }
}
