package import Boards
package import Bytes
import VirtualTime

/// A batch of images to be scored, as its JSON5 file describes it.
package struct BatchFile: Sendable, Decodable {
  package var name: String
  package var summary: String?
  var seed: Int?
  /// A preset's name, or a file relative to this one.
  package var gateway: String
  package var providers: [ProviderProfile]?
  var images: Int
  var bytes: ByteCount?
  var inFlight: Int?
  var requestsPerMinute: Int?
  var attempts: Int?
  var backoff: TimeSpan?
  var roundTrip: TimeSpan?
  /// A ceiling over the whole batch.
  package var budget: Money?
  /// One of the gateway's virtual keys, instead of a budget of the batch's own.
  var virtualKey: String?
  var incidents: [RehearsalFile.Incident]?

  /// - Throws: `InputError` with the line.
  package init(parsing bytes: [UInt8], file: String) throws(InputError) {
    do throws(InputError) {
      self = try ConfigurationFile.decode(Self.self, bytes: bytes, file: file)
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes)
    }
  }

  package var randomSeed: UInt64 { UInt64(truncatingIfNeeded: seed ?? 1) }

  /// What the batch does, and the gateway with the batch's key in it.
  ///
  /// - Parameter gateway: What `gateway` names, over the batch's providers where it has any.
  package func plan(
    _ gateway: GatewayProfile
  ) throws(InputError) -> (BatchPlan, GatewayProfile) {
    func count(_ value: Int, _ key: String, _ most: Int) throws(InputError) -> Int {
      guard (1...most).contains(value) else {
        throw InputError(at: .key(key), "expected 1 to \(most), found \(value)")
      }
      return value
    }
    var gateway = gateway
    if let providers {
      for (index, provider) in providers.enumerated() { try provider.check("providers[\(index)]") }
      gateway = gateway.serving(providers)
    }
    try gateway.requireProviders()
    var plan = BatchPlan(images: try count(images, "images", 10_000_000))
    plan.bytes = bytes?.bytes ?? plan.bytes
    plan.inFlight = try count(inFlight ?? plan.inFlight, "inFlight", 10_000)
    if let requestsPerMinute {
      plan.requestsPerMinute = try count(requestsPerMinute, "requestsPerMinute", 1_000_000)
    }
    plan.attempts = try count(attempts ?? plan.attempts, "attempts", 1_000)
    plan.backoff = try span(backoff, "backoff") ?? plan.backoff
    plan.roundTrip = try span(roundTrip, "roundTrip") ?? plan.roundTrip
    plan.incidents = try timedIncidents(gateway.providers)
    plan.virtualKey = try addKey(&gateway)
    return (plan, gateway)
  }

  private func span(_ span: TimeSpan?, _ key: String) throws(InputError) -> Duration? {
    guard let span else { return nil }
    guard span.nanoseconds <= 3_600_000_000_000 else {
      throw InputError(at: .key(key), "expected at most 1 h")
    }
    return Duration(nanoseconds: Int64(span.nanoseconds))
  }

  /// The batch's place among the gateway's virtual keys.
  private func addKey(_ gateway: inout GatewayProfile) throws(InputError) -> Int? {
    if let virtualKey {
      guard budget == nil else {
        throw InputError(
          at: .key("budget"), "expected none beside a virtual key, which has its own")
      }
      guard let index = gateway.virtualKey(named: virtualKey) else {
        let names = gateway.virtualKeys.map(\.name)
        throw InputError(
          at: .key("virtualKey"), "expected a virtual key of the gateway, found ‘\(virtualKey)’",
          advice: virtualKey.closest(in: names).map { "did you mean ‘\($0)’?" })
      }
      return index
    }
    guard let budget else { return nil }
    let profile = BudgetProfile(limit: budget, every: .months(12))
    guard budget.microUnits > 0 else {
      throw InputError(at: .key("budget"), "expected more than 0, found a ceiling of zero")
    }
    gateway.virtualKeys.append(VirtualKeyProfile(name: name, budget: profile))
    gateway.bindings.append([])
    return gateway.virtualKeys.count - 1
  }

  private func timedIncidents(
    _ providers: [ProviderProfile]
  ) throws(InputError) -> [TimedProviderIncident] {
    var found: [TimedProviderIncident] = []
    for (index, raw) in (incidents ?? []).enumerated() {
      let path = "incidents[\(index)]"
      let incident = try Incident(raw, path, stations: [], providers: providers)
      guard case .provider(let what) = incident.kind else {
        throw InputError(
          at: .key("\(path).kind"),
          "expected an incident of a provider, found \(raw.kind.rawValue)",
          advice: "a batch has no link of its own: see preflash rehearse gateway")
      }
      found.append(TimedProviderIncident(what, start: incident.start, end: incident.end))
    }
    return found
  }
}
