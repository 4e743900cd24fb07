import Bytes
import Glibc

/// Other programs that a benchmark starts and waits for.
enum Programs {
  /// Runs a program to its end, with its output and its complaints thrown away.
  static func run(_ tool: String, _ arguments: [String]) throws {
    try run(tool, arguments, output: "/dev/null")
  }

  /// Runs a program to its end and returns what it prints.
  static func output(of tool: String, _ arguments: [String]) throws -> String {
    let path = "\(folder)/preflash-output.\(getpid())"
    defer { unlink(path) }
    try run(tool, arguments, output: path)
    guard let file = fopen(path, "r") else {
      throw InputError(file: tool, at: .nowhere, "expected its output, found none")
    }
    defer { fclose(file) }
    var text: [UInt8] = []
    while case let character = fgetc(file), character != EOF { text.append(UInt8(character)) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Where files that nobody keeps go.
  static var folder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  private static func run(_ tool: String, _ arguments: [String], output: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let (flags, mode) = (O_WRONLY | O_CREAT | O_TRUNC, mode_t(0o600))
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, mode)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var words = ([tool] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    guard posix_spawnp(&process, tool, &actions, nil, &words, environ) == 0 else {
      throw InputError(file: tool, at: .nowhere, "cannot start")
    }
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process, status == 0 else {
      throw InputError(file: tool, at: .nowhere, "\(arguments.joined(separator: " ")) failed")
    }
  }
}
