/// What calls came to, in total and by whom they are charged to.
///
/// Every call is counted under one fate, one virtual key (or none) and one station; every attempt
/// under one provider and one of its keys. So the columns of each table add up to the total.
package struct Ledger: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package var calls = 0
    /// Calls answered with 200.
    package var answered = 0
    package var attempts = 0
    package var bytesIn = 0
    package var bytesOut = 0
    /// Billed by providers, in micro-units.
    package var cost: Int64 = 0

    package init() {}

    package static func += (a: inout Row, b: Row) {
      a.calls += b.calls
      a.answered += b.answered
      a.attempts += b.attempts
      a.bytesIn += b.bytesIn
      a.bytesOut += b.bytesOut
      a.cost += b.cost
    }
  }

  /// Attempts of one provider with one key.
  package struct KeyRow: Sendable, Equatable {
    /// Attempts that failed in the same way.
    package struct Failure: Sendable, Equatable {
      package var failure: FailureClass
      /// 0 when the provider said nothing.
      package var status: Int
      package var count: Int
    }

    package var attempts = 0
    package var successes = 0
    package var cost: Int64 = 0
    /// In the order in which they first occurred.
    package var failures: [Failure] = []

    package init() {}

    mutating func fail(_ failure: FailureClass, _ status: Int, count: Int = 1) {
      if let index = failures.firstIndex(where: { $0.failure == failure && $0.status == status }) {
        failures[index].count += count
      } else {
        failures.append(Failure(failure: failure, status: status, count: count))
      }
    }
  }

  package var total = Row()
  /// By virtual key; the last row has the calls without one, or with one that is not known.
  package internal(set) var byVirtualKey: [Row]
  package internal(set) var byAccount: [Row]
  /// By station number; it grows as stations appear.
  package internal(set) var byStation: [Row] = []
  /// By provider, then by key.
  package internal(set) var byKey: [[KeyRow]]
  /// Calls that ended with each error, in the order of `ErrorType.allCases`.
  package internal(set) var errors = [Int](repeating: 0, count: ErrorType.allCases.count)
  /// Calls by the number of their attempts; the last counts all with more.
  package internal(set) var callsByAttempts = [Int](repeating: 0, count: 65)
  /// Calls whose callers hung up.
  package internal(set) var abandoned = 0
  package internal(set) var exactHits = 0
  package internal(set) var nearHits = 0
  package internal(set) var falseHits = 0
  package internal(set) var misses = 0
  /// Calls that shared the answer of an equal one.
  package internal(set) var shared = 0
  package internal(set) var hedges = 0
  /// Calls whose hedge answered first.
  package internal(set) var hedgesWon = 0
  package internal(set) var fallbacks = 0
  /// Calls answered by a provider other than the primary's group.
  package internal(set) var fallbacksWon = 0
  package internal(set) var retries = 0
  /// Attempts left out since they could not have met a deadline.
  package internal(set) var skippedForDeadline = 0
  /// Billed for answers that nobody waited for any more.
  package internal(set) var wastedCost: Int64 = 0
  /// Billed again for a call that had been paid for: the same idempotency key.
  package internal(set) var duplicateCost: Int64 = 0
  package internal(set) var duplicates = 0

  init(virtualKeys: Int, accounts: Int, providerKeys: [Int]) {
    byVirtualKey = [Row](repeating: Row(), count: virtualKeys + 1)
    byAccount = [Row](repeating: Row(), count: accounts)
    byKey = providerKeys.map { [KeyRow](repeating: KeyRow(), count: $0) }
  }

  /// A provider's keys together.
  package func provider(_ index: Int) -> KeyRow {
    byKey[index].reduce(into: KeyRow()) { sum, row in
      sum.attempts += row.attempts
      sum.successes += row.successes
      sum.cost += row.cost
      for failure in row.failures {
        sum.fail(failure.failure, failure.status, count: failure.count)
      }
    }
  }

  /// Adds a call that has ended.
  mutating func add(_ row: Row, virtualKey: Int?, accounts: [Int], station: Int) {
    total += row
    callsByAttempts[min(row.attempts, callsByAttempts.count - 1)] += 1
    byVirtualKey[virtualKey ?? byVirtualKey.count - 1] += row
    for account in accounts { byAccount[account] += row }
    if station >= byStation.count {
      byStation += [Row](repeating: Row(), count: station + 1 - byStation.count)
    }
    byStation[max(station, 0)] += row
  }

  mutating func add(_ attempt: Attempt) {
    byKey[attempt.provider][attempt.key].attempts += 1
    byKey[attempt.provider][attempt.key].cost += attempt.cost
    guard let failure = attempt.failure else {
      byKey[attempt.provider][attempt.key].successes += 1
      return
    }
    byKey[attempt.provider][attempt.key].fail(failure, attempt.status)
    wastedCost += attempt.cost
  }
}
