/// How text looks on the device at hand: colours on a terminal that wants them, plain elsewhere.
package struct Style: Sendable {
  package var usesColour: Bool
  /// Columns to lay tables and bars out in.
  package var width: Int

  package init(usesColour: Bool, width: Int = 100) {
    self.usesColour = usesColour
    self.width = width
  }

  package static let plain = Style(usesColour: false)

  package enum Tone: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  package func callAsFunction(_ tone: Tone, _ text: String) -> String {
    usesColour ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// Rows of cells in aligned columns.
package struct TextTable: Sendable {
  package enum Alignment: Sendable { case left, right }

  package struct Column: Sendable {
    package var title: String
    package var alignment: Alignment
    package init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  package var columns: [Column]
  package var rows: [[String]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package mutating func add(_ cells: String...) { add(cells) }

  package mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count)
    rows.append(cells)
  }

  /// Two spaces between columns, a dim title line, no trailing blanks; each line ends with \n.
  package func text(_ style: Style = .plain, indent: Int = 0) -> String {
    let titles = columns.map(\.title)
    var widths = titles.map(Self.visibleWidth)
    for row in rows {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], Self.visibleWidth(cell))
      }
    }
    let margin = String(repeating: " ", count: indent)
    var out = ""
    if titles.contains(where: { !$0.isEmpty }) {
      out += style(.dim, margin + line(titles, widths)) + "\n"
    }
    for row in rows { out += margin + line(row, widths) + "\n" }
    return out
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var out = ""
    for (index, cell) in cells.enumerated() {
      let gap = String(repeating: " ", count: widths[index] - Self.visibleWidth(cell))
      if index > 0 { out += "  " }
      switch columns[index].alignment {
      case .left: out += index + 1 < cells.count ? cell + gap : cell
      case .right: out += gap + cell
      }
    }
    while out.last == " " { out.removeLast() }
    return out
  }

  /// Characters that take a column: escape sequences take none.
  package static func visibleWidth(_ text: String) -> Int {
    var width = 0
    var inEscape = false
    for character in text {
      if character == "\u{1B}" {
        inEscape = true
      } else if inEscape {
        if character == "m" { inEscape = false }
      } else {
        width += 1
      }
    }
    return width
  }
}
