import Bytes

/// Triggers in a table beside that of the events, handed out as the events' times reach theirs.
struct TriggerRows: Sendable {
  private static let blockSize = 1024

  private var table: any RowSource
  private let time: EventColumn
  private let channel: EventColumn
  private let polarity: EventColumn
  /// Rows handed out so far.
  private(set) var nextRow = 0
  /// Rows from `blockStart` on.
  private var block: [Trigger] = []
  private var blockStart = 0

  /// - Parameter column: The column of a name; nil of the result when one is missing.
  init?(_ table: any RowSource, _ column: (String) -> EventColumn?) {
    guard let time = column("t"), let channel = column("id"), let polarity = column("p") else {
      return nil
    }
    (self.table, self.time, self.channel, self.polarity) = (table, time, channel, polarity)
  }

  /// Hands out triggers up to `last`; what cannot be read is an anomaly, as the events are whole.
  mutating func take(until last: Int64, _ tally: inout TraceTally) {
    while nextRow < table.rowCount {
      if nextRow >= blockStart + block.count || nextRow < blockStart {
        do throws(InputError) { try load() } catch {
          tally.anomalies.note(
            .damagedPacket, at: .key("EXT_TRIGGER/events row \(nextRow + 1)"))
          nextRow = table.rowCount
          return
        }
      }
      let trigger = block[nextRow - blockStart]
      if trigger.time > last { return }
      tally.triggers.add(trigger)
      nextRow += 1
    }
  }

  /// Goes on at a row; false when there is none such.
  mutating func resume(at row: Int64) -> Bool {
    guard (0...Int64(table.rowCount)).contains(row) else { return false }
    nextRow = Int(row)
    return true
  }

  private mutating func load() throws(InputError) {
    let count = min(Self.blockSize, table.rowCount - nextRow)
    let size = table.rowSize
    let (row, time, channel, polarity) = (nextRow, time, channel, polarity)
    var table = table
    var read: [Trigger] = []
    try withUnsafeTemporaryBytes(count * size) { (bytes) throws(InputError) in
      try table.read(row..<(row + count), into: bytes)
      read = (0..<count).map { index in
        let place = UnsafeRawPointer(bytes.baseAddress!) + index * size
        return Trigger(
          time: time.type.integer(at: place + time.offset),
          channel: UInt32(truncatingIfNeeded: channel.type.integer(at: place + channel.offset)),
          value: polarity.type.integer(at: place + polarity.offset) > 0 ? 1 : 0)
      }
    }
    self.table = table
    (block, blockStart) = (read, row)
  }
}
