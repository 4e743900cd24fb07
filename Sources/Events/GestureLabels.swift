package import Bytes

/// The labels of a DVS128 Gesture recording: lines of `class,startTime_usec,endTime_usec`.
///
/// A class may occur twice and stretches may overlap, as both do in the published files.
package struct GestureLabels: Equatable, Sendable {
  /// Classes 1…11 (source: Amir et al. 2017, README of the data set).
  package static let classNames = [
    "hand clap", "right hand wave", "left hand wave", "right arm clockwise",
    "right arm counterclockwise", "left arm clockwise", "left arm counterclockwise", "arm roll",
    "air drums", "air guitar", "other",
  ]

  /// In the order of the file.
  package var labels: [TraceLabel] = []

  /// - Parameter classes: Other data sets in this format number their classes otherwise.
  /// - Throws: `InputError` with the line of the first label that cannot be one.
  package init(
    _ bytes: [UInt8], name: String, classes: ClosedRange<Int> = 1...classNames.count
  ) throws(InputError) {
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      var text = String(decoding: bytes, as: UTF8.self)
      while text.last?.isWhitespace == true { text.removeLast() }
      if text.isEmpty || (index == 0 && text.hasPrefix("class")) { continue }
      labels.append(try Self.label(text, line: index + 1, name: name, classes))
    }
  }

  private static func label(
    _ text: String, line: Int, name: String, _ classes: ClosedRange<Int>
  ) throws(InputError) -> TraceLabel {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    let values = fields.compactMap { Int64($0) }
    guard fields.count == 3, values.count == 3 else {
      throw InputError(
        file: name, at: .line(line),
        "expected class,startTime_usec,endTime_usec as whole numbers, found ‘\(text)’")
    }
    guard let number = Int(exactly: values[0]), classes.contains(number) else {
      throw InputError(
        file: name, at: .line(line),
        "expected a class from \(classes.lowerBound) to \(classes.upperBound), found \(values[0])")
    }
    guard values[1] >= 0, values[2] > values[1] else {
      throw InputError(
        file: name, at: .line(line),
        "expected an end after the start, found \(values[1]) to \(values[2]) µs")
    }
    return TraceLabel(classNumber: number, start: values[1], end: values[2])
  }

  /// Pairs of labels that share time, among labels sorted by start: each with the one before it.
  package var overlapCount: Int {
    let sorted = labels.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    return zip(sorted, sorted.dropFirst()).count { $0.end > $1.start }
  }
}
