import Bytes

/// The upper time bits of EVT2 and EVT3, which come in words of their own and wrap: what to write so
/// that a reader arrives at a time.
struct TimeHighWords: Sendable {
  /// A file states where its times count from when they start later than this, some 71 min.
  private static let largestStart = Int64(1) << 32
  /// More wraps than this in one go are taken for damaged times; EVT3 spends two words on each.
  private static let mostWraps = Int64(1) << 16

  /// Bits of the upper and of the lower part of a time.
  let highBits: Int64
  let lowBits: Int64
  /// Readers take a step back of the upper part by so much for a wrap.
  let wrapStep: Int64
  /// What the reader adds to every time, in µs: stated in the header as `t0`.
  let origin: Int64
  /// Upper part of the time that the reader has reached, wraps included.
  private var reached: Int64?

  init(highBits: Int64, lowBits: Int64, wrapStep: Int64, firstTime: Int64) {
    self.highBits = highBits
    self.lowBits = lowBits
    self.wrapStep = wrapStep
    let loop = Int64(1) << (highBits + lowBits)
    origin = firstTime < Self.largestStart ? 0 : firstTime & ~(loop - 1)
  }

  /// Gives `emit` the upper parts to write in front of an event at `time`; none when the reader is
  /// there.
  ///
  /// Throws `InputError` for a time that the format cannot reach from the one before.
  @inline(__always)
  mutating func advance(to time: Int64, _ emit: (Int64) -> Void) throws(InputError) {
    let high = (time &- origin) >> lowBits
    if high != reached { try move(to: high, time, emit) }
  }

  @inline(never)
  private mutating func move(
    to high: Int64, _ time: Int64, _ emit: (Int64) -> Void
  ) throws(InputError) {
    guard time >= origin, time < 1 << 62 else {
      throw InputError(
        at: .nowhere, "expected a time from \(origin) µs on, found \(time) µs",
        advice: "move the times with --time-shift, or let none go back with --monotonic")
    }
    let mask = (Int64(1) << highBits) - 1
    var low = reached.map { $0 & mask }
    let wraps = (high >> highBits) - ((reached ?? 0) >> highBits)
    let isReadAsWrap = wraps == 0 && (low ?? 0) - (high & mask) >= wrapStep
    guard wraps >= 0, wraps <= Self.mostWraps, !isReadAsWrap else {
      throw InputError(
        at: .nowhere,
        "expected a time near the one before it, about "
          + "\(origin + ((reached ?? 0) << lowBits)) µs, found \(time) µs",
        advice: "with --monotonic no time goes back; DAT, AEDAT 4 and CSV hold any step")
    }
    for _ in 0..<wraps {
      if low != mask { emit(mask) }
      emit(0)
      low = 0
    }
    if low != high & mask { emit(high & mask) }
    reached = high
  }
}

/// The text in front of Prophesee words.
enum PropheseeText {
  static func header(
    _ name: String, version: String, sensor: SensorSize?, origin: Int64
  ) -> [UInt8] {
    var lines = ["evt \(version)"]
    if let sensor {
      lines.append("format \(name);height=\(sensor.height);width=\(sensor.width)")
      lines.append("geometry \(sensor.width)x\(sensor.height)")
    }
    if origin != 0 { lines.append("t0 \(origin)") }
    return Array((lines + ["end"]).map { "% \($0)\n" }.joined().utf8)
  }
}
