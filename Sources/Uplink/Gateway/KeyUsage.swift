package import Boards
package import VirtualTime

/// How much of a provider's limits one key has used: two buckets that refill evenly over a minute, as
/// OpenAI and Anthropic describe theirs, and a count of the day.
package struct KeyUsage: Sendable {
  private var requests: TokenBucket?
  private var tokens: TokenBucket?
  private let requestsPerDay: Int?
  private var day: Int64 = 0
  private var requestsToday = 0

  private static let dayLength: Int64 = 86_400_000_000_000

  package init(_ limits: ProviderProfile.Limits?) {
    let minute = Duration.seconds(60)
    requests = limits?.requestsPerMinute.map { TokenBucket($0, per: minute) }
    tokens = limits?.tokensPerMinute.map { TokenBucket($0, per: minute) }
    requestsPerDay = limits?.requestsPerDay
  }

  /// Takes a request of so many tokens; nil when it fits, else how long until it would. A refused
  /// request uses nothing up.
  package mutating func refuse(tokens count: Int, at now: Instant) -> Duration? {
    if let requestsPerDay {
      let today = now.nanoseconds / Self.dayLength
      if today != day { (day, requestsToday) = (today, 0) }
      if requestsToday >= requestsPerDay {
        return Duration(nanoseconds: (day + 1) * Self.dayLength - now.nanoseconds)
      }
    }
    let wait = max(
      requests?.wait(for: 1, at: now) ?? .zero, tokens?.wait(for: count, at: now) ?? .zero)
    guard wait == .zero else { return wait }
    requests?.take(1, at: now)
    tokens?.take(count, at: now)
    requestsToday += 1
    return nil
  }
}

/// A bucket that holds what one period allows and refills evenly.
package struct TokenBucket: Sendable, Equatable {
  private let capacity: Int
  private let period: Duration
  /// When the bucket would be full, were nothing more taken: exact, where a level would round.
  private var fullAt = Instant.zero

  package init(_ capacity: Int, per period: Duration) {
    self.capacity = capacity
    self.period = period
  }

  /// Time in which `count` flow in, rounded up.
  private func time(for count: Int) -> Duration {
    let product = period.nanoseconds.multipliedFullWidth(by: Int64(min(count, capacity)))
    let (quotient, remainder) = Int64(capacity).dividingFullWidth(product)
    return Duration(nanoseconds: quotient + (remainder > 0 ? 1 : 0))
  }

  /// How long until `count` are there; more than the bucket holds count as all that it holds.
  package func wait(for count: Int, at now: Instant) -> Duration {
    max(.zero, max(fullAt, now) + time(for: count) - (now + period))
  }

  package mutating func take(_ count: Int, at now: Instant) {
    fullAt = max(fullAt, now) + time(for: count)
  }
}
