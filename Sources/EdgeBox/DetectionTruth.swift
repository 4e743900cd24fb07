package import Bytes
package import Events
import Metrics

extension DetectionRecord {
  /// Takes the boxes of a label file as the truth, each on the frame of its instant.
  ///
  /// - Parameters:
  ///   - labels: In any order.
  ///   - classNumbers: How the label file numbers the record's classes, in their order; from 0 if
  ///     left out.
  ///   - name: Of the label file, for messages.
  /// - Throws: `InputError` for a class that the record does not know, and for a label at a time at
  ///   which the record has no frame: between two, before the first or after the last.
  package mutating func mark(
    _ labels: [BoxLabel], classNumbers: [Int]? = nil, name: String
  ) throws(InputError) {
    let numbers = classNumbers ?? Array(classNames.indices)
    var categories: [Int: Int] = [:]
    for (category, number) in numbers.enumerated() { categories[number] = category }
    var frames: [Int64: Int] = [:]
    frames.reserveCapacity(times.count)
    for (frame, time) in times.enumerated() { frames[time] = frame }
    var marked: [TrueBox] = []
    marked.reserveCapacity(labels.count)
    var astray: [Int64] = []
    for label in labels {
      guard let category = categories[label.classNumber] else {
        throw InputError(
          file: name, at: .nowhere,
          "expected classes \(numbers.map(String.init).joined(separator: ", ")) as the detector "
            + "has, found a box of class \(label.classNumber)")
      }
      guard let frame = frames[label.time] else {
        astray.append(label.time)
        continue
      }
      marked.append(
        TrueBox(
          image: frame, category: category,
          box: PixelBox(
            x: Double(label.x), y: Double(label.y), width: Double(label.width),
            height: Double(label.height))))
    }
    guard let first = astray.min() else {
      let order = marked.indices.sorted { (marked[$0].image, $0) < (marked[$1].image, $1) }
      truth = order.map { marked[$0] }
      return
    }
    let span = times.isEmpty ? "none" : "frames from \(times[0]) to \(times[times.count - 1]) µs"
    throw InputError(
      file: name, at: .nowhere,
      "expected labels at the instants of frames (\(span)), found \(astray.count) of "
        + "\(labels.count) at other times, the first at \(first) µs",
      advice: "labels and frames must be of one recording")
  }
}
