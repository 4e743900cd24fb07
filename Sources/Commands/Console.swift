import Glibc
package import Reports

/// Where a command's words go. Results to standard output, progress and complaints to standard error.
package struct Console {
  package var style: Style
  /// Progress is shown only to somebody who is watching.
  package var showsProgress: Bool
  /// Standard output is a screen on which pictures can move.
  package var isTerminal: Bool
  private let write: (String) -> Void
  private let writeError: (String) -> Void

  package init(
    style: Style, showsProgress: Bool, isTerminal: Bool = false,
    write: @escaping (String) -> Void, writeError: @escaping (String) -> Void
  ) {
    self.style = style
    self.showsProgress = showsProgress
    self.isTerminal = isTerminal
    self.write = write
    self.writeError = writeError
  }

  /// The process's own standard streams.
  package static func standard() -> Console {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let wantsColour = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    var size = winsize()
    let hasSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
    let width = hasSize && size.ws_col > 20 ? Int(size.ws_col) : 100
    return Console(
      style: Style(usesColour: isTerminal && wantsColour, width: min(width, 140)),
      showsProgress: isatty(STDERR_FILENO) == 1,
      isTerminal: isTerminal,
      write: { put($0, STDOUT_FILENO) },
      writeError: { put($0, STDERR_FILENO) })
  }

  package func print(_ text: String, terminator: String = "\n") { write(text + terminator) }

  package func complain(_ text: String) { writeError(text + "\n") }

  /// Replaces the current line on a terminal; silent in a pipe.
  package func progress(_ text: String) {
    if showsProgress { writeError("\r\u{1B}[K" + text) }
  }

  package func endProgress() { progress("") }
}

/// Writes all of `text`; a reader that has gone away is no error.
private func put(_ text: String, _ descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 {
      if errno == EINTR { continue }
      return
    }
    bytes = bytes.dropFirst(written)
  }
}
