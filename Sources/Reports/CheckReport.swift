/// Every scenario of a folder against its baseline.
package struct CheckReport: Equatable, Sendable {
  package enum Finding: Equatable, Sendable {
    case unchanged
    case changed([Baseline.Change])
    /// There is no baseline to compare with.
    case noBaseline
    /// The baseline was written; the changes from the one before, if there was one.
    case updated([Baseline.Change])
  }

  package struct Item: Equatable, Sendable {
    /// The scenario file's path.
    package var scenario: String
    package var finding: Finding
    package var figureCount: Int

    package init(scenario: String, finding: Finding, figureCount: Int) {
      self.scenario = scenario
      self.finding = finding
      self.figureCount = figureCount
    }
  }

  package var items: [Item]
  /// The folder as typed, for the advice.
  package var folder: String

  package init(folder: String, items: [Item]) {
    self.folder = folder
    self.items = items
  }

  package var passes: Bool {
    items.allSatisfy { item in
      switch item.finding {
      case .unchanged, .updated: true
      case .changed, .noBaseline: false
      }
    }
  }

  package func text(_ style: Style = .plain) -> String {
    var out = ""
    for item in items {
      switch item.finding {
      case .unchanged:
        out += style(.green, "same   ") + " \(item.scenario): \(item.figureCount) figures\n"
      case .changed(let changes):
        out += style(.red, "CHANGED") + " \(item.scenario): \(changes.count) of "
        out += "\(item.figureCount) figures\n" + Self.list(changes)
      case .noBaseline:
        out += style(.red, "MISSING") + " \(item.scenario): no baseline.json beside it\n"
      case .updated(let changes):
        out += style(.yellow, "written") + " \(item.scenario): \(item.figureCount) figures, "
        out += "\(changes.count) changed\n" + Self.list(changes)
      }
    }
    let bad = items.count { item in
      if case .changed = item.finding { return true }
      return item.finding == .noBaseline
    }
    if bad == 0 {
      out += style(.green, "PASS") + ": \(items.count) of \(items.count) scenarios\n"
    } else {
      out +=
        style(.red, "FAIL") + ": \(bad) of \(items.count) scenarios; accept what is right with "
      out += "preflash check \(folder) --update\n"
    }
    return out
  }

  private static func list(_ changes: [Baseline.Change]) -> String {
    var table = TextTable([.init(""), .init(""), .init(""), .init("")])
    for change in changes {
      table.add(
        change.name, change.old.map { "\($0)" } ?? "(new)", "→",
        change.new.map { "\($0)" } ?? "(gone)")
    }
    return table.text(indent: 8)
  }

  package var json: JSONValue {
    [
      "verdict": .string(passes ? "PASS" : "FAIL"),
      "scenarios": .array(
        items.map { item in
          let status: String
          var changes: [Baseline.Change] = []
          switch item.finding {
          case .unchanged: status = "unchanged"
          case .noBaseline: status = "noBaseline"
          case .changed(let list):
            status = "changed"
            changes = list
          case .updated(let list):
            status = "updated"
            changes = list
          }
          return [
            "scenario": .string(item.scenario), "status": .string(status),
            "figures": .integer(item.figureCount),
            "changes": .array(
              changes.map { change in
                [
                  "name": .string(change.name),
                  "old": change.old.map { .string("\($0)") } ?? .null,
                  "new": change.new.map { .string("\($0)") } ?? .null,
                ]
              }),
          ]
        }),
    ]
  }
}
