package import VirtualTime

/// The uncertainty of a proportion whose cases come in groups that rise and fall together.
///
/// Windows cut from one gesture share its subject, light and speed; resampling windows would claim
/// far too much. Whole clusters are drawn with replacement, as many as there are, and the pooled
/// proportion is taken each time; the interval lies between the 2.5th and 97.5th percentiles.
/// A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application (1997), §3.8 and §5.3.
package enum ClusterBootstrap {
  /// Successes and trials of one group, such as one labelled gesture.
  package struct Cluster: Equatable, Sendable {
    package var successes: Int
    package var trials: Int
    package init(successes: Int, trials: Int) {
      self.successes = successes
      self.trials = trials
    }
  }

  /// The percentile interval; nil with fewer than two clusters that have trials, for one cluster
  /// says nothing about how clusters differ.
  ///
  /// - Parameter confidence: 0.95 for 95 %.
  package static func interval(
    _ clusters: [Cluster], resamples: Int = 2_000, confidence: Double = 0.95,
    random: inout SeededRandom
  ) -> Interval? {
    let clusters = clusters.filter { $0.trials > 0 }
    guard clusters.count >= 2, resamples > 0 else { return nil }
    var proportions: [Double] = []
    proportions.reserveCapacity(resamples)
    for _ in 0..<resamples {
      var successes = 0
      var trials = 0
      for _ in clusters.indices {
        let cluster = clusters[draw(of: clusters.count, &random)]
        successes += cluster.successes
        trials += cluster.trials
      }
      proportions.append(Double(successes) / Double(trials))
    }
    return Interval(percentilesOf: proportions, confidence: confidence)
  }

  /// One of `count` clusters, each as likely.
  static func draw(of count: Int, _ random: inout SeededRandom) -> Int {
    Int(random.uniform() * Double(count))
  }
}
