import EdgeBox

/// The page that sets rehearsed deployments beside what their authors reported of the real ones.
package enum DeploymentsPage {
  package static func markdown(_ results: DeploymentResults) -> String {
    var out = """
      # Published deployments, rehearsed

      Written by `Benchmarks deployments --write docs` from what it has just rehearsed, which is kept in
      [deployments.json](deployments.json); a test holds this page to that file, and that file to the
      first hour of each rehearsal. The published figures are what one author reported of each real
      deployment. Ours are other detectors on **synthetic belts**, over simulated links, with
      **assumed** accuracies of the cloud and prices: orders, shapes and counts may be compared;
      accuracies may not.


      """
    out += edgeBox(results)
    out += factory(results)
    return out
  }

  /// A figure of the page: what was published, ours, and why they differ.
  struct Row {
    var title: String
    var published: Double
    /// The run and its figure.
    var run: String
    var figure: String
    var factor = 1.0
    var unit: String
    var places: Int
    var explanation: String

    func ours(_ results: DeploymentResults) -> Double? {
      results[run]?[figure].map { $0 * factor }
    }

    /// Of the published figure; nil when there is none to take it of.
    func difference(_ results: DeploymentResults) -> Double? {
      guard published != 0, let ours = ours(results) else { return nil }
      return ours / published - 1
    }

    func cells(_ results: DeploymentResults) -> String {
      let ours = ours(results).map { DeploymentsPage.text($0, unit, places) } ?? "–"
      let difference = difference(results).map { DeploymentsPage.percent($0) } ?? ""
      return "| \(title) | \(DeploymentsPage.text(published, unit, places)) | \(ours) "
        + "| \(difference) |\n"
    }
  }

  private static func text(_ value: Double, _ unit: String, _ places: Int) -> String {
    switch unit {
    case "$", "€": unit + value.fixed(places)
    case "": value.fixed(places)
    default: "\(value.fixed(places)) \(unit)"
    }
  }

  private static func percent(_ share: Double) -> String {
    "\(share < 0 ? "−" : "+")\((abs(share) * 100).fixed(0)) %"
  }

  // MARK: - Sections

  private static func section(
    _ title: String, _ introduction: String, _ groups: [(String, [Row])],
    _ results: DeploymentResults
  ) -> String {
    var out = "## \(title)\n\n\(introduction)"
    for (name, rows) in groups {
      out += "\n| \(name) | published | ours | |\n| --- | --- | --- | --- |\n"
      out += rows.map { $0.cells(results) }.joined()
    }
    let far = groups.flatMap { name, rows in
      rows.filter { abs($0.difference(results) ?? 0) > 0.2 }.map { (name, $0) }
    }
    out += "\nBeyond 20 %:\n\n"
    for (name, row) in far {
      out += "- **\(row.title)**, \(name) (\(percent(row.difference(results) ?? 0))): "
      out += row.explanation + "\n"
    }
    return out + (far.isEmpty ? "None is.\n\n" : "\n")
  }

  private static func edgeBox(_ results: DeploymentResults) -> String {
    guard let cascade = results["cascade"] else { return "" }
    func count(_ figure: String) -> String { Int(cascade[figure] ?? 0).grouped }
    let batched = 100 * (cascade["batched"] ?? 0) / max(1, cascade["escalations"] ?? 1)
    let introduction = """
      `\(cascade.storyboard)`: \(cascade.setting). \(count("frames")) frames, \
      \(count("distinct frames")) of them distinct; \(count("escalations")) crops escalated, \
      \(cascade["in time"].percent()) of them answered in time, \(batched.fixed(1)) % kept on the \
      disk and sent in batches (published: 8 % on a bad day). The mean over all frames to the *final* \
      answer is \(milliseconds(cascade["mean"])): the published 41 ms cannot hold the cloud's answers \
      (38 ms + 3.1 % of 0.8 to 1.4 s are 63 to 81 ms), and is set beside the detector's answer.

      """
    return section(
      "An edge box with a cloud cascade", introduction,
      [("edge only", EdgeBoxRows.edgeOnly), ("with the cascade", EdgeBoxRows.cascade)], results)
  }

  private static func factory(_ results: DeploymentResults) -> String {
    guard let before = results["without a gateway"], let after = results["with the gateway"] else {
      return ""
    }
    var introduction = """
      `\(after.storyboard)`: 28 stations, 11 hours on each of 42 days; \(after.setting). \
      \(Int(after["frames"] ?? 0).grouped) frames, \
      \(Int(after["distinct frames"] ?? 0).grouped) of them distinct, so blocks that come again count \
      as other parts: answers are taken from the cache only between pictures of one part. Without the \
      gateway boxes ask the first provider themselves.

      Minutes of a station in which crops were doubtful and none was answered in time:

      | incident | without a gateway | with it |
      | --- | --- | --- |

      """
    for (one, other) in zip(before.struck, after.struck) {
      introduction += "| \(one.title) | \(one.minutes.fixed(1)) | \(other.minutes.fixed(1)) |\n"
    }
    introduction += """

      Published interventions by people have no counterpart: ours are incidents that left a station \
      without an answer for at least a minute.

      """
    return section(
      "A gateway in a factory pilot", introduction,
      [("before", FactoryRows.before), ("with the gateway", FactoryRows.after)],
      results.withInterventions)
  }

  private static func milliseconds(_ seconds: Double?) -> String {
    seconds.map { "\((1_000 * $0).fixed(0)) ms" } ?? "–"
  }
}

extension DeploymentResults {
  static let interventions = "incidents with an outage"

  /// With how many incidents left a station without an answer for a minute.
  fileprivate var withInterventions: DeploymentResults {
    var results = self
    for index in results.runs.indices {
      let count = results.runs[index].struck.count { $0.minutes > 0 }
      results.runs[index].figures.append(
        Figure(name: Self.interventions, value: Double(count)))
    }
    return results
  }
}
