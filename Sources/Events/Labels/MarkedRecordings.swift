package import Bytes
import Metrics

/// What boxes of a recording are left out of an evaluation.
///
/// The first two are the rules of E. Perot et al., Learning to Detect Objects with a 1 Megapixel Event
/// Camera (2020), §4: nothing in the first half second, nothing too small to be seen. The third is what
/// Prophesee's toolbox computes whatever its arguments: 0.1 s from the first box, GEN1's sizes.
package enum BoxFilter: String, CaseIterable, Sendable {
  case none
  case gen1
  case megapixel = "1mpx"
  case toolbox

  /// Boxes with a shorter diagonal, or a shorter side, are left out; pixels.
  private var leastSizes: (diagonal: Float, side: Float) {
    switch self {
    case .none: (0, 0)
    case .gen1, .toolbox: (30, 10)
    case .megapixel: (60, 20)
    }
  }

  /// The classes that count, by their numbers in the labels; nil for all.
  var classNames: [String]? {
    switch self {
    case .none: nil
    case .gen1, .toolbox: ["car", "pedestrian"]
    case .megapixel: ["pedestrian", "two wheeler", "car"]
    }
  }

  /// - Parameter boxes: In order of time.
  func kept(_ boxes: [BoxLabel]) -> [BoxLabel] {
    let earliest: Int64? =
      switch self {
      case .none: nil
      case .gen1, .megapixel: 500_000
      case .toolbox: boxes.first.map { $0.time.adding(100_001) }
      }
    let least = leastSizes
    return boxes.filter { box in
      earliest.map { box.time >= $0 } ?? true
        && box.width * box.width + box.height * box.height >= least.diagonal * least.diagonal
        && box.width >= least.side && box.height >= least.side
    }
  }
}

/// What a detector said of recordings, laid beside their labels.
package struct MarkedRecordings: Sendable {
  package var images: MarkedImages
  package var detections: MarkedImages.Detections
  /// Boxes that the filter left out.
  package var filteredTruth = 0
  package var filteredDetections = 0
  /// Detections at no labelled time, which nobody can judge.
  package var atUnlabelledTimes = 0

  /// Detections within this of a labelled time count for it, before and after; µs.
  package static let usualTolerance: Int64 = 50_000
  /// More detections than this, counted once for each labelled time that they are near, are a mistake.
  private static let detectionLimit = 50_000_000

  /// An image for every time that has a label, as Prophesee evaluates detectors of events; one clip a
  /// recording.
  ///
  /// - Throws: `InputError` when the tolerance makes detections count beyond all bounds.
  package init(
    _ recordings: [(truth: [BoxLabel], found: [BoxLabel])], filter: BoxFilter,
    tolerance: Int64 = usualTolerance
  ) throws(InputError) {
    let sorted = recordings.map { (Self.sorted($0.truth), Self.sorted($0.found)) }
    let kept = sorted.map { (truth: filter.kept($0.0), found: filter.kept($0.1)) }
    for (all, kept) in zip(sorted, kept) {
      filteredTruth += all.0.count - kept.truth.count
      filteredDetections += all.1.count - kept.found.count
    }
    let categories = Self.categories(filter, kept.flatMap(\.truth))
    let indices = Dictionary(
      uniqueKeysWithValues: categories.enumerated().map { ($1.number, $0) })
    images = MarkedImages(categories: categories, imageCount: 0, clips: [], truth: [])
    detections = MarkedImages.Detections(boxes: [], ofUnknownCategory: 0)
    for (clip, recording) in kept.enumerated() {
      try add(recording.truth, recording.found, clip, indices, tolerance)
    }
    filteredTruth += kept.reduce(0) { $0 + $1.truth.count } - images.truth.count
  }

  private static func sorted(_ boxes: [BoxLabel]) -> [BoxLabel] {
    let order = boxes.indices.sorted { (boxes[$0].time, $0) < (boxes[$1].time, $1) }
    return order.map { boxes[$0] }
  }

  private static func categories(
    _ filter: BoxFilter, _ truth: [BoxLabel]
  ) -> [MarkedImages.Category] {
    if let names = filter.classNames {
      return names.enumerated().map { MarkedImages.Category(number: $0, name: $1) }
    }
    return Set(truth.map(\.classNumber)).sorted().map {
      MarkedImages.Category(number: $0, name: "class \($0)")
    }
  }

  /// Both in order of time.
  private mutating func add(
    _ truth: [BoxLabel], _ found: [BoxLabel], _ clip: Int, _ categories: [Int: Int],
    _ tolerance: Int64
  ) throws(InputError) {
    var (start, low, high) = (0, 0, 0)
    while start < truth.count {
      let time = truth[start].time
      var end = start
      while end < truth.count && truth[end].time == time { end += 1 }
      let image = images.imageCount
      for label in truth[start..<end] {
        guard let category = categories[label.classNumber] else { continue }
        images.truth.append(
          TrueBox(
            image: image, category: category, box: PixelBox(label),
            area: Double(label.width * label.height)))
      }
      while low < found.count && found[low].time < time.adding(-tolerance) {
        if low >= high { atUnlabelledTimes += 1 }
        low += 1
      }
      high = max(low, high)
      while high < found.count && found[high].time <= time.adding(tolerance) { high += 1 }
      try add(found[low..<high], image, categories)
      images.imageCount += 1
      images.clips?.append(clip)
      start = end
    }
    atUnlabelledTimes += found.count - max(low, high)
  }

  private mutating func add(
    _ found: ArraySlice<BoxLabel>, _ image: Int, _ categories: [Int: Int]
  ) throws(InputError) {
    guard detections.boxes.count + found.count <= Self.detectionLimit else {
      throw InputError(
        at: .nowhere,
        "expected at most \(Self.detectionLimit) detections near labelled times, found more",
        advice: "choose a shorter tolerance")
    }
    for box in found {
      guard let category = categories[box.classNumber] else {
        detections.ofUnknownCategory += 1
        continue
      }
      detections.boxes.append(
        DetectedBox(
          image: image, category: category, box: PixelBox(box), score: Double(box.confidence)))
    }
  }
}

extension PixelBox {
  fileprivate init(_ label: BoxLabel) {
    self.init(
      x: Double(label.x), y: Double(label.y), width: Double(label.width),
      height: Double(label.height))
  }
}

extension Int64 {
  /// The sum, or the number nearest to it: a damaged file can hold any time.
  fileprivate func adding(_ other: Int64) -> Int64 {
    let (sum, isTooLarge) = addingReportingOverflow(other)
    return isTooLarge ? (other < 0 ? .min : .max) : sum
  }
}
