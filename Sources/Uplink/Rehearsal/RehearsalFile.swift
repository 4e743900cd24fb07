package import Boards
package import Bytes
import VirtualTime

/// A rehearsal file as written, before its numbers are checked and its files are opened.
package struct RehearsalFile: Sendable, Decodable {
  package struct Transport: Sendable, Decodable {
    package struct Timeouts: Sendable, Decodable {
      var connect: TimeSpan?
      var attempt: TimeSpan?
      var overall: TimeSpan?
    }

    package enum Resumption: String, Sendable, CaseIterable, Decodable {
      case none
      case tickets
      case earlyData
    }

    var `protocol`: TransportProtocol?
    var security: Security?
    var resumption: Resumption?
    var connections: Int?
    var keepAlive: TimeSpan?
    var nameLifetime: TimeSpan?
    var timeouts: Timeouts?
    var attempts: Int?
    var backoff: TimeSpan?
    var retriedStatuses: [Int]?
    var queue: Int?
  }

  package struct Stations: Sendable, Decodable {
    var name: String
    var count: Int?
    var team: String?
    /// Virtual, for a gateway.
    var key: String?
    /// The provider's own, without a gateway.
    var providerKey: String?
    var requests: Requests?
  }

  /// Requests made up from a seed.
  package struct Requests: Sendable, Decodable {
    package enum Arrivals: String, Sendable, CaseIterable, Decodable {
      case poisson
      case regular
    }

    package struct Prompt: Sendable, Decodable {
      var name: String
      var from: TimeSpan?
    }

    package struct Variant: Sendable, Decodable {
      var name: String
      var share: Double?
    }

    package struct Images: Sendable, Decodable {
      var repeated: Double?
      var lookAlike: Double?
      var differingBits: Int?
    }

    var every: TimeSpan
    var arrivals: Arrivals?
    var bytes: ByteCount
    var bytesSpread: Double?
    var from: TimeSpan?
    var to: TimeSpan?
    var prompts: [Prompt]?
    var variants: [Variant]?
    var images: Images?
  }

  package struct Incident: Sendable, Decodable {
    package enum Kind: String, Sendable, CaseIterable, Decodable {
      case linkDown = "link-down"
      case linkSlow = "link-slow"
      case linkLossy = "link-lossy"
      case linkLatency = "link-latency"
      case nameFailure = "dns-failure"
      case captivePortal = "captive-portal"
      case addressRebinding = "nat-rebinding"
      case clockSkew = "clock-skew"
      case providerError = "provider-error"
      case providerRateLimited = "provider-429"
      case providerSlow = "provider-slow"
      case providerHanging = "provider-hanging"
      case providerRefusing = "provider-refusing"
      case wrongKey = "wrong-key"
      case quotaExhausted = "quota-exhausted"
      case badTLS = "bad-tls"
    }

    package enum NameAnswer: String, Sendable, CaseIterable, Decodable {
      case refused
      case silent
    }

    var at: TimeSpan
    var `for`: TimeSpan?
    var kind: Kind
    /// Station groups or stations; all when left out.
    var stations: [String]?
    var rate: Double?
    var loss: Double?
    var delay: TimeSpan?
    var answer: NameAnswer?
    var ahead: TimeSpan?
    var behind: TimeSpan?
    var provider: String?
    var key: String?
    var status: Int?
    var retryAfter: TimeSpan?
    var factor: Double?
  }

  package struct Expect: Sendable, Decodable {
    var inTimeAtLeast: Double?
    var p95AtMost: TimeSpan?
    var costAtMost: Money?
    var falseHitsAtMost: Int?
  }

  package var name: String
  package var summary: String?
  package var seed: Int?
  package var duration: TimeSpan?
  /// A preset's name or a file of any kind that describes a link.
  package var link: String
  package var sharesLink: Bool?
  package var transport: Transport?
  package var deadline: TimeSpan?
  /// A preset's name or a file.
  package var gateway: String?
  package var providers: [ProviderProfile]?
  package var stations: [Stations]
  /// A request trace; else every group of stations makes its own.
  package var trace: String?
  package var incidents: [Incident]?
  package var currency: String?
  package var expect: Expect?

  /// Reads a rehearsal; `rehearsals/` has commented ones.
  ///
  ///     {
  ///       name: "17 minutes without a link", seed: 1, duration: "2h",
  ///       link: "good-lte", sharesLink: false, deadline: "2s",
  ///       transport: { protocol: "http1", security: "tls13", connections: 2, attempts: 2,
  ///                    timeouts: { connect: "1s", attempt: "2s", overall: "2s" } },
  ///       gateway: "bifrost",                     // may be left out
  ///       providers: [{ name: "vision", latency: { median: "400ms", p99: "900ms" } }],
  ///       stations: [{ name: "line", count: 3, team: "assembly", key: "lines",
  ///                    requests: { every: "1290ms", bytes: 15800 } }],  // or a trace for all
  ///       incidents: [{ at: "40min", for: "17min", kind: "link-down" }],
  ///       expect: { inTimeAtLeast: 0.84 },
  ///     }
  ///
  /// - Throws: `InputError` with the line of what is missing, unknown or malformed.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    do throws(InputError) {
      self = try ConfigurationFile.decode(RehearsalFile.self, bytes: bytes, file: file)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes)
    }
  }

  /// The network of a file of another kind, everything that it does not state left out.
  package init(name: String, link: String, stations: [Stations]) {
    self.name = name
    self.link = link
    self.stations = stations
  }
}

extension TransportProtocol: Decodable {}
extension Security: Decodable {}
