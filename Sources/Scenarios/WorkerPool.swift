package import Bytes
import Threads

/// What one thread of a pool does to one input after the other.
///
/// A copy is independent of the original.
package protocol Work: Sendable {
  associatedtype Input: Sendable
  associatedtype Output: Sendable
  mutating func output(for input: Input) throws(InputError) -> Output
}

/// Works on many inputs on several threads. The outputs are those of one thread, in order.
package struct WorkerPool<Task: Work>: Sendable {
  /// One thread's work and its share of a batch.
  private final class Worker: @unchecked Sendable {
    // Only the thread that runs the worker touches it between start and join.
    var task: Task
    var inputs: [Task.Input] = []
    var outputs: [Task.Output] = []
    var failure: InputError?

    init(_ task: Task) { self.task = task }

    func run() {
      outputs.removeAll(keepingCapacity: true)
      failure = nil
      do throws(InputError) {
        for input in inputs { outputs.append(try task.output(for: input)) }
      } catch { failure = error }
    }
  }

  private let workers: [Worker]

  /// - Parameter jobs: Threads wanted, at least 1.
  package init(_ task: Task, jobs: Int) {
    workers = (0..<max(jobs, 1)).map { _ in Worker(task) }
  }

  package var jobs: Int { workers.count }

  /// The outputs in order of the inputs; the error of the first input that has one.
  package func outputs(for inputs: [Task.Input]) throws(InputError) -> [Task.Output] {
    // Contiguous shares, so that the first failing share holds the first failing input.
    var start = 0
    for (index, worker) in workers.enumerated() {
      let end = inputs.count * (index + 1) / workers.count
      worker.inputs = Array(inputs[start..<end])
      start = end
    }
    Threads.run(workers.map { worker in { @Sendable in worker.run() } })
    var outputs: [Task.Output] = []
    for worker in workers {
      outputs += worker.outputs
      if let failure = worker.failure { throw failure }
    }
    return outputs
  }
}
