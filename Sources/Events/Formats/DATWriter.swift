package import Bytes

/// Writes events as Prophesee DAT, version 2.
package struct DATWriter: TraceWriter {
  private static let period = Int64(1) << 32

  private let sensor: SensorSize?
  private let limits: CoordinateLimits
  /// What the reader adds to every time, in µs: stated in the header as `t0`.
  private let origin: Int64
  /// The time of the event before as the reader has it, less the origin.
  private var last = Int64(0)

  /// - Parameter firstTime: Of the first event, in µs.
  package init(sensor: SensorSize?, firstTime: Int64) {
    self.sensor = sensor
    limits = CoordinateLimits(sensor, bits: 14, title: "DAT")
    origin = firstTime < Self.period ? 0 : firstTime / Self.period * Self.period
  }

  package func header(comments: [String]) -> [UInt8] {
    var lines = ["Data file containing CD events.", "Version 2"]
    if let sensor { lines += ["Height \(sensor.height)", "Width \(sensor.width)"] }
    if origin != 0 { lines.append("t0 \(origin)") }
    return Array(lines.map { "% \($0)\n" }.joined().utf8) + [0x0C, 8]
  }

  /// DAT keeps triggers in a file of their own.
  package func holds(_ trigger: Trigger) -> Bool { false }

  package mutating func packets(
    of batch: EventBatch, triggers: [Trigger]
  ) throws(InputError) -> [UInt8] {
    try limits.check(batch)
    var records: [UInt64] = []
    records.reserveCapacity(batch.count)
    for index in 0..<batch.count {
      let time = batch.times[index] &- origin
      let raw = time & (Self.period - 1)
      // What the decoder makes of it: a drop by more than half the range is a wrap.
      let lastRaw = last & (Self.period - 1)
      let loop = last - lastRaw + (lastRaw - raw > Self.period / 2 ? Self.period : 0)
      guard time == loop + raw else {
        throw InputError(
          at: .nowhere,
          "expected a time less than 35 min from the one before it, \(last + origin) µs, found "
            + "\(batch.times[index]) µs",
          advice: "DAT keeps 32 bits of a time; move times with --time-shift or take AEDAT 4 or CSV"
        )
      }
      last = time
      let address = UInt64(batch.xs[index]) | UInt64(batch.ys[index]) << 14
      let polarity = UInt64(batch.polarities[index] & 1)
      records.append((UInt64(raw) | (address | polarity << 28) << 32).littleEndian)
    }
    return records.withUnsafeBytes { Array($0) }
  }
}
