import Glibc
import Synchronization

/// Work that shares nothing, done on several threads.
package enum Threads {
  /// Runs every part, the first on the calling thread, and returns when all are done.
  ///
  /// - Returns: How many threads there were: a part for which the system had none more to give ran on
  ///   the calling one.
  @discardableResult
  package static func run(_ parts: [@Sendable () -> Void]) -> Int {
    guard let first = parts.first else { return 0 }
    let threads = parts.dropFirst().map { (part: $0, thread: start($0)) }
    first()
    for (part, thread) in threads {
      if let thread { pthread_join(thread, nil) } else { part() }
    }
    return 1 + threads.count { $0.thread != nil }
  }

  /// Does every task on at most `jobs` threads: whoever is free takes the next.
  package static func share(_ tasks: [@Sendable () -> Void], jobs: Int) {
    let list = TaskList(tasks)
    run((0..<max(1, min(jobs, tasks.count))).map { _ in { @Sendable in list.work() } })
  }

  private final class TaskList: Sendable {
    private let tasks: [@Sendable () -> Void]
    private let next = Atomic<Int>(0)

    init(_ tasks: [@Sendable () -> Void]) { self.tasks = tasks }

    func work() {
      while case let index = next.add(1, ordering: .relaxed).oldValue, index < tasks.count {
        tasks[index]()
      }
    }
  }

  private final class Part: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }

  /// Nil when the system has no more threads to give.
  private static func start(_ work: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Part(work))
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Part>.fromOpaque(context).takeRetainedValue().work()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    return thread
  }
}
