package import Events
package import Metrics

/// How a detector's boxes compare with the truth, and with another detector's.
package struct DetectionReport: Sendable {
  /// One detector: its file and what came of it.
  package struct Detector: Sendable {
    package var file: String
    package var detectionCount: Int
    package var ofUnknownCategory: Int
    package var summary: DetectionSummary
    /// Nil when there is only one cluster of images.
    package var intervals: DetectionBootstrap.Intervals?
    /// Precision at 101 recalls by class; empty unless asked for.
    package var curves: [[Double]?]

    package init(
      file: String, detectionCount: Int, ofUnknownCategory: Int, summary: DetectionSummary,
      intervals: DetectionBootstrap.Intervals?, curves: [[Double]?]
    ) {
      self.file = file
      self.detectionCount = detectionCount
      self.ofUnknownCategory = ofUnknownCategory
      self.summary = summary
      self.intervals = intervals
      self.curves = curves
    }
  }

  /// By how much the detector is better than the other.
  package struct Difference: Sendable {
    package var summary: DetectionSummary
    package var intervals: DetectionBootstrap.Intervals?

    package init(summary: DetectionSummary, intervals: DetectionBootstrap.Intervals?) {
      self.summary = summary
      self.intervals = intervals
    }
  }

  package var truthFile: String
  package var images: MarkedImages
  /// Objects that count, by class.
  package var objectCounts: [Int]
  package var detector: Detector
  package var other: Detector?
  package var difference: Difference?
  package var bootstrap: DetectionBootstrap
  /// Whether the clusters are clips; single images otherwise.
  package var areClips: Bool
  /// What was left out, one line each.
  package var notes: [String]

  package init(
    truthFile: String, images: MarkedImages, objectCounts: [Int], detector: Detector,
    other: Detector?, difference: Difference?, bootstrap: DetectionBootstrap, areClips: Bool,
    notes: [String]
  ) {
    self.truthFile = truthFile
    self.images = images
    self.objectCounts = objectCounts
    self.detector = detector
    self.other = other
    self.difference = difference
    self.bootstrap = bootstrap
    self.areClips = areClips
    self.notes = notes
  }
}

// MARK: Text

extension DetectionReport {
  package func text(_ style: Style = .plain) -> String {
    let crowds = images.truth.count { $0.isCrowd }
    var out = style(.bold, detector.file) + " on \(truthFile)\n"
    out += "\(images.imageCount.grouped) images, \(images.categories.count) classes, "
    out += "\(images.truth.count.grouped) objects, \(crowds.grouped) of them crowds; "
    out += "\(detector.detectionCount.grouped) detections\n\n"
    out += figures(style) + "\n" + classes(style)
    if let other, let difference {
      out += "\n" + style(.bold, "Against \(other.file)") + "\n"
      out += comparison(other, difference, style)
    }
    let lines = (explanations + notes).map { $0.wrapped(to: min(style.width, 95), indent: 2) }
    return out + "\n" + lines.map { style(.dim, $0) + "\n" }.joined()
  }

  private func figures(_ style: Style) -> String {
    var table = TextTable([.init(""), .init("", .right), .init("95 %", .right), .init("")])
    for figure in DetectionFigure.allCases {
      table.add(
        figure.title, detector.summary.overall[figure].percent(),
        Self.range(detector.intervals?.overall[figure]), figure.meaning)
    }
    return table.text(style)
  }

  private func classes(_ style: Style) -> String {
    let more: [DetectionFigure] = [
      .precisionAt75, .precisionSmall, .precisionMedium, .precisionLarge, .recallOf100,
    ]
    var table = TextTable(
      [
        .init("class"), .init("objects", .right), .init("AP", .right), .init("95 %", .right),
        .init("AP50", .right), .init("95 %", .right),
      ] + more.map { .init($0.title, .right) })
    for (index, category) in images.categories.enumerated() {
      let figures = detector.summary.classes[index]
      let intervals = detector.intervals?.classes[index]
      table.add(
        [
          category.name, objectCounts[index].grouped, figures[.precision].percent(),
          Self.range(intervals?[.precision]), figures[.precisionAt50].percent(),
          Self.range(intervals?[.precisionAt50]),
        ] + more.map { figures[$0].percent() })
    }
    return table.text(style)
  }

  private func comparison(
    _ other: Detector, _ difference: Difference, _ style: Style
  ) -> String {
    var table = TextTable([
      .init(""), .init("other", .right), .init("difference", .right), .init("95 %", .right),
      .init(""),
    ])
    for figure in DetectionFigure.allCases {
      let interval = difference.intervals?.overall[figure]
      let verdict = interval.map { $0.lower > 0 ? "better" : $0.upper < 0 ? "worse" : "" } ?? ""
      table.add(
        figure.title, other.summary.overall[figure].percent(),
        Self.points(difference.summary.overall[figure]),
        interval.map { "\(Self.signed($0.lower)) to \(Self.signed($0.upper))" } ?? "",
        style(verdict == "worse" ? .red : .green, verdict))
    }
    return table.text(style)
  }

  private var explanations: [String] {
    let units = areClips ? "clips" : "images"
    var lines: [String] = []
    if detector.intervals != nil {
      lines.append(
        "95 %: \(bootstrap.resamples.grouped) resamples of \(bootstrap.clusterCount.grouped) "
          + "\(units), seed \(bootstrap.seed)."
          + (other == nil ? "" : " Differences: both detectors on the same resamples."))
    } else {
      lines.append("No intervals: there are fewer than two \(units), or no resamples.")
    }
    return lines
  }

  private static func points(_ difference: Double?) -> String {
    difference.map { signed($0) } ?? "–"
  }

  private static func signed(_ difference: Double) -> String {
    let text = (100 * difference).fixed(1)
    return difference > 0 && text != "0.0" ? "+" + text : text
  }

  private static func range(_ interval: Interval?) -> String {
    interval.map { "\((100 * $0.lower).fixed(1))–\((100 * $0.upper).fixed(1)) %" } ?? ""
  }
}

extension DetectionFigure {
  fileprivate var meaning: String {
    switch self {
    case .precision: "mean precision over overlaps 0.50 to 0.95"
    case .precisionAt50: "at an overlap of 0.50"
    case .precisionAt75: "at an overlap of 0.75"
    case .precisionSmall: "objects up to 32 × 32"
    case .precisionMedium: "up to 96 × 96"
    case .precisionLarge: "from 96 × 96"
    case .recallOf1: "mean recall of one detection an image"
    case .recallOf10: "of ten"
    case .recallOf100: "of a hundred"
    case .recallSmall: "of a hundred, objects up to 32 × 32"
    case .recallMedium: "up to 96 × 96"
    case .recallLarge: "from 96 × 96"
    }
  }
}

// MARK: JSON

extension DetectionReport {
  package var json: JSONValue {
    [
      "truth": .string(truthFile),
      "images": .integer(images.imageCount),
      "objects": .integer(images.truth.count),
      "crowds": .integer(images.truth.count { $0.isCrowd }),
      "bootstrap": [
        "resamples": .integer(bootstrap.resamples), "of": .string(areClips ? "clips" : "images"),
        "count": .integer(bootstrap.clusterCount), "seed": .string("\(bootstrap.seed)"),
        "confidence": .decimal(bootstrap.confidence, places: 3),
      ],
      "detector": json(of: detector),
      "against": other.map { json(of: $0) } ?? .null,
      "difference": difference.map {
        [
          "figures": Self.json($0.summary.overall, $0.intervals?.overall),
          "classes": classesJSON($0.summary.classes, $0.intervals?.classes, curves: []),
        ]
      } ?? .null,
      "notes": .array(notes.map { .string($0) }),
    ]
  }

  private func json(of detector: Detector) -> JSONValue {
    [
      "file": .string(detector.file),
      "detections": .integer(detector.detectionCount),
      "ofUnknownClass": .integer(detector.ofUnknownCategory),
      "figures": Self.json(detector.summary.overall, detector.intervals?.overall),
      "classes": classesJSON(
        detector.summary.classes, detector.intervals?.classes, curves: detector.curves),
    ]
  }

  private func classesJSON(
    _ classes: [DetectionFigures], _ intervals: [[DetectionFigure: Interval]]?,
    curves: [[Double]?]
  ) -> JSONValue {
    .array(
      images.categories.enumerated().map { index, category in
        var members: [JSONValue.Member] = [
          .init("number", .integer(category.number)), .init("name", .string(category.name)),
          .init("objects", .integer(objectCounts[index])),
          .init("figures", Self.json(classes[index], intervals?[index])),
        ]
        if !curves.isEmpty {
          let curve = curves[index].map { curve in
            JSONValue.array(curve.map { .decimal($0, places: 9) })
          }
          members.append(.init("precisionAt50ByRecall", curve ?? .null))
        }
        return .object(members)
      })
  }

  private static func json(
    _ figures: DetectionFigures, _ intervals: [DetectionFigure: Interval]?
  ) -> JSONValue {
    .object(
      DetectionFigure.allCases.map { figure in
        var members = [
          JSONValue.Member("value", figures[figure].map { .decimal($0, places: 9) } ?? .null)
        ]
        if let interval = intervals?[figure] {
          members.append(.init("lower", .decimal(interval.lower, places: 9)))
          members.append(.init("upper", .decimal(interval.upper, places: 9)))
        }
        return .init(figure.title, .object(members))
      })
  }
}
