import VirtualTime

/// How far a detector's figures would move on other images of the same kind.
///
/// Whole clusters of images (clips, or single images) are drawn with replacement, as many as there are,
/// and every figure is taken anew of the matches that are already there. The interval lies between
/// percentiles of what came out. A. C. Davison and D. V. Hinkley, Bootstrap Methods and their
/// Application (1997), §3.8 and §5.3.
package struct DetectionBootstrap: Sendable {
  /// Of each image: images of one cluster are drawn together. Counted from 0.
  package var clusters: [Int]
  package var resamples: Int
  package var seed: UInt64
  /// 0.95 for 95 %.
  package var confidence: Double

  package init(
    clusters: [Int], resamples: Int = 1_000, seed: UInt64 = 1, confidence: Double = 0.95
  ) {
    self.clusters = clusters
    self.resamples = resamples
    self.seed = seed
    self.confidence = confidence
  }

  package var clusterCount: Int { (clusters.max() ?? -1) + 1 }

  package struct Intervals: Equatable, Sendable {
    /// A figure without an interval is one that no resample had.
    package var overall: [DetectionFigure: Interval]
    /// By category; only of precision, and of precision at an overlap of 0.5.
    package var classes: [[DetectionFigure: Interval]]
  }

  /// The figures of which classes have intervals.
  package static let classFigures: [DetectionFigure] = [.precision, .precisionAt50]

  /// Nil with fewer than two clusters, for one cluster says nothing about how clusters differ.
  ///
  /// - Parameter progress: Told the share that is done, now and then.
  package func intervals(
    of matches: DetectionMatches, progress: (Double) -> Void = { _ in }
  ) -> Intervals? {
    resampled(matches.categoryCount, progress) { matches.summary(weights: $0) }
  }

  /// How much better the first detector is: both are judged on the same draws, so that what is hard
  /// for both cancels out. The matches must be with one truth.
  package func difference(
    _ first: DetectionMatches, _ second: DetectionMatches, progress: (Double) -> Void = { _ in }
  ) -> Intervals? {
    resampled(first.categoryCount, progress) {
      first.summary(weights: $0) - second.summary(weights: $0)
    }
  }

  private func resampled(
    _ categoryCount: Int, _ progress: (Double) -> Void, _ summary: ([Int]) -> DetectionSummary
  ) -> Intervals? {
    guard clusterCount >= 2, resamples > 0 else { return nil }
    var random = SeededRandom(seed: seed, stream: "bootstrap")
    var overall = [Sample](repeating: Sample(), count: DetectionFigure.allCases.count)
    var classes = [Sample](
      repeating: Sample(), count: categoryCount * Self.classFigures.count)
    var drawn = [Int](repeating: 0, count: clusterCount)
    for resample in 0..<resamples {
      for cluster in drawn.indices { drawn[cluster] = 0 }
      for _ in drawn.indices { drawn[ClusterBootstrap.draw(of: clusterCount, &random)] += 1 }
      let summary = summary(clusters.map { drawn[$0] })
      for figure in DetectionFigure.allCases {
        overall[figure.rawValue].add(summary.overall[figure])
      }
      for (category, figures) in summary.classes.enumerated() {
        for (place, figure) in Self.classFigures.enumerated() {
          classes[category * Self.classFigures.count + place].add(figures[figure])
        }
      }
      progress(Double(resample + 1) / Double(resamples))
    }
    func intervals(_ figures: [DetectionFigure], _ samples: ArraySlice<Sample>)
      -> [DetectionFigure: Interval]
    {
      var intervals: [DetectionFigure: Interval] = [:]
      for (figure, sample) in zip(figures, samples) {
        intervals[figure] = sample.interval(confidence)
      }
      return intervals
    }
    return Intervals(
      overall: intervals(DetectionFigure.allCases, overall[...]),
      classes: (0..<categoryCount).map {
        let start = $0 * Self.classFigures.count
        return intervals(Self.classFigures, classes[start..<start + Self.classFigures.count])
      })
  }

  /// The values of one figure; a resample without the figure's objects adds none.
  private struct Sample {
    private var values: [Double] = []

    mutating func add(_ value: Double?) {
      if let value { values.append(value) }
    }

    func interval(_ confidence: Double) -> Interval? {
      values.isEmpty ? nil : Interval(percentilesOf: values, confidence: confidence)
    }
  }
}
