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
  /// How often each image counts; nil for once each.
  package var weights: [Int]?
  package var resamples: Int
  package var seed: UInt64
  /// 0.95 for 95 %.
  package var confidence: Double
  /// Those that get an interval: the fewer, the sooner.
  package var figures: Set<DetectionFigure>

  package init(
    clusters: [Int], weights: [Int]? = nil, resamples: Int = 1_000, seed: UInt64 = 1,
    confidence: Double = 0.95, figures: Set<DetectionFigure> = DetectionFigure.all
  ) {
    precondition(weights == nil || weights?.count == clusters.count)
    self.clusters = clusters
    self.weights = weights
    self.resamples = resamples
    self.seed = seed
    self.confidence = confidence
    self.figures = figures
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
    var samples = Samples(matches.categoryCount)
    resample(progress) { samples.add(matches.summary(weights: $0, of: figures)) }
    return intervals(samples)
  }

  /// How much better the first detector is: both are judged on the same draws, so that what is hard
  /// for both cancels out. The matches must be with one truth.
  package func difference(
    _ first: DetectionMatches, _ second: DetectionMatches, progress: (Double) -> Void = { _ in }
  ) -> Intervals? {
    comparison(of: first, with: second, progress: progress)?.difference
  }

  /// Both detectors and how much better the first is, all on the same draws.
  package func comparison(
    of first: DetectionMatches, with second: DetectionMatches,
    progress: (Double) -> Void = { _ in }
  ) -> (first: Intervals, second: Intervals, difference: Intervals)? {
    var ones = Samples(first.categoryCount)
    var (others, differences) = (ones, ones)
    resample(progress) {
      let (one, other) = (
        first.summary(weights: $0, of: figures), second.summary(weights: $0, of: figures)
      )
      ones.add(one)
      others.add(other)
      differences.add(one - other)
    }
    guard let first = intervals(ones), let second = intervals(others),
      let difference = intervals(differences)
    else { return nil }
    return (first, second, difference)
  }

  /// Draws clusters again and again, and visits how often each image counts then.
  private func resample(_ progress: (Double) -> Void, _ visit: ([Int]) -> Void) {
    guard clusterCount >= 2 else { return }
    var random = SeededRandom(seed: seed, stream: "bootstrap")
    let once = weights ?? Array(repeating: 1, count: clusters.count)
    var drawn = [Int](repeating: 0, count: clusterCount)
    for resample in 0..<resamples {
      for cluster in drawn.indices { drawn[cluster] = 0 }
      for _ in drawn.indices { drawn[ClusterBootstrap.draw(of: clusterCount, &random)] += 1 }
      visit(counts(drawn, once))
      progress(Double(resample + 1) / Double(resamples))
    }
  }

  /// How often each image counts when its cluster was drawn so often.
  private func counts(_ drawn: [Int], _ once: [Int]) -> [Int] {
    Array(unsafeUninitializedCapacity: clusters.count) { counts, count in
      clusters.withUnsafeBufferPointer { clusters in
        drawn.withUnsafeBufferPointer { drawn in
          once.withUnsafeBufferPointer { once in
            for image in clusters.indices {
              counts.initializeElement(at: image, to: drawn[clusters[image]] &* once[image])
            }
          }
        }
      }
      count = clusters.count
    }
  }

  private func intervals(_ samples: Samples) -> Intervals? {
    guard clusterCount >= 2, resamples > 0 else { return nil }
    return samples.intervals(confidence)
  }

  /// The figures of all resamples; one without the figure's objects adds none.
  private struct Samples {
    private var overall = [[Double]](repeating: [], count: DetectionFigure.allCases.count)
    /// By category, then by figure.
    private var classes: [[[Double]]]

    init(_ categoryCount: Int) {
      classes = Array(
        repeating: Array(repeating: [], count: DetectionBootstrap.classFigures.count),
        count: categoryCount)
    }

    mutating func add(_ summary: DetectionSummary) {
      for figure in DetectionFigure.allCases {
        if let value = summary.overall[figure] { overall[figure.rawValue].append(value) }
      }
      for (category, figures) in summary.classes.enumerated() {
        for (place, figure) in DetectionBootstrap.classFigures.enumerated() {
          if let value = figures[figure] { classes[category][place].append(value) }
        }
      }
    }

    func intervals(_ confidence: Double) -> Intervals {
      func intervals(
        _ figures: [DetectionFigure], _ samples: [[Double]]
      ) -> [DetectionFigure: Interval] {
        var intervals: [DetectionFigure: Interval] = [:]
        for (figure, values) in zip(figures, samples) where !values.isEmpty {
          intervals[figure] = Interval(percentilesOf: values, confidence: confidence)
        }
        return intervals
      }
      return Intervals(
        overall: intervals(DetectionFigure.allCases, overall),
        classes: classes.map { intervals(DetectionBootstrap.classFigures, $0) })
    }
  }
}
