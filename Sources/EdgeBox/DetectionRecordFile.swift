package import Bytes
import Metrics

/// A detection record as text, `NAME.detections.csv`.
///
///     preflash detections,1
///     classes,ok,scratch,dent,missing label,tear
///     frame period,40000
///     frames,15000
///     detections,9120
///     model,conveyor-frame-int8,00ff13c2a1b80000
///     crops,encoded
///     frame,time,x,y,width,height,class,score,runner-up,runner-up score,crop bytes,crop hash
///     0,0,,,,,,,,,,
///     1,40000,12.25,80.5,60,41.75,ok,0.9296875,tear,0.015625,3177,0f3c7e00ffee1111
///
/// Times and the frame period are µs, boxes pixels, scores 0…1, crops bytes of JPEG by an encoder or
/// `estimated`; model and crop are told by a 64-bit hash in hexadecimal. Every frame has a line, with
/// empty fields when nothing was found in it, and a line for each detection otherwise. A detector of
/// one class has no runner-up. What was there is not in it: that is in the box labels beside it.
package enum DetectionRecordFile {
  static let signature = "preflash detections"
  static let version = "1"
  static let columns = [
    "frame", "time", "x", "y", "width", "height", "class", "score", "runner-up",
    "runner-up score", "crop bytes", "crop hash",
  ]

  /// The bytes of the file; the same record gives the same bytes.
  ///
  /// - Throws: `InputError` for names that a table cannot hold.
  package static func bytes(_ record: DetectionRecord) throws(InputError) -> [UInt8] {
    for name in record.classNames + [record.modelName]
    where name.contains(where: { $0 == "," || $0.isNewline }) {
      throw InputError(
        at: .nowhere, "expected names without commas and line ends, found ‘\(name)’")
    }
    var text = "\(signature),\(version)\n"
    text += "classes,\(record.classNames.joined(separator: ","))\n"
    text += "frame period,\(record.framePeriod)\n"
    text += "frames,\(record.frameCount)\n"
    text += "detections,\(record.detections.count)\n"
    text += "model,\(record.modelName),\(hexadecimal(record.modelChecksum))\n"
    text += "crops,\(record.areCropsEncoded ? "encoded" : "estimated")\n"
    text += columns.joined(separator: ",") + "\n"
    for (frame, time) in record.times.enumerated() {
      if record[frame].isEmpty {
        text += "\(frame),\(time)" + String(repeating: ",", count: columns.count - 2) + "\n"
      }
      for found in record[frame] {
        text += "\(frame),\(time),\(number(found.box.x)),\(number(found.box.y)),"
        text += "\(number(found.box.width)),\(number(found.box.height)),"
        text += "\(record.classNames[Int(found.category)]),\(found.score),"
        text += found.runnerUp < 0 ? "," : "\(record.classNames[Int(found.runnerUp)]),"
        text += found.runnerUp < 0 ? "," : "\(found.runnerUpScore),"
        text += "\(found.cropBytes),\(hexadecimal(found.cropHash))\n"
      }
    }
    return Array(text.utf8)
  }

  /// Reads a record; its truth is empty.
  ///
  /// - Throws: `InputError` with the line of what is missing, malformed or out of order.
  package static func read(_ bytes: [UInt8], name: String) throws(InputError) -> DetectionRecord {
    do throws(InputError) {
      var reader = DetectionRecordReader(bytes)
      return try reader.record()
    } catch {
      throw error.inFile(name)
    }
  }

  /// The shortest decimal that reads back as the same number.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}

/// Line by line; nothing is reserved before the bytes for it have been seen.
private struct DetectionRecordReader {
  private static let mostClasses = 1_000
  private static let longestPeriod: Int64 = 3_600_000_000
  /// Ten years.
  private static let latestTime: Int64 = 315_576_000_000_000
  private static let largestCrop: Int32 = 1 << 30
  private static let farthest = 65_536.0

  private let bytes: [UInt8]
  private var position = 0
  private var line = 0
  private var classes: [String: Int32] = [:]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func record() throws(InputError) -> DetectionRecord {
    let signature = try header(DetectionRecordFile.signature, fields: 1)
    guard signature[0] == DetectionRecordFile.version else {
      throw problem("version \(DetectionRecordFile.version) of the form", signature[0])
    }
    let names = try header("classes", fields: nil)
    guard 1...Self.mostClasses ~= names.count else {
      throw problem("1 to \(Self.mostClasses) classes", "\(names.count)")
    }
    for (number, name) in names.enumerated() {
      guard !name.isEmpty, classes.updateValue(Int32(number), forKey: name) == nil else {
        throw problem("a different name for each class", name)
      }
    }
    let period = try header("frame period", fields: 1)[0]
    guard let framePeriod = Int64(period), 1...Self.longestPeriod ~= framePeriod else {
      throw problem("1 to \(Self.longestPeriod) µs from frame to frame", period)
    }
    var record = DetectionRecord(classNames: names, framePeriod: framePeriod)
    let frames = try count(of: "frames")
    let detections = try count(of: "detections")
    let model = try header("model", fields: 2)
    record.modelName = model[0]
    record.modelChecksum = try hash(model[1])
    let crops = try header("crops", fields: 1)[0]
    guard crops == "encoded" || crops == "estimated" else {
      throw problem("encoded or estimated", crops)
    }
    record.areCropsEncoded = crops == "encoded"
    guard let titles = try nextLine(), titles == DetectionRecordFile.columns else {
      throw InputError(
        at: .line(max(line, 1)),
        "expected the columns \(DetectionRecordFile.columns.joined(separator: ","))")
    }
    while let fields = try nextLine() { try add(fields, to: &record) }
    guard record.frameCount == frames, record.detections.count == detections else {
      throw InputError(
        at: .line(line),
        "expected \(frames) frames with \(detections) detections as the head says, found "
          + "\(record.frameCount) with \(record.detections.count)", advice: "is the file cut short?"
      )
    }
    return record
  }

  // MARK: - Lines

  /// The fields of the next line; nil at the end. A last line without its end was cut off.
  private mutating func nextLine() throws(InputError) -> [String]? {
    guard position < bytes.count else { return nil }
    line += 1
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw InputError(
        at: .line(line), "expected the end of the line, found the end of the file",
        advice: "is the file cut short?")
    }
    var text = bytes[position..<end]
    position = end + 1
    if text.last == UInt8(ascii: "\r") { text.removeLast() }
    return text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// What follows the key on its line of the head; any number of fields when `fields` is nil.
  private mutating func header(
    _ key: String, fields count: Int?
  ) throws(InputError) -> [String] {
    let fields = try nextLine() ?? []
    guard fields.first == key, count == nil || fields.count == count! + 1 else {
      throw InputError(
        at: .line(max(line, 1)),
        "expected a line ‘\(key),…’"
          + (count.map { " with \($0) value\($0 == 1 ? "" : "s")" } ?? "")
          + ", found ‘\(fields.joined(separator: ",").prefix(60))’")
    }
    return Array(fields.dropFirst())
  }

  private mutating func count(of key: String) throws(InputError) -> Int {
    let text = try header(key, fields: 1)[0]
    guard let count = Int(text), count >= 0 else { throw problem("a number of \(key)", text) }
    return count
  }

  // MARK: - Rows

  private func add(
    _ fields: [String], to record: inout DetectionRecord
  ) throws(InputError) {
    guard fields.count == DetectionRecordFile.columns.count else {
      throw problem("\(DetectionRecordFile.columns.count) columns", "\(fields.count)")
    }
    let last = record.frameCount - 1
    guard let frame = Int(fields[0]), frame == last + 1 || (frame == last && frame >= 0) else {
      throw problem(last < 0 ? "frame 0" : "frame \(last) or \(last + 1)", fields[0])
    }
    guard let time = Int64(fields[1]), -Self.latestTime...Self.latestTime ~= time else {
      throw problem("a time in µs, within ten years of 0", fields[1])
    }
    let isEmpty = fields[2...].allSatisfy(\.isEmpty)
    if frame == last {
      guard time == record.times[last] else {
        throw problem("the time of frame \(frame), \(record.times[last]) µs", fields[1])
      }
      guard !isEmpty, !record[last].isEmpty else {
        throw InputError(
          at: .line(line), "expected one line for a frame without detections, found another")
      }
    } else if let before = record.times.last, time <= before {
      throw problem("a time after the frame before, \(before) µs", fields[1])
    }
    let found = isEmpty ? [] : [try detection(fields)]
    if frame == last {
      record.detections += found
      record.starts[record.starts.count - 1] = record.detections.count
    } else {
      record.append(time: time, found)
    }
  }

  private func detection(_ fields: [String]) throws(InputError) -> Detection {
    let box = PixelBox(
      x: try side(fields[2], least: -Self.farthest), y: try side(fields[3], least: -Self.farthest),
      width: try side(fields[4], least: 0), height: try side(fields[5], least: 0))
    let category = try category(fields[6])
    let score = try score(fields[7], most: 1)
    var (runnerUp, runnerUpScore): (Int32, Float) = (-1, 0)
    if classes.count > 1 {
      runnerUp = try self.category(fields[8])
      guard runnerUp != category else { throw problem("another class as runner-up", fields[8]) }
      runnerUpScore = try self.score(fields[9], most: score)
    } else {
      guard fields[8].isEmpty, fields[9].isEmpty else {
        throw problem("no runner-up of a single class", fields[8])
      }
    }
    guard let bytes = Int32(fields[10]), 0...Self.largestCrop ~= bytes else {
      throw problem("0 to \(Self.largestCrop) bytes", fields[10])
    }
    return Detection(
      box: box, category: category, score: score, runnerUp: runnerUp,
      runnerUpScore: runnerUpScore, cropBytes: bytes, cropHash: try hash(fields[11]))
  }

  private func side(_ text: String, least: Double) throws(InputError) -> Double {
    guard let value = Double(text), least...Self.farthest ~= value else {
      throw problem("pixels from \(Int(least)) to \(Int(Self.farthest))", text)
    }
    return value
  }

  private func category(_ name: String) throws(InputError) -> Int32 {
    if let number = classes[name] { return number }
    throw InputError(
      at: .line(line), "expected a class of the head, found ‘\(name.prefix(40))’",
      advice: name.closest(in: classes.keys.sorted()).map { "did you mean \($0)?" })
  }

  private func score(_ text: String, most: Float) throws(InputError) -> Float {
    guard let value = Float(text), 0...most ~= value else {
      throw problem("a score from 0 to \(most)", text)
    }
    return value
  }

  private func hash(_ text: String) throws(InputError) -> UInt64 {
    guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else {
      throw problem("16 hexadecimal digits", text)
    }
    return value
  }

  private func problem(_ expected: String, _ found: String) -> InputError {
    InputError(at: .line(line), "expected \(expected), found ‘\(found.prefix(40))’")
  }
}
