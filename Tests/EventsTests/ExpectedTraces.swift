import Bytes
import Events
import TestSupport

/// A table of comma-separated values with quotes, each row by its column names.
func tableRows(_ text: String) -> [[String: String]] {
  var rows: [[String]] = [[""]]
  var isQuoted = false
  for character in text {
    switch character {
    case "\"": isQuoted.toggle()
    case "," where !isQuoted: rows[rows.count - 1].append("")
    case "\n" where !isQuoted, "\r\n" where !isQuoted: rows.append([""])
    default: rows[rows.count - 1][rows[rows.count - 1].count - 1].append(character)
    }
  }
  let names = rows.removeFirst()
  return rows.filter { $0.count == names.count }.map {
    Dictionary(uniqueKeysWithValues: zip(names, $0))
  }
}

/// What the tables of expected values state about a recording.
struct TraceSummary: Equatable {
  var count = 0
  var first = ""
  var last = ""
  var onCount = 0
  var sums: [Int] = [0, 0, 0]
  var maximum: [Int] = [0, 0]
  var minimumTime = Int64.max
  var maximumTime = Int64.min
  var backwardSteps = 0
  var checksum = ""
  private var digest = SHA256()
  private var previous = Int64.min

  static func == (a: TraceSummary, b: TraceSummary) -> Bool {
    a.checksum == b.checksum && a.count == b.count
  }

  mutating func add(_ batch: EventBatch) {
    var packed: [UInt8] = []
    packed.reserveCapacity(batch.count * 13)
    for index in 0..<batch.count {
      let event = batch[index]
      var time = UInt64(bitPattern: event.time)
      for _ in 0..<8 {
        packed.append(UInt8(truncatingIfNeeded: time))
        time >>= 8
      }
      packed.append(UInt8(truncatingIfNeeded: event.x))
      packed.append(UInt8(truncatingIfNeeded: event.x >> 8))
      packed.append(UInt8(truncatingIfNeeded: event.y))
      packed.append(UInt8(truncatingIfNeeded: event.y >> 8))
      packed.append(event.isOn ? 1 : 0)
      sums[0] &+= Int(event.time)
      sums[1] += Int(event.x)
      sums[2] += Int(event.y)
      maximum = [max(maximum[0], Int(event.x)), max(maximum[1], Int(event.y))]
      (minimumTime, maximumTime) = (min(minimumTime, event.time), max(maximumTime, event.time))
      onCount += event.isOn ? 1 : 0
      if event.time < previous { backwardSteps += 1 }
      previous = event.time
    }
    digest.update(packed)
    if !batch.isEmpty {
      if count == 0 { first = text(batch[0]) }
      last = text(batch[batch.count - 1])
    }
    count += batch.count
  }

  mutating func finish() { checksum = digest.digest() }

  private func text(_ event: Event) -> String {
    "\(event.time) \(event.x) \(event.y) \(event.isOn ? 1 : 0)"
  }

  /// Reads a whole recording batch by batch; the source gives odd-sized pieces.
  static func read(
    _ bytes: [UInt8], name: String, origin: TraceAdjustment.Origin = .topLeft,
    pieceSize: Int = 65_537, limit: Int = 65_536
  ) throws -> (summary: TraceSummary, reader: EventReader) {
    var reader = try EventReader(MemorySource(bytes, pieceSize: pieceSize), name: name)
    var adjustment = TraceAdjustment()
    adjustment.origin = origin
    try reader.adjust(by: adjustment)
    var summary = TraceSummary()
    var batch = EventBatch()
    while try reader.next(into: &batch, limit: limit) { summary.add(batch) }
    summary.finish()
    return (summary, reader)
  }
}

enum EventTraceOfShared {
  static func events(_ name: String) throws -> EventBatch {
    try EventTrace.readAll(MemorySource(try SharedData.bytes(name)), name: name).events
  }
}
