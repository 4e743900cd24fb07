package import Bytes

/// Where time, x, y and polarity stand in the lines of a text, as a person says it.
package struct TextColumns: Equatable, Sendable {
  /// As it was said: what an index of the recording depends on.
  package let text: String
  let columns: CSVDialect.Columns

  /// - Parameter text: Names of all columns in order, such as `x,y,-,p,t`; `-` for one to pass over.
  /// - Throws: `InputError` when one of t, x, y and p is missing, or there twice.
  package init(_ text: String) throws(InputError) {
    let names = text.split(separator: ",", omittingEmptySubsequences: false)
    func place(_ name: String) -> Int? {
      names.count { $0 == name } == 1 ? names.firstIndex { $0 == name } : nil
    }
    let isKnown = names.allSatisfy { ["t", "x", "y", "p", "-"].contains($0) }
    guard isKnown, names.count <= CSVDialect.maximumColumns, let time = place("t"),
      let x = place("x"), let y = place("y"), let polarity = place("p")
    else {
      throw InputError(
        at: .nowhere,
        "expected t, x, y and p once each and - for other columns, at most "
          + "\(CSVDialect.maximumColumns), such as x,y,-,p,t, found ‘\(text)’")
    }
    self.text = text
    columns = CSVDialect.Columns(
      time: time, x: x, y: y, polarity: polarity, count: names.count)
  }
}
