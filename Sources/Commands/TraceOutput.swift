import Bytes
import Events

/// A recording being written batch by batch, in the format that its name asks for.
struct TraceOutput: ~Copyable {
  private var sink: FileSink
  private var writer: AEDAT31Writer
  private(set) var eventCount = 0

  /// - Parameter comments: How the recording was made, kept in its header.
  init(_ path: String, sensor: SensorSize, comments: [String]) throws(InputError) {
    let writer = AEDAT31Writer(sensor: sensor)
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
