/// What a gateway does after a failed attempt.
package enum RetryAction: String, Sendable, CaseIterable, Decodable {
  /// Waits, then tries the same key again.
  case same
  /// Waits, then tries another key; one already used only when all were.
  case rotate
  /// Tries another key at once; this one is dead for the rest of the request.
  case bury
  /// Gives this provider up.
  case stop
}

/// When and how a gateway tries again.
package struct RetryRules: Sendable, Equatable, Decodable {
  package enum Scope: String, Sendable, CaseIterable, Decodable {
    /// Retries stay with the provider.
    case provider
    /// Each retry chooses anew among the healthy providers of the group.
    case group
  }

  /// The n-th wait, n from 0: min(first × factorⁿ, cap) × U(jitter) + U(0, spread), and `cap` again.
  package struct Backoff: Sendable, Equatable, Decodable {
    package var first: TimeSpan
    package var factor: Double
    package var cap: TimeSpan?
    package var jitter: [Double]?
    package var spread: TimeSpan?
    /// No wait where another provider of the group is healthy.
    package var skippedWhenOthers: Bool?
  }

  /// Retries beyond the first attempt, for each provider of a fallback chain anew.
  package var most: Int
  /// More than this cannot be asked for.
  package var ceiling: Int?
  package var scope: Scope
  package var backoff: Backoff
  /// A Retry-After up to this long replaces the back-off; absent when it is not looked at.
  package var retryAfter: TimeSpan?
  /// A Retry-After that is longer ends the retries, as does their sum; else the back-off is used.
  package var retryAfterEndsRetries: Bool?
  /// Another key after `bury` does not count as a retry.
  package var buryingIsFree: Bool?
  /// By failure class; `stop` where none is named.
  package var actions: [String: RetryAction]
}

/// When a provider is left out after failures, as LiteLLM's router does it.
package struct CooldownRules: Sendable, Equatable, Decodable {
  package var lasts: TimeSpan
  /// Failure classes that cool a provider down at once.
  package var immediate: [String]
  /// Of those, the ones that do so only if the group has another provider.
  package var immediateInGroups: [String]?
  /// Failure classes that never do, nor count.
  package var never: [String]
  /// More than this share of a minute's requests failed, with at least `fewest` of them, in a group.
  package var share: Double?
  package var fewest: Int?
  /// All of at least so many failed in a minute, also without a group.
  package var fewestAlone: Int?
  /// Instead of the share: more than so many failures in a minute.
  package var allowedFailures: Int?
}

/// A circuit breaker: closed until failures follow one another, then open, then half open.
package struct BreakerRules: Sendable, Equatable, Decodable {
  /// So many failures in a row open it.
  package var failures: Int
  package var open: TimeSpan
  /// Attempts that a half-open breaker lets through at a time; so many successes close it.
  package var probes: Int

  package init(
    failures: Int,
    open: TimeSpan,
    probes: Int
  ) {
    self.failures = failures
    self.open = open
    self.probes = probes
  }
}

/// A second attempt beside one that takes long.
package struct HedgeRules: Sendable, Equatable, Decodable {
  /// The quantile of the provider's recent latencies after which the second begins.
  package var quantile: Double
  /// At most this share of all calls.
  package var share: Double

  package init(
    quantile: Double,
    share: Double
  ) {
    self.quantile = quantile
    self.share = share
  }
}

/// Answers kept by what the image looks like.
package struct CacheRules: Sendable, Equatable, Decodable {
  package var ttl: TimeSpan
  /// Hashes that differ in at most so many of 64 bits are taken for the same image; 0: only equal
  /// ones. A similarity of 0.94 is 3 bits.
  package var distance: Int
  /// Whether the variant id is part of the key.
  package var variant: Bool
  /// Whether the prompt version is part of the key.
  package var promptVersion: Bool
  /// Entries beyond this push the oldest out.
  package var most: Int?

  package init(
    ttl: TimeSpan,
    distance: Int,
    variant: Bool,
    promptVersion: Bool,
    most: Int? = nil
  ) {
    self.ttl = ttl
    self.distance = distance
    self.variant = variant
    self.promptVersion = promptVersion
    self.most = most
  }
}

/// Statuses with which a gateway answers what it decides itself.
package struct GatewayStatuses: Sendable, Equatable, Decodable {
  package var noKey: Int
  package var unknownKey: Int
  package var blocked: Int
  package var budget: Int
  package var rate: Int
  package var connection: Int
  package var timeout: Int
  /// The overall time-out, or a deadline that cannot be met.
  package var deadline: Int
  package var queueFull: Int
  /// Nobody is left to try: cooling down, open breakers, budgets of providers.
  package var unavailable: Int
  /// All keys of a provider are dead; absent: the provider's own error is passed on.
  package var credentialsExhausted: Int?
}

/// A limit on how many attempts run at once, and on how many wait for their turn.
package struct QueueRules: Sendable, Equatable, Decodable {
  package var concurrency: Int
  package var buffer: Int

  package init(
    concurrency: Int,
    buffer: Int
  ) {
    self.concurrency = concurrency
    self.buffer = buffer
  }
}

/// Everything about a gateway's behaviour that does not depend on who uses it.
package struct GatewayRules: Sendable, Equatable {
  package enum Dialect: String, Sendable, CaseIterable, Decodable {
    case bifrost, litellm, portkey, preflash
  }

  package enum FinalError: String, Sendable, CaseIterable, Decodable {
    /// When all fallbacks have failed, what the primary said is returned.
    case primary
    case last
  }

  package enum Charging: String, Sendable, CaseIterable, Decodable {
    /// Budgets are looked at before a call and charged after it: calls under way overshoot them.
    case after
    /// What an attempt may cost is set aside before it begins.
    case reserve
  }

  /// Whose metric names and error classes are used.
  package var dialect: Dialect
  package var retry: RetryRules
  package var attemptTimeout: TimeSpan
  package var overallTimeout: TimeSpan?
  /// The gateway's own time for a call.
  package var overhead: TimeSpan
  /// Fallbacks tried at most.
  package var mostFallbacks: Int?
  /// Statuses after which the next fallback is tried; every failure when absent.
  package var fallbackOn: [Int]?
  package var finalError: FinalError
  package var charging: Charging
  package var statuses: GatewayStatuses
  package var queue: QueueRules?
  package var cooldown: CooldownRules?
  package var breaker: BreakerRules?
  package var hedge: HedgeRules?
  package var cache: CacheRules?
  /// Attempts that cannot meet the caller's deadline are not begun, nor waited for.
  package var meetsDeadlines: Bool
  /// Repetitions of a call share one answer for so long; absent: each is a call of its own.
  package var idempotency: TimeSpan?
}
