package import Boards
package import Uplink
import VirtualTime

/// What `rehearse batch` tells: what became of the images, what it cost and how long it took.
package struct BatchReport: Sendable {
  package var name: String
  package var gatewayName: String
  package var currency: String
  package var budget: Money?
  package var plan: BatchPlan
  package var result: BatchResult
  package var ledger: Ledger
  package var providers: [String]

  package init(_ file: BatchFile, _ plan: BatchPlan, _ run: BatchRun) {
    name = file.name
    gatewayName = run.gateway.profile.name
    currency = run.gateway.profile.currency
    budget = file.budget
    self.plan = plan
    result = run.result
    ledger = run.gateway.ledger
    providers = run.gateway.profile.providers.map(\.name)
  }

  /// Nothing billed beyond the budget.
  package var keepsBudget: Bool { budget.map { ledger.total.cost <= $0.microUnits } ?? true }

  private func money(_ microUnits: Int64) -> String {
    "\((Double(microUnits) / 1e6).fixed(2)) \(currency)"
  }

  private var hours: Double { result.took.inSeconds / 3600 }

  package func text(_ style: Style) -> String {
    var out = style(.bold, name) + "\n"
    var table = TextTable([.init(""), .init("", .right), .init("")])
    table.add("Images", plan.images.grouped, "through \(gatewayName)")
    table.add("Scored", result.scored.grouped, "")
    for (type, count) in zip(ErrorType.allCases, result.failed) where count > 0 {
      table.add("Failed", count.grouped, type.rawValue)
    }
    if result.refused > 0 { table.add("Refused", result.refused.grouped, "budget used up") }
    if result.unsent > 0 { table.add("Unsent", result.unsent.grouped, "when it ended") }
    table.add("Calls", result.calls.grouped, "")
    if result.rateLimited > 0 {
      table.add("Told to wait", result.rateLimited.grouped, "")
    }
    if result.retried > 0 { table.add("Tried again", result.retried.grouped, "") }
    table.add("Attempts", ledger.total.attempts.grouped, "at providers")
    for index in providers.indices {
      let row = ledger.provider(index)
      table.add("", row.attempts.grouped, "\(providers[index]), \(money(row.cost))")
    }
    let ceiling = budget.map { "of \(money($0.microUnits))" } ?? ""
    table.add("Cost", money(ledger.total.cost), ceiling)
    if ledger.wastedCost > 0 {
      table.add("", money(ledger.wastedCost), "for answers not waited for")
    }
    if ledger.duplicateCost > 0 {
      table.add("", money(ledger.duplicateCost), "for images scored twice")
    }
    table.add("Took", "\(hours.fixed(2)) h", "")
    out += table.text(style, indent: 2)
    if !keepsBudget { out += style(.red, "  The budget is overshot.") + "\n" }
    return out
  }

  package var json: JSONValue {
    [
      "name": .string(name), "gateway": .string(gatewayName), "currency": .string(currency),
      "images": .integer(plan.images), "scored": .integer(result.scored),
      "failed": .object(
        zip(ErrorType.allCases, result.failed).filter { $0.1 > 0 }.map {
          .init($0.0.rawValue, .integer($0.1))
        }),
      "refused": .integer(result.refused), "unsent": .integer(result.unsent),
      "calls": .integer(result.calls), "rateLimited": .integer(result.rateLimited),
      "retried": .integer(result.retried), "attempts": .integer(ledger.total.attempts),
      "costMicroUnits": .integer(Int(ledger.total.cost)),
      "wastedCostMicroUnits": .integer(Int(ledger.wastedCost)),
      "duplicateCostMicroUnits": .integer(Int(ledger.duplicateCost)),
      "budgetMicroUnits": budget.map { .integer(Int($0.microUnits)) } ?? .null,
      "hours": .decimal(hours, places: 4),
      "scoredByHour": .array(result.hourly.map { .integer($0) }),
      "providers": .array(
        providers.indices.map { index in
          let row = ledger.provider(index)
          return [
            "name": .string(providers[index]), "attempts": .integer(row.attempts),
            "successes": .integer(row.successes), "costMicroUnits": .integer(Int(row.cost)),
          ]
        }),
    ]
  }
}
