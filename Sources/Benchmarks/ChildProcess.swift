import Bytes
import Glibc

/// Another program, run to its end.
enum ChildProcess {
  /// - Parameters:
  ///   - words: The program, looked up in the path when it has no slash, and its arguments.
  ///   - output: Where its standard output goes.
  /// - Throws: When it cannot start, or fails.
  static func run(_ words: [String], output: String = "/dev/null") throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
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
