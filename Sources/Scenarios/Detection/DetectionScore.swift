package import EdgeBox
package import Metrics

/// A detection record held against its truth.
package struct DetectionScore: Sendable {
  package var matches: DetectionMatches
  package var summary: DetectionSummary
  /// Frames that are drawn together.
  package var bootstrap: DetectionBootstrap

  /// Frames are drawn in clips of this length, microseconds: longer than a part is in view, so that
  /// one part's frames stay together.
  package static let clip: Int64 = 2_000_000

  package init(_ record: DetectionRecord, resamples: Int = 1_000, seed: UInt64 = 1) {
    var boxes: [DetectedBox] = []
    boxes.reserveCapacity(record.detections.count)
    for frame in 0..<record.frameCount {
      for found in record[frame] {
        boxes.append(
          DetectedBox(
            image: frame, category: Int(found.category), box: found.box,
            score: Double(found.score)))
      }
    }
    matches = DetectionMatches(
      record.truth, boxes, imageCount: record.frameCount, categoryCount: record.classNames.count)
    summary = matches.summary()
    let start = record.times.first ?? 0
    bootstrap = DetectionBootstrap(
      clusters: record.times.map { Int(($0 - start) / Self.clip) }, resamples: resamples,
      seed: seed)
  }

  package func intervals(progress: (Double) -> Void = { _ in }) -> DetectionBootstrap.Intervals? {
    bootstrap.intervals(of: matches, progress: progress)
  }
}
