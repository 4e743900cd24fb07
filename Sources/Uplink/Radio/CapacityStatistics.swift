package import VirtualTime

#if canImport(Glibc)
  import Glibc
#endif

/// What a capacity trace is like: its rate, and the gaps in which nothing could be sent.
package struct CapacityStatistics: Sendable, Equatable {
  /// Over one lap.
  package var duration: Duration
  /// Bits a second.
  package var meanRate: Double
  /// Bits in each whole second.
  package var seconds: [Int64]
  /// Every time without capacity that is longer than `shortestGap`, in order.
  package var gaps: [Gap]

  package struct Gap: Sendable, Equatable {
    package var start: Duration
    package var length: Duration
  }

  package static let shortestGap = Duration.milliseconds(200)

  package init(_ trace: CapacityTrace) {
    duration = trace.period
    gaps = []
    seconds = []
    meanRate = 0
    var bits: Int64 = 0
    switch trace.shape {
    case .opportunities(let times): bits = count(times)
    case .rates(let rates): bits = count(rates)
    }
    meanRate = Double(bits) / duration.inSeconds
  }

  private mutating func count(_ times: [Int32]) -> Int64 {
    let bits = Int64(CapacityTrace.opportunityBytes * 8)
    seconds = Array(repeating: 0, count: Int(duration.nanoseconds / 1_000_000_000))
    var last: Int32 = 0
    for time in times {
      let second = Int(time) / 1_000
      if second < seconds.count { seconds[second] += bits }
      note(from: .milliseconds(Int64(last)), to: .milliseconds(Int64(time)))
      last = time
    }
    return bits * Int64(times.count)
  }

  private mutating func count(_ rates: [CapacityTrace.Rate]) -> Int64 {
    var total = 0.0
    var bins = [Double](repeating: 0, count: Int(duration.nanoseconds / 1_000_000_000))
    var gapStart: Duration?
    for (index, rate) in rates.enumerated() {
      let end = index + 1 < rates.count ? rates[index + 1].start : duration
      total += Double(rate.bitsPerSecond) * (end - rate.start).inSeconds
      spread(rate, to: end, &bins)
      if rate.bitsPerSecond == 0 {
        gapStart = gapStart ?? rate.start
      } else if let start = gapStart {
        note(from: start, to: rate.start)
        gapStart = nil
      }
    }
    if let start = gapStart { note(from: start, to: duration) }
    seconds = bins.map { Int64($0.rounded()) }
    return Int64(total.rounded())
  }

  private func spread(_ rate: CapacityTrace.Rate, to end: Duration, _ bins: inout [Double]) {
    var from = rate.start.inSeconds
    let stop = end.inSeconds
    while from < stop {
      let next = min(stop, from.rounded(.down) + 1)
      if Int(from) < bins.count { bins[Int(from)] += Double(rate.bitsPerSecond) * (next - from) }
      from = next
    }
  }

  private mutating func note(from start: Duration, to end: Duration) {
    if end - start > Self.shortestGap { gaps.append(Gap(start: start, length: end - start)) }
  }
}

extension CapacityStatistics {
  package var longestGap: Duration { gaps.map(\.length).max() ?? .zero }

  package func gaps(longerThan length: Duration) -> Int { gaps.count { $0.length > length } }

  /// Part of the whole seconds in which nothing could be sent.
  package var emptySeconds: Double {
    seconds.isEmpty ? 0 : Double(seconds.count { $0 == 0 }) / Double(seconds.count)
  }

  /// The Hill estimate of the tail index of gap lengths above the shortest: 1 / mean ln(x / x₀).
  package var tailIndex: Double? {
    guard gaps.count > 1 else { return nil }
    let sum = gaps.reduce(0) { $0 + log($1.length.inSeconds / Self.shortestGap.inSeconds) }
    return sum > 0 ? Double(gaps.count) / sum : nil
  }

  /// Standard deviation over mean of the times between the starts of gaps: 1 for a Poisson process,
  /// more when gaps come in clusters.
  package var clustering: Double? {
    let times = zip(gaps.dropFirst(), gaps).map { ($0.start - $1.start).inSeconds }
    guard times.count > 1 else { return nil }
    let mean = times.reduce(0, +) / Double(times.count)
    let variance = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)
    return mean > 0 ? variance.squareRoot() / mean : nil
  }
}

/// How long small uploads take that begin at any moment of a trace, before any round trip.
package struct UploadTimes: Sendable, Equatable {
  /// Ascending.
  package let durations: [Duration]

  /// Starts one upload each `step` of a lap, the trace going on into the next lap.
  package init(of bytes: Int, on trace: CapacityTrace, each step: Duration) {
    var durations: [Duration] = []
    var start = Instant.zero
    let end = Instant.zero + trace.period
    while start < end {
      var cursor = CapacityCursor(trace)
      if let finish = cursor.finish(bytes: bytes, from: start) { durations.append(finish - start) }
      start = start + step
    }
    self.durations = durations.sorted()
  }

  /// - Precondition: At least one upload ended.
  package func quantile(_ q: Double) -> Duration {
    durations[min(durations.count - 1, Int(q * Double(durations.count)))]
  }

  package func part(longerThan limit: Duration) -> Double {
    durations.isEmpty ? 0 : Double(durations.count { $0 > limit }) / Double(durations.count)
  }
}
