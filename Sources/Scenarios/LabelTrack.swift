package import Bytes
package import Events

/// The labelled segments of a recording, and what each window may be scored against.
package struct LabelTrack: Equatable, Sendable {
  /// A labelled stretch whose class the model knows.
  package struct Segment: Equatable, Sendable {
    /// Position among the model's outputs.
    package var classIndex: Int
    package var start: Int64
    package var end: Int64
    package init(classIndex: Int, start: Int64, end: Int64) {
      self.classIndex = classIndex
      self.start = start
      self.end = end
    }
  }

  package enum Standing: Equatable, Sendable {
    /// Wholly inside one segment, given by its position in `segments`.
    case scored(segment: Int)
    /// Touches no segment.
    case unlabelled
    /// Partly inside a segment, or inside two that overlap: no single right answer.
    case straddling
  }

  /// In order of their starts.
  package let segments: [Segment]

  package init(_ segments: [Segment]) {
    self.segments = segments.enumerated()
      .sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
      .map(\.element)
  }

  /// The segments of a label file, its class numbers turned into positions among `classes`.
  ///
  /// Throws for a class that the model does not know and for a segment that ends before it starts.
  package init(_ labels: [TraceLabel], classes: [Int]) throws(InputError) {
    var segments: [Segment] = []
    for label in labels {
      guard let index = classes.firstIndex(of: label.classNumber) else {
        throw InputError(
          at: .nowhere,
          "expected classes \(classes.map(String.init).joined(separator: ", ")) as in the model's "
            + "card, found a segment of class \(label.classNumber)")
      }
      guard label.start < label.end else {
        throw InputError(
          at: .nowhere,
          "expected segments that end after they start, found [\(label.start), \(label.end))")
      }
      segments.append(Segment(classIndex: index, start: label.start, end: label.end))
    }
    self.init(segments)
  }

  /// How the window [start, end) relates to the segments.
  package func standing(start: Int64, end: Int64) -> Standing {
    var touched: Int?
    for (index, segment) in segments.enumerated() {
      if segment.start >= end { break }
      guard segment.end > start else { continue }
      if touched != nil { return .straddling }
      touched = index
    }
    guard let touched else { return .unlabelled }
    let segment = segments[touched]
    return segment.start <= start && end <= segment.end ? .scored(segment: touched) : .straddling
  }
}
