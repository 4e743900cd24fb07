package import Bytes
import VirtualTime

/// Requests from a table, read as they are needed: a trace of any length takes the memory of one piece.
///
///     time,bytes,prompt version,variant,image hash,station,virtual key
///     0.0400,15800,v3,bolt-a,00ff13c2a1b80000,line-1,vk-quality
///
/// Seconds from the beginning with at most nine decimals, in ascending order; whole bytes; the hash in
/// hexadecimal. The last two columns may be missing: requests then go to the stations in turn, and
/// under each station's own key. The first line may name the columns, in this order.
package struct RequestTraceReader: Sendable {
  static let columns = [
    "time", "bytes", "prompt version", "variant", "image hash", "station", "virtual key",
  ]
  private static let longestLine = 4_096
  /// A request of more is a slip of the pen.
  static let mostBytes = 1 << 30
  private static let mostNames = 1 << 20

  private var source: any ByteSource & Sendable
  private let file: String
  /// Key numbers of the stations, for rows that name none.
  private let keys: [Int32]
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  private var line = 0
  private var rows = 0
  private var columnCount = 0
  private var last = Instant.zero

  /// - Parameters:
  ///   - keys: The key of each station.
  ///   - file: The name that messages start with.
  package init(_ source: any ByteSource & Sendable, keys: [Int32], file: String) {
    self.source = source
    self.keys = keys
    self.file = file
  }

  /// Appends up to `count` requests; false at the end of the trace.
  ///
  /// - Throws: `InputError` with the line of what is malformed or out of order, and for a trace
  ///   without any request.
  package mutating func read(
    _ count: Int, into requests: inout [Request], _ names: inout RequestNames
  ) throws(InputError) -> Bool {
    do throws(InputError) {
      for _ in 0..<count {
        guard let range = try nextLine() else {
          guard rows > 0 else {
            throw InputError(at: .nowhere, "expected requests, found none")
          }
          return false
        }
        try requests.append(parse(range, &names))
        rows += 1
      }
      return true
    } catch {
      throw error.inFile(file)
    }
  }

  // MARK: - Lines

  /// The bytes of the next line that is neither empty nor a comment nor the header.
  private mutating func nextLine() throws(InputError) -> Range<Int>? {
    while let range = try rawLine() {
      line += 1
      var range = range
      while !range.isEmpty, Self.isBlank(buffer[range.upperBound - 1]) {
        range = range.lowerBound..<range.upperBound - 1
      }
      guard let first = range.first.map({ buffer[$0] }), first != UInt8(ascii: "#") else {
        continue
      }
      if rows == 0, columnCount == 0, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
        first != UInt8(ascii: "-")
      {
        try readHeader(range)
        continue
      }
      return range
    }
    return nil
  }

  private mutating func rawLine() throws(InputError) -> Range<Int>? {
    var searched = start
    while true {
      if let newline = buffer[searched..<end].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = newline + 1 }
        return start..<newline
      }
      searched = end
      if isAtEnd {
        defer { start = end }
        return start < end ? start..<end : nil
      }
      guard end - start <= Self.longestLine else {
        throw InputError(
          at: .line(line + 1), "expected at most \(Self.longestLine) bytes in a line, found more")
      }
      if start > 0 {
        buffer.replaceSubrange(0..<end - start, with: buffer[start..<end])
        searched -= start
        end -= start
        start = 0
      }
      let from = end
      let result: Result<Int, InputError> = buffer.withUnsafeMutableBytes { bytes in
        do throws(InputError) {
          return .success(
            try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[from...])))
        } catch { return .failure(error) }
      }
      let count = try result.get()
      isAtEnd = count == 0
      end += count
    }
  }

  private mutating func readHeader(_ range: Range<Int>) throws(InputError) {
    let titles = split(range).map { String(decoding: buffer[$0], as: UTF8.self) }
    guard titles.count >= 5, titles == Array(Self.columns.prefix(titles.count)) else {
      throw InputError(
        at: .line(line), "expected the columns \(Self.columns.joined(separator: ", "))",
        advice: "the last two may be missing")
    }
    columnCount = titles.count
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  /// Fields without the blanks around them.
  private func split(_ range: Range<Int>) -> [Range<Int>] {
    var fields: [Range<Int>] = []
    var from = range.lowerBound
    for index in range.lowerBound...range.upperBound
    where index == range.upperBound || buffer[index] == UInt8(ascii: ",") {
      var field = from..<index
      while !field.isEmpty, Self.isBlank(buffer[field.lowerBound]) {
        field = field.lowerBound + 1..<field.upperBound
      }
      while !field.isEmpty, Self.isBlank(buffer[field.upperBound - 1]) {
        field = field.lowerBound..<field.upperBound - 1
      }
      fields.append(field)
      from = index + 1
    }
    return fields
  }

  // MARK: - Fields

  private mutating func parse(
    _ range: Range<Int>, _ names: inout RequestNames
  ) throws(InputError) -> Request {
    let fields = split(range)
    if columnCount == 0 { columnCount = fields.count }
    guard fields.count == columnCount, 5...7 ~= fields.count else {
      throw InputError(
        at: .line(line),
        "expected \(5...7 ~= columnCount ? "\(columnCount)" : "5 to 7") columns, "
          + "found \(fields.count)")
    }
    let time = try seconds(fields[0])
    guard time >= last else {
      throw InputError(
        at: .line(line),
        "expected a time of at least that of the line before, found "
          + "\(text(fields[0]))", advice: "sort the trace by time")
    }
    last = time
    guard let bytes = Int(text(fields[1])), 1...Self.mostBytes ~= bytes else {
      throw InputError(
        at: .line(line), "expected 1 to \(Self.mostBytes) bytes, found ‘\(text(fields[1]))’")
    }
    guard let hash = UInt64(text(fields[4]), radix: 16) else {
      throw InputError(
        at: .line(line),
        "expected a hash of up to 16 hexadecimal digits, found "
          + "‘\(text(fields[4]))’")
    }
    let station = try station(fields, names)
    let prompt = try number(fields[2], in: &names.prompts)
    let variant = try number(fields[3], in: &names.variants)
    let key = fields.count > 6 ? try number(fields[6], in: &names.keys) : keys[Int(station)]
    return Request(
      time: time, bytes: bytes, prompt: prompt, variant: variant, station: station, key: key,
      imageHash: hash)
  }

  private func text(_ field: Range<Int>) -> String {
    String(decoding: buffer[field].prefix(40), as: UTF8.self)
  }

  private func number(
    _ field: Range<Int>, in table: inout NameTable
  ) throws(InputError) -> Int32 {
    let number = table.number(of: String(decoding: buffer[field], as: UTF8.self))
    guard number < Self.mostNames else {
      throw InputError(
        at: .line(line), "expected at most \(Self.mostNames) different names in a column")
    }
    return number
  }

  private func station(
    _ fields: [Range<Int>], _ names: RequestNames
  ) throws(InputError) -> Int32 {
    guard fields.count > 5 else { return Int32(rows % keys.count) }
    let name = String(decoding: buffer[fields[5]], as: UTF8.self)
    if let number = names.stations.existing(name) { return number }
    throw InputError(
      at: .line(line), "expected a station of the rehearsal, found ‘\(name.prefix(40))’",
      advice: name.closest(in: names.stations.names).map { "did you mean \($0)?" }
        ?? "stations are \(names.stations.names.prefix(8).joined(separator: ", "))")
  }

  /// Seconds with up to nine decimals.
  private func seconds(_ field: Range<Int>) throws(InputError) -> Instant {
    var value: Int64 = 0
    var decimals = -1
    var isValid = !field.isEmpty && field.count <= 20
    for byte in buffer[field] where isValid {
      if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else if 0x30...0x39 ~= byte, decimals < 9, value < 100_000_000_000_000_000 {
        value = value * 10 + Int64(byte - 0x30)
        if decimals >= 0 { decimals += 1 }
      } else {
        isValid = false
      }
    }
    for _ in max(0, decimals)..<9 where isValid {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      value = scaled
      isValid = !overflow
    }
    guard isValid, value <= RehearsalPlan.longest.nanoseconds else {
      throw InputError(
        at: .line(line), "expected seconds such as 12.5, found ‘\(text(field))’",
        advice: "from 0 to a year, with at most nine decimals")
    }
    return Instant(nanoseconds: value)
  }
}
