/// Why an attempt at a provider failed: what retries, keys and cool-downs decide by.
///
/// The classes of Bifrost's enumeration, with its `transient` taken apart, since LiteLLM and Portkey
/// treat a broken connection, a time-out and a 5xx each in their own way.
package enum FailureClass: String, Sendable, CaseIterable {
  /// No connection: DNS, refused, reset, a certificate that proves nothing.
  case connection
  /// No answer within the attempt's time-out.
  case timeout
  /// 500, 502, 503, 504.
  case serverError = "server_error"
  /// 429.
  case rateLimit = "rate_limit"
  /// 401 or 403: a key that does not open.
  case credential
  /// 402: the account is out of credit.
  case quota
  /// The key may not use the model.
  case modelAccess = "model_access"
  /// 404 or 410.
  case modelGone = "model_gone"
  /// 400, 413, 422 and other faults of the request itself.
  case callerFault = "caller_fault"
  /// Given up because nobody waited any more, or because another attempt was faster.
  case cancelled

  /// The class of an HTTP status; nil for success.
  package init?(status: Int) {
    switch status {
    case 200..<300: return nil
    case 401, 403: self = .credential
    case 402: self = .quota
    case 404, 410: self = .modelGone
    case 408: self = .timeout
    case 429: self = .rateLimit
    case 500...: self = .serverError
    default: self = .callerFault
    }
  }
}

/// What an answer's error says: a closed vocabulary, that of Bifrost's `error_type` label.
package enum ErrorType: String, Sendable, CaseIterable {
  case callerModelNotAvailable = "caller_model_not_available"
  case callerInvalidRequest = "caller_invalid_request"
  case callerCancelled = "caller_cancelled"
  case policyAccessDenied = "policy_access_denied"
  case policyBudgetExceeded = "policy_budget_exceeded"
  case policyRateLimited = "policy_rate_limited"
  case providerAuthFailed = "provider_auth_failed"
  case providerBilling = "provider_billing"
  case providerRateLimited = "provider_rate_limited"
  case providerServerError = "provider_server_error"
  case providerTimeout = "provider_timeout"
  case providerConnectionFailed = "provider_connection_failed"
  case providerCredentialsExhausted = "provider_credentials_exhausted"
  /// Every provider is cooling down or its breaker is open.
  case providersUnavailable = "provider_overloaded"
  /// The gateway's own queue is full.
  case gatewayDropped = "bifrost_dropped"

  /// How an answer that repeats a provider's failure is labelled.
  package init(_ failure: FailureClass) {
    switch failure {
    case .connection: self = .providerConnectionFailed
    case .timeout: self = .providerTimeout
    case .serverError: self = .providerServerError
    case .rateLimit: self = .providerRateLimited
    case .credential: self = .providerAuthFailed
    case .quota: self = .providerBilling
    case .modelAccess, .modelGone: self = .callerModelNotAvailable
    case .callerFault: self = .callerInvalidRequest
    case .cancelled: self = .callerCancelled
    }
  }
}
