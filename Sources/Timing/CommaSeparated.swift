package import Bytes

/// A table of comma-separated values with a title line; cells may be quoted.
package struct CommaSeparated: Sendable {
  private let file: String
  private let columns: [String: Int]
  package let rows: [Row]

  package struct Row: Sendable {
    /// Counted from 1, as editors do.
    package let line: Int
    fileprivate let cells: [String]
  }

  package init(_ text: String, file: String) throws(InputError) {
    self.file = file
    let records = Self.records(text)
    guard let titles = records.first else {
      throw InputError(file: file, at: .line(1), "expected a title line, found an empty file")
    }
    columns = Dictionary(
      titles.cells.enumerated().map { ($1, $0) }, uniquingKeysWith: { a, _ in a })
    for record in records where record.cells.count < titles.cells.count {
      throw InputError(
        file: file, at: .line(record.line),
        "expected \(titles.cells.count) columns, found \(record.cells.count)")
    }
    rows = Array(records.dropFirst())
  }

  package func text(_ column: String, _ row: Row) throws(InputError) -> String {
    guard let index = columns[column] else {
      throw InputError(file: file, at: .line(1), "expected a column ‘\(column)’, found none")
    }
    return row.cells[index]
  }

  package func number(_ column: String, _ row: Row) throws(InputError) -> Double {
    let cell = try text(column, row)
    guard let value = Double(cell), value.isFinite else {
      throw InputError(
        file: file, at: .line(row.line), "expected a number in ‘\(column)’, found ‘\(cell)’")
    }
    return value
  }

  private static func records(_ text: String) -> [Row] {
    var records: [Row] = []
    var cells: [String] = []
    var cell = ""
    var isQuoted = false
    var line = 1
    var start = 1
    func isBlank() -> Bool { cells.isEmpty && cell.isEmpty }
    for character in text {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == "," && !isQuoted {
        cells.append(cell)
        cell = ""
      } else if character.isNewline && !isQuoted {
        if !isBlank() { records.append(Row(line: start, cells: cells + [cell])) }
        cells = []
        cell = ""
        line += 1
        start = line
      } else {
        if character.isNewline { line += 1 }
        cell.append(character)
      }
    }
    if !isBlank() { records.append(Row(line: start, cells: cells + [cell])) }
    return records
  }
}
