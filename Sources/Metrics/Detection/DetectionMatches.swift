/// A detector's boxes matched with the truth, kept image by image so that its figures can be taken of
/// any resample of the images without matching again.
///
/// All twelve figures equal pycocotools 2.0.11's, but for one case: an object numbered 0 in its file
/// counts here like any other, while pycocotools takes 0 to mean that nothing matched.
package struct DetectionMatches: Sendable {
  package let imageCount: Int
  package let categoryCount: Int

  /// A detection that counts at one category, size and threshold, best score first within each such
  /// group: its image above `Entry.imageShift`, and the flags below.
  private(set) var entries: [UInt32] = []
  /// Where the entries of each group begin, and their end.
  private(set) var entryStarts: [Int] = [0]
  /// The images of the objects that count, by category and size.
  private(set) var objects: [UInt32] = []
  private(set) var objectStarts: [Int] = [0]

  enum Entry {
    static let isRight: UInt32 = 1
    static let isFirst: UInt32 = 2
    static let isOfFirstTen: UInt32 = 4
    static let imageShift: UInt32 = 3
  }

  /// Images and categories of all boxes must be below the counts; scores must be numbers.
  package init(
    _ truth: [TrueBox], _ detections: [DetectedBox], imageCount: Int, categoryCount: Int
  ) {
    precondition(imageCount < 1 << 29, "images are numbered in 29 bits")
    self.imageCount = imageCount
    self.categoryCount = categoryCount
    let truth = Self.grouped(truth, imageCount, categoryCount, { $0.image }, { $0.category })
    let detections = Self.grouped(
      detections, imageCount, categoryCount, { $0.image }, { $0.category })
    var matcher = GroupMatcher()
    var (nextObject, nextDetection) = (0, 0)
    for category in 0..<categoryCount {
      let objectEnd = truth[nextObject...].firstIndex { $0.category != category } ?? truth.count
      let detectionEnd =
        detections[nextDetection...].firstIndex { $0.category != category } ?? detections.count
      addObjects(truth[nextObject..<objectEnd])
      addEntries(
        CategoryMatches(
          truth[nextObject..<objectEnd], detections[nextDetection..<detectionEnd], &matcher))
      (nextObject, nextDetection) = (objectEnd, detectionEnd)
    }
  }

  /// Boxes by category, then by image, then as they came: two passes of a counting sort.
  private static func grouped<Box>(
    _ boxes: [Box], _ imageCount: Int, _ categoryCount: Int, _ image: (Box) -> Int,
    _ category: (Box) -> Int
  ) -> [Box] {
    func sorted(_ boxes: [Box], _ count: Int, _ key: (Box) -> Int) -> [Box] {
      var starts = [Int](repeating: 0, count: count + 1)
      for box in boxes { starts[key(box) + 1] += 1 }
      for index in 0..<count { starts[index + 1] += starts[index] }
      var order = [Int](repeating: 0, count: boxes.count)
      for (index, box) in boxes.enumerated() {
        order[starts[key(box)]] = index
        starts[key(box)] += 1
      }
      return order.map { boxes[$0] }
    }
    return sorted(sorted(boxes, imageCount, image), categoryCount, category)
  }

  private mutating func addObjects(_ truth: ArraySlice<TrueBox>) {
    for size in SizeRange.allCases {
      let bounds = size.bounds
      for object in truth where !object.isCrowd && bounds.contains(object.area) {
        objects.append(UInt32(object.image))
      }
      objectStarts.append(objects.count)
    }
  }

  private mutating func addEntries(_ matches: CategoryMatches) {
    for size in SizeRange.allCases {
      for threshold in 0..<GroupMatcher.thresholdCount {
        let bit = UInt16(1) << UInt16(threshold)
        for detection in matches.detections
        where detection.ignored[size.rawValue] & bit == 0 {
          let isRight = detection.matched[size.rawValue] & bit != 0
          entries.append(detection.place | (isRight ? Entry.isRight : 0))
        }
        entryStarts.append(entries.count)
      }
    }
  }
}

/// The matched detections of one category, best score first; equal scores by image, then as the file
/// has them.
private struct CategoryMatches {
  struct Detection {
    var score: Double
    /// Image and flags, as in `DetectionMatches.Entry`.
    var place: UInt32
    /// By size; a bit for each threshold.
    var matched: SIMD4<UInt16>
    var ignored: SIMD4<UInt16>
  }

  var detections: [Detection] = []

  /// Both sorted by image.
  init(
    _ truth: ArraySlice<TrueBox>, _ claims: ArraySlice<DetectedBox>, _ matcher: inout GroupMatcher
  ) {
    detections.reserveCapacity(claims.count)
    var (object, claim) = (truth.startIndex, claims.startIndex)
    while claim < claims.endIndex {
      let image = claims[claim].image
      while object < truth.endIndex && truth[object].image < image { object += 1 }
      var objectEnd = object
      while objectEnd < truth.endIndex && truth[objectEnd].image == image { objectEnd += 1 }
      var claimEnd = claim
      while claimEnd < claims.endIndex && claims[claimEnd].image == image { claimEnd += 1 }
      let best = Self.best(claims[claim..<claimEnd])
      matcher.match(truth[object..<objectEnd], best)
      append(best, matcher)
      (object, claim) = (objectEnd, claimEnd)
    }
    let order = detections.indices.sorted { first, second in
      let (one, other) = (detections[first].score, detections[second].score)
      return one != other ? one > other : first < second
    }
    detections = order.map { detections[$0] }
  }

  /// Best score first, equal ones as they came.
  private static func best(_ claims: ArraySlice<DetectedBox>) -> [DetectedBox] {
    guard claims.count > 1 else { return Array(claims) }
    let order = claims.indices.sorted { first, second in
      let (one, other) = (claims[first].score, claims[second].score)
      return one != other ? one > other : first < second
    }
    return order.prefix(GroupMatcher.maximumDetections).map { claims[$0] }
  }

  private mutating func append(_ claims: [DetectedBox], _ matcher: GroupMatcher) {
    for (rank, claim) in claims.enumerated() {
      var place = UInt32(claim.image) << DetectionMatches.Entry.imageShift
      if rank < 1 { place |= DetectionMatches.Entry.isFirst }
      if rank < 10 { place |= DetectionMatches.Entry.isOfFirstTen }
      var detection = Detection(score: claim.score, place: place, matched: .zero, ignored: .zero)
      for size in SizeRange.allCases {
        detection.matched[size.rawValue] = matcher.matched[GroupMatcher.place(size, rank)]
        detection.ignored[size.rawValue] = matcher.ignored[GroupMatcher.place(size, rank)]
      }
      detections.append(detection)
    }
  }
}
