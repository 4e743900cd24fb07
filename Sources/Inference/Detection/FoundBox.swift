/// A box that a detector's head found, in pixels of the model's input.
package struct FoundBox: Equatable, Sendable {
  package var left: Float
  package var top: Float
  package var right: Float
  package var bottom: Float
  /// The class with the best score, counted from 0, and the second best; -1 without a second class.
  package var category: Int32
  package var runnerUp: Int32
  /// 0…1.
  package var score: Float
  package var runnerUpScore: Float

  package init(
    left: Float, top: Float, right: Float, bottom: Float, category: Int32, score: Float,
    runnerUp: Int32 = -1, runnerUpScore: Float = 0
  ) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
    self.category = category
    self.score = score
    self.runnerUp = runnerUp
    self.runnerUpScore = runnerUpScore
  }

  package var area: Float { (right - left) * (bottom - top) }

  /// Intersection over union; 0 for two boxes without any area.
  package func overlap(_ other: FoundBox) -> Float {
    let width = min(right, other.right) - max(left, other.left)
    let height = min(bottom, other.bottom) - max(top, other.top)
    guard width > 0, height > 0 else { return 0 }
    let common = width * height
    return common / (area + other.area - common)
  }

  /// Best score first; boxes of one score in an order of their own, so that it does not matter in
  /// which order they were found.
  static func precedes(_ first: FoundBox, _ second: FoundBox) -> Bool {
    if first.score != second.score { return first.score > second.score }
    let (one, other) = (first.edges, second.edges)
    if one != other { return one < other }
    return (first.category, first.runnerUp, first.runnerUpScore)
      < (second.category, second.runnerUp, second.runnerUpScore)
  }

  private var edges: (Float, Float, Float, Float) { (top, left, bottom, right) }
}

/// Which of many boxes that show the same thing are kept.
package struct BoxSuppression: Equatable, Sendable {
  /// Two boxes that overlap more than this are taken for one object, whatever their classes.
  package var overlap: Float
  package var mostBoxes: Int

  package init(overlap: Float, mostBoxes: Int) {
    self.overlap = overlap
    self.mostBoxes = mostBoxes
  }

  /// Greedy non-maximum suppression: the best box is kept and those that overlap it too much go,
  /// then the best of the rest, and so on. Best first; the order of `boxes` does not matter.
  package func kept(_ boxes: [FoundBox]) -> [FoundBox] {
    var kept: [FoundBox] = []
    for box in boxes.sorted(by: FoundBox.precedes) {
      guard kept.count < mostBoxes else { break }
      if kept.allSatisfy({ $0.overlap(box) <= overlap }) { kept.append(box) }
    }
    return kept
  }
}
