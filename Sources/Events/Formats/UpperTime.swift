import Bytes

/// The upper 28 time bits of EVT2, EVT2.1 and EVT4, in units of 64 µs, which wrap after 2^34 µs.
struct UpperTime: Sendable {
  private static let loopDuration = Int64(1) << 34
  /// openeb takes a step back by nearly the full range for a wrap; smaller ones are what they are.
  private static let smallestWrap = (((Int64(1) << 28) - 1) << 6) - 10_000

  /// False before the first time word.
  private(set) var isKnown = false
  private var high = Int64(0)
  /// The time origin and the wraps so far, in µs.
  private var loops: Int64

  init(origin: Int64) { loops = origin }

  /// Time without its lower six bits, in µs.
  @inline(__always)
  var base: Int64 { loops &+ high }

  mutating func advance(to value: Int64) {
    let new = value << 6
    if high - new >= Self.smallestWrap { loops &+= Self.loopDuration }
    high = new
    isKnown = true
  }

  /// A trigger with the lower six bits of its time, or without a time before the first time word.
  func takeTrigger(
    low: UInt32, channel: UInt32, value: UInt32, at place: InputError.Place,
    _ tally: inout TraceTally
  ) {
    if isKnown {
      tally.triggers.add(Trigger(time: base &+ Int64(low & 0x3F), channel: channel, value: value))
    } else {
      tally.anomalies.note(.beforeFirstTime, at: place)
    }
  }

  var checkpoint: [Int64] { [isKnown ? 1 : 0, high, loops] }

  mutating func resume(from values: [Int64]) -> Bool {
    guard values.count == 3, (0...1).contains(values[0]),
      (0..<Self.loopDuration).contains(values[1])
    else { return false }
    (isKnown, high, loops) = (values[0] == 1, values[1], values[2])
    return true
  }
}
