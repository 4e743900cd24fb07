extension DetectionMatches {
  /// 0, 0.01, … 1, as NumPy's `linspace` rounds them.
  private static let recalls: [Double] = (0...100).map { $0 == 100 ? 1 : Double($0) * 0.01 }

  /// The figures, all twelve unless some are named: one of one overlap takes a fortieth of the time.
  ///
  /// - Parameter weights: How often each image counts; once each when left out. An image that was
  ///   drawn twice counts like two images alike.
  package func summary(
    weights: [Int]? = nil, of wanted: Set<DetectionFigure> = DetectionFigure.all
  ) -> DetectionSummary {
    precondition(weights == nil || weights?.count == imageCount)
    let weights = weights ?? Array(repeating: 1, count: imageCount)
    let thresholds = SizeRange.allCases.map { Self.thresholds($0, wanted) }
    var curve = Curve()
    return DetectionSummary(
      (0..<categoryCount).map { category in
        var figures = figures(of: category, weights: weights, thresholds, &curve)
        for figure in DetectionFigure.allCases where !wanted.contains(figure) {
          figures[figure] = nil
        }
        return figures
      })
  }

  /// The overlaps that the wanted figures of a size of objects are taken at.
  private static func thresholds(
    _ size: SizeRange, _ wanted: Set<DetectionFigure>
  ) -> [Int] {
    if !wanted.isDisjoint(with: size.meanFigures) { return Array(0..<GroupMatcher.thresholdCount) }
    guard size == .all else { return [] }
    return (wanted.contains(.precisionAt50) ? [0] : [])
      + (wanted.contains(.precisionAt75) ? [5] : [])
  }

  /// The precision at each of 101 recalls from 0 to 1, of a category at an overlap of 0.5; nil when
  /// there is no object of the category.
  package func precisionCurve(of category: Int) -> [Double]? {
    var curve = Curve()
    let weights = Array(repeating: 1, count: imageCount)
    guard curve.begin(objects: objectCount(of: category, .all, weights)) else { return nil }
    curve.trace(entries(of: category, .all, 0), weights)
    return curve.precisions
  }

  /// Objects that count.
  package func objectCount(of category: Int, _ size: SizeRange = .all) -> Int {
    let group = category * SizeRange.allCases.count + size.rawValue
    return objectStarts[group + 1] - objectStarts[group]
  }

  private func objectCount(of category: Int, _ size: SizeRange, _ weights: [Int]) -> Int {
    let group = category * SizeRange.allCases.count + size.rawValue
    return objects[objectStarts[group]..<objectStarts[group + 1]].reduce(0) {
      $0 + weights[Int($1)]
    }
  }

  private func entries(
    of category: Int, _ size: SizeRange, _ threshold: Int
  ) -> ArraySlice<UInt32> {
    let group =
      (category * SizeRange.allCases.count + size.rawValue) * GroupMatcher.thresholdCount
      + threshold
    return entries[entryStarts[group]..<entryStarts[group + 1]]
  }

  private func figures(
    of category: Int, weights: [Int], _ thresholds: [[Int]], _ curve: inout Curve
  ) -> DetectionFigures {
    var figures = DetectionFigures()
    for (size, thresholds) in zip(SizeRange.allCases, thresholds) where !thresholds.isEmpty {
      guard curve.begin(objects: objectCount(of: category, size, weights)) else { continue }
      var precision = 0.0
      var recall = (0.0, 0.0, 0.0)
      for threshold in thresholds {
        let found = curve.trace(entries(of: category, size, threshold), weights)
        let mean = curve.precisions.reduce(0, +) / Double(Self.recalls.count)
        precision += mean / Double(GroupMatcher.thresholdCount)
        recall.0 += curve.share(found.first)
        recall.1 += curve.share(found.firstTen)
        recall.2 += curve.share(found.all)
        if size == .all && threshold == 0 { figures[.precisionAt50] = mean }
        if size == .all && threshold == 5 { figures[.precisionAt75] = mean }
      }
      let count = Double(GroupMatcher.thresholdCount)
      switch size {
      case .all:
        figures[.precision] = precision
        figures[.recallOf1] = recall.0 / count
        figures[.recallOf10] = recall.1 / count
        figures[.recallOf100] = recall.2 / count
      case .small: (figures[.precisionSmall], figures[.recallSmall]) = (precision, recall.2 / count)
      case .medium:
        (figures[.precisionMedium], figures[.recallMedium]) = (precision, recall.2 / count)
      case .large: (figures[.precisionLarge], figures[.recallLarge]) = (precision, recall.2 / count)
      }
    }
    return figures
  }

  /// Precision against recall, walked once per threshold: the hot loop of every resample.
  private struct Curve {
    private var objectCount = 0
    /// How many objects must be found for each recall to be reached.
    private var needed = [Int](repeating: 0, count: recalls.count)
    /// Objects found up to each find, and the precision there. An image that counts several times is
    /// one find of several objects: precision only rises from the first of them to the last.
    private var found: [Int] = []
    private var atFinds: [Double] = []
    /// At each recall.
    private(set) var precisions = [Double](repeating: 0, count: recalls.count)

    /// False when there are no objects, and so neither recall nor precision.
    mutating func begin(objects: Int) -> Bool {
      objectCount = objects
      guard objects > 0 else { return false }
      let total = Double(objects)
      for (index, recall) in recalls.enumerated() {
        // The quotient is compared as the reference compares it, whatever it was rounded to.
        var count = max(1, Int(recall * total))
        while Double(count) / total < recall { count += 1 }
        while count > 1 && Double(count - 1) / total >= recall { count -= 1 }
        needed[index] = count
      }
      return true
    }

    func share(_ found: Int) -> Double { Double(found) / Double(objectCount) }

    /// Fills `precisions`: the best precision at a recall or any greater one; 0 where it is not
    /// reached. Returns the objects found by each image's first, first ten and all detections.
    @discardableResult
    mutating func trace(
      _ entries: ArraySlice<UInt32>, _ weights: [Int]
    ) -> (first: Int, firstTen: Int, all: Int) {
      if atFinds.count < entries.count {
        atFinds = Array(repeating: 0, count: entries.count)
        found = Array(repeating: 0, count: entries.count)
      }
      var (first, firstTen, right, wrong, finds) = (0, 0, 0, 0, 0)
      entries.withUnsafeBufferPointer { entries in
        weights.withUnsafeBufferPointer { weights in
          withBuffers { found, atFinds in
            for entry in entries {
              let weight = weights[Int(entry >> Entry.imageShift)]
              guard entry & Entry.isRight != 0 else {
                wrong &+= weight
                continue
              }
              if entry & Entry.isFirst != 0 { first &+= weight }
              if entry & Entry.isOfFirstTen != 0 { firstTen &+= weight }
              guard weight > 0 else { continue }
              right &+= weight
              found[finds] = right
              // The reference adds this much, so that nothing is divided by nothing.
              atFinds[finds] = Double(right) / (Double(wrong &+ right) + .ulpOfOne)
              finds &+= 1
            }
          }
        }
      }
      var (best, next) = (0.0, finds)
      for index in recalls.indices.reversed() {
        if needed[index] > right {
          precisions[index] = 0
          continue
        }
        while next > 0 && found[next - 1] >= needed[index] {
          best = max(best, atFinds[next - 1])
          next -= 1
        }
        precisions[index] = best
      }
      return (first, firstTen, right)
    }

    private mutating func withBuffers(
      _ body: (UnsafeMutableBufferPointer<Int>, UnsafeMutableBufferPointer<Double>) -> Void
    ) {
      found.withUnsafeMutableBufferPointer { found in
        atFinds.withUnsafeMutableBufferPointer { atFinds in body(found, atFinds) }
      }
    }
  }
}
