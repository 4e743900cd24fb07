import Boards
package import VirtualTime

extension Gateway {
  /// What the gateway would let Prometheus scrape now, under the names that it uses itself.
  package func metrics(at now: Instant) -> [MetricFamily] {
    switch profile.rules.dialect {
    case .bifrost: bifrostMetrics
    case .litellm: liteLLMMetrics(now)
    case .portkey: portkeyMetrics
    case .preflash: ownMetrics
    }
  }

  private typealias Label = MetricFamily.Label
  private typealias Sample = MetricFamily.Sample

  /// A sample for each key of each provider.
  private func perKey(_ value: (Ledger.KeyRow, ProviderProfile) -> Double) -> [Sample] {
    var samples: [Sample] = []
    for (index, provider) in profile.providers.enumerated() {
      for (number, key) in provider.allKeys.enumerated() {
        let labels = [Label("provider", provider.name), Label("selected_key_name", key.name)]
        samples.append(Sample(labels, value(ledger.byKey[index][number], provider)))
      }
    }
    return samples
  }

  /// A sample for each provider and way to fail; cancelled attempts are none of the provider's.
  private func failures(_ labels: (ProviderProfile, Ledger.KeyRow.Failure) -> [Label]) -> [Sample] {
    profile.providers.indices.flatMap { index in
      ledger.provider(index).failures.filter { $0.failure != .cancelled }.map {
        Sample(labels(profile.providers[index], $0), Double($0.count))
      }
    }
  }

  /// The status that the gateway reports for a failed attempt.
  private func reported(_ failure: Ledger.KeyRow.Failure) -> Int {
    switch failure.failure {
    case .connection: profile.rules.statuses.connection
    case .timeout: profile.rules.statuses.timeout
    default: failure.status
    }
  }

  private func spent(_ row: Ledger.KeyRow) -> Double { Double(row.cost) / 1e6 }

  private func tokens(_ count: (ProviderProfile) -> Int) -> [Sample] {
    perKey { Double($0.successes * count($1)) }
  }

  // MARK: - Each gateway's own names

  /// Names and labels of Bifrost's telemetry plugin.
  private var bifrostMetrics: [MetricFamily] {
    let refused: [Sample] = zip(ErrorType.allCases, ledger.errors).compactMap { type, count in
      guard count > 0, type.isOwnDecision else { return nil }
      return Sample([Label("error_type", type.rawValue)], Double(count))
    }
    return [
      MetricFamily(
        "bifrost_upstream_requests_total", .counter, "Requests forwarded to providers",
        perKey { row, _ in Double(row.attempts) }),
      MetricFamily(
        "bifrost_success_requests_total", .counter, "Successful requests to providers",
        perKey { row, _ in Double(row.successes) }),
      MetricFamily(
        "bifrost_error_requests_total", .counter, "Failed requests",
        failures { provider, failure in
          [
            Label("provider", provider.name), Label("status_code", "\(reported(failure))"),
            Label("error_type", ErrorType(failure.failure).rawValue),
          ]
        } + refused),
      MetricFamily(
        "bifrost_input_tokens_total", .counter, "Input tokens", tokens { $0.tokens?.input ?? 0 }),
      MetricFamily(
        "bifrost_output_tokens_total", .counter, "Output tokens",
        tokens { $0.tokens?.output ?? 0 }),
      MetricFamily(
        "bifrost_cost_total", .counter, "Cost billed by providers", perKey { row, _ in spent(row) }),
      MetricFamily(
        "bifrost_cache_hits_total", .counter, "Answers from the cache",
        [
          Sample([Label("cache_type", "direct")], Double(ledger.exactHits)),
          Sample([Label("cache_type", "semantic")], Double(ledger.nearHits + ledger.falseHits)),
        ]),
      MetricFamily("bifrost_active_requests", .gauge, "Requests under way", pending),
      retriesHistogram("bifrost_request_retries"),
    ]
  }

  /// Attempts beyond the first, over all providers of a call.
  private func retriesHistogram(_ name: String) -> MetricFamily {
    func calls(upTo retries: Int) -> Double {
      Double(ledger.callsByAttempts[...(retries + 1)].reduce(0, +))
    }
    let sum = ledger.callsByAttempts.enumerated().reduce(0) {
      $0 + max(0, $1.offset - 1) * $1.element
    }
    var samples = [0, 1, 2, 3, 5, 10].map {
      Sample([Label("le", "\($0)")], calls(upTo: $0), suffix: "_bucket")
    }
    samples += [
      Sample([Label("le", "+Inf")], Double(ledger.total.calls), suffix: "_bucket"),
      Sample([], Double(sum), suffix: "_sum"),
      Sample([], Double(ledger.total.calls), suffix: "_count"),
    ]
    return MetricFamily(name, .histogram, "Attempts beyond the first", samples)
  }

  /// Names of LiteLLM's Prometheus callback.
  private func liteLLMMetrics(_ now: Instant) -> [MetricFamily] {
    func deployments(_ value: (Int) -> Double) -> [Sample] {
      profile.providers.indices.map {
        Sample([Label("litellm_model_name", profile.providers[$0].name)], value($0))
      }
    }
    return [
      MetricFamily(
        "litellm_proxy_total_requests_metric_total", .counter, "Requests to the proxy",
        ledger.total.calls),
      MetricFamily(
        "litellm_proxy_failed_requests_metric_total", .counter, "Requests that the proxy failed",
        ledger.errors.reduce(0, +)),
      MetricFamily(
        "litellm_deployment_total_requests_total", .counter, "Requests to a deployment",
        deployments { Double(ledger.provider($0).attempts) }),
      MetricFamily(
        "litellm_deployment_success_responses_total", .counter, "Successes of a deployment",
        deployments { Double(ledger.provider($0).successes) }),
      MetricFamily(
        "litellm_deployment_failure_responses_total", .counter, "Failures of a deployment",
        failures { provider, failure in
          [
            Label("litellm_model_name", provider.name),
            Label("exception_status", "\(reported(failure))"),
            Label("exception_class", failure.failure.liteLLMClass),
          ]
        }),
      MetricFamily(
        "litellm_deployment_cooled_down_total", .counter, "Cool-downs of a deployment",
        deployments { Double(upstreams[$0].cooldown?.count ?? 0) }),
      MetricFamily(
        "litellm_deployment_state", .gauge, "0 healthy, 1 partial outage, 2 complete outage",
        deployments { isHealthy($0, now) ? 0 : 2 }),
      MetricFamily(
        "litellm_deployment_successful_fallbacks_total", .counter, "Fallbacks that answered",
        ledger.fallbacksWon),
      MetricFamily(
        "litellm_deployment_failed_fallbacks_total", .counter, "Fallbacks that did not",
        ledger.fallbacks - ledger.fallbacksWon),
      MetricFamily(
        "litellm_spend_metric_total", .counter, "Spend",
        deployments { spent(ledger.provider($0)) }),
      MetricFamily(
        "litellm_input_tokens_metric_total", .counter, "Input tokens",
        tokens { $0.tokens?.input ?? 0 }),
      MetricFamily(
        "litellm_output_tokens_metric_total", .counter, "Output tokens",
        tokens { $0.tokens?.output ?? 0 }),
      MetricFamily(
        "litellm_cache_hits_metric_total", .counter, "Cache hits",
        ledger.exactHits + ledger.nearHits + ledger.falseHits),
      MetricFamily("litellm_cache_misses_metric_total", .counter, "Cache misses", ledger.misses),
    ]
  }

  /// Names of Portkey's documented metrics; its open-source gateway has no end point for them.
  private var portkeyMetrics: [MetricFamily] {
    let successes = profile.providers.indices.map {
      Sample(
        [Label("provider", profile.providers[$0].name), Label("code", "200")],
        Double(ledger.provider($0).successes))
    }
    return [
      MetricFamily(
        "request_count", .counter, "Requests to providers by status",
        successes
          + failures { provider, failure in
            [Label("provider", provider.name), Label("code", "\(reported(failure))")]
          }),
      MetricFamily(
        "llm_cost_sum", .counter, "Cost billed by providers",
        profile.providers.indices.map {
          Sample(
            [Label("provider", profile.providers[$0].name)], spent(ledger.provider($0)))
        }),
    ]
  }

  private var ownMetrics: [MetricFamily] {
    let ends =
      [Sample([Label("end", "answered")], Double(ledger.total.answered))]
      + zip(ErrorType.allCases, ledger.errors).map {
        Sample([Label("end", $0.rawValue)], Double($1))
      } + [Sample([Label("end", "abandoned")], Double(ledger.abandoned))]
    return [
      MetricFamily("preflash_calls_total", .counter, "Calls by how they ended", ends),
      MetricFamily(
        "preflash_attempts_total", .counter, "Attempts", perKey { row, _ in Double(row.attempts) }),
      MetricFamily(
        "preflash_failed_attempts_total", .counter, "Attempts that failed",
        failures { provider, failure in
          [
            Label("provider", provider.name), Label("status", "\(failure.status)"),
            Label("class", failure.failure.rawValue),
          ]
        }),
      MetricFamily(
        "preflash_cost_total", .counter, "Billed by providers", perKey { row, _ in spent(row) }),
      MetricFamily(
        "preflash_wasted_cost_total", .counter, "Billed for answers that nobody waited for",
        [Sample([], Double(ledger.wastedCost) / 1e6)]),
      MetricFamily(
        "preflash_cache_total", .counter, "Look-ups of the cache",
        zip(
          ["exact", "near", "false", "miss"],
          [ledger.exactHits, ledger.nearHits, ledger.falseHits, ledger.misses]
        ).map { Sample([Label("outcome", $0)], Double($1)) }),
      MetricFamily("preflash_shared_answers_total", .counter, "Repeated calls", ledger.shared),
      MetricFamily("preflash_hedges_total", .counter, "Second attempts begun", ledger.hedges),
      MetricFamily(
        "preflash_hedges_won_total", .counter, "Second attempts first", ledger.hedgesWon),
      MetricFamily(
        "preflash_skipped_for_deadline_total", .counter, "Attempts that came too late",
        ledger.skippedForDeadline),
      MetricFamily(
        "preflash_breaker_openings_total", .counter, "Openings of a circuit breaker",
        profile.providers.indices.map {
          Sample(
            [Label("provider", profile.providers[$0].name)],
            Double(upstreams[$0].breaker?.openings ?? 0))
        }),
      retriesHistogram("preflash_retries"),
    ]
  }
}

extension ErrorType {
  /// Decided by the gateway, not said by a provider.
  fileprivate var isOwnDecision: Bool {
    switch self {
    case .policyAccessDenied, .policyBudgetExceeded, .policyRateLimited, .gatewayDropped,
      .providersUnavailable, .providerCredentialsExhausted:
      true
    default: false
    }
  }
}

extension FailureClass {
  /// The exception that LiteLLM raises.
  package var liteLLMClass: String {
    switch self {
    case .connection: "APIConnectionError"
    case .timeout: "Timeout"
    case .serverError: "InternalServerError"
    case .rateLimit: "RateLimitError"
    case .credential: "AuthenticationError"
    case .quota: "APIError"
    case .modelAccess, .modelGone: "NotFoundError"
    case .callerFault: "BadRequestError"
    case .cancelled: "CancelledError"
    }
  }
}
