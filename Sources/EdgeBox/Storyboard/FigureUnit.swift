package import Bytes

/// What a figure of a storyboard is measured in; values are kept in the first unit of each list.
package enum FigureUnit: Sendable, Equatable {
  /// Seconds.
  case time
  case count
  /// From 0 to 1; `80 %` is 0.8.
  case share
  /// Hundredths of a share, for differences of shares.
  case points
  /// Whole units of the storyboard's currency.
  case money
  /// Bytes.
  case bytes
  /// Joules.
  case energy

  private var units: [(name: String, factor: Double)] {
    switch self {
    case .time: [("s", 1), ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("min", 60), ("h", 3_600)]
    case .count: [("", 1)]
    case .share: [("", 1), ("%", 0.01)]
    case .points: [("points", 1), ("point", 1)]
    case .money: []
    case .bytes: [("B", 1), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9)]
    case .energy: [("J", 1), ("kJ", 1e3), ("Wh", 3_600), ("kWh", 3.6e6)]
    }
  }

  /// For “expected a …”.
  private var example: String {
    switch self {
    case .time: "a time such as 1.5 s"
    case .count: "a whole number such as 0"
    case .share: "a share such as 0.8 or 80 %"
    case .points: "a difference such as 2 points"
    case .money: "an amount such as $5"
    case .bytes: "a size such as 50 MB"
    case .energy: "an energy such as 20 Wh"
    }
  }

  /// The value of a quantity such as `1.5 s`, `5 %` or `$5`.
  ///
  /// - Parameter currency: The storyboard's, in front of an amount or behind it.
  package func value(_ text: String, currency: String) throws(InputError) -> Double {
    let mismatch = InputError(at: .nowhere, "expected \(example), found “\(text)”")
    var body = text
    if self == .money {
      if body.hasPrefix(currency) {
        body = String(body.dropFirst(currency.count))
      } else if body.hasSuffix(currency) {
        body = String(body.dropLast(currency.count))
      } else {
        throw InputError(
          at: .nowhere, "expected an amount such as \(currency)5, found “\(text)”",
          advice: "the storyboard's currency is \(currency)")
      }
      body = body.trimmed
    }
    let digits = body.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = String(body.dropFirst(digits.count)).trimmed
    guard let number = Double(digits), number.isFinite, digits.last != ".", digits.first != "."
    else { throw mismatch }
    if self == .money {
      guard unit.isEmpty else { throw mismatch }
      return number
    }
    guard let factor = units.first(where: { $0.name == unit })?.factor else {
      let near = units.first { $0.name.lowercased() == unit.lowercased() }?.name
      throw InputError(
        at: .nowhere, mismatch.problem, advice: near.map { "did you mean \(digits) \($0)?" })
    }
    guard self != .count || number == number.rounded() else { throw mismatch }
    return number * factor
  }
}

extension String {
  /// Without blanks at either end.
  var trimmed: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
