import Bytes

/// One event a line, numbers apart by commas, semicolons or blanks.
struct CSVDecoder: EventDecoder {
  private static let newline = UInt8(ascii: "\n")
  private static let longestLine = 65_536

  /// Lines read between two checks of their events, which then still are in the nearest cache.
  private static let blockSize = 1024

  private let dialect: CSVDialect
  private let usual: CSVUsualLines?
  private var line: Int

  init(_ dialect: CSVDialect) {
    self.dialect = dialect
    usual = CSVUsualLines(dialect)
    line = dialect.firstLine
  }

  var checkpoint: [Int64] { [Int64(line)] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 1, (1..<1 << 60).contains(values[0]) else { return false }
    line = Int(values[0])
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    let text = bytes.assumingMemoryBound(to: UInt8.self)
    // Up to the last line end no digit loop needs to look for the end of the buffer.
    let whole = text.lastIndex(of: Self.newline).map { $0 + 1 } ?? 0
    var used = 0
    if whole > 0 { used = try decodeLines(text, whole, &output, &tally) }
    guard used == whole, used < text.count else { return used }
    if isEnd && output.room > 0 {
      var tail = Array(text[used...])
      tail.append(Self.newline)
      _ = try tail.withBuffer { (buffer) throws(InputError) in
        try decodeLines(buffer, buffer.count, &output, &tally)
      }
      return text.count
    }
    guard text.count - used <= Self.longestLine else {
      throw InputError(at: .line(line), "expected an event, found a line of over 64 KiB")
    }
    return used
  }

  /// Decodes the first `count` bytes of `buffer`, which end with a line end. Returns the bytes of the
  /// lines that found room.
  private mutating func decodeLines(
    _ buffer: UnsafeBufferPointer<UInt8>, _ count: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    let columns = dialect.columns
    let text = buffer.baseAddress!
    let lastFast = dialect.timeIsSeconds ? -1 : buffer.count - CSVNumber.reach
    var position = 0
    var failed = false
    // Lines that have to be read one by one before the usual ones are tried again.
    var unusual = 0
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: CSVDialect.maximumColumns) { values in
      let values = values.baseAddress!
      while position < count && output.room > 0 {
        if unusual == 0, let usual, position <= lastFast {
          let end = min(lastFast, count - 1)
          unusual = decodeUsual(usual, text, &position, last: end, &output, &tally)
          continue
        }
        unusual = max(0, unusual - 1)
        let isFast = position <= lastFast && readFast(text, &position, values)
        if !isFast {
          if let next = Self.skippingEmptyLine(text, position) {
            position = next
            line &+= 1
            continue
          }
          guard readCarefully(text, &position, values) else {
            failed = true
            break
          }
        }
        let (x, y) = (values[columns.x], values[columns.y])
        let polarity = values[columns.polarity]
        guard UInt64(bitPattern: x | y) < 65_536, polarity >= -1, polarity <= 1 else {
          failed = true
          break
        }
        tally.take(
          values[columns.time], UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: y),
          polarity == 1 ? 1 : 0, at: .line(line), &output)
        line &+= 1
      }
    }
    if failed { throw error(in: line) }
    return position
  }

  /// Reads a block of usual lines. Returns how many lines have to be read one by one: those of a block
  /// with an event that is not plausible, or the one at which no usual line was found.
  private mutating func decodeUsual(
    _ usual: CSVUsualLines, _ text: UnsafePointer<UInt8>, _ position: inout Int, last: Int,
    _ output: inout EventOutput, _ tally: inout TraceTally
  ) -> Int {
    let saved = (position: position, count: output.count)
    let lines = usual.decode(
      text, &position, last: last, maximum: min(Self.blockSize, output.room), &output)
    guard lines > 0 else { return 1 }
    if output.isPlausible(
      from: saved.count, after: tally.lastTime, width: tally.width, height: tally.height)
    {
      tally.lastTime = output.times[output.count - 1]
      line &+= lines
      return 0
    }
    (position, output.count) = saved
    return lines
  }

  /// Reads a line of nothing but short whole numbers and single delimiters, and moves behind it.
  /// Leaves other lines alone and returns false.
  @inline(__always)
  private func readFast(
    _ text: UnsafePointer<UInt8>, _ position: inout Int, _ values: UnsafeMutablePointer<Int64>
  ) -> Bool {
    let count = dialect.columns.count
    let delimiter = dialect.delimiter
    var at = position
    var column = 0
    while true {
      guard let value = CSVNumber.read(text, &at) else { return false }
      values[column] = value
      column &+= 1
      let next = text[at]
      at &+= 1
      if next == delimiter && column < count { continue }
      guard column == count else { return false }
      if next == 0x0D && text[at] == Self.newline {
        at &+= 1
      } else if next != Self.newline {
        return false
      }
      position = at
      return true
    }
  }

  /// Reads any line of the dialect and moves behind it; false when it is none.
  private func readCarefully(
    _ text: UnsafePointer<UInt8>, _ position: inout Int, _ values: UnsafeMutablePointer<Int64>
  ) -> Bool {
    let count = dialect.columns.count
    let timeColumn = dialect.timeIsSeconds ? dialect.columns.time : -1
    var at = position
    for column in 0..<count {
      while text[at] == 0x20 || text[at] == 0x09 { at += 1 }
      if dialect.columns.hold(column) {
        let start = at
        values[column] =
          column == timeColumn ? Self.microseconds(text, &at) : Self.wholeNumber(text, &at)
        if at == start { return false }
      } else {
        // Whatever stands in a column that nobody reads.
        while !isDelimiter(text[at]) && text[at] != Self.newline { at += 1 }
      }
      if column == count - 1 { break }
      while dialect.delimiter != 0x20 && (text[at] == 0x20 || text[at] == 0x09) { at += 1 }
      guard isDelimiter(text[at]) else { return false }
      at += 1
    }
    while text[at] == 0x20 || text[at] == 0x09 || text[at] == 0x0D { at += 1 }
    guard text[at] == Self.newline else { return false }
    position = at + 1
    return true
  }

  private func isDelimiter(_ byte: UInt8) -> Bool {
    byte == dialect.delimiter || (dialect.delimiter == 0x20 && byte == 0x09)
  }

  private func error(in line: Int) -> InputError {
    var names = [String](repeating: "any", count: dialect.columns.count)
    names[dialect.columns.time] = dialect.timeIsSeconds ? "seconds" : "µs"
    names[dialect.columns.x] = "x"
    names[dialect.columns.y] = "y"
    names[dialect.columns.polarity] = "polarity (0, 1 or -1)"
    return InputError(at: .line(line), "expected an event: \(names.joined(separator: ", "))")
  }

  /// The start of the next line when this one is blank or a comment.
  private static func skippingEmptyLine(_ text: UnsafePointer<UInt8>, _ start: Int) -> Int? {
    var position = start
    while [0x20, 0x09, 0x0D].contains(text[position]) { position += 1 }
    guard text[position] == newline || text[position] == UInt8(ascii: "#") else { return nil }
    while text[position] != newline { position += 1 }
    return position + 1
  }

  /// Leaves `position` where it is when there is no number or one of over eighteen digits, which
  /// might overflow.
  private static func wholeNumber(_ text: UnsafePointer<UInt8>, _ position: inout Int) -> Int64 {
    let isNegative = text[position] == UInt8(ascii: "-")
    let first = isNegative ? position + 1 : position
    var end = first
    var value = Int64(0)
    while text[end] &- 48 < 10, end - first <= 18 {
      value = value &* 10 &+ Int64(text[end] &- 48)
      end += 1
    }
    guard end > first, end - first <= 18 else { return 0 }
    position = end
    return isNegative ? -value : value
  }

  /// Seconds in decimal notation, perhaps with an exponent, to the nearest µs. Leaves `position`
  /// where it is when there is no number or none that fits.
  private static func microseconds(_ text: UnsafePointer<UInt8>, _ position: inout Int) -> Int64 {
    let start = position
    let isNegative = text[position] == UInt8(ascii: "-")
    var end = isNegative ? position + 1 : position
    var value = Int64(0)
    var digits = 0
    func digit() -> UInt8 { text[end] &- 48 }
    while digit() < 10, digits < 12 {
      value = value * 10 + Int64(digit())
      digits += 1
      end += 1
    }
    var places = 0
    if text[end] == UInt8(ascii: ".") {
      end += 1
      while digit() < 10 {
        if places < 6 { value = value * 10 + Int64(digit()) }
        if places == 6 && digit() >= 5 { value += 1 }
        places += 1
        end += 1
      }
    }
    guard digits + places > 0, digits < 12 else { return 0 }
    if text[end] == UInt8(ascii: "e") || text[end] == UInt8(ascii: "E") {
      return scientific(text, start, &position)
    }
    while places < 6 {
      value *= 10
      places += 1
    }
    position = end
    return isNegative ? -value : value
  }

  private static func scientific(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ position: inout Int
  ) -> Int64 {
    var end = start
    while "+-.eE0123456789".utf8.contains(text[end]) { end += 1 }
    let buffer = UnsafeBufferPointer(start: text + start, count: end - start)
    guard let seconds = Double(String(decoding: buffer, as: UTF8.self)), seconds.magnitude < 1e11
    else { return 0 }
    position = end
    return Int64((seconds * 1e6).rounded())
  }
}

extension [UInt8] {
  fileprivate func withBuffer<R>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(InputError) -> R
  ) throws(InputError) -> R {
    var result: Result<R, InputError>?
    withUnsafeBufferPointer { buffer in
      do throws(InputError) { result = .success(try body(buffer)) } catch {
        result = .failure(error)
      }
    }
    return try result!.get()
  }
}
