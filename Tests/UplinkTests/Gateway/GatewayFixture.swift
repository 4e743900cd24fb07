import Boards
import Bytes
import TestSupport
import Uplink
import VirtualTime

/// Gateways over providers that answer after 100 ms, or fail as told.
enum GatewayFixture {
  static func bytes(_ name: String) throws(InputError) -> [UInt8] {
    do {
      return try SharedData.own("boards/gateways/\(name).json5")
    } catch {
      throw InputError(at: .nowhere, "\(error)")
    }
  }

  static func preset(_ name: String) throws -> GatewayProfile {
    try GatewayProfile(parsing: bytes(name), file: name, preset: bytes)
  }

  static func provider(_ name: String, keys: Int = 1, milliseconds: Int = 100) -> ProviderProfile {
    let span = TimeSpan(nanoseconds: milliseconds * 1_000_000)
    var profile = ProviderProfile(name: name, latency: .init(median: span, p99: span))
    profile.errorLatency = TimeSpan(nanoseconds: 10_000_000)
    profile.keys = (0..<keys).map { .init(name: "k\($0)") }
    profile.price = .init(request: Money(microUnits: 1_000_000))
    return profile
  }

  /// A gateway over providers named a, b, c …, each a fallback of the one before.
  static func profile(_ preset: String, providers: [ProviderProfile]) throws -> GatewayProfile {
    var profile = try self.preset(preset).serving(providers)
    // So that times in tests are those of providers alone.
    profile.rules.overhead = TimeSpan(nanoseconds: 0)
    return profile
  }

  /// The answer to one call, with incidents in force from the beginning, and when it came.
  static func answer(
    _ profile: GatewayProfile, _ incidents: [ProviderIncident] = [], call: Call = Call(id: 1)
  ) -> (answer: Answer, at: Instant, gateway: Gateway) {
    var gateway = Gateway(profile, seed: 1)
    for incident in incidents { gateway.impose(incident, at: .zero) }
    var run = FarEndRun()
    run.submit(call, to: &gateway, at: .zero)
    run.finish(&gateway)
    let (answer, at) = run.answers[call.id]!
    return (answer, at, gateway)
  }
}
