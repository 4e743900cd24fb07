import VirtualTime

/// Where a transmitter stands in a trace.
struct TraceCursor: Sendable {
  private let trace: CapacityTrace
  /// The next opportunity, counted over laps.
  private var lap: Int64 = 0
  private var index = 0
  /// Bytes left of the opportunity used last; worth nothing once its instant has passed.
  private var leftover = 0
  private var leftoverTime: Int64 = -1

  init(_ trace: CapacityTrace) { self.trace = trace }

  /// When `bytes` from `now` on have been sent; nil when they never will be.
  mutating func finish(bytes: Int, from now: Instant) -> Instant? {
    switch trace.shape {
    case .opportunities(let times): finish(bytes: bytes, from: now, opportunities: times)
    case .rates(let rates): finish(bits: Int64(bytes) * 8, from: now, rates: rates)
    }
  }

  private mutating func finish(
    bytes: Int, from now: Instant, opportunities times: [Int32]
  ) -> Instant? {
    var wanted = bytes
    if leftoverTime == now.nanoseconds {
      let taken = min(wanted, leftover)
      leftover -= taken
      wanted -= taken
      if wanted == 0 { return now }
    }
    skip(to: now, times)
    while true {
      if trace.isOnce && lap > 0 { return nil }
      let time = lap * trace.period.nanoseconds + Int64(times[index]) * 1_000_000
      index += 1
      if index == times.count {
        index = 0
        lap += 1
      }
      if wanted <= CapacityTrace.opportunityBytes {
        leftover = CapacityTrace.opportunityBytes - wanted
        leftoverTime = time
        return Instant(nanoseconds: time)
      }
      wanted -= CapacityTrace.opportunityBytes
    }
  }

  /// Opportunities before `now` found an empty queue: wasted.
  private mutating func skip(to now: Instant, _ times: [Int32]) {
    let period = trace.period.nanoseconds
    let lapOfNow = now.nanoseconds / period
    if lap < lapOfNow {
      lap = lapOfNow
      index = 0
    }
    guard lap == lapOfNow else { return }
    let millisecond = (now.nanoseconds - lap * period + 999_999) / 1_000_000
    if index < times.count, Int64(times[index]) < millisecond {
      index = times.partition(from: index) { Int64($0) >= millisecond }
    }
    if index == times.count {
      index = 0
      lap += 1
    }
  }

  private func finish(bits: Int64, from now: Instant, rates: [CapacityTrace.Rate]) -> Instant? {
    let period = trace.period.nanoseconds
    var lap = now.nanoseconds / period
    var offset = now.nanoseconds - lap * period
    var index = max(0, rates.partition(from: 0) { $0.start.nanoseconds > offset } - 1)
    // In bit-nanoseconds a second, so that nothing is rounded before the end.
    var wanted = Int128(bits) * 1_000_000_000
    var hasCarried = false
    while !(trace.isOnce && lap > 0) {
      let end = index + 1 < rates.count ? rates[index + 1].start.nanoseconds : period
      let rate = Int128(rates[index].bitsPerSecond)
      let carried = rate * Int128(max(0, end - offset))
      if rate > 0 && carried >= wanted {
        let nanoseconds = Int64((wanted + rate - 1) / rate)
        return Instant(nanoseconds: lap * period + offset + nanoseconds)
      }
      wanted -= carried
      hasCarried = hasCarried || carried > 0
      offset = end
      index += 1
      if index == rates.count {
        index = 0
        offset = 0
        lap += 1
        // A whole lap without a bit: there will never be one.
        if !hasCarried && rates.allSatisfy({ $0.bitsPerSecond == 0 }) { return nil }
      }
    }
    return nil
  }
}

extension Array {
  /// The first index at or after `start` whose element satisfies a condition that, once true, stays
  /// true; `count` when none does.
  fileprivate func partition(from start: Int, where condition: (Element) -> Bool) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
