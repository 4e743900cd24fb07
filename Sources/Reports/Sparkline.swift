/// Numbers as a line of bars, one character each.
package enum Sparkline {
  private static let bars = Array("▁▂▃▄▅▆▇█")

  /// - Parameter counts: Spread over, or summed into, `width` columns of equal length.
  /// - Returns: A blank for nothing at all, else a bar in proportion to the fullest column.
  package static func text(_ counts: [Int], width: Int) -> String {
    guard !counts.isEmpty, width > 0 else { return "" }
    // Means keep columns comparable when a width does not divide the number of counts.
    let means = (0..<width).map { column in
      let start = column * counts.count / width
      let end = max(start + 1, (column + 1) * counts.count / width)
      return counts[start..<end].reduce(0.0) { $0 + Double($1) } / Double(end - start)
    }
    guard let peak = means.max(), peak > 0 else { return String(repeating: " ", count: width) }
    return String(
      means.map { mean in
        if mean == 0 { return " " }
        return bars[min(bars.count - 1, Int(mean / peak * Double(bars.count)))]
      })
  }
}
