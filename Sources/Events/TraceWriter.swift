package import Bytes

/// Writes events as one format, batch by batch, in bounded memory.
///
///     var writer = try TraceFormat.evt3.writer(TraceWriterSetup(sensor: sensor, firstTime: 0))
///     sink.write(writer.header(comments: []))
///     sink.write(try writer.packets(of: batch))   // any number of times
///
/// Reading the bytes gives the same events in the same order, or writing throws.
package protocol TraceWriter: Sendable {
  /// The bytes before the first event.
  ///
  /// - Parameter comments: Lines to keep with the recording, in formats that have room for them.
  func header(comments: [String]) -> [UInt8]

  /// True when the format has a place for a trigger of this channel and edge.
  func holds(_ trigger: Trigger) -> Bool

  /// Bytes that hold `batch`, in its order, behind those of the batches before it.
  ///
  /// - Parameter triggers: Written among the events by their times; those that the format does not
  ///   hold are left out.
  /// - Throws: `InputError` for an event that the format cannot hold.
  mutating func packets(
    of batch: EventBatch, triggers: [Trigger]
  ) throws(InputError) -> [UInt8]
}

extension TraceWriter {
  package mutating func packets(of batch: EventBatch) throws(InputError) -> [UInt8] {
    try packets(of: batch, triggers: [])
  }
}

/// Triggers on their way into a stream of words, each before the first event of a later time.
struct TriggerQueue {
  private let triggers: [Trigger]
  private var next = 0

  init(_ triggers: [Trigger]) { self.triggers = triggers }

  /// The next trigger that does not belong behind an event at `time`.
  @inline(__always)
  mutating func pop(before time: Int64) -> Trigger? {
    guard next < triggers.count, triggers[next].time <= time else { return nil }
    next += 1
    return triggers[next - 1]
  }
}

/// What a writer has to know before the first event.
package struct TraceWriterSetup {
  /// nil when nobody knows; not every format can be written then.
  package var sensor: SensorSize?
  /// Time of the first event, in µs: formats with few time bits note where to count from.
  package var firstTime: Int64
  /// Of AEDAT 4.
  package var compression: AEDAT4Writer.Compression
  /// Whether frames of the sensor's size are to lie beside the events, in AEDAT 4.
  package var hasFrames: Bool
  package var libraries: (any CompressionLibraries)?

  package init(
    sensor: SensorSize?, firstTime: Int64, compression: AEDAT4Writer.Compression = .lz4,
    hasFrames: Bool = false, libraries: (any CompressionLibraries)? = nil
  ) {
    self.sensor = sensor
    self.firstTime = firstTime
    self.compression = compression
    self.hasFrames = hasFrames
    self.libraries = libraries
  }
}

extension TraceFormat {
  /// The formats that can be written.
  package static let writable: [TraceFormat] = [.evt2, .evt3, .dat, .aedat31, .aedat4, .csv]

  /// Throws `InputError` when the format cannot be written or not without a sensor size.
  package func writer(_ setup: TraceWriterSetup) throws(InputError) -> any TraceWriter {
    switch self {
    case .evt2: return EVT2Writer(sensor: setup.sensor, firstTime: setup.firstTime)
    case .evt3: return EVT3Writer(sensor: setup.sensor, firstTime: setup.firstTime)
    case .dat: return DATWriter(sensor: setup.sensor, firstTime: setup.firstTime)
    case .csv: return CSVWriter(sensor: setup.sensor)
    case .aedat31: return AEDAT31Writer(sensor: try sensor(setup))
    case .aedat4:
      return try AEDAT4Writer(
        sensor: sensor(setup), compression: setup.compression, hasFrames: setup.hasFrames,
        libraries: setup.libraries)
    default:
      let names = Self.writable.map(\.rawValue).joined(separator: ", ")
      throw InputError(at: .nowhere, "cannot write \(title)", advice: "choose one of \(names)")
    }
  }

  private func sensor(_ setup: TraceWriterSetup) throws(InputError) -> SensorSize {
    if let sensor = setup.sensor { return sensor }
    throw InputError(
      at: .nowhere, "\(title) has to state the sensor’s size, and the recording does not say it",
      advice: "give it: --sensor WIDTHxHEIGHT")
  }

  /// What can be known to be wanted from the extension of a file's name; nil when nothing.
  package static func written(to name: String) -> TraceFormat? {
    switch name.split(separator: ".").last.map({ $0.lowercased() }) {
    case "raw", "evt3": .evt3
    case "evt2": .evt2
    case "dat": .dat
    case "aedat", "aedat31": .aedat31
    case "aedat4": .aedat4
    case "csv", "txt": .csv
    default: nil
    }
  }
}

extension AEDAT31Writer: TraceWriter {}

extension AEDAT4Writer: TraceWriter {
  package func header(comments: [String]) -> [UInt8] { header() }
}

/// Coordinates that a format and a sensor allow.
struct CoordinateLimits: Sendable {
  let title: String
  /// Exclusive.
  let width: Int
  let height: Int

  /// - Parameter bits: Of a coordinate in the format.
  init(_ sensor: SensorSize?, bits: Int, title: String) {
    self.title = title
    width = min(sensor?.width ?? .max, 1 << bits)
    height = min(sensor?.height ?? .max, 1 << bits)
  }

  func check(_ batch: EventBatch) throws(InputError) {
    for index in 0..<batch.count
    where Int(batch.xs[index]) >= width || Int(batch.ys[index]) >= height {
      throw InputError(
        at: .nowhere,
        "expected coordinates below (\(width), \(height)) for \(title), found "
          + "(\(batch.xs[index]), \(batch.ys[index])) at \(batch.times[index]) µs")
    }
  }
}
