package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// What a direction's capacity is like: its rate, and the gaps in which nothing could be sent.
package struct CapacityStatistics: Sendable, Equatable {
  /// One lap of a trace, or the span that was drawn.
  package private(set) var duration: Duration
  /// Bits in each whole second.
  package private(set) var seconds: [Int64]
  /// Every time without capacity that is longer than `shortestGap`, in order.
  package private(set) var gaps: [Gap] = []
  /// Gilbert and Elliott's two states on `bin`s, of which one without capacity is bad.
  package private(set) var states = StateCounts()
  private var bits = 0.0
  private var gapStart: Duration?
  private var binEnd = Self.bin
  private var binHasCapacity = false
  private var lastBinWasBad: Bool?

  package struct Gap: Sendable, Equatable {
    package var start: Duration
    package var length: Duration
  }

  package struct StateCounts: Sendable, Equatable {
    /// Bins that another one follows.
    package var good = 0
    package var bad = 0
    package var goodToBad = 0
    package var badToGood = 0

    /// P(good → bad) and P(bad → good); nil without a bin in that state.
    package var toBad: Double? { good > 0 ? Double(goodToBad) / Double(good) : nil }
    package var toGood: Double? { bad > 0 ? Double(badToGood) / Double(bad) : nil }
  }

  package static let shortestGap = Duration.milliseconds(200)
  package static let bin = Duration.milliseconds(100)
  private static let opportunityBits = Double(CapacityTrace.opportunityBytes * 8)

  private init(over duration: Duration) {
    self.duration = duration
    seconds = Array(repeating: 0, count: Int(duration.nanoseconds / 1_000_000_000))
  }

  package init(_ trace: CapacityTrace) {
    self.init(over: trace.period)
    switch trace.shape {
    case .opportunities(let times):
      for time in times { add(at: .milliseconds(Int64(time))) }
      closeBins(until: duration)
    case .rates(let rates):
      for (index, rate) in rates.enumerated() {
        let end = index + 1 < rates.count ? rates[index + 1].start : duration
        add(rate.bitsPerSecond, from: rate.start, to: end)
      }
      finish()
    }
  }

  /// Counts generated capacity as a saturator would record it: opportunities of `opportunityBytes` on
  /// whole milliseconds. Nothing is kept but the counts.
  package init(_ capacity: GeneratedCapacity, over duration: Duration) {
    self.init(over: duration)
    var capacity = capacity
    // Bits of the opportunity to come that have passed.
    var filled = 0.0
    while true {
      let spell = capacity.next()
      let start = spell.start - .zero
      guard start < duration else { break }
      let rate = Double(spell.rate)
      guard rate > 0 else { continue }
      let length = (spell.end - spell.start).inSeconds
      var wanted = Self.opportunityBits - filled
      while wanted <= rate * length {
        let millisecond = ((start.inSeconds + wanted / rate) * 1_000).rounded(.up)
        let time = Duration.milliseconds(Int64(millisecond))
        if time > duration { break }
        add(at: time)
        wanted += Self.opportunityBits
      }
      filled = rate * length - (wanted - Self.opportunityBits)
    }
    closeBins(until: duration)
  }

  /// An opportunity.
  private mutating func add(at time: Duration) {
    bits += Self.opportunityBits
    let second = Int(time.nanoseconds / 1_000_000_000)
    if second < seconds.count { seconds[second] += Int64(Self.opportunityBits) }
    note(from: gapStart ?? .zero, to: time)
    gapStart = time
    closeBins(until: time)
    binHasCapacity = true
  }

  /// A rate that holds for a while.
  private mutating func add(_ rate: Int64, from start: Duration, to end: Duration) {
    guard rate > 0 else {
      gapStart = gapStart ?? start
      return
    }
    if let gap = gapStart {
      note(from: gap, to: start)
      gapStart = nil
    }
    bits += Double(rate) * (end - start).inSeconds
    var from = start.inSeconds
    while from < end.inSeconds {
      let next = min(end.inSeconds, from.rounded(.down) + 1)
      if Int(from) < seconds.count {
        seconds[Int(from)] += Int64((Double(rate) * (next - from)).rounded())
      }
      from = next
    }
    closeBins(until: start)
    while binEnd < end {
      binHasCapacity = true
      closeBin()
    }
    binHasCapacity = binEnd - Self.bin < end
  }

  private mutating func finish() {
    if let start = gapStart { note(from: start, to: duration) }
    closeBins(until: duration)
  }

  private mutating func note(from start: Duration, to end: Duration) {
    if end - start > Self.shortestGap { gaps.append(Gap(start: start, length: end - start)) }
  }

  private mutating func closeBins(until time: Duration) {
    while binEnd <= time { closeBin() }
  }

  private mutating func closeBin() {
    let isBad = !binHasCapacity
    switch lastBinWasBad {
    case nil: break
    case false?:
      states.good += 1
      if isBad { states.goodToBad += 1 }
    case true?:
      states.bad += 1
      if !isBad { states.badToGood += 1 }
    }
    lastBinWasBad = isBad
    binHasCapacity = false
    binEnd += Self.bin
  }
}

extension CapacityStatistics {
  /// Bits a second.
  package var meanRate: Double { bits / duration.inSeconds }

  package var longestGap: Duration { gaps.map(\.length).max() ?? .zero }

  package func gaps(longerThan length: Duration) -> Int { gaps.count { $0.length > length } }

  package func gapsPerHour(longerThan length: Duration) -> Double {
    Double(gaps(longerThan: length)) * 3600 / duration.inSeconds
  }

  /// Part of the whole seconds in which nothing could be sent.
  package var emptySeconds: Double {
    seconds.isEmpty ? 0 : Double(seconds.count { $0 == 0 }) / Double(seconds.count)
  }

  /// Mean and deviation of the logarithm of gap lengths in seconds.
  package var logLengths: (mean: Double, deviation: Double)? {
    guard !gaps.isEmpty else { return nil }
    let logs = gaps.map { log($0.length.inSeconds) }
    let mean = logs.reduce(0, +) / Double(logs.count)
    let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(logs.count)
    return (mean, variance.squareRoot())
  }

  /// The Hill estimate of the tail index of gap lengths above the shortest: 1 / mean ln(x / x₀).
  package var tailIndex: Double? {
    guard gaps.count > 1 else { return nil }
    let sum = gaps.reduce(0) { $0 + log($1.length.inSeconds / Self.shortestGap.inSeconds) }
    return sum > 0 ? Double(gaps.count) / sum : nil
  }

  /// Seconds between the starts of gaps.
  package var gapIntervals: [Double] {
    zip(gaps.dropFirst(), gaps).map { ($0.start - $1.start).inSeconds }
  }

  /// Standard deviation over mean of the times between the starts of gaps: 1 for a Poisson process,
  /// more when gaps come in clusters.
  package var clustering: Double? {
    let times = gapIntervals
    guard times.count > 1 else { return nil }
    let mean = times.reduce(0, +) / Double(times.count)
    let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
    return mean > 0 ? variance.squareRoot() / mean : nil
  }
}
