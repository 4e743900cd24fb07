import Glibc
import Synchronization

/// The screen that standard output is, taken over for moving pictures and given back by `restore`.
///
/// Ctrl-C, termination and a closed window only set a flag, so that whoever plays can end tidily.
struct Terminal {
  private static let wasInterrupted = Atomic<Bool>(false)

  private let savedInput: termios?

  /// Columns and rows of the screen; a usual size where it does not say.
  static var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 2
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Switches to a screen of its own, hides the cursor and takes keys one by one.
  init(_ console: Console) {
    // Touched here: a signal's handler must not be the first to do so.
    Self.wasInterrupted.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { _ in Terminal.wasInterrupted.store(true, ordering: .relaxed) }
    }
    var input = termios()
    if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &input) == 0 {
      savedInput = input
      input.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(STDIN_FILENO, TCSANOW, &input)
    } else {
      savedInput = nil
    }
    console.print("\u{1B}[?1049h\u{1B}[?25l", terminator: "")
  }

  /// Gives the screen, the cursor and the keyboard back.
  func restore(_ console: Console) {
    console.print("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l", terminator: "")
    if var input = savedInput { tcsetattr(STDIN_FILENO, TCSANOW, &input) }
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }

  /// Waits; true when somebody asked to stop: the key q, Ctrl-C or a signal.
  func isStopped(after milliseconds: Int) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(max(0, milliseconds))
    while true {
      if Self.wasInterrupted.load(ordering: .relaxed) { return true }
      let left = ContinuousClock.now.duration(to: deadline)
      let wait = max(
        0, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
      if savedInput == nil {
        // Without a keyboard only signals count; they cut the wait short.
        var none = pollfd()
        _ = poll(&none, 0, Int32(min(wait, 1000)))
      } else {
        var keyboard = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        if poll(&keyboard, 1, Int32(min(wait, 1000))) > 0 {
          var key: UInt8 = 0
          let count = read(STDIN_FILENO, &key, 1)
          if count <= 0 || key == UInt8(ascii: "q") || key == 0x1B { return true }
        }
      }
      if wait == 0 { return Self.wasInterrupted.load(ordering: .relaxed) }
    }
  }
}
