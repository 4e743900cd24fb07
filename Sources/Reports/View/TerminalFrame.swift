import Events

/// An accumulated frame as text: half-block characters in colour, or shades where there is none.
package struct TerminalFrame: Sendable {
  /// Places in the 256 colours that terminals share: 24 greys from 232 on, a 6×6×6 cube before.
  private enum Colour: Int {
    case background = 234
    case on = 231
    case faintOn = 247
    case off = 39
    case faintOff = 25
    case both = 103
  }

  /// Lines of text and their columns, at most.
  package var columns: Int
  package var rows: Int
  package var usesColour: Bool

  package init(columns: Int, rows: Int, usesColour: Bool) {
    precondition(columns > 0 && rows > 0)
    self.columns = columns
    self.rows = rows
    self.usesColour = usesColour
  }

  /// Each line ends with \n; colours are reset before it.
  package func text(_ frame: AccumulatedFrame) -> String {
    // A cell shows two squares of `side` pixels, one above the other.
    let side = max(
      1, (frame.size.width + columns - 1) / columns,
      (frame.size.height + 2 * rows - 1) / (2 * rows))
    var out = ""
    for y in stride(from: 0, to: frame.size.height, by: 2 * side) {
      out += usesColour ? colourLine(frame, y, side) : shadeLine(frame, y, side)
      out += "\n"
    }
    return out
  }

  private func colourLine(_ frame: AccumulatedFrame, _ y: Int, _ side: Int) -> String {
    var out = ""
    var last: (Colour, Colour)?
    for x in stride(from: 0, to: frame.size.width, by: side) {
      let upper = colour(frame, x, y, side)
      let lower = y + side < frame.size.height ? colour(frame, x, y + side, side) : .background
      if last == nil || last! != (upper, lower) {
        out += "\u{1B}[38;5;\(upper.rawValue);48;5;\(lower.rawValue)m"
        last = (upper, lower)
      }
      out += upper == lower ? " " : "▀"
    }
    return out + "\u{1B}[0m"
  }

  private func colour(_ frame: AccumulatedFrame, _ x: Int, _ y: Int, _ side: Int) -> Colour {
    let sums = frame.sums(x: x, y: y, width: side, height: side)
    guard sums.active > 0 else { return .background }
    let isFaint = sums.active * 4 < side * side
    if sums.on == sums.off { return .both }
    if sums.on > sums.off { return isFaint ? .faintOn : .on }
    return isFaint ? .faintOff : .off
  }

  /// Darker the more of a cell's pixels had events: full from half of them on.
  private func shadeLine(_ frame: AccumulatedFrame, _ y: Int, _ side: Int) -> String {
    let shades = [" ", "░", "▒", "▓", "█"]
    var out = ""
    for x in stride(from: 0, to: frame.size.width, by: side) {
      let active = frame.sums(x: x, y: y, width: side, height: 2 * side).active
      let half = max(1, side * side)
      out += shades[min(4, (active * 4 + half - 1) / half)]
    }
    while out.hasSuffix(" ") { out.removeLast() }
    return out
  }
}
