package import Bytes

#if canImport(Glibc)
  import Glibc
#endif

/// An amount of the file's currency, `200` or `0.000165`, in whole micro-units.
package struct Money: Equatable, Sendable, Decodable {
  package var microUnits: Int64

  package init(microUnits: Int64) { self.microUnits = microUnits }

  /// Amounts stay below a million million, so that a sum over all calls of a run fits 63 bits.
  package static let most = 1e9

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let amount = try? container.decode(Double.self) else {
      throw InputError(
        at: .nowhere, "expected an amount such as 4.20, in the currency of the file, without a sign"
      )
    }
    let micro = (amount * 1e6).rounded()
    guard amount >= 0, amount <= Self.most, abs(amount * 1e6 - micro) <= 1e-6 * max(1, abs(micro))
    else {
      throw InputError(
        at: .nowhere, "expected an amount from 0 to 1e9 with at most six decimals, found \(amount)")
    }
    microUnits = Int64(micro)
  }
}

/// How often a budget or a limit begins anew.
package enum ResetPeriod: Sendable, Equatable, Decodable {
  case nanoseconds(Int64)
  case months(Int)

  private static let hour: Int64 = 3_600_000_000_000
  /// Bifrost's names of periods; a rolling month, quarter or year has 30, 90 or 365 days.
  private static let names: [(String, ResetPeriod)] = [
    ("1m", .nanoseconds(60_000_000_000)), ("5m", .nanoseconds(300_000_000_000)),
    ("1h", .nanoseconds(hour)), ("1d", .nanoseconds(24 * hour)), ("1w", .nanoseconds(168 * hour)),
    ("1M", .months(1)), ("1Q", .months(3)), ("1Y", .months(12)),
  ]

  package static func named(_ text: String) -> ResetPeriod? {
    names.first { $0.0 == text }?.1
  }

  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let period = Self.named(text) else {
      let list = Self.names.map(\.0).joined(separator: ", ")
      throw InputError(at: .nowhere, "expected one of \(list), found “\(text)”")
    }
    self = period
  }

  /// Length of a rolling period.
  package var nanoseconds: Int64 {
    switch self {
    case .nanoseconds(let length): length
    case .months(let count): (count == 12 ? 365 : Int64(count) * 30) * 24 * Self.hour
    }
  }
}

/// What may be spent in a period.
package struct BudgetProfile: Sendable, Equatable, Decodable {
  package var limit: Money
  package var every: ResetPeriod

  package init(limit: Money, every: ResetPeriod) {
    self.limit = limit
    self.every = every
  }

  package func check(_ path: String) throws(InputError) {
    guard limit.microUnits > 0 else {
      throw InputError(
        at: .key("\(path).limit"), "expected more than 0, found a ceiling of zero",
        advice: "leave the budget out, or set the key to isActive: false")
    }
  }
}
