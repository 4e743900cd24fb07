extension String {
  /// The candidate at the smallest edit distance, when that is small enough to be a slip.
  package func closest(in candidates: [String]) -> String? {
    let best = candidates.map { ($0, editDistance(to: $0)) }.min { $0.1 < $1.1 }
    guard let best, best.1 <= max(2, count / 3) else { return nil }
    return best.0
  }

  private func editDistance(to other: String) -> Int {
    let a = Array(utf8)
    let b = Array(other.utf8)
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = Swift.min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
