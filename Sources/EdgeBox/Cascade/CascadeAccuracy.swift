import Metrics

/// What detections were worth over a shift of any length: a recording's frames come again and again, so
/// each is matched once for each way in which it was answered, and weighs as often as it was.
struct CascadeAccuracy {
  /// A frame answered in one way.
  private struct Image {
    var frame: Int
    /// Nil when the box dropped it: nothing was detected.
    var answers: UInt64?
    var weight: Int
  }

  private let book: CascadeBook
  private let cloud: CloudAnswers
  private var images: [Image] = []
  private var truth: [TrueBox] = []
  private var edge: [DetectedBox] = []
  private var final: [DetectedBox] = []
  private var clusters: [Int] = []

  /// - Parameters:
  ///   - shown: How often each frame was shown, and of that dropped.
  ///   - answered: How often each was answered with anything of the cloud's.
  init(
    _ book: CascadeBook, _ cloud: CloudAnswers, shown: [Int], dropped: [Int],
    answered: [CascadeTally.Answered: Int]
  ) {
    self.book = book
    self.cloud = cloud
    var left = shown
    for (frame, count) in dropped.enumerated() where count > 0 {
      images.append(Image(frame: frame, answers: nil, weight: count))
      left[frame] -= count
    }
    for (way, count) in answered {
      images.append(Image(frame: Int(way.frame), answers: way.answers, weight: count))
      left[Int(way.frame)] -= count
    }
    for (frame, count) in left.enumerated() where count > 0 {
      images.append(Image(frame: frame, answers: 0, weight: count))
    }
    images.sort {
      ($0.frame, $0.answers.map { $0 } ?? .max) < ($1.frame, $1.answers.map { $0 } ?? .max)
    }
    addBoxes()
  }

  private mutating func addBoxes() {
    var truthStarts: [[Int]] = book.records.map { Array(repeating: 0, count: $0.frameCount + 1) }
    var truths: [[TrueBox]] = []
    for (number, record) in book.records.enumerated() {
      let sorted = record.truth.enumerated().sorted {
        ($0.element.image, $0.offset) < ($1.element.image, $1.offset)
      }.map(\.element)
      for box in sorted { truthStarts[number][box.image + 1] += 1 }
      for frame in 0..<record.frameCount {
        truthStarts[number][frame + 1] += truthStarts[number][frame]
      }
      truths.append(sorted)
    }
    var cropStarts = [Int](repeating: 0, count: book.frameCount + 1)
    for crop in book.crops { cropStarts[Int(crop.frame) + 1] += 1 }
    for frame in 0..<book.frameCount { cropStarts[frame + 1] += cropStarts[frame] }
    var clusterOfBlock: [Int: Int] = [:]
    for (number, image) in images.enumerated() {
      let record = book.record(ofFrame: image.frame)
      let frame = image.frame - book.firstFrame[record]
      let block = book.block(ofFrame: frame, in: record)
      let cluster = clusterOfBlock[book.firstBlock[record] + block] ?? clusterOfBlock.count
      clusterOfBlock[book.firstBlock[record] + block] = cluster
      clusters.append(cluster)
      for index in truthStarts[record][frame]..<truthStarts[record][frame + 1] {
        var box = truths[record][index]
        box.image = number
        truth.append(box)
      }
      guard let answers = image.answers else { continue }
      let detections = book.records[record].starts[frame]..<book.records[record].starts[frame + 1]
      for place in detections {
        let own = book.records[record].detections[place]
        var box = DetectedBox(
          image: number, category: Int(own.category), box: own.box, score: Double(own.score))
        edge.append(box)
        let crop = book.crops[cropStarts[image.frame]..<cropStarts[image.frame + 1]].first {
          $0.detection == Int32(place)
        }
        let answer = crop.map { UInt16(truncatingIfNeeded: answers >> (16 * UInt64($0.rank))) } ?? 0
        if answer != CloudAnswers.edge {
          let said = cloud.answers[Int(answer) - 1]
          guard let category = said.category else { continue }
          box.category = Int(category)
          box.score = said.score
        }
        final.append(box)
      }
    }
  }

  /// Nil without truth.
  func summary(resamples: Int, seed: UInt64) -> CascadeOutcome.Accuracy? {
    guard !truth.isEmpty else { return nil }
    let categories = book.records[0].classNames.count
    let edgeMatches = DetectionMatches(
      truth, edge, imageCount: images.count, categoryCount: categories)
    let finalMatches = DetectionMatches(
      truth, final, imageCount: images.count, categoryCount: categories)
    let weights = images.map(\.weight)
    let bootstrap = DetectionBootstrap(
      clusters: clusters, weights: weights, resamples: resamples, seed: seed,
      figures: [.precisionAt50])
    let (edge, final) = (
      edgeMatches.summary(weights: weights), finalMatches.summary(weights: weights)
    )
    let intervals = bootstrap.comparison(of: finalMatches, with: edgeMatches)
    return CascadeOutcome.Accuracy(
      edge: edge, final: final, gain: final - edge, edgeIntervals: intervals?.second,
      finalIntervals: intervals?.first, gainIntervals: intervals?.difference,
      clusters: bootstrap.clusterCount)
  }
}
