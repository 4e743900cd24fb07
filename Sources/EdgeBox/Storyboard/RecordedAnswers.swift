package import Bytes

extension CascadePlan.RecordedAnswer {
  private static let header = "frame,detection,class,score"

  /// Reads what a cloud really said of a recording's boxes, `NAME.answers.csv`:
  ///
  ///     frame,detection,class,score
  ///     17,0,tear,0.93
  ///     18,1,no object,0.6
  ///
  /// Frames are counted from 0 and detections of a frame in the record's order; rows in any order.
  ///
  /// - Parameters:
  ///   - number: Of the recording in its storyboard.
  ///   - record: The recording that the answers are about.
  /// - Throws: `InputError` with the line of a row that is malformed, about no detection of the record,
  ///   or a second time about one.
  package static func read(
    _ bytes: [UInt8], of record: DetectionRecord, number: Int, name: String
  ) throws(InputError) -> [Self] {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(omittingEmptySubsequences: false) { $0.isNewline }
    func fail(_ line: Int, _ problem: String) -> InputError {
      InputError(file: name, at: .line(line + 1), problem)
    }
    guard lines.first == Self.header[...] else {
      throw fail(0, "expected “\(header)”, found “\(lines.first?.prefix(60) ?? "")”")
    }
    var answers: [Self] = []
    var seen: Set<Int> = []
    for (line, text) in lines.enumerated().dropFirst() where !text.isEmpty {
      let fields = text.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 4 else {
        throw fail(line, "expected 4 fields, found \(fields.count)")
      }
      guard let frame = Int(fields[0]), 0..<record.frameCount ~= frame else {
        throw fail(line, "expected a frame below \(record.frameCount), found “\(fields[0])”")
      }
      guard let detection = Int(fields[1]), record[frame].indices.count > detection, detection >= 0
      else {
        throw fail(
          line,
          "expected one of frame \(frame)’s \(record[frame].count) detections, found “\(fields[1])”"
        )
      }
      let category = record.classNames.firstIndex(of: String(fields[2]))
      guard category != nil || fields[2] == "no object" else {
        throw fail(
          line, "expected a class or “no object”, found “\(fields[2])”")
      }
      guard let score = Double(fields[3]), 0...1 ~= score else {
        throw fail(line, "expected a score from 0 to 1, found “\(fields[3])”")
      }
      guard seen.insert(record.starts[frame] + detection).inserted else {
        throw fail(line, "expected one answer for each detection, found a second one")
      }
      answers.append(
        Self(
          record: number, frame: frame, detection: detection, category: category.map { Int32($0) },
          score: score))
    }
    return answers
  }
}
