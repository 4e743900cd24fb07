package import Bytes
import Threads

/// Answers many inputs on several threads. The answers are those of one thread, in order.
package struct ClassifierPool: Sendable {
  /// One thread's model and its share of a batch.
  private final class Worker: @unchecked Sendable {
    // Only the thread that runs the worker touches it between start and join.
    var classifier: any Classifier
    var inputs: [[UInt8]] = []
    var answers: [Answer] = []
    var failure: InputError?

    init(_ classifier: any Classifier) { self.classifier = classifier }

    func work() {
      answers.removeAll(keepingCapacity: true)
      failure = nil
      do throws(InputError) {
        for input in inputs { answers.append(try classifier.answer(to: input)) }
      } catch { failure = error }
    }
  }

  private let workers: [Worker]

  /// - Parameter jobs: Threads wanted, at least 1; a model that keeps state gets one.
  package init(_ classifier: any Classifier, jobs: Int) {
    let count = classifier.keepsState ? 1 : max(jobs, 1)
    workers = (0..<count).map { _ in Worker(classifier) }
  }

  package var jobs: Int { workers.count }

  /// The answers in order of the inputs; the error of the first input that has one.
  package func answers(to inputs: [[UInt8]]) throws(InputError) -> [Answer] {
    // Contiguous shares, so that the first failing share holds the first failing input.
    var start = 0
    for (index, worker) in workers.enumerated() {
      let end = inputs.count * (index + 1) / workers.count
      worker.inputs = Array(inputs[start..<end])
      start = end
    }
    Threads.run(workers.map { worker in { @Sendable in worker.work() } })
    var answers: [Answer] = []
    for worker in workers {
      answers += worker.answers
      if let failure = worker.failure { throw failure }
    }
    return answers
  }
}
