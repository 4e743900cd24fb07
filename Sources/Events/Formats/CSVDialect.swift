import Bytes

/// How a text recording lays out its lines, found from the first of them.
///
/// Known are RPG `events.txt` (`t x y p`, float seconds, perhaps a line `width height` first),
/// Metavision CSV (`x,y,p,t`, whole µs, no header), v2e text (`#` comments) and any file with a
/// header line that names its columns; `x@346` in a name gives a side of the sensor.
struct CSVDialect: Equatable {
  static let maximumColumns = 8

  /// Where each value stands in a line.
  struct Columns: Equatable {
    var time: Int
    var x: Int
    var y: Int
    var polarity: Int
    /// All columns of a line, used or not.
    var count: Int

    /// True for a column that is read.
    func hold(_ column: Int) -> Bool {
      column == time || column == x || column == y || column == polarity
    }
  }

  private(set) var columns = Columns(time: 0, x: 1, y: 2, polarity: 3, count: 4)
  /// Space stands for any run of blanks and tabs.
  private(set) var delimiter = UInt8(ascii: ",")
  private(set) var timeIsSeconds = false
  private(set) var sensor: SensorSize?
  /// Number of the first line that is still to be read, counted from 1.
  private(set) var firstLine = 1

  /// Takes comments, header and size lines from the feed; leaves the first event there.
  ///
  /// - Parameter given: Where values stand, whatever a header says; nil to find out.
  init(_ feed: inout ByteFeed, columns given: TextColumns? = nil) throws(InputError) {
    try feed.fill(atLeast: 65_536)
    let bytes = feed.prefix(65_536)
    let isWhole = feed.isExhausted
    var position = 0
    var hasHeader = false
    while let line = Self.line(of: bytes, at: position, isWhole: isWhole) {
      let fields = Self.split(line.text)
      if fields.isEmpty || line.text.hasPrefix("#") {
        // Nothing to learn here.
      } else if !hasHeader && fields[0].contains(where: { $0.isLetter && $0 != "e" }) {
        if given == nil { try takeHeader(fields) }
        hasHeader = true
      } else if !hasHeader && sensor == nil && fields.count == 2 {
        try takeSize(fields)
      } else {
        break
      }
      position = line.end
      firstLine += 1
    }
    feed.consume(position)
    var samples: [[Substring]] = []
    while samples.count < 64, let line = Self.line(of: bytes, at: position, isWhole: isWhole) {
      let fields = Self.split(line.text)
      if !fields.isEmpty && !line.text.hasPrefix("#") {
        if samples.isEmpty { delimiter = Self.delimiter(of: line.text).asciiValue! }
        samples.append(fields)
      }
      position = line.end
    }
    guard let first = samples.first else { return }
    if let given {
      columns = given.columns
    } else if !hasHeader {
      try guessColumns(samples)
    }
    guard first.count > columns.time else {
      throw InputError(
        at: .line(firstLine), "expected \(columns.count) values, found \(first.count)")
    }
    timeIsSeconds = first[columns.time].contains { $0 == "." || $0 == "e" }
  }

  /// The whole line at `start` and where the next one starts; the last may end with the file.
  private static func line(
    of bytes: [UInt8], at start: Int, isWhole: Bool
  ) -> (text: String, end: Int)? {
    guard start < bytes.count else { return nil }
    let newline = bytes[start...].firstIndex(of: 0x0A)
    guard newline != nil || isWhole else { return nil }
    var text = bytes[start..<(newline ?? bytes.count)]
    if text.last == 0x0D { text.removeLast() }
    return (String(decoding: text, as: UTF8.self), newline.map { $0 + 1 } ?? bytes.count)
  }

  private static func delimiter(of line: String) -> Character {
    line.contains(",") ? "," : line.contains(";") ? ";" : " "
  }

  private static func split(_ line: String) -> [Substring] {
    let delimiter = delimiter(of: line)
    guard delimiter == " " else {
      return line.split(separator: delimiter, omittingEmptySubsequences: false).map(\.trimmed)
    }
    return line.split { $0 == " " || $0 == "\t" }
  }

  private mutating func takeHeader(_ fields: [Substring]) throws(InputError) {
    var found: [String: Int] = [:]
    var sides: [String: Int] = [:]
    let synonyms = [
      "t": "t", "ts": "t", "time": "t", "timestamp": "t", "timestamps": "t", "t_us": "t", "x": "x",
      "y": "y", "p": "p", "on": "p", "pol": "p", "polarity": "p",
    ]
    for (index, field) in fields.enumerated() {
      let parts = field.lowercased().split(separator: "@")
      guard let name = parts.first.flatMap({ synonyms[String($0)] }), found[name] == nil else {
        continue
      }
      found[name] = index
      if parts.count == 2 { sides[name] = Int(parts[1]) }
    }
    guard fields.count <= Self.maximumColumns, let time = found["t"], let x = found["x"],
      let y = found["y"], let polarity = found["p"]
    else {
      throw InputError(
        at: .line(firstLine),
        "expected a header with the columns t, x, y, p, found "
          + "‘\(fields.joined(separator: ","))’")
    }
    columns = Columns(time: time, x: x, y: y, polarity: polarity, count: fields.count)
    if let width = sides["x"], let height = sides["y"], width > 0, height > 0 {
      sensor = SensorSize(width: width, height: height)
    }
  }

  private mutating func takeSize(_ fields: [Substring]) throws(InputError) {
    guard let width = Int(fields[0]), let height = Int(fields[1]), width > 0, height > 0 else {
      throw InputError(at: .line(firstLine), "expected width and height, found other text")
    }
    sensor = SensorSize(width: width, height: height)
  }

  /// Without a header, the column that holds only polarities tells the order.
  private mutating func guessColumns(_ samples: [[Substring]]) throws(InputError) {
    let isUsual = samples.allSatisfy { $0.count >= 4 && $0.count <= Self.maximumColumns }
    guard isUsual else {
      throw InputError(
        at: .line(firstLine), "expected four values a line: time, x, y and polarity",
        advice: "name other orders with --columns, or in a header line such as t,x,y,p")
    }
    func holdsPolarities(_ column: Int) -> Bool {
      samples.allSatisfy { ["0", "1", "-1"].contains($0[column]) }
    }
    let count = samples[0].count
    let timeFirst = Columns(time: 0, x: 1, y: 2, polarity: 3, count: count)
    let timeLast = Columns(time: 3, x: 0, y: 1, polarity: 2, count: count)
    let isSeconds = samples[0][0].contains { $0 == "." || $0 == "e" }
    switch (holdsPolarities(2), holdsPolarities(3)) {
    case (_, true) where isSeconds: columns = timeFirst
    case (true, false): columns = timeLast
    case (false, true): columns = timeFirst
    case (true, true): columns = delimiter == UInt8(ascii: " ") ? timeFirst : timeLast
    case (false, false):
      throw InputError(
        at: .line(firstLine), "expected a column of polarities (0 or 1, -1 or 1), found none",
        advice: "name the order with --columns, such as --columns t,x,y,p")
    }
  }
}

extension Substring {
  /// Without blanks at both ends.
  fileprivate var trimmed: Substring {
    var text = self
    while text.first == " " || text.first == "\t" { text.removeFirst() }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
