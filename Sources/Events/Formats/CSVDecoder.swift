import Bytes

/// One event a line, numbers apart by commas, semicolons or blanks.
struct CSVDecoder: EventDecoder {
  private static let newline = UInt8(ascii: "\n")
  private static let longestLine = 65_536

  private let dialect: CSVDialect
  private var line: Int

  init(_ dialect: CSVDialect) {
    self.dialect = dialect
    line = dialect.firstLine
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    let text = bytes.assumingMemoryBound(to: UInt8.self)
    // Up to the last line end no digit loop needs to look for the end of the buffer.
    let whole = text.lastIndex(of: Self.newline).map { $0 + 1 } ?? 0
    var used = 0
    if whole > 0 { used = try decodeLines(text.baseAddress!, whole, &output, &tally) }
    guard used == whole, used < text.count else { return used }
    if isEnd && output.room > 0 {
      var tail = Array(text[used...])
      tail.append(Self.newline)
      _ = try tail.withLines { (pointer, count) throws(InputError) in
        try decodeLines(pointer, count, &output, &tally)
      }
      return text.count
    }
    guard text.count - used <= Self.longestLine else {
      throw InputError(at: .line(line), "expected an event, found a line of over 64 KiB")
    }
    return used
  }

  /// `text[count - 1]` is a line end. Returns the bytes of the lines that found room.
  private mutating func decodeLines(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    let columns = dialect.columns
    let delimiter = dialect.delimiter
    let timeColumn = dialect.timeIsSeconds ? columns.time : -1
    var failure: (line: Int, column: Int)?
    let used = withUnsafeTemporaryAllocation(of: Int64.self, capacity: CSVDialect.maximumColumns) {
      values in
      var position = 0
      var line = line
      var out = output
      defer {
        self.line = line
        output = out
      }
      while position < count && out.count < out.capacity {
        if _slowPath(text[position] <= 0x23) {
          if let next = Self.skippingEmptyLine(text, position) {
            position = next
            line &+= 1
            continue
          }
        }
        var column = 0
        while true {
          while text[position] == 0x20 || text[position] == 0x09 { position &+= 1 }
          let start = position
          if column == timeColumn {
            values[column] = Self.microseconds(text, &position)
          } else {
            let isNegative = text[position] == UInt8(ascii: "-")
            if isNegative { position &+= 1 }
            let first = position
            var value = Int64(0)
            var digit = text[position] &- 48
            while digit < 10 {
              value = value &* 10 &+ Int64(digit)
              position &+= 1
              digit = text[position] &- 48
            }
            // Eighteen digits cannot overflow; none is no number.
            values[column] = isNegative ? 0 &- value : value
            if position == first || position &- first > 18 { position = start }
          }
          column &+= 1
          if position == start { break }
          if column == columns.count { break }
          if text[position] == delimiter {
            position &+= 1
          } else if !(delimiter == 0x20 && text[position] == 0x09) {
            break
          }
        }
        let isRead = Self.skipToLineEnd(text, &position)
        let x = values[columns.x]
        let y = values[columns.y]
        let polarity = values[columns.polarity]
        guard isRead, column == columns.count, UInt64(bitPattern: x) < 65_536,
          UInt64(bitPattern: y) < 65_536, polarity >= -1, polarity <= 1
        else {
          failure = (line, column)
          break
        }
        let time = values[columns.time]
        if _fastPath(x < tally.width && y < tally.height) {
          if time < tally.lastTime { tally.anomalies.note(.backwardTime, at: .line(line)) }
          tally.lastTime = time
          out.append(time, UInt32(x), UInt32(y), polarity == 1 ? 1 : 0)
        } else {
          tally.anomalies.note(.outsideSensor, at: .line(line))
        }
        position &+= 1
        line &+= 1
      }
      return position
    }
    if let failure { throw error(in: failure.line) }
    return used
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

  /// Moves to the line end; false when something other than blanks stands before it.
  @inline(__always)
  private static func skipToLineEnd(_ text: UnsafePointer<UInt8>, _ position: inout Int) -> Bool {
    if _fastPath(text[position] == newline) { return true }
    while text[position] == 0x20 || text[position] == 0x09 || text[position] == 0x0D {
      position &+= 1
    }
    return text[position] == newline
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
  fileprivate func withLines<R>(
    _ body: (UnsafePointer<UInt8>, Int) throws(InputError) -> R
  ) throws(InputError) -> R {
    var result: Result<R, InputError>?
    withUnsafeBufferPointer { buffer in
      do throws(InputError) { result = .success(try body(buffer.baseAddress!, buffer.count)) } catch
      {
        result = .failure(error)
      }
    }
    return try result!.get()
  }
}
