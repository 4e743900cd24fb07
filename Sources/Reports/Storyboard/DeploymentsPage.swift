/// The page of documentation that sets ours beside two published deployments: an edge box with a cloud
/// cascade, and a gateway in a factory pilot.
package struct DeploymentsPage: Sendable {
  /// A published figure, ours, and why they differ.
  package struct Row: Sendable, Equatable {
    package var title: String
    /// As published; nil where ours stands alone.
    package var published: Double?
    package var ours: Double?
    package var unit: Unit
    /// What explains a difference; needed where it is large.
    package var reason: String

    package init(
      _ title: String, published: Double?, ours: Double?, _ unit: Unit, reason: String = ""
    ) {
      self.title = title
      self.published = published
      self.ours = ours
      self.unit = unit
      self.reason = reason
    }

    /// Ours less the published, as a part of the published.
    package var difference: Double? {
      guard let published, let ours, published != 0 else { return nil }
      return (ours - published) / published
    }

    package var needsReason: Bool {
      difference.map { abs($0) > DeploymentsPage.largest } ?? (ours == nil)
    }
  }

  package enum Unit: Sendable, Equatable {
    case milliseconds
    case percent
    case money(String)
    case count(String)

    func text(_ value: Double?) -> String {
      guard let value else { return "–" }
      switch self {
      case .milliseconds: return "\(value.fixed(value < 100 ? 1 : 0)) ms"
      case .percent: return "\(value.fixed(1)) %"
      case .money(let currency): return "\(currency)\(value.fixed(2))"
      case .count(let noun): return "\(value.fixed(0)) \(noun)"
      }
    }
  }

  /// Differences beyond this part of the published figure are explained.
  package static let largest = 0.2

  package var cascade: [Row]
  package var gateway: [Row]

  package init(cascade: [Row], gateway: [Row]) {
    self.cascade = cascade
    self.gateway = gateway
  }

  package var markdown: String {
    """
    # Two published deployments, re-enacted

    Written by `Benchmarks deployments --write docs`; a test holds it to what that command writes.

    Published are the figures that a deployment's author reported of real hardware; ours come from
    storyboards in this repository. Nothing is fitted to them: prices, latencies and rates are those of
    the storyboards. Differences of more than \((100 * Self.largest).fixed(0)) % are explained.

    ## An edge box with a cloud cascade

    Cortex-A72, 25 FPS, 4G, three lines. Ours: `traces/conveyor-quiet-day`,
    `traces/conveyor-17-minute-outage` and `traces/conveyor-contaminated-lens`.

    \(Self.table(cascade))
    ## A gateway in a factory pilot

    28 stations, 11 hours a day, three providers. Ours: `rehearsals/pilot.json5`, one day with each
    of the incidents; before: without the gateway, each station asking the first provider itself.

    \(Self.table(gateway))
    """
  }

  private static func table(_ rows: [Row]) -> String {
    var out = "| | published | ours | difference | why |\n| --- | ---: | ---: | ---: | --- |\n"
    for row in rows {
      let difference = row.difference.map {
        "\($0 < 0 ? "−" : "+")\((100 * abs($0)).fixed(1)) %"
      }
      out += "| \(row.title) | \(row.unit.text(row.published)) | \(row.unit.text(row.ours)) "
      out += "| \(difference ?? "") | \(row.needsReason ? row.reason : "") |\n"
    }
    return out
  }
}
