package import VirtualTime

/// How stations make requests: their connections, what they wait for, and when they try again.
package struct StationRules: Sendable, Equatable {
  package enum Resumption: String, Sendable, CaseIterable {
    case none
    /// A session ticket from the connection before.
    case tickets
    /// The request travels with the first flight.
    case earlyData
  }

  package var transport = TransportProtocol.http1
  package var security = Security.tls13
  package var resumption = Resumption.none
  /// Of one station, at most.
  package var connections = 2
  /// How long an unused connection stays open.
  package var keepAlive = Duration.seconds(60)
  /// How long an address is remembered.
  package var nameLifetime = Duration.seconds(60)
  /// From connecting to readiness.
  package var connectTimeout: Duration
  /// From sending a request to its answer.
  package var attemptTimeout: Duration
  /// From a request's birth to the end of all waiting for it.
  package var overallTimeout: Duration
  /// After which an answer is late.
  package var deadline: Duration
  /// A request is sent at most so often; failures to connect count too.
  package var attempts = 2
  /// Before a second attempt; twice as long before each further one.
  package var backoff = Duration.zero
  /// Statuses after which another attempt is made; broken connections always allow one.
  package var retriedStatuses: [Int] = []
  /// Requests that may wait for a connection.
  package var queueLimit = 1_000

  package init(deadline: Duration = .seconds(2)) {
    self.deadline = deadline
    overallTimeout = deadline
    attemptTimeout = deadline
    connectTimeout = deadline
  }

  /// Requests at one time on a connection: RFC 9113 §6.5.2 recommends at least 100.
  package var streams: Int { transport == .http1 ? 1 : 100 }

  /// - Parameter isFirst: Whether the station has never connected before.
  func security(isFirst: Bool) -> Security {
    guard !isFirst else { return security }
    switch (security, resumption) {
    case (.tls12, .tickets): return .tls12Resumed
    case (.tls13, .tickets): return .tls13Resumed
    case (.tls13, .earlyData): return .tls13EarlyData
    default: return security
    }
  }
}
