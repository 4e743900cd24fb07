import Bytes
import Commands
import Glibc

/// evutils, a library by others (Python with a decoder in C), on the very files that ours decodes.
///
/// A rate taken elsewhere says as much about the machine as about the code; two taken one after the
/// other compare.
struct EvutilsReference {
  private let python: String
  /// Such as `evutils 0.3.18`.
  let name: String

  /// Nil when the interpreter that `PREFLASH_PYTHON` names has no evutils, or there is none.
  init?() {
    guard let named = getenv("PREFLASH_PYTHON") else { return nil }
    python = String(cString: named)
    let probe = "import evutils, evutils.io; print('evutils', evutils.__version__, end='')"
    guard let name = try? ChildProcess.output(of: [python, "-c", probe]) else { return nil }
    self.name = name
  }

  static let absence =
    "not compared with evutils: let PREFLASH_PYTHON name an interpreter that has it"

  /// How many events, and M events of each second of processor time: the best of reading all at once
  /// and of reading by a million, three times each.
  ///
  /// Throws `InputError` when evutils does not read the file.
  func rate(of recording: [UInt8], name: String) throws -> (events: Int, rate: Double) {
    let path = "\(ChildProcess.folder)/preflash.\(getpid()).\(name)"
    defer { unlink(path) }
    try Files.write(readable(recording), to: path)
    let words = try ChildProcess.output(of: [python, "-c", Self.program, path]).split(
      separator: " ")
    guard words.count == 2, let events = Int(words[0]), let rate = Double(words[1]) else {
      throw InputError(file: name, at: .nowhere, "expected a count and a rate of evutils")
    }
    return (events, rate)
  }

  /// Our CSV names the sensor's size in its first line, which evutils takes for no header.
  private func readable(_ recording: [UInt8]) -> [UInt8] {
    guard recording.starts(with: "t,x@".utf8), let end = recording.firstIndex(of: 0x0A) else {
      return recording
    }
    return Array("t,x,y,p".utf8) + recording[end...]
  }

  private static let program = """
    import sys, time
    from evutils.io import EventReader
    def everything(): return len(EventReader(sys.argv[1]).read_all())
    def pieces(): return sum(len(p) for p in EventReader(sys.argv[1], n_events=1_000_000))
    best = 0
    for read in [everything, pieces] * 3:
        start = time.process_time()
        events = read()
        best = max(best, events / (time.process_time() - start) / 1e6)
    print(events, best, end="")
    """
}
