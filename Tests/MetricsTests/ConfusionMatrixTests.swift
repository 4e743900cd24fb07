import Metrics
import Testing

@Suite("ConfusionMatrix")
struct ConfusionMatrixTests {
  private func matrix(_ truth: [Int], _ answers: [Int], classes: Int) -> ConfusionMatrix {
    var matrix = ConfusionMatrix(classCount: classes)
    for (truth, answer) in zip(truth, answers) { matrix.add(truth: truth, answer: answer) }
    return matrix
  }

  @Test("counts as in scikit-learn's confusion_matrix example")
  func counts() {
    let matrix = matrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2], classes: 3)
    let rows = (0..<3).map { truth in (0..<3).map { matrix[truth: truth, answer: $0] } }
    #expect(rows == [[2, 0, 0], [0, 0, 1], [1, 0, 2]])
    #expect(matrix.correct == 4)
    #expect(matrix.total == 6)
  }

  @Test("recall, precision and F1 as in scikit-learn's classification_report example")
  func ratios() {
    let matrix = matrix([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], classes: 3)
    let precision: [Double?] = [0.5, 0, 1]
    let recall: [Double?] = [1, 0, 2.0 / 3]
    let f1: [Double?] = [2.0 / 3, 0, 0.8]
    for item in 0..<3 {
      #expect(matrix.precision(of: item) == precision[item])
      #expect(matrix.recall(of: item) == recall[item])
      #expect(matrix.f1(of: item) == f1[item])
    }
    #expect(matrix.accuracy == 0.6)
    #expect(matrix.support(of: 2) == 3)
    let balanced = (1 + 0 + 2.0 / 3) / 3
    #expect(matrix.balancedAccuracy == balanced)
  }

  @Test("a class without cases has no recall, and one never answered no precision")
  func empty() {
    let matrix = matrix([0], [0], classes: 2)
    #expect(matrix.recall(of: 1) == nil)
    #expect(matrix.precision(of: 1) == nil)
    #expect(matrix.balancedAccuracy == 1)
    #expect(ConfusionMatrix(classCount: 2).accuracy == nil)
  }
}
