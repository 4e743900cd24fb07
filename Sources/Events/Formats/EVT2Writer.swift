package import Bytes

/// Writes events as Prophesee EVT 2.0.
package struct EVT2Writer: TraceWriter {
  private let sensor: SensorSize?
  private let limits: CoordinateLimits
  private var high: TimeHighWords

  /// - Parameter firstTime: Of the first event, in µs.
  package init(sensor: SensorSize?, firstTime: Int64) {
    self.sensor = sensor
    limits = CoordinateLimits(sensor, bits: 11, title: "EVT2")
    // openeb takes a step back by the full range less 10 ms for a wrap, in units of 64 µs.
    high = TimeHighWords(
      highBits: 28, lowBits: 6, wrapStep: (1 << 28) - 1 - 156, firstTime: firstTime)
  }

  package func header(comments: [String]) -> [UInt8] {
    PropheseeText.header("EVT2", version: "2.0", sensor: sensor, origin: high.origin)
  }

  package func holds(_ trigger: Trigger) -> Bool {
    trigger.channel < 32 && trigger.edge != .pulse
  }

  package mutating func packets(
    of batch: EventBatch, triggers: [Trigger]
  ) throws(InputError) -> [UInt8] {
    try limits.check(batch)
    var words: [UInt32] = []
    words.reserveCapacity(batch.count * 2)
    var queue = TriggerQueue(triggers.filter(holds))
    for index in 0..<batch.count {
      let time = batch.times[index]
      while let trigger = queue.pop(before: time) { try append(trigger, &words) }
      try high.advance(to: time) { words.append((8 << 28 | UInt32($0)).littleEndian) }
      let address = UInt32(batch.xs[index]) << 11 | UInt32(batch.ys[index])
      let low = UInt32(truncatingIfNeeded: (time &- high.origin) & 0x3F)
      let polarity = UInt32(batch.polarities[index] & 1)
      words.append((polarity << 28 | low << 22 | address).littleEndian)
    }
    while let trigger = queue.pop(before: .max) { try append(trigger, &words) }
    return words.withUnsafeBytes { Array($0) }
  }

  private mutating func append(
    _ trigger: Trigger, _ words: inout [UInt32]
  ) throws(InputError) {
    try high.advance(to: trigger.time) { words.append((8 << 28 | UInt32($0)).littleEndian) }
    let low = UInt32(truncatingIfNeeded: (trigger.time &- high.origin) & 0x3F)
    let value = UInt32(trigger.edge.rawValue)
    words.append((0xA << 28 | low << 22 | UInt32(trigger.channel) << 8 | value).littleEndian)
  }
}
