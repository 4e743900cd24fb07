import Boards
import Metrics
import Uplink
import VirtualTime

extension RehearsalReport {
  package func text(_ style: Style = .plain) -> String {
    var out = style(.bold, plan.name) + "\n"
    if let summary = plan.summary { out += summary.wrapped(to: style.width) + "\n" }
    out += setting + "\n\n" + fates(style) + "\n" + latencies(style) + "\n" + costs(style)
    for side in sides {
      out += "\n" + timeline(side, style) + worst(side, style)
    }
    return out + verdict(style)
  }

  private var setting: String {
    let rules = plan.rules
    let total = sides[sides.count - 1].outcome.account.total
    let stations = plan.stations.count == 1 ? "1 station" : "\(plan.stations.count) stations"
    let links = plan.sharesLink ? "on one link" : "each on its own link"
    return "\(total.requests.grouped) requests of \(stations) in \(span), \(links) (\(link)), "
      + "\(rules.transport.rawValue) over \(rules.security.rawValue), deadline "
      + "\(Self.text(rules.deadline)), at most \(rules.attempts) attempts"
  }

  private var span: String { Self.clock(sides[sides.count - 1].outcome.span) }

  // MARK: - Tables

  /// A row for each fate that occurs, a column for each run.
  private func fates(_ style: Style) -> String {
    var table = TextTable(
      [.init("fate")] + sides.flatMap { [.init($0.name, .right), .init("", .right)] })
    let totals = sides.map(\.outcome.account.total)
    for fate in Fate.allCases where totals.contains(where: { $0[fate] > 0 }) {
      let tone: Style.Tone? =
        switch fate.family {
        case .inTime: .green
        case .late: .yellow
        default: .red
        }
      let cells = totals.flatMap { total in
        [
          total[fate].grouped,
          "\((100 * Double(total[fate]) / Double(max(1, total.requests))).fixed(2)) %",
        ]
      }
      table.add([tone.map { style($0, fate.name) } ?? fate.name] + cells)
    }
    table.add(["requests"] + totals.flatMap { [$0.requests.grouped, ""] })
    table.add(["attempts"] + totals.flatMap { [$0.attempts.grouped, ""] })
    return table.text(style)
  }

  private func latencies(_ style: Style) -> String {
    var table = TextTable(
      [.init("to a successful answer")]
        + ["p50", "p90", "p95", "p99", "max"].map { .init($0, .right) })
    for side in sides {
      let latency = side.outcome.account.latency
      table.add(
        [side.name]
          + [0.5, 0.9, 0.95, 0.99, 1].map { q in latency.quantile(q).map(Self.text) ?? "–" })
    }
    return table.text(style)
  }

  private func costs(_ style: Style) -> String {
    var table = TextTable([
      .init("cost"), .init("run"), .init("requests", .right), .init("in time", .right),
      .init("billed", .right), .init("of it wasted", .right), .init("cache hits", .right),
      .init("false", .right), .init("sent", .right),
    ])
    func add(_ name: String, _ side: Side, _ tally: Tally) {
      table.add(
        name, side.name, tally.requests.grouped,
        "\((100 * Double(tally[.answered]) / Double(max(1, tally.requests))).fixed(1)) %",
        money(tally.cost), money(tally.wastedCost), tally.cacheHits.grouped,
        tally.falseHits.grouped, Self.bytes(tally.bytesSent))
    }
    for side in sides {
      add("all", side, side.outcome.account.total)
      for kind in [Grouping.team, .key] {
        let groups = groups(side, kind)
        guard groups.count > 1 else { continue }
        for (name, tally) in groups {
          add("\(kind == .team ? "team" : "key") \(name.isEmpty ? "–" : name)", side, tally)
        }
      }
    }
    var out = table.text(style)
    for side in sides {
      let providers = zip(plan.providers, side.outcome.account.providers)
        .filter { $1.attempts > 0 }
        .map { profile, tally in
          "\(profile.name) \(tally.attempts.grouped) attempts, \(tally.failures.grouped) failed, "
            + money(tally.cost)
        }
      if !providers.isEmpty {
        out += "providers, \(side.name): \(providers.joined(separator: "; "))\n"
      }
    }
    return out
  }

  // MARK: - Timeline

  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// Columns before the timeline: room for the titles of incidents.
  private var margin: Int {
    min(36, max(22, 4 + (plan.incidents.map(\.title.count).max() ?? 0)))
  }

  /// Requests, the share that was answered in time, and incidents, over the whole run.
  private func timeline(_ side: Side, _ style: Style) -> String {
    let minutes = side.outcome.account.minutes
    let count = max(1, minutes.count)
    let width = max(20, min(style.width - margin, count))
    var out = ""
    func row(_ title: String, _ text: String, _ note: String = "") {
      let gap = String(repeating: " ", count: max(1, margin - title.count))
      out += title + gap + text + note + "\n"
    }
    var counts = minutes.map(\.requests)
    if counts.isEmpty { counts = [0] }
    let columns = min(width, count)
    out += style(.bold, side.name) + "\n"
    row("  requests", Sparkline.text(counts, width: columns))
    let shares = (0..<columns).map { column -> Character in
      let range =
        column * count
        / columns..<max(
          column * count / columns + 1, (column + 1) * count / columns)
      let slice = minutes[range.clamped(to: minutes.indices)]
      let requests = slice.reduce(0) { $0 + $1.requests }
      guard requests > 0 else { return " " }
      let missed = slice.reduce(0) { $0 + $1.misses }
      let share = Double(requests - missed) / Double(requests)
      return Self.bars[min(7, Int(share * 7.999))]
    }
    row("  in time, 0–100 %", style(.green, String(shares)))
    for incident in plan.incidents {
      let marks = (0..<columns).map { column -> Character in
        let start = Int64(column * count / columns) * 60_000_000_000
        let end = Int64(max(column * count / columns + 1, (column + 1) * count / columns))
        let isHit =
          incident.start.nanoseconds < end * 60_000_000_000
          && (incident.end.nanoseconds > start
            || incident.start == incident.end && incident.start.nanoseconds >= start)
        return isHit ? "▓" : "·"
      }
      let name = String(incident.title.prefix(margin - 4))
      row("  \(name)", style(.red, String(marks)))
    }
    let last = Self.clock(.seconds(Int64(count) * 60))
    row("", "0:00" + String(repeating: " ", count: max(1, columns - 4 - last.count)) + last)
    return out
  }

  private func worst(_ side: Side, _ style: Style) -> String {
    let minutes = Self.worstMinutes(side)
    guard !minutes.isEmpty else { return "  every request was answered in time\n" }
    var table = TextTable([
      .init("worst minutes"), .init("requests", .right), .init("in time", .right),
      .init("late", .right), .init("timed out", .right), .init("refused", .right),
      .init("not sent", .right), .init("longest", .right), .init("during"),
    ])
    for (index, minute) in minutes {
      let longest = minute.longest > .zero ? Self.text(minute.longest) : "–"
      table.add(
        [Self.clock(.seconds(Int64(index) * 60)), minute.requests.grouped]
          + [Fate.Family.inTime, .late, .timedOut, .refused, .notSent].map {
            minute.families[$0.rawValue].grouped
          } + [longest, incidents(in: index).joined(separator: ", ")])
    }
    return table.text(style, indent: 2)
  }

  private func verdict(_ style: Style) -> String {
    let side = sides[sides.count - 1]
    guard !side.checks.isEmpty else { return "" }
    var out = "\n" + style(passes ? .green : .red, passes ? "PASS" : "FAIL") + " \(side.name)\n"
    for check in side.checks {
      let figure =
        switch check.figure {
        case .share(let share, let least):
          "\((100 * share).fixed(2)) % in time, at least \((100 * least).fixed(2)) % expected"
        case .duration(let duration, let most):
          "p95 \(duration.map(Self.text) ?? "–"), at most \(Self.text(most)) expected"
        case .cost(let cost, let most):
          "\(money(cost)) billed, at most \(money(most)) expected"
        case .count(let count, let most):
          "\(count.grouped) false hits, at most \(most.grouped) expected"
        }
      out += "  \(style(check.holds ? .green : .red, check.holds ? "✓" : "✗")) \(figure)\n"
    }
    return out
  }

  // MARK: - Figures

  private func money(_ micro: Int64) -> String {
    "\(plan.currency)\((Double(micro) / 1e6).fixed(2))"
  }

  static func text(_ duration: Duration) -> String {
    duration < .seconds(10)
      ? "\(duration.inMilliseconds.fixed(0)) ms" : "\(duration.inSeconds.fixed(1)) s"
  }

  /// Hours and minutes: `2:05`.
  static func clock(_ duration: Duration) -> String {
    let minutes = duration.nanoseconds / 60_000_000_000
    let rest = minutes % 60
    return "\(minutes / 60):\(rest < 10 ? "0" : "")\(rest)"
  }

  private static func bytes(_ count: Int) -> String {
    count < 1_000_000
      ? "\((Double(count) / 1e3).fixed(1)) kB"
      : count < 1_000_000_000
        ? "\((Double(count) / 1e6).fixed(1)) MB" : "\((Double(count) / 1e9).fixed(2)) GB"
  }
}
