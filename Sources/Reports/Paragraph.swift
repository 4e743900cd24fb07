extension String {
  /// The text in lines of at most `width` columns, broken at blanks; lines after the first are
  /// indented. A word that is longer than a line is broken where the line ends.
  func wrapped(to width: Int, indent: Int = 0) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    var room = width
    func flush() {
      lines.append(lines.isEmpty ? line : margin + line)
      line = ""
      room = max(8, width - indent)
    }
    for word in unbreakableWords {
      var rest = word
      let gap = line.isEmpty ? 0 : 1
      if line.count + gap + rest.count > room, !line.isEmpty { flush() }
      while rest.count > room {
        line = String(rest.prefix(room))
        rest = String(rest.dropFirst(room))
        flush()
      }
      line += (line.isEmpty ? "" : " ") + rest
    }
    flush()
    return lines.joined(separator: "\n")
  }
}

extension String {
  /// Words between blanks; a per cent sign and a mark stay with the word before them.
  private var unbreakableWords: [String] {
    var words: [String] = []
    for word in split(separator: " ", omittingEmptySubsequences: false) {
      if let last = words.last, word.first == "%" || word.first == "*" {
        words[words.count - 1] = "\(last) \(word)"
      } else {
        words.append(String(word))
      }
    }
    return words
  }
}

/// Lines with a bold or coloured head and text that hangs beside it.
struct HangingList {
  var rows: [(head: String, text: String)] = []

  mutating func add(_ head: String, _ text: String) { rows.append((head, text)) }

  func text(width: Int = 100, indent: Int = 0) -> String {
    let headWidth = rows.map { TextTable.visibleWidth($0.head) }.max() ?? 0
    let margin = String(repeating: " ", count: indent)
    var out = ""
    for row in rows {
      let gap = String(repeating: " ", count: headWidth - TextTable.visibleWidth(row.head) + 2)
      let start = indent + headWidth + 2
      // Wrapped without its head, as escape sequences take no columns.
      let lines = row.text.wrapped(to: max(20, width - start)).split(
        separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        let left = index == 0 ? margin + row.head + gap : String(repeating: " ", count: start)
        out += (line.isEmpty ? margin + row.head : left + line) + "\n"
      }
    }
    return out
  }
}
