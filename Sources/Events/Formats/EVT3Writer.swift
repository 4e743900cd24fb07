package import Bytes

/// Writes events as Prophesee EVT 3.0: neighbours in a row as vectors of 32 pixels, which openeb
/// takes only whole and inside the sensor, others as single columns.
package struct EVT3Writer: TraceWriter {
  private static let vectorWidth = 32
  /// A vector takes four words; a column takes one.
  private static let fewestInVector = 5

  private let sensor: SensorSize?
  private let limits: CoordinateLimits
  private var high: TimeHighWords
  private var low: Int64?
  private var row: UInt16?

  /// - Parameter firstTime: Of the first event, in µs.
  package init(sensor: SensorSize?, firstTime: Int64) {
    self.sensor = sensor
    limits = CoordinateLimits(sensor, bits: 11, title: "EVT3")
    high = TimeHighWords(highBits: 12, lowBits: 12, wrapStep: 2048, firstTime: firstTime)
  }

  package func header(comments: [String]) -> [UInt8] {
    PropheseeText.header("EVT3", version: "3.0", sensor: sensor, origin: high.origin)
  }

  package func holds(_ trigger: Trigger) -> Bool {
    trigger.channel < 16 && trigger.edge != .pulse
  }

  package mutating func packets(
    of batch: EventBatch, triggers: [Trigger]
  ) throws(InputError) -> [UInt8] {
    try limits.check(batch)
    var words: [UInt16] = []
    words.reserveCapacity(batch.count * 3)
    var queue = TriggerQueue(triggers.filter(holds))
    var index = 0
    while index < batch.count {
      while let trigger = queue.pop(before: batch.times[index]) { try append(trigger, &words) }
      try move(to: batch.times[index], &words)
      if batch.ys[index] != row {
        append(batch.ys[index], &words)
        row = batch.ys[index]
      }
      let polarity = UInt16(batch.polarities[index] & 1) << 11
      let x = Int(batch.xs[index])
      let end = Self.endOfVector(batch, index)
      let base = min(x, limits.width - Self.vectorWidth)
      if end - index >= Self.fewestInVector && base >= 0 {
        var mask = UInt32(0)
        for event in index..<end { mask |= 1 << UInt32(Int(batch.xs[event]) - base) }
        append(0x3000 | polarity | UInt16(base), &words)
        append(0x4000 | UInt16(mask & 0xFFF), &words)
        append(0x4000 | UInt16(mask >> 12 & 0xFFF), &words)
        append(0x5000 | UInt16(mask >> 24), &words)
        index = end
      } else {
        append(0x2000 | polarity | UInt16(x), &words)
        index += 1
      }
    }
    while let trigger = queue.pop(before: .max) { try append(trigger, &words) }
    return words.withUnsafeBytes { Array($0) }
  }

  private mutating func append(
    _ trigger: Trigger, _ words: inout [UInt16]
  ) throws(InputError) {
    try move(to: trigger.time, &words)
    append(0xA000 | UInt16(trigger.channel) << 8 | UInt16(trigger.edge.rawValue), &words)
  }

  /// Behind the last event of a run that one vector from the event at `start` on can hold: of one
  /// time, row and polarity, in growing columns.
  private static func endOfVector(_ batch: EventBatch, _ start: Int) -> Int {
    let limit = Int(batch.xs[start]) + vectorWidth
    var end = start + 1
    while end < batch.count, batch.times[end] == batch.times[start],
      batch.ys[end] == batch.ys[start], batch.polarities[end] == batch.polarities[start],
      batch.xs[end] > batch.xs[end - 1], Int(batch.xs[end]) < limit
    { end += 1 }
    return end
  }

  /// Writes the upper and lower time as far as they changed.
  private mutating func move(to time: Int64, _ words: inout [UInt16]) throws(InputError) {
    // A change of the upper part sets the lower one to 0.
    var isNewHigh = false
    try high.advance(to: time) {
      words.append((0x8000 | UInt16($0)).littleEndian)
      isNewHigh = true
    }
    let lower = (time &- high.origin) & 0xFFF
    if isNewHigh || lower != low {
      append(0x6000 | UInt16(lower), &words)
      low = lower
    }
  }

  private func append(_ word: UInt16, _ words: inout [UInt16]) { words.append(word.littleEndian) }
}
