package import Bytes

/// A provider of models behind an API: how long it takes, how it fails, what it allows and what it
/// bills, as a gateway or rehearsal file states it.
package struct ProviderProfile: Sendable, Equatable, Decodable {
  /// Time from the request's arrival to the answer, log-normal.
  package struct Latency: Sendable, Equatable, Decodable {
    package var median: TimeSpan
    /// 99 % of answers take no longer; the median itself for a constant.
    package var p99: TimeSpan

    package init(median: TimeSpan, p99: TimeSpan) {
      self.median = median
      self.p99 = p99
    }
  }

  /// Shares of requests that fail in ordinary operation, drawn independently.
  package struct Errors: Sendable, Equatable, Decodable {
    /// Answered 500.
    package var internalError: Double?
    /// Answered 503.
    package var unavailable: Double?
    /// Never answered.
    package var hanging: Double?
    /// The connection breaks.
    package var connection: Double?

    package init(
      internalError: Double? = nil, unavailable: Double? = nil, hanging: Double? = nil,
      connection: Double? = nil
    ) {
      self.internalError = internalError
      self.unavailable = unavailable
      self.hanging = hanging
      self.connection = connection
    }
  }

  /// What one key may use; each key is an account of its own.
  package struct Limits: Sendable, Equatable, Decodable {
    package var requestsPerMinute: Int?
    package var tokensPerMinute: Int?
    /// Anew at each midnight, UTC.
    package var requestsPerDay: Int?
    /// Whether a 429 says when to come again; true unless said otherwise.
    package var sendsRetryAfter: Bool?

    package init(
      requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, requestsPerDay: Int? = nil,
      sendsRetryAfter: Bool? = nil
    ) {
      self.requestsPerMinute = requestsPerMinute
      self.tokensPerMinute = tokensPerMinute
      self.requestsPerDay = requestsPerDay
      self.sendsRetryAfter = sendsRetryAfter
    }
  }

  package struct Tokens: Sendable, Equatable, Decodable {
    package var input: Int
    package var output: Int

    package init(input: Int, output: Int) {
      self.input = input
      self.output = output
    }
  }

  package struct Price: Sendable, Equatable, Decodable {
    package var request: Money?
    package var inputPerMillion: Money?
    package var outputPerMillion: Money?

    package init(
      request: Money? = nil, inputPerMillion: Money? = nil, outputPerMillion: Money? = nil
    ) {
      self.request = request
      self.inputPerMillion = inputPerMillion
      self.outputPerMillion = outputPerMillion
    }
  }

  package struct Key: Sendable, Equatable, Decodable {
    package var name: String
    /// Share of requests among the weights of all keys; 1 unless said otherwise.
    package var weight: Double?

    package init(name: String, weight: Double? = nil) {
      self.name = name
      self.weight = weight
    }
  }

  package var name: String
  package var model: String?
  package var latency: Latency
  /// How long an answer that is an error takes; 50 ms unless said otherwise.
  package var errorLatency: TimeSpan?
  package var errors: Errors?
  package var limits: Limits?
  /// Of one call, whatever its image: providers bill images by tiles, not by bytes.
  package var tokens: Tokens?
  package var price: Price?
  /// Size of an answer; 800 bytes unless said otherwise.
  package var responseBytes: ByteCount?
  /// One key without a name of its own when none is given.
  package var keys: [Key]?
  /// Share among the providers of one group; 1 unless said otherwise.
  package var weight: Double?
  /// What all calls together may spend here before the gateway routes around it.
  package var budget: BudgetProfile?

  package init(name: String, latency: Latency) {
    self.name = name
    self.latency = latency
  }
}

extension ProviderProfile {
  package var allKeys: [Key] { keys ?? [Key(name: "default")] }
  package var allTokens: Int { (tokens?.input ?? 0) + (tokens?.output ?? 0) }

  /// Price of one answered call in micro-units, rounded up to a whole one.
  package var costOfCall: Int64 {
    var millionths = Double(price?.request?.microUnits ?? 0) * 1e6
    millionths += Double(price?.inputPerMillion?.microUnits ?? 0) * Double(tokens?.input ?? 0)
    millionths += Double(price?.outputPerMillion?.microUnits ?? 0) * Double(tokens?.output ?? 0)
    return Int64((millionths / 1e6).rounded(.up))
  }

  /// - Parameter path: Where the provider stands in its file, for messages.
  package func check(_ path: String) throws(InputError) {
    func fail(_ key: String, _ problem: String) -> InputError {
      InputError(at: .key("\(path).\(key)"), problem)
    }
    guard !name.isEmpty else { throw fail("name", "expected a name, found none") }
    guard latency.median.nanoseconds > 0 else {
      throw fail("latency.median", "expected more than 0")
    }
    guard latency.p99.nanoseconds >= latency.median.nanoseconds,
      latency.p99.nanoseconds <= 86_400_000_000_000
    else {
      throw fail("latency.p99", "expected at least the median and at most 24 h")
    }
    guard (0...86_400_000_000_000).contains(errorLatency?.nanoseconds ?? 0) else {
      throw fail("errorLatency", "expected at most 24 h")
    }
    guard (0...1_000_000_000).contains(responseBytes?.bytes ?? 0) else {
      throw fail("responseBytes", "expected at most 1 GB")
    }
    let shares = [
      errors?.internalError, errors?.unavailable, errors?.hanging, errors?.connection,
    ].map { $0 ?? 0 }
    guard shares.allSatisfy({ (0...1).contains($0) }), shares.reduce(0, +) <= 1 else {
      throw fail("errors", "expected shares from 0 to 1 with a sum of at most 1")
    }
    for (key, limit) in [
      ("requestsPerMinute", limits?.requestsPerMinute),
      ("tokensPerMinute", limits?.tokensPerMinute),
      ("requestsPerDay", limits?.requestsPerDay),
    ] {
      guard let limit else { continue }
      guard (1...1_000_000_000).contains(limit) else {
        throw fail("limits.\(key)", "expected a limit from 1 to 1e9, found \(limit)")
      }
    }
    guard (0...10_000_000).contains(tokens?.input ?? 0),
      (0...10_000_000).contains(tokens?.output ?? 0)
    else { throw fail("tokens", "expected counts from 0 to 10,000,000") }
    try checkKeys(path)
    try budget?.check("\(path).budget")
  }

  private func checkKeys(_ path: String) throws(InputError) {
    guard (1...64).contains(allKeys.count) else {
      throw InputError(
        at: .key("\(path).keys"), "expected 1 to 64 keys, found \(allKeys.count)")
    }
    var names: Set<String> = []
    for (index, key) in allKeys.enumerated() {
      guard names.insert(key.name).inserted else {
        throw InputError(at: .key("\(path).keys[\(index)].name"), "‘\(key.name)’ occurs twice")
      }
      guard (0...1e9).contains(key.weight ?? 1) else {
        throw InputError(
          at: .key("\(path).keys[\(index)].weight"), "expected a weight from 0 to 1e9")
      }
    }
    guard allKeys.contains(where: { ($0.weight ?? 1) > 0 }) else {
      throw InputError(at: .key("\(path).keys"), "expected a key with a weight above 0")
    }
    guard (0...1e9).contains(weight ?? 1) else {
      throw InputError(at: .key("\(path).weight"), "expected a weight from 0 to 1e9")
    }
  }
}
