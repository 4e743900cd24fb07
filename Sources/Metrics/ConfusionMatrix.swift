/// How often each true class was answered with each class.
///
/// Rows are truth, columns are answers. A ratio with an empty denominator is nil, never 0 or 1.
package struct ConfusionMatrix: Equatable, Sendable {
  package let classCount: Int
  /// [truth][answer], flattened.
  private var counts: [Int]

  package init(classCount: Int) {
    precondition(classCount > 0)
    self.classCount = classCount
    counts = Array(repeating: 0, count: classCount * classCount)
  }

  package mutating func add(truth: Int, answer: Int, count: Int = 1) {
    counts[index(truth, answer)] += count
  }

  package subscript(truth truth: Int, answer answer: Int) -> Int { counts[index(truth, answer)] }

  private func index(_ truth: Int, _ answer: Int) -> Int {
    precondition((0..<classCount).contains(truth) && (0..<classCount).contains(answer))
    return truth * classCount + answer
  }

  /// Everything counted.
  package var total: Int { counts.reduce(0, +) }

  package var correct: Int { (0..<classCount).reduce(0) { $0 + counts[index($1, $1)] } }

  /// Cases that truly are of the class.
  package func support(of truth: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + counts[index(truth, $1)] }
  }

  /// Cases answered with the class.
  package func answers(with answer: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + counts[index($1, answer)] }
  }

  package var accuracy: Double? { ratio(correct, total) }

  /// Of the cases of the class, the share answered with it.
  package func recall(of item: Int) -> Double? {
    ratio(counts[index(item, item)], support(of: item))
  }

  /// Of the answers with the class, the share that was right.
  package func precision(of item: Int) -> Double? {
    ratio(counts[index(item, item)], answers(with: item))
  }

  /// Harmonic mean of recall and precision: 2·correct ÷ (support + answers).
  package func f1(of item: Int) -> Double? {
    ratio(2 * counts[index(item, item)], support(of: item) + answers(with: item))
  }

  /// Mean recall over the classes that occur: a rare class weighs as much as a common one.
  package var balancedAccuracy: Double? {
    let recalls = (0..<classCount).compactMap { recall(of: $0) }
    return recalls.isEmpty ? nil : recalls.reduce(0, +) / Double(recalls.count)
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}
