package import VirtualTime

/// Something that happens to a provider, or to one of its keys, for a while.
package struct ProviderIncident: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// Answers every request with this 5xx.
    case serverError(status: Int)
    /// Answers 429, with or without saying when to come again.
    case rateLimited(retryAfter: Duration?)
    /// Takes this many times as long.
    case slow(factor: Double)
    /// Accepts the request and never answers.
    case hanging
    /// Answers 401.
    case wrongKey
    /// Answers 402.
    case quotaExhausted
    /// Presents a certificate that proves nothing.
    case badTLS
    /// Does not accept connections.
    case refusing
  }

  package var kind: Kind
  /// Index of the provider.
  package var provider: Int
  /// Index of the key that it is confined to; nil for all.
  package var key: Int?

  package init(_ kind: Kind, provider: Int = 0, key: Int? = nil) {
    self.kind = kind
    self.provider = provider
    self.key = key
  }
}
