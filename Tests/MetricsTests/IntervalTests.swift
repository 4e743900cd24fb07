import Metrics
import Testing
import VirtualTime

@Suite("Intervals of a proportion")
struct IntervalTests {
  /// R. G. Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3.
  @Test(
    "Wilson's interval equals Newcombe's table",
    arguments: [
      (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
      (1, 29, 0.0061, 0.1718),
    ] as [(Int, Int, Double, Double)])
  func wilson(successes: Int, trials: Int, lower: Double, upper: Double) throws {
    let interval = try #require(Interval.wilson(successes: successes, trials: trials))
    #expect(abs(interval.lower - lower) < 0.00005)
    #expect(abs(interval.upper - upper) < 0.00005)
  }

  @Test("no trials, no interval; all successes end at exactly 1")
  func ends() throws {
    #expect(Interval.wilson(successes: 0, trials: 0) == nil)
    #expect(Interval.wilson(successes: 5, trials: 4) == nil)
    #expect(try #require(Interval.wilson(successes: 7, trials: 7)).upper == 1)
  }

  @Test("two opposite clusters leave every proportion possible")
  func opposite() {
    var random = SeededRandom(seed: 1)
    let interval = ClusterBootstrap.interval(
      [.init(successes: 9, trials: 9), .init(successes: 0, trials: 9)], random: &random)
    #expect(interval == Interval(lower: 0, upper: 1))
  }

  @Test("clusters that agree leave no doubt; one cluster alone gives no interval")
  func agreement() {
    var random = SeededRandom(seed: 1)
    let same = ClusterBootstrap.interval(
      Array(repeating: .init(successes: 3, trials: 4), count: 6), random: &random)
    #expect(same == Interval(lower: 0.75, upper: 0.75))
    let alone = ClusterBootstrap.interval([.init(successes: 3, trials: 4)], random: &random)
    #expect(alone == nil)
    let empty = ClusterBootstrap.interval(
      [.init(successes: 3, trials: 4), .init(successes: 0, trials: 0)], random: &random)
    #expect(empty == nil)
  }

  @Test("windows that all share their cluster's fate count as one case per cluster")
  func correlated() throws {
    // 100 clusters of 10 equal windows: the width of 100 independent cases, not of 1,000.
    let clusters = (0..<100).map {
      ClusterBootstrap.Cluster(successes: $0 < 70 ? 10 : 0, trials: 10)
    }
    var random = SeededRandom(seed: 5)
    let interval = try #require(
      ClusterBootstrap.interval(clusters, resamples: 8_000, random: &random))
    let normal = 2 * Interval.z95 * (0.7 * 0.3 / 100).squareRoot()
    #expect(abs((interval.upper - interval.lower) / normal - 1) < 0.08)
    #expect(interval.contains(0.7))
  }

  @Test("the same seed gives the same interval")
  func deterministic() {
    let clusters = (0..<9).map { ClusterBootstrap.Cluster(successes: $0, trials: 9) }
    func once() -> Interval? {
      var random = SeededRandom(seed: 3, stream: "interval")
      return ClusterBootstrap.interval(clusters, random: &random)
    }
    #expect(once() == once())
  }
}
