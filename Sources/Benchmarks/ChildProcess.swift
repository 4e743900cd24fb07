import Bytes
import Commands
import Glibc

/// Another program, run to its end.
enum ChildProcess {
  /// Where files that nobody keeps go.
  static var folder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  /// Lends a new folder, and removes it with the files of these names in the end.
  static func withFolder<Result>(
    of names: [String], _ body: (_ folder: String) throws -> Result
  ) throws -> Result {
    let path = "\(folder)/preflash-benchmark-\(getpid())"
    try Files.makeFolder(path)
    defer {
      for name in names { unlink("\(path)/\(name)") }
      rmdir(path)
    }
    return try body(path)
  }

  /// Runs a program with its output and its complaints thrown away.
  ///
  /// - Parameter words: The program, looked up in the path when it has no slash, and its arguments.
  /// - Throws: When it cannot start, or fails.
  static func run(_ words: [String]) throws { try run(words, output: "/dev/null") }

  /// What a program prints, run as by `run`.
  static func output(of words: [String]) throws -> String {
    let path = "\(folder)/preflash-output.\(getpid())"
    defer { unlink(path) }
    try run(words, output: path)
    return String(decoding: try Files.read(path), as: UTF8.self)
  }

  private static func run(_ words: [String], output: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process: pid_t = 0
    guard posix_spawnp(&process, words[0], &actions, nil, &pointers, environ) == 0 else {
      throw InputError(file: words[0], at: .nowhere, "cannot start")
    }
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process, status == 0 else {
      throw InputError(
        file: words[0], at: .nowhere, "\(words.dropFirst().joined(separator: " ")) failed")
    }
  }
}
