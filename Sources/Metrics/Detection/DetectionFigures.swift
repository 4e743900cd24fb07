/// One of the twelve figures by which COCO judges detectors, in its order.
///
/// Precision is averaged over 101 recalls and, unless the name says an overlap, over ten overlaps from
/// 0.5 to 0.95; recall over the same overlaps, with at most 1, 10 or 100 detections on an image.
package enum DetectionFigure: Int, CaseIterable, Sendable {
  case precision, precisionAt50, precisionAt75
  case precisionSmall, precisionMedium, precisionLarge
  case recallOf1, recallOf10, recallOf100
  case recallSmall, recallMedium, recallLarge

  package static let all = Set(allCases)

  /// As the literature abbreviates it.
  package var title: String {
    switch self {
    case .precision: "AP"
    case .precisionAt50: "AP50"
    case .precisionAt75: "AP75"
    case .precisionSmall: "APs"
    case .precisionMedium: "APm"
    case .precisionLarge: "APl"
    case .recallOf1: "AR1"
    case .recallOf10: "AR10"
    case .recallOf100: "AR100"
    case .recallSmall: "ARs"
    case .recallMedium: "ARm"
    case .recallLarge: "ARl"
    }
  }
}

/// The twelve figures of one class, or of all.
package struct DetectionFigures: Equatable, Sendable {
  private var values = [Double?](repeating: nil, count: DetectionFigure.allCases.count)

  package init() {}

  /// 0…1; nil where there is no object that the figure could be taken of.
  package subscript(figure: DetectionFigure) -> Double? {
    get { values[figure.rawValue] }
    set { values[figure.rawValue] = newValue }
  }

  /// Each figure's mean over the classes that have it: a rare class weighs as much as a common one.
  init(meanOf classes: [DetectionFigures]) {
    for figure in DetectionFigure.allCases {
      let known = classes.compactMap { $0[figure] }
      self[figure] = known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
  }

  /// Each figure less the other's; nil where either has none.
  static func - (first: DetectionFigures, second: DetectionFigures) -> DetectionFigures {
    var difference = DetectionFigures()
    for figure in DetectionFigure.allCases {
      if let first = first[figure], let second = second[figure] {
        difference[figure] = first - second
      }
    }
    return difference
  }
}

/// How a detector did, over all and class by class.
package struct DetectionSummary: Equatable, Sendable {
  package var overall: DetectionFigures
  /// By category.
  package var classes: [DetectionFigures]

  init(_ classes: [DetectionFigures]) {
    self.classes = classes
    overall = DetectionFigures(meanOf: classes)
  }

  private init(overall: DetectionFigures, classes: [DetectionFigures]) {
    self.overall = overall
    self.classes = classes
  }

  /// How much better the first did. Both must be of the same categories.
  package static func - (first: DetectionSummary, second: DetectionSummary) -> DetectionSummary {
    DetectionSummary(
      overall: first.overall - second.overall,
      classes: zip(first.classes, second.classes).map { $0 - $1 })
  }
}
