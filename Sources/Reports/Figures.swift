extension Double {
  /// Decimal text with exactly `places` digits after the point, halves away from zero: 2.5 → "3".
  package func fixed(_ places: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (magnitude * scale).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e18 else { return "\(self)" }
    var digits = String(Int64(scaled))
    let isNegative = self < 0 && scaled != 0
    if places > 0 {
      if digits.count <= places {
        digits = String(repeating: "0", count: places + 1 - digits.count) + digits
      }
      digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -places))
    }
    return isNegative ? "-" + digits : digits
  }
}

extension Double? {
  /// A share in per cent, `2.61 %`; a dash where there is none.
  func percent(_ places: Int = 1) -> String {
    map { "\((100 * $0).fixed(places)) %" } ?? "–"
  }
}

extension Int {
  /// Thousands separated by commas: 1,048,576.
  package var grouped: String {
    let digits = String(magnitude)
    var out = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return self < 0 ? "-" + out : out
  }

  /// Binary multiples with the exact bytes: `481.5 KiB (493,056 B)`.
  package var bytesText: String {
    if magnitude < 1024 { return "\(grouped) B" }
    if magnitude < 1 << 20 { return "\((Double(self) / 1024).fixed(1)) KiB (\(grouped) B)" }
    return "\((Double(self) / 1_048_576).fixed(2)) MiB (\(grouped) B)"
  }
}
