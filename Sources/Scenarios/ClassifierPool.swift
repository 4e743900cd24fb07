package import Bytes

/// Answers many inputs on several threads. The answers are those of one thread, in order.
package struct ClassifierPool: Sendable {
  private struct Answering: Work {
    var classifier: any Classifier

    mutating func output(for input: [UInt8]) throws(InputError) -> Answer {
      try classifier.answer(to: input)
    }
  }

  private let pool: WorkerPool<Answering>

  /// - Parameter jobs: Threads wanted, at least 1; a model that keeps state gets one.
  package init(_ classifier: any Classifier, jobs: Int) {
    pool = WorkerPool(
      Answering(classifier: classifier), jobs: classifier.keepsState ? 1 : jobs)
  }

  package var jobs: Int { pool.jobs }

  /// The answers in order of the inputs; the error of the first input that has one.
  package func answers(to inputs: [[UInt8]]) throws(InputError) -> [Answer] {
    try pool.outputs(for: inputs)
  }
}
