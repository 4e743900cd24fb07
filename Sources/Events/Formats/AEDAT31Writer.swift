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

  package func holds(_ trigger: Trigger) -> Bool { AEDATTriggers.special(trigger) != nil }

  /// Packets that hold `batch`, in its order, then those of the triggers; none when all are empty.
  ///
  /// Throws `InputError` for an event outside the sensor or before time 0.
  package func packets(
    of batch: EventBatch, triggers: [Trigger] = []
  ) throws(InputError) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(batch.count * AEDAT31Decoder.eventSize + 64)
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
    try append(triggers, to: &out)
    return out
  }

  /// Special packets, one for each stretch of 2^31 µs.
  private func append(_ triggers: [Trigger], to out: inout [UInt8]) throws(InputError) {
    let events = triggers.compactMap { trigger in
      AEDATTriggers.special(trigger).map { (special: $0, time: trigger.time) }
    }
    var start = 0
    while start < events.count {
      let overflow = events[start].time >> 31
      guard events[start].time >= 0, events[start].time < 1 << 62 else {
        throw InputError(
          at: .nowhere, "expected a trigger after time 0, found one at \(events[start].time) µs")
      }
      let rest = events[start...].prefix(Self.eventsPerPacket)
      let packet = rest.prefix { $0.time >> 31 == overflow }
      Self.appendHeader(
        AEDAT31Decoder.specialType, count: packet.count, overflow: UInt32(overflow), to: &out)
      for (special, time) in packet {
        Self.append(UInt32(special) << 1 | 1, to: &out)
        Self.append(UInt32(truncatingIfNeeded: time & 0x7FFF_FFFF), to: &out)
      }
      start = packet.endIndex
    }
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
    Self.appendHeader(
      AEDAT31Decoder.polarityType, count: range.count, overflow: overflow, to: &out)
    for index in range {
      let address = UInt32(batch.xs[index]) << 17 | UInt32(batch.ys[index]) << 2
      Self.append(address | UInt32(batch.polarities[index] & 1) << 1 | 1, to: &out)
      Self.append(UInt32(truncatingIfNeeded: batch.times[index] & 0x7FFF_FFFF), to: &out)
    }
  }

  private static func appendHeader(
    _ type: UInt16, count: Int, overflow: UInt32, to out: inout [UInt8]
  ) {
    append(UInt32(type) | 1 << 16, to: &out)  // type, then source 1
    append(UInt32(AEDAT31Decoder.eventSize), to: &out)
    append(4, to: &out)  // where an event holds its time
    append(overflow, to: &out)
    for _ in 0..<3 { append(UInt32(count), to: &out) }  // capacity, number, valid
  }

  private static func append(_ value: UInt32, to out: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
  }
}
