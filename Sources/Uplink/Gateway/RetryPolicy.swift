package import Boards
package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// What follows a failed attempt, and after how long.
package struct RetryPolicy: Sendable {
  package let rules: RetryRules
  private let actions: [RetryAction]

  package init(_ rules: RetryRules) {
    self.rules = rules
    actions = FailureClass.allCases.map { rules.actions[$0.rawValue] ?? .stop }
  }

  package func action(after failure: FailureClass) -> RetryAction {
    actions[FailureClass.allCases.firstIndex(of: failure)!]
  }

  /// The back-off before the retry with this number, from 0.
  package func backoff(_ number: Int, _ random: inout SeededRandom) -> Duration {
    let rules = rules.backoff
    let cap = Double(rules.cap?.nanoseconds ?? 86_400_000_000_000)
    var wait = min(Double(rules.first.nanoseconds) * pow(rules.factor, Double(number)), cap)
    if let jitter = rules.jitter { wait *= random.uniform(jitter[0]...jitter[1]) }
    wait = min(wait, cap)
    if let spread = rules.spread { wait += random.uniform(0...Double(spread.nanoseconds)) }
    return Duration(nanoseconds: Int64(wait))
  }

  /// How long to wait before the retry with this number, from 0; nil when retrying ends here.
  ///
  /// - Parameter waited: What Retry-After has made the request wait so far.
  package func wait(
    _ number: Int, retryAfter: Duration?, waited: Duration, _ random: inout SeededRandom
  ) -> Duration? {
    if let most = rules.retryAfter, let retryAfter, retryAfter > .zero {
      let limit = Duration(nanoseconds: Int64(most.nanoseconds))
      if rules.retryAfterEndsRetries == true {
        // Portkey: as long as the limit is too long, and so is more than what is left of it.
        return retryAfter >= limit || retryAfter > limit - waited ? nil : retryAfter
      }
      if retryAfter <= limit { return retryAfter }
    }
    return backoff(number, &random)
  }
}
