/// Gives the detections of one class on one image to the objects of that class.
///
/// COCO's rule, for each size range and each of ten overlaps: detections choose in order of score; each
/// takes the object of greatest overlap that is still free, the later of two that are equal, and one
/// that does not count only when none that counts overlaps enough. What did not match and is itself of
/// another size does not count. Source of the rule: pycocotools 2.0.11, `cocoeval.py`.
struct GroupMatcher {
  /// Detections on an image beyond these are not looked at.
  static let maximumDetections = 100
  static let thresholdCount = 10

  /// 0.5 to 0.95, rounded as NumPy's `linspace` rounds: a detection that overlaps by exactly a
  /// threshold must fall on the same side here.
  static let thresholds: [Double] = {
    let (first, last) = (0.5, 0.95)
    let step = (last - first) / Double(thresholdCount - 1)
    return (0..<thresholdCount - 1).map { Double($0) * step + first } + [last]
  }()

  /// Per size range and detection, a bit for each threshold: whether it found an object.
  private(set) var matched: [UInt16]
  /// Likewise: whether it counts neither as right nor as wrong.
  private(set) var ignored: [UInt16]

  /// [detection][object]
  private var overlaps: [Double] = []
  /// Objects that count, then those that do not, each as they came.
  private var order: [Int] = []
  private var isTaken: [Bool] = []

  init() {
    let count = SizeRange.allCases.count * Self.maximumDetections
    matched = Array(repeating: 0, count: count)
    ignored = matched
  }

  static func place(_ size: SizeRange, _ detection: Int) -> Int {
    size.rawValue * maximumDetections + detection
  }

  /// - Parameter detections: Best score first, at most `maximumDetections`.
  mutating func match(_ objects: ArraySlice<TrueBox>, _ detections: [DetectedBox]) {
    overlaps.removeAll(keepingCapacity: true)
    for detection in detections {
      for object in objects {
        overlaps.append(detection.box.overlap(object.box, isCrowd: object.isCrowd))
      }
    }
    for size in SizeRange.allCases {
      let bounds = size.bounds
      order.removeAll(keepingCapacity: true)
      for (index, object) in zip(objects.indices, objects)
      where !object.isCrowd && bounds.contains(object.area) {
        order.append(index)
      }
      let counted = order.count
      for (index, object) in zip(objects.indices, objects)
      where object.isCrowd || !bounds.contains(object.area) {
        order.append(index)
      }
      for index in detections.indices {
        matched[Self.place(size, index)] = 0
        ignored[Self.place(size, index)] = 0
      }
      for threshold in 0..<Self.thresholdCount where !objects.isEmpty {
        assign(objects, detections.count, counted: counted, size, threshold)
      }
      for (index, detection) in detections.enumerated()
      where !bounds.contains(detection.box.area) {
        ignored[Self.place(size, index)] |= ~matched[Self.place(size, index)]
      }
    }
  }

  private mutating func assign(
    _ objects: ArraySlice<TrueBox>, _ detectionCount: Int, counted: Int, _ size: SizeRange,
    _ threshold: Int
  ) {
    isTaken.removeAll(keepingCapacity: true)
    isTaken.append(contentsOf: repeatElement(false, count: objects.count))
    for detection in 0..<detectionCount {
      var best = Self.thresholds[threshold]
      var choice = -1
      for position in order.indices {
        if choice >= 0 && choice < counted && position >= counted { break }
        let overlap = overlaps[detection * objects.count + order[position] - objects.startIndex]
        guard overlap >= best, !isTaken[position] || objects[order[position]].isCrowd else {
          continue
        }
        best = overlap
        choice = position
      }
      guard choice >= 0 else { continue }
      isTaken[choice] = true
      matched[Self.place(size, detection)] |= 1 << UInt16(threshold)
      if choice >= counted { ignored[Self.place(size, detection)] |= 1 << UInt16(threshold) }
    }
  }
}
