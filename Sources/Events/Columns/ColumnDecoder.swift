import Bytes

/// Where a field of the events lies: in which table, at which byte of a row, as which number.
struct EventColumn: Sendable {
  var table: Int
  var offset: Int
  var type: NumberType
}

/// The four columns of event tables, with the names that writers give them.
struct EventColumns: Sendable {
  var time: EventColumn
  var x: EventColumn
  var y: EventColumn
  var polarity: EventColumn

  static let names: [[String]] = [
    ["t", "ts", "timestamp", "timestamps", "time"], ["x", "xs"], ["y", "ys"],
    ["p", "ps", "pol", "polarity", "polarities", "on"],
  ]

  /// Picks the columns by name; nil when one is missing.
  init?(_ column: (String) -> EventColumn?) {
    let found = Self.names.compactMap { names in names.lazy.compactMap(column).first }
    guard found.count == 4 else { return nil }
    (time, x, y, polarity) = (found[0], found[1], found[2], found[3])
  }
}

/// Events in tables: NumPy arrays and HDF5 data sets. Uses no bytes of the feed.
///
/// Whole times are microseconds; times with a fraction are seconds, as in text. A polarity above 0
/// is ON, so that 0/1, -1/1 and false/true all work.
struct ColumnDecoder: EventDecoder {
  private static let blockSize = 8192

  private var tables: [any RowSource]
  private let columns: EventColumns
  /// Added to every time, in µs.
  private let origin: Int64
  private let rowCount: Int
  /// Rows that the recording lacks at its end.
  private let isTruncated: Bool
  private var nextRow = 0
  /// In a table of their own; nil when there is none.
  private var triggers: TriggerRows?
  /// A block of rows of each table.
  private var buffers: [[UInt8]]

  /// Requires tables with at least `rowCount` rows and columns inside their rows.
  init(
    _ tables: [any RowSource], _ columns: EventColumns, rowCount: Int, origin: Int64 = 0,
    isTruncated: Bool = false, triggers: TriggerRows? = nil
  ) {
    self.tables = tables
    self.columns = columns
    self.rowCount = rowCount
    self.origin = origin
    self.isTruncated = isTruncated
    self.triggers = triggers
    buffers = tables.map { [UInt8](repeating: 0, count: $0.rowSize * Self.blockSize) }
  }

  var checkpoint: [Int64] { [Int64(nextRow), Int64(triggers?.nextRow ?? 0)] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 2, (0...Int64(rowCount)).contains(values[0]),
      triggers?.resume(at: values[1]) ?? true
    else { return false }
    nextRow = Int(values[0])
    return true
  }

  mutating func decode(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, isEnd: Bool, into output: inout EventOutput,
    _ tally: inout TraceTally
  ) throws(InputError) -> Int {
    while nextRow < rowCount && output.room > 0 {
      let count = min(rowCount - nextRow, output.room, Self.blockSize)
      for index in tables.indices {
        let failure = buffers[index].withUnsafeMutableBytes { buffer -> InputError? in
          let rows = UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<(count * tables[index].rowSize)])
          do throws(InputError) {
            try tables[index].read(nextRow..<(nextRow + count), into: rows)
            return nil
          } catch {
            return error
          }
        }
        if let failure { throw failure }
      }
      take(count, &output, &tally)
      nextRow += count
      triggers?.take(until: tally.lastTime, &tally)
    }
    if nextRow == rowCount { triggers?.take(until: .max, &tally) }
    return bytes.count
  }

  mutating func finish(left: Int, at offset: Int, _ tally: inout TraceTally) {
    if isTruncated { tally.anomalies.note(.truncatedTail, at: .byte(offset)) }
  }

  /// Converts a block column by column, then checks it as a whole.
  private func take(_ count: Int, _ output: inout EventOutput, _ tally: inout TraceTally) {
    let start = output.count
    var extremes = Int64(0)
    var wide = Int64(0)
    for index in 0..<count {
      let time = time(index)
      extremes |= time ^ (time &<< 1)
      output.times[start + index] = time
    }
    convert(columns.x, count) { index, value in
      wide |= value
      output.xs[start + index] = UInt16(truncatingIfNeeded: value)
    }
    convert(columns.y, count) { index, value in
      wide |= value
      output.ys[start + index] = UInt16(truncatingIfNeeded: value)
    }
    convert(columns.polarity, count) { output.polarities[start + $0] = $1 > 0 ? 1 : 0 }
    output.count += count
    let isFine =
      extremes >= 0 && wide & ~0xFFFF == 0
      && output.isPlausible(
        from: start, after: tally.lastTime, width: tally.width, height: tally.height)
    if isFine {
      tally.lastTime = output.times[output.count - 1]
    } else {
      output.count = start
      takeCarefully(count, &output, &tally)
    }
  }

  /// The same rows one by one, with every oddity counted at its row, from 1.
  private func takeCarefully(
    _ count: Int, _ output: inout EventOutput, _ tally: inout TraceTally
  ) {
    for index in 0..<count {
      let (x, y) = (value(columns.x, index), value(columns.y, index))
      let polarity: UInt32 = value(columns.polarity, index) > 0 ? 1 : 0
      tally.take(
        time(index), UInt32(clamping: x < 0 ? .max : x), UInt32(clamping: y < 0 ? .max : y),
        polarity, at: .key("row \(nextRow + index + 1)"), &output)
    }
  }

  private func time(_ index: Int) -> Int64 {
    let column = columns.time
    guard case .float = column.type else { return value(column, index) &+ origin }
    let seconds = place(column, index) { column.type.real(at: $0) }
    return NumberType.clamped((seconds * 1e6).rounded()) &+ origin
  }

  private func value(_ column: EventColumn, _ index: Int) -> Int64 {
    place(column, index) { column.type.integer(at: $0) }
  }

  private func place<Value>(
    _ column: EventColumn, _ index: Int, _ body: (UnsafeRawPointer) -> Value
  ) -> Value {
    let size = tables[column.table].rowSize
    return buffers[column.table].withUnsafeBytes {
      body($0.baseAddress! + index * size + column.offset)
    }
  }

  /// One loop for each usual type, so that none asks for it at every number.
  @inline(__always)
  private func convert(_ column: EventColumn, _ count: Int, _ take: (Int, Int64) -> Void) {
    let size = tables[column.table].rowSize
    buffers[column.table].withUnsafeBytes { buffer in
      let start = buffer.baseAddress! + column.offset
      switch column.type {
      case .unsigned(1):
        for index in 0..<count {
          take(index, Int64((start + index &* size).load(as: UInt8.self)))
        }
      case .unsigned(2):
        for index in 0..<count {
          let value = (start + index &* size).loadUnaligned(as: UInt16.self)
          take(index, Int64(UInt16(littleEndian: value)))
        }
      default:
        for index in 0..<count { take(index, column.type.integer(at: start + index &* size)) }
      }
    }
  }
}
