import Bytes
import Events

/// A recording being written batch by batch, in the format that its name asks for.
struct TraceOutput: ~Copyable {
  private var sink: FileSink
  private var writer: any TraceWriter
  private(set) var eventCount = 0
  private(set) var triggerCount = 0
  private(set) var byteCount: Int

  /// - Parameter comments: How the recording was made, kept in its header where there is room.
  /// - Throws: `InputError` for a name that says no format which can be written.
  init(
    _ path: String, sensor: SensorSize, compression: AEDAT4Writer.Compression = .lz4,
    hasFrames: Bool = false, comments: [String]
  ) throws(InputError) {
    guard let format = TraceFormat.written(to: path) else {
      throw InputError(
        file: path, at: .nowhere, "expected a name that says the format, found none that does",
        advice: "end it in .raw (EVT3), .evt2, .dat, .aedat (3.1), .aedat4 or .csv")
    }
    try self.init(
      path, format,
      TraceWriterSetup(
        sensor: sensor, firstTime: 0, compression: compression, hasFrames: hasFrames,
        libraries: SystemCompression()),
      comments: comments)
  }

  init(
    _ path: String, _ format: TraceFormat, _ setup: TraceWriterSetup, comments: [String]
  ) throws(InputError) {
    let writer = try format.writer(setup)
    let header = writer.header(comments: comments)
    var sink = try FileSink(path)
    try sink.write(header)
    byteCount = header.count
    self.writer = writer
    self.sink = sink
  }

  /// - Parameter triggers: Those that the format has no place for are left out.
  mutating func write(_ batch: EventBatch, triggers: [Trigger] = []) throws(InputError) {
    let bytes = try writer.packets(of: batch, triggers: triggers)
    triggerCount += triggers.count(where: writer.holds)
    try sink.write(bytes)
    byteCount += bytes.count
    eventCount += batch.count
  }

  /// Writes a frame behind the events so far. The format must be AEDAT 4, set up for frames.
  mutating func write(_ frame: GreyFrame) throws(InputError) {
    guard let writer = writer as? AEDAT4Writer else { preconditionFailure("no place for frames") }
    let bytes = writer.packet(of: frame)
    try sink.write(bytes)
    byteCount += bytes.count
  }

  mutating func finish() throws(InputError) { try sink.finish() }
}
