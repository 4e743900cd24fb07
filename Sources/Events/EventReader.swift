package import Bytes

/// Decodes a recording batch by batch in bounded memory.
///
///     var reader = try EventReader(source, name: "user01.aedat")
///     var batch = EventBatch()
///     while try reader.next(into: &batch) { … }
///
/// Times are the recording's own, unshifted, and the origin is at the top left, unless `adjust` asks
/// for something else; events come in file order. What cannot be an event is
/// left out and counted in `anomalies`; framing that cannot be followed is an `InputError`.
package struct EventReader {
  /// Room that one record of any format may need: a batch is never smaller.
  package static let minimumLimit = 64

  package let name: String
  package let format: TraceFormat
  /// As the caller, the header or the table of cameras says; nil when none knows.
  package let sensor: SensorSize?
  /// What the header says in words, such as how the recording was made.
  package let comments: [String]
  /// Events handed out so far.
  package private(set) var eventCount = 0
  private var feed: ByteFeed
  private var decoder: any EventDecoder
  private var tally: TraceTally
  private var isFinished = false
  /// Events decoded so far, of the whole recording.
  private var decodedCount = 0
  /// The events that are wanted; nil for all.
  private var slice: TraceSlice?
  private let storedOrigin: StoredOrigin
  private var adjustment: AppliedAdjustment

  /// - Parameters:
  ///   - name: The file's name, for messages and for formats known only by their extension.
  ///   - format: Skips detection; also reads Prophesee words that have no header.
  ///   - sensor: Takes precedence over what the recording says.
  ///   - columns: Of a text with an order of its own.
  ///   - libraries: Needed only for compressions that libraries of the system do.
  /// - Throws: `InputError` for an unknown or broken header.
  package init(
    _ source: some ByteSource, name: String, format: TraceFormat? = nil, sensor: SensorSize? = nil,
    columns: TextColumns? = nil, libraries: (any CompressionLibraries)? = nil
  ) throws(InputError) {
    self.name = name
    feed = ByteFeed(source)
    do throws(InputError) {
      let opened = try OpenedTrace(
        &feed, name: name, format: format, columns: columns,
        libraries: libraries ?? NoLibraries())
      self.format = opened.format
      comments = opened.comments
      self.sensor = sensor ?? opened.sensor
      decoder = opened.decoder
      tally = TraceTally(sensor: self.sensor)
      storedOrigin = opened.origin
      adjustment = try AppliedAdjustment(
        TraceAdjustment(), stored: opened.origin, sensor: self.sensor)
    } catch {
      throw error.inFile(name)
    }
  }

  /// A recording in an HDF5 file, which is no stream of bytes.
  ///
  /// Throws `InputError` when there are no events in a known layout.
  package init(
    _ container: any HDF5Container, name: String, sensor: SensorSize? = nil,
    libraries: (any CompressionLibraries)? = nil
  ) throws(InputError) {
    self.name = name
    feed = ByteFeed(MemorySource([]))
    do throws(InputError) {
      let opened = try HDF5Trace.open(container, libraries: libraries ?? NoLibraries())
      format = opened.format
      comments = opened.comments
      self.sensor = sensor ?? opened.sensor
      decoder = opened.decoder
      tally = TraceTally(sensor: self.sensor)
      storedOrigin = opened.origin
      adjustment = try AppliedAdjustment(
        TraceAdjustment(), stored: opened.origin, sensor: self.sensor)
    } catch {
      throw error.inFile(name)
    }
  }

  package var anomalies: TraceAnomalies { tally.anomalies }

  /// Triggers met so far, of the slice if there is one.
  package var triggerCount: Int { tally.triggers.count }

  /// Lets `next` put the triggers that it meets into `newTriggers`; set before the first batch.
  ///
  /// A batch may then be empty although the recording goes on: many triggers may come in a row.
  package var handsOutTriggers: Bool {
    get { tally.triggers.keeps }
    set { tally.triggers.keeps = newValue }
  }

  /// Those met while the latest batch was read, in the order of the file, adjusted as events are.
  package private(set) var newTriggers: [Trigger] = []

  /// Bytes of the file used so far.
  package var bytesUsed: Int { feed.offset }

  /// Events that `TraceAdjustment.isMonotonic` gave a later time.
  package var raisedTimes: Int { adjustment.raisedTimes }

  /// The times that `restrict` left; nil for the whole recording.
  package var slicedTimes: Range<Int64>? { slice?.times }

  /// Changes events from here on; a slice of time stays one of the recording's own times.
  ///
  /// Throws `InputError` when that takes a size of the sensor that nobody knows.
  package mutating func adjust(by wanted: TraceAdjustment) throws(InputError) {
    do throws(InputError) {
      adjustment = try AppliedAdjustment(wanted, stored: storedOrigin, sensor: sensor)
    } catch {
      throw error.inFile(name)
    }
  }

  /// Replaces the contents of `batch` with the next events, at most `limit` of them.
  ///
  /// Returns false, with an empty batch, when the recording is over. After an error the batch holds
  /// the events before it and the recording is over.
  package mutating func next(
    into batch: inout EventBatch, limit: Int = 65_536
  ) throws(InputError) -> Bool {
    defer {
      eventCount += batch.count
      newTriggers = tally.triggers.take()
      adjustment.apply(to: &batch, &newTriggers)
    }
    guard let slice else { return try decodeNext(into: &batch, limit: limit) }
    // A stretch of the recording may hold no event of the slice, so that the next has to be read.
    repeat {
      let before = decodedCount
      let result: Result<Bool, InputError>
      do throws(InputError) {
        if before < slice.endCount {
          result = .success(try decodeNext(into: &batch, limit: limit))
        } else {
          batch.removeAll()
          result = .success(false)
        }
      } catch {
        result = .failure(error)
      }
      batch.keep(times: slice.times, last: slice.endCount - before)
      guard try result.get() else {
        isFinished = true
        batch.removeAll()
        return !tally.triggers.kept.isEmpty
      }
    } while batch.isEmpty && tally.triggers.kept.isEmpty
    return true
  }

  private mutating func decodeNext(
    into batch: inout EventBatch, limit: Int
  ) throws(InputError) -> Bool {
    let limit = max(limit, Self.minimumLimit)
    batch.removeAll()
    batch.reserveCapacity(limit)
    defer { decodedCount += batch.count }
    do throws(InputError) {
      while !isFinished && limit - batch.count >= Self.minimumLimit
        && tally.triggers.kept.count < limit
      {
        try step(&batch, room: limit - batch.count)
      }
    } catch {
      isFinished = true
      throw error.inFile(name)
    }
    return !batch.isEmpty || !tally.triggers.kept.isEmpty
  }

  /// Decodes what is at hand, or reads more when that is less than a record.
  private mutating func step(_ batch: inout EventBatch, room: Int) throws(InputError) {
    var used = 0
    let offset = feed.offset
    let isEnd = feed.isExhausted
    let before = batch.count
    try batch.extend(room: room) { (output) throws(InputError) in
      used = try feed.withBytes { (bytes) throws(InputError) in
        try decoder.decode(bytes, at: offset, isEnd: isEnd, into: &output, &tally)
      }
    }
    feed.consume(used)
    let isFull = room - (batch.count - before) < Self.minimumLimit
    if isFull { return }
    if isEnd {
      // Decoders stop early only for want of room or of bytes, and no more bytes will come.
      decoder.finish(left: feed.count, at: feed.offset, &tally)
      isFinished = true
    } else {
      try feed.fill()
    }
  }
}

// MARK: Random access

/// Where a reader stood between two batches, with all that the rest of the recording depends on.
package struct TraceCheckpoint: Equatable, Sendable {
  /// Bytes of the file used so far.
  var offset: Int
  /// Events before.
  var eventCount: Int
  /// Time of the event before; the least of all when there is none.
  var lastTime: Int64
  package var decoder: [Int64]
}

/// A stretch of time [start, end) and where to stop looking for its events.
struct TraceSlice: Sendable {
  var times: Range<Int64>
  /// No event of the slice comes behind so many of the recording.
  var endCount: Int
}

extension EventReader {
  package var checkpoint: TraceCheckpoint {
    TraceCheckpoint(
      offset: feed.offset, eventCount: decodedCount, lastTime: tally.lastTime,
      decoder: decoder.checkpoint)
  }

  /// Hands out only events with times in [start, end), beginning with the next batch.
  ///
  /// With an index of this recording the reader goes to where the first of them is and stops behind
  /// the last; without, it reads on through the whole recording. Both give the same events.
  ///
  /// Throws `InputError` when the index is not of this recording or the source cannot be read from
  /// another place.
  package mutating func restrict(
    to times: Range<Int64>, index: TraceIndex? = nil
  ) throws(InputError) {
    slice = TraceSlice(times: times, endCount: .max)
    tally.triggers.wanted = times
    guard let index else { return }
    let (start, endCount) = index.stretch(of: times)
    slice?.endCount = endCount
    guard feed.seek(to: start.offset), decoder.resume(from: start.decoder) else {
      throw InputError(
        file: name, at: .byte(start.offset), "expected to go on here, found no way to",
        advice: "read the recording without an index")
    }
    decodedCount = start.eventCount
    tally.lastTime = start.lastTime
    isFinished = false
  }
}

extension EventBatch {
  /// Drops the events behind the first `last` and those with other times, in place.
  package mutating func keep(times wanted: Range<Int64>, last: Int) {
    let count = min(count, max(0, last))
    if count == self.count && areAll(in: wanted) { return }
    var kept = 0
    for index in 0..<count where wanted.contains(times[index]) {
      if kept < index {
        times[kept] = times[index]
        xs[kept] = xs[index]
        ys[kept] = ys[index]
        polarities[kept] = polarities[index]
      }
      kept += 1
    }
    times.removeLast(times.count - kept)
    xs.removeLast(xs.count - kept)
    ys.removeLast(ys.count - kept)
    polarities.removeLast(polarities.count - kept)
  }
}

extension EventBatch {
  /// One quick look at a batch from the middle of a slice, which loses nothing.
  private func areAll(in wanted: Range<Int64>) -> Bool {
    let length = UInt64(bitPattern: wanted.upperBound &- wanted.lowerBound)
    return times.withUnsafeBufferPointer { times in
      var areInside = true
      for time in times {
        // Unsigned, one comparison tells both sides.
        areInside = UInt64(bitPattern: time &- wanted.lowerBound) < length && areInside
      }
      return areInside
    }
  }
}

/// A whole recording in memory, for tests and for recordings known to be small.
package struct EventTrace: Sendable {
  package var events: EventBatch
  package var format: TraceFormat
  package var sensor: SensorSize?
  package var anomalies: TraceAnomalies
  package var triggers: [Trigger]

  package static func readAll(
    _ source: some ByteSource, name: String, format: TraceFormat? = nil, sensor: SensorSize? = nil,
    libraries: (any CompressionLibraries)? = nil
  ) throws(InputError) -> EventTrace {
    var reader = try EventReader(
      source, name: name, format: format, sensor: sensor, libraries: libraries)
    reader.handsOutTriggers = true
    var all = EventBatch()
    var batch = EventBatch()
    var triggers: [Trigger] = []
    while try reader.next(into: &batch) {
      all.append(contentsOf: batch)
      triggers += reader.newTriggers
    }
    return EventTrace(
      events: all, format: reader.format, sensor: reader.sensor, anomalies: reader.anomalies,
      triggers: triggers)
  }
}
