package import Bytes

/// Writes events as AEDAT 3.1 polarity packets, the form of DVS128 Gesture.
///
///     var writer = AEDAT31Writer(sensor: SensorSize(width: 128, height: 128))
///     sink.write(writer.header())
///     sink.write(try writer.packets(of: batch))   // any number of times
///
/// The same events give the same bytes: the start time in the header is that of the clock's zero.
package struct AEDAT31Writer: Sendable {
  private static let eventsPerPacket = 4096

  private let sensor: SensorSize

  package init(sensor: SensorSize) { self.sensor = sensor }

  /// The text before the first packet.
  ///
  /// - Parameter comments: Lines to keep with the recording, such as how it was made.
  package func header(comments: [String] = []) -> [UInt8] {
    let isDVS128 = sensor == SensorSize(width: 128, height: 128)
    let source = isDVS128 ? "DVS128" : "Preflash \(sensor.width)x\(sensor.height)"
    let lines =
      [
        "#!AER-DAT3.1", "#Format: RAW", "#Source 1: \(source)",
        "#Start-Time: 1970-01-01 00:00:00 (TZ+0000)",
      ] + comments.map { "#" + $0 } + ["#!END-HEADER"]
    return Array(lines.map { $0 + "\r\n" }.joined().utf8)
  }

  /// Packets that hold `batch`, in its order; none when it is empty.
  ///
  /// Throws `InputError` for an event outside the sensor or before time 0.
  package func packets(of batch: EventBatch) throws(InputError) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(batch.count * AEDAT31Decoder.polaritySize + 64)
    var start = 0
    while start < batch.count {
      let overflow = batch.times[start] >> 31
      var end = start
      while end < batch.count && end - start < Self.eventsPerPacket
        && batch.times[end] >> 31 == overflow
      {
        try check(batch[end])
        end += 1
      }
      appendPacket(batch, start..<end, overflow: UInt32(overflow), to: &out)
      start = end
    }
    return out
  }

  private func check(_ event: Event) throws(InputError) {
    let isInside =
      Int(event.x) < min(sensor.width, 32_768) && Int(event.y) < min(sensor.height, 32_768)
    guard isInside, event.time >= 0, event.time < 1 << 62 else {
      throw InputError(
        at: .nowhere,
        "expected an event inside \(sensor.width)×\(sensor.height) and after time 0, found "
          + "(\(event.x), \(event.y)) at \(event.time) µs")
    }
  }

  private func appendPacket(
    _ batch: EventBatch, _ range: Range<Int>, overflow: UInt32, to out: inout [UInt8]
  ) {
    func append(_ value: UInt32) {
      withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }
    append(UInt32(AEDAT31Decoder.polarityType) | 1 << 16)  // type, then source 1
    append(UInt32(AEDAT31Decoder.polaritySize))
    append(4)  // where an event holds its time
    append(overflow)
    for _ in 0..<3 { append(UInt32(range.count)) }  // capacity, number, valid
    for index in range {
      let address = UInt32(batch.xs[index]) << 17 | UInt32(batch.ys[index]) << 2
      append(address | UInt32(batch.polarities[index] & 1) << 1 | 1)
      append(UInt32(truncatingIfNeeded: batch.times[index] & 0x7FFF_FFFF))
    }
  }
}
