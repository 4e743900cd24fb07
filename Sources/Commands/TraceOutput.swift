import Bytes
import Events

/// A recording being written batch by batch, in the format that its name asks for.
struct TraceOutput: ~Copyable {
  private var sink: FileSink
  private var writer: any TraceWriter
  private(set) var eventCount = 0

  /// - Parameter comments: How the recording was made, kept in its header where there is room.
  /// - Throws: `InputError` for a name that says no format which can be written.
  init(_ path: String, sensor: SensorSize, comments: [String]) throws(InputError) {
    guard let format = TraceFormat.written(to: path) else {
      throw InputError(
        file: path, at: .nowhere, "expected a name that says the format, found none that does",
        advice: "end it in .raw (EVT3), .evt2, .dat, .aedat (3.1), .aedat4 or .csv")
    }
    let writer = try format.writer(
      TraceWriterSetup(sensor: sensor, firstTime: 0, libraries: SystemCompression()))
    var sink = try FileSink(path)
    try sink.write(writer.header(comments: comments))
    self.writer = writer
    self.sink = sink
  }

  mutating func write(_ batch: EventBatch) throws(InputError) {
    try sink.write(try writer.packets(of: batch))
    eventCount += batch.count
  }

  mutating func finish() throws(InputError) { try sink.finish() }
}
