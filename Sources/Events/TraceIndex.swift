package import Bytes

/// Places in a recording from which a reader can go on, with the times around each.
///
/// Made in one pass. Times may go backwards: each place knows the latest time before it and the
/// earliest from it on, so that a slice of time misses no event.
package struct TraceIndex: Equatable, Sendable {
  /// Places that are kept; beyond, every other is dropped, so that an index stays at a few MB.
  package static let capacity = 32_768

  package struct Entry: Equatable, Sendable {
    package var checkpoint: TraceCheckpoint
    /// Latest time of the events before.
    package var latestBefore: Int64
    /// Earliest time of the events from here on.
    package var earliestFrom: Int64
  }

  /// The first is where the events start.
  package var entries: [Entry]
  package private(set) var eventCount: Int
  /// Time of the first event in the file; nil without events.
  package private(set) var firstTime: Int64?
  /// Earliest and latest time; nil without events.
  package private(set) var times: ClosedRange<Int64>?

  /// Reads a recording to its end.
  ///
  /// - Parameters:
  ///   - reader: From `EventReader.init`, nothing read yet.
  ///   - batchSize: Events between two places, before any is dropped.
  ///   - progress: Is told the bytes used so far.
  /// - Throws: `InputError` as reading does.
  package init(
    of reader: inout EventReader, batchSize: Int = 65_536, progress: (Int) -> Void = { _ in }
  ) throws(InputError) {
    entries = []
    eventCount = 0
    var batch = EventBatch()
    var stride = 1
    var number = 0
    var latest = Int64.min
    while true {
      let place = reader.checkpoint
      guard try reader.next(into: &batch, limit: batchSize) else { break }
      var (first, last) = (batch.times[0], batch.times[0])
      for time in batch.times { (first, last) = (min(first, time), max(last, time)) }
      if number % stride == 0 {
        entries.append(Entry(checkpoint: place, latestBefore: latest, earliestFrom: first))
        if entries.count == Self.capacity {
          thin()
          stride *= 2
        }
      } else {
        entries[entries.count - 1].earliestFrom = min(entries.last!.earliestFrom, first)
      }
      number += 1
      latest = max(latest, last)
      firstTime = firstTime ?? batch.times[0]
      eventCount += batch.count
      progress(reader.bytesUsed)
    }
    // So far each place knows the earliest time up to the next place only.
    var earliest = Int64.max
    for position in entries.indices.reversed() {
      earliest = min(earliest, entries[position].earliestFrom)
      entries[position].earliestFrom = earliest
    }
    if !entries.isEmpty { times = earliest...latest }
    if entries.isEmpty {
      let place = reader.checkpoint
      entries = [Entry(checkpoint: place, latestBefore: .min, earliestFrom: .max)]
    }
  }

  /// Drops every other place.
  private mutating func thin() {
    var kept: [Entry] = []
    for position in Swift.stride(from: 0, to: entries.count, by: 2) {
      var entry = entries[position]
      if position + 1 < entries.count {
        entry.earliestFrom = min(entry.earliestFrom, entries[position + 1].earliestFrom)
      }
      kept.append(entry)
    }
    entries = kept
  }

  /// The last place before which no event has a time in `times`, and a count of events behind which
  /// none has.
  func stretch(of times: Range<Int64>) -> (start: TraceCheckpoint, endCount: Int) {
    // Both grow from place to place, so the places that qualify are a prefix and a suffix.
    let after = entries.partitioningIndex { $0.latestBefore >= times.lowerBound }
    let end = entries.partitioningIndex { $0.earliestFrom >= times.upperBound }
    let start = max(0, after - 1)
    let endCount = end < entries.count ? entries[end].checkpoint.eventCount : eventCount
    return (entries[start].checkpoint, endCount)
  }
}

extension Array {
  /// The first index whose element meets a condition that all elements behind it meet as well.
  fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

// MARK: Keeping

extension TraceIndex {
  /// What an index belongs to: another size, time of change, start or way of reading needs another.
  package struct Key: Equatable, Sendable {
    /// Bytes.
    package var fileSize: Int
    /// Of the last change, in nanoseconds since 1970.
    package var changed: Int64
    /// FNV-1a of the first bytes of the file.
    package var headHash: UInt64
    package var format: TraceFormat
    package var sensor: SensorSize?
    package var columns: TextColumns?

    package init(
      fileSize: Int, changed: Int64, head: [UInt8], format: TraceFormat, sensor: SensorSize?,
      columns: TextColumns? = nil
    ) {
      self.fileSize = fileSize
      self.changed = changed
      headHash = TraceIndex.hash(head)
      self.format = format
      self.sensor = sensor
      self.columns = columns
    }
  }

  private static let magic = Array("PREFLIX2".utf8)

  /// 64-bit FNV-1a (source: http://www.isthe.com/chongo/tech/comp/fnv/).
  private static func hash(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBufferPointer {
      $0.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
  }

  private static func numbers(_ key: Key) -> [Int64] {
    [
      Int64(key.fileSize), key.changed, Int64(bitPattern: key.headHash),
      Int64(bitPattern: hash(Array((key.format.rawValue + (key.columns?.text ?? "")).utf8))),
      Int64(key.sensor?.width ?? -1), Int64(key.sensor?.height ?? -1),
    ]
  }

  /// The index as bytes to keep beside the recording: 64-bit numbers, little-endian, and a checksum.
  package func encoded(for key: Key) -> [UInt8] {
    var file = LittleEndianBytes()
    file.bytes = Self.magic
    for number in Self.numbers(key) { file.append(number) }
    let stateCount = entries.first?.checkpoint.decoder.count ?? 0
    for number in [entries.count, stateCount, eventCount] { file.append(Int64(number)) }
    file.append(firstTime ?? 0)
    file.append(times?.upperBound ?? 0)
    for entry in entries {
      file.append(Int64(entry.checkpoint.offset))
      file.append(Int64(entry.checkpoint.eventCount))
      file.append(entry.checkpoint.lastTime)
      for number in entry.checkpoint.decoder { file.append(number) }
      file.append(entry.latestBefore)
      file.append(entry.earliestFrom)
    }
    file.append(Self.hash(file.bytes))
    return file.bytes
  }

  /// An index that was kept; nil when it is damaged or belongs to another recording, so that it has
  /// to be made anew.
  package init?(decoding bytes: [UInt8], for key: Key) {
    let size = bytes.count / 8
    guard bytes.count % 8 == 0, size >= 13, bytes.starts(with: Self.magic) else { return nil }
    let numbers = bytes.withUnsafeBytes { buffer in
      (0..<size).map {
        Int64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
      }
    }
    guard UInt64(bitPattern: numbers[size - 1]) == Self.hash(Array(bytes.dropLast(8))),
      Array(numbers[1..<7]) == Self.numbers(key)
    else { return nil }
    let (count, stateCount, total) = (numbers[7], numbers[8], numbers[9])
    guard (1...Int64(Self.capacity)).contains(count), (0...64).contains(stateCount), total >= 0,
      size == 13 + Int(count) * (5 + Int(stateCount))
    else { return nil }
    entries = []
    eventCount = Int(total)
    var place = 12
    for _ in 0..<count {
      let row = numbers[place..<place + 5 + Int(stateCount)]
      place = row.endIndex
      let (offset, before) = (row[row.startIndex], row[row.startIndex + 1])
      guard (0...Int64(key.fileSize)).contains(offset), (0...total).contains(before) else {
        return nil
      }
      entries.append(
        Entry(
          checkpoint: TraceCheckpoint(
            offset: Int(offset), eventCount: Int(before), lastTime: row[row.startIndex + 2],
            decoder: Array(row[(row.startIndex + 3)..<(row.endIndex - 2)])),
          latestBefore: row[row.endIndex - 2], earliestFrom: row[row.endIndex - 1]))
    }
    guard total > 0 else { return }
    let earliest = entries[0].earliestFrom
    guard earliest <= numbers[11] else { return nil }
    firstTime = numbers[10]
    times = earliest...numbers[11]
  }
}
