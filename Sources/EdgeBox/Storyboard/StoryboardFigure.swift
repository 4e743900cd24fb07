package import Bytes

/// A figure that a storyboard's expectations can be about.
package struct StoryboardFigure: Sendable, Equatable {
  /// Which of the three runs it is taken of.
  package enum Side: String, Sendable, CaseIterable {
    case cascade
    case edgeOnly = "edge-only"
    case withoutIncident = "without incident"
  }

  /// As in `names`, or one of `families` with a name behind it: `cost of key lines`.
  package var name: String
  package var side: Side
  package var unit: FigureUnit

  package init(name: String, side: Side = .cascade, unit: FigureUnit) {
    self.name = name
    self.side = side
    self.unit = unit
  }

  /// Latencies are from a frame's arrival: the detector's to its own answer, the plain ones to the last
  /// answer that counts for the frame, escalations' to the cloud's answer.
  package static let names: [(name: String, unit: FigureUnit)] =
    ["", "detector ", "escalation "].flatMap { whose in
      ["mean", "p50", "p95", "p99", "p99.9", "max"].map { (whose + $0, FigureUnit.time) }
    } + [
      ("mAP", .share), ("mAP gain", .points), ("mAP drop", .points),
      ("escalation rate", .share), ("in time", .share), ("cache hit rate", .share),
      ("frames", .count), ("lost frames", .count), ("distinct frames", .count),
      ("deadline misses", .count), ("escalations", .count), ("answered in time", .count),
      ("late answers", .count), ("unanswered", .count), ("queued", .count), ("batched", .count),
      ("expired", .count), ("discarded", .count), ("refused by ceiling", .count),
      ("flagged frames", .count), ("cache hits", .count), ("false cache hits", .count),
      ("drift alarms", .count), ("outage minutes", .count),
      ("cost", .money), ("cost/day", .money), ("cost/week", .money), ("wasted cost", .money),
      ("sent", .bytes), ("sent/day", .bytes), ("energy", .energy), ("energy/day", .energy),
    ]

  /// What a figure of one of many is called before its name.
  package static let families: [(prefix: String, unit: FigureUnit)] = [
    ("AP of", .share), ("cost of provider", .money), ("cost of key", .money),
    ("cost of station", .money),
  ]

  /// - Parameter members: The names that a family has in the storyboard at hand.
  /// - Throws: `InputError` with the closest name for a figure that does not exist.
  package init(
    _ phrase: String, members: (_ family: String) -> [String]
  ) throws(InputError) {
    var text = phrase
    side = .cascade
    for other in [Side.edgeOnly, .withoutIncident] where text.hasSuffix(" \(other.rawValue)") {
      text = String(text.dropLast(other.rawValue.count + 1)).trimmed
      side = other
    }
    if let known = Self.names.first(where: { $0.name == text }) {
      (name, unit) = known
      return
    }
    for family in Self.families where text.hasPrefix("\(family.prefix) ") {
      let member = String(text.dropFirst(family.prefix.count + 1))
      let names = members(family.prefix)
      guard names.contains(member) else {
        throw InputError(
          at: .nowhere, "expected a figure, found “\(phrase)”",
          advice: member.closest(in: names).map { "did you mean “\(family.prefix) \($0)”?" }
            ?? "there is \(family.prefix) \(names.joined(separator: ", "))")
      }
      name = text
      unit = family.unit
      return
    }
    let all = Self.names.map(\.name) + Self.families.map(\.prefix)
    let same = all.first { $0.lowercased() == text.lowercased() }
    throw InputError(
      at: .nowhere, "expected a figure, found “\(phrase)”",
      advice: (same ?? text.closest(in: all)).map { "did you mean “\($0)”?" }
        ?? "figures are \(all.joined(separator: ", "))")
  }

  /// As an expectation would name it.
  package var text: String { side == .cascade ? name : "\(name) \(side.rawValue)" }
}
