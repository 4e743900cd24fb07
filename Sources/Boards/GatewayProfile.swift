package import Bytes

/// Whoever a budget binds: a customer, a team, a person, a station's group.
package struct AccountProfile: Sendable, Equatable, Decodable {
  package enum Kind: String, Sendable, CaseIterable, Decodable {
    case customer, team, person, station
  }

  package var name: String
  package var kind: Kind
  /// The account whose limits bind as well.
  package var within: String?
  package var budget: BudgetProfile?
  package var rateLimit: RateLimitProfile?

  package init(
    name: String,
    kind: Kind,
    within: String? = nil,
    budget: BudgetProfile? = nil,
    rateLimit: RateLimitProfile? = nil
  ) {
    self.name = name
    self.kind = kind
    self.within = within
    self.budget = budget
    self.rateLimit = rateLimit
  }
}

/// Requests and tokens allowed in a period.
package struct RateLimitProfile: Sendable, Equatable, Decodable {
  package var requests: Int?
  package var tokens: Int?
  package var every: ResetPeriod

  package init(
    requests: Int? = nil,
    tokens: Int? = nil,
    every: ResetPeriod
  ) {
    self.requests = requests
    self.tokens = tokens
    self.every = every
  }
}

/// A key that a gateway hands out.
package struct VirtualKeyProfile: Sendable, Equatable, Decodable {
  package var name: String
  /// Accounts that its calls are charged to, with all that these lie within.
  package var accounts: [String]?
  package var isActive: Bool?
  package var budget: BudgetProfile?
  package var rateLimit: RateLimitProfile?

  package init(
    name: String,
    accounts: [String]? = nil,
    isActive: Bool? = nil,
    budget: BudgetProfile? = nil,
    rateLimit: RateLimitProfile? = nil
  ) {
    self.name = name
    self.accounts = accounts
    self.isActive = isActive
    self.budget = budget
    self.rateLimit = rateLimit
  }
}

/// A gateway as `boards/gateways/NAME.json5` or a file of the user's own states it: rules, and for
/// whom they are applied.
package struct GatewayProfile: Sendable, Equatable {
  package var name: String
  package var title: String
  package var rules: GatewayRules
  package var currency: String
  package var providers: [ProviderProfile]
  /// The chain of groups that a call goes through: the primary's, then the fallbacks'; indices into
  /// `providers`.
  package var chain: [[Int]]
  package var accounts: [AccountProfile]
  /// For each account, the index of the one that it lies within.
  package var parents: [Int?]
  package var virtualKeys: [VirtualKeyProfile]
  /// For each virtual key, every account that binds it, nearest first, each once.
  package var bindings: [[Int]]
  package var requiresVirtualKey: Bool
  /// Periods begin at midnight, on Mondays and on the first of a month, UTC, instead of rolling.
  package var isCalendarAligned: Bool
  /// Seconds from 1970-01-01 UTC to the beginning of virtual time.
  package var startsAt: Int64
}

extension GatewayProfile {
  /// Reads a gateway file; one that names a preset says only what differs from it.
  ///
  /// - Parameter preset: The bytes of a bundled preset.
  /// - Throws: `InputError` with the line, for syntax, unknown names and units, ceilings of zero,
  ///   and cycles in accounts or fallbacks.
  package init(
    parsing bytes: [UInt8], file: String,
    preset: (String) throws(InputError) -> [UInt8]
  ) throws(InputError) {
    do throws(InputError) {
      var base: [UInt8]?
      if let name = try ConfigurationFile.string(named: "preset", in: bytes) {
        do throws(InputError) {
          base = try preset(name)
        } catch {
          throw InputError(at: .key("preset"), error.problem, advice: error.advice)
        }
      }
      let raw = try ConfigurationFile.decode(GatewayFile.self, bytes: bytes, over: base, file: file)
      self = try raw.checked()
    } catch {
      throw ConfigurationFile.withLine(error, in: bytes).inFile(file)
    }
  }

  package func provider(named name: String) -> Int? { providers.firstIndex { $0.name == name } }
  package func virtualKey(named name: String) -> Int? {
    virtualKeys.firstIndex { $0.name == name }
  }
  package func account(named name: String) -> Int? { accounts.firstIndex { $0.name == name } }

  /// The same rules over other providers, the first of which is the primary and the others its
  /// fallbacks in order.
  package func serving(_ providers: [ProviderProfile]) -> GatewayProfile {
    var profile = self
    profile.providers = providers
    profile.chain = providers.indices.map { [$0] }
    return profile
  }

  /// - Throws: When there is no provider to send a call to, as in a bare preset.
  package func requireProviders() throws(InputError) {
    guard !chain.isEmpty else {
      throw InputError(
        at: .key("providers"), "expected at least one provider, found none",
        advice: "‘\(name)’ states only rules: name providers for it")
    }
  }
}
