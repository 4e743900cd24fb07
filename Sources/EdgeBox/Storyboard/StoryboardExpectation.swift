package import Bytes

/// What a storyboard expects of a figure, as its file says it:
///
///     p99 < 1.5 s
///     lost frames == 0
///     cost/day < $5
///     mAP edge-only > 0.7
///     mAP drop < 2 points
///     cost of key laboratory <= $2
///     drift alarm within 10 min of lens contamination
///
/// A figure (`StoryboardFigure`), perhaps of another run than the cascade's (`edge-only`, `without
/// incident`), a comparison, a quantity in one of the figure's units. An alarm is expected `within` a
/// time `of` an incident, by its title or kind.
package struct StoryboardExpectation: Sendable, Equatable {
  package enum Comparison: String, Sendable, CaseIterable {
    case atMost = "<="
    case atLeast = ">="
    case equal = "=="
    case below = "<"
    case above = ">"

    package func holds(_ value: Double, _ limit: Double) -> Bool {
      switch self {
      case .atMost: value <= limit
      case .atLeast: value >= limit
      case .equal: value == limit
      case .below: value < limit
      case .above: value > limit
      }
    }
  }

  /// What the storyboard at hand has names for.
  package struct Names: Sendable {
    package var currency: String
    package var classes: [String]
    package var providers: [String]
    package var keys: [String]
    package var stations: [String]
    /// Titles of incidents, in their order.
    package var incidents: [String]

    package init(
      currency: String, classes: [String], providers: [String], keys: [String],
      stations: [String], incidents: [String]
    ) {
      self.currency = currency
      self.classes = classes
      self.providers = providers
      self.keys = keys
      self.stations = stations
      self.incidents = incidents
    }
  }

  package enum Subject: Sendable, Equatable {
    case figure(StoryboardFigure)
    /// Time from the beginning of the incident at this place to the next alarm.
    case alarm(incident: Int)
  }

  package var text: String
  package var subject: Subject
  package var comparison: Comparison
  /// In the first unit of the figure's kind.
  package var limit: Double

  /// - Throws: `InputError` without a place: an unknown figure with the closest name, a comparison or a
  ///   quantity that is none, a unit of another kind.
  package init(parsing text: String, names: Names) throws(InputError) {
    self.text = text
    if let alarm = try Self.alarm(text, names) {
      self = alarm
      return
    }
    let plain = text.map { ["≤": "<=", "≥": ">="][$0] ?? String($0) }.joined()
    guard let start = plain.firstIndex(where: { "<>=".contains($0) }) else {
      throw InputError(
        at: .nowhere, "expected a figure, a comparison and a quantity, found “\(text)”",
        advice: "such as p99 < 1.5 s, or drift alarm within 10 min of an incident")
    }
    let rest = plain[start...]
    guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
      throw InputError(at: .nowhere, "expected <, <=, ==, >= or >, found “\(text)”")
    }
    let figure = try StoryboardFigure(String(plain[..<start]).trimmed) { names.members(of: $0) }
    subject = .figure(figure)
    self.comparison = comparison
    limit = try figure.unit.value(
      String(rest.dropFirst(comparison.rawValue.count)).trimmed, currency: names.currency)
  }

  /// `drift alarm within 10 min of lens contamination`
  private static func alarm(_ text: String, _ names: Names) throws(InputError)
    -> StoryboardExpectation?
  {
    let head = "drift alarm within "
    guard text.hasPrefix(head) else { return nil }
    let rest = String(text.dropFirst(head.count))
    let words = rest.split(separator: " ", omittingEmptySubsequences: false)
    guard let of = words.firstIndex(of: "of") else {
      throw InputError(
        at: .nowhere, "expected “drift alarm within a time of an incident”, found “\(text)”")
    }
    let time = words[..<of].joined(separator: " ")
    let limit = try FigureUnit.time.value(time.trimmed, currency: names.currency)
    let wanted = words[(of + 1)...].joined(separator: " ").trimmed
    guard let index = names.incidents.firstIndex(where: { $0.isTitled(wanted) }) else {
      throw InputError(
        at: .nowhere, "expected an incident of the storyboard, found “\(wanted)”",
        advice: wanted.closest(in: names.incidents).map { "did you mean “\($0)”?" }
          ?? (names.incidents.isEmpty
            ? "it has none" : "it has \(names.incidents.joined(separator: ", "))"))
    }
    return StoryboardExpectation(
      text: text, subject: .alarm(incident: index), comparison: .atMost, limit: limit)
  }

  private init(text: String, subject: Subject, comparison: Comparison, limit: Double) {
    self.text = text
    self.subject = subject
    self.comparison = comparison
    self.limit = limit
  }
}

extension StoryboardExpectation.Names {
  fileprivate func members(of family: String) -> [String] {
    switch family {
    case "AP of": classes
    case "cost of provider": providers
    case "cost of key": keys
    default: stations
    }
  }
}

extension String {
  /// Whether a title is meant by some words: the whole of it or its beginning, `link down` for
  /// `link-down at line-1`.
  fileprivate func isTitled(_ words: String) -> Bool {
    func plain(_ text: String) -> String { String(text.map { $0 == "-" ? " " : $0 }) }
    let (title, words) = (plain(self), plain(words))
    return title == words || title.hasPrefix(words + " ")
  }
}
