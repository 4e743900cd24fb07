import Metrics
import Testing

@Suite("Nearest-rank quantiles")
struct QuantilesTests {
  /// Worked examples of the nearest-rank method in Wikipedia's article “Percentile”.
  @Test(
    "equal the published worked examples",
    arguments: [
      ([15, 20, 35, 40, 50], [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1, 50)]),
      (
        [3, 6, 7, 8, 8, 10, 13, 15, 16, 20],
        [(0.25, 7), (0.5, 8), (0.75, 15), (1, 20)]
      ),
      (
        [3, 6, 7, 8, 8, 9, 10, 13, 15, 16, 20],
        [(0.25, 7), (0.5, 9), (0.75, 15), (1, 20)]
      ),
    ] as [([Int], [(Double, Int)])])
  func published(values: [Int], expected: [(Double, Int)]) {
    let quantiles = Quantiles(values.reversed())
    for (q, value) in expected { #expect(quantiles[q] == value, "q = \(q)") }
    #expect(quantiles[0] == values[0])
  }

  @Test("q·n that is whole in decimals does not slip to the next rank")
  func decimals() {
    let quantiles = Quantiles(Array(1...100))
    for percent in 1...100 { #expect(quantiles[Double(percent) / 100] == percent) }
  }
}
