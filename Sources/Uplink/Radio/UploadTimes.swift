package import VirtualTime

/// How long small uploads take that begin at any moment, before any round trip.
package struct UploadTimes: Sendable, Equatable {
  /// Ascending.
  package let durations: [Duration]
  /// Uploads that a trace which ends would never have carried.
  package let unfinished: Int

  /// Starts one upload each `step` of a lap, the trace going on into the next lap.
  package init(of bytes: Int, on trace: CapacityTrace, each step: Duration) {
    self.init(of: bytes, on: .trace(trace), over: trace.period, each: step)
  }

  /// Starts one upload each `step` of a span.
  package init(of bytes: Int, on capacity: Capacity, over span: Duration, each step: Duration) {
    var durations: [Duration] = []
    var unfinished = 0
    var start = Instant.zero
    let end = Instant.zero + span
    var cursor = CapacityCursor(capacity)
    while start < end {
      cursor.skip(to: start)
      var upload = cursor
      if let finish = upload.finish(bytes: bytes, from: start) {
        durations.append(finish - start)
      } else {
        unfinished += 1
      }
      start = start + step
    }
    self.durations = durations.sorted()
    self.unfinished = unfinished
  }

  /// - Precondition: At least one upload ended.
  package func quantile(_ q: Double) -> Duration {
    durations[min(durations.count - 1, Int(q * Double(durations.count)))]
  }

  /// Of all uploads, those that never ended included.
  package func part(longerThan limit: Duration) -> Double {
    let count = durations.count + unfinished
    guard count > 0 else { return 0 }
    return Double(durations.count { $0 > limit } + unfinished) / Double(count)
  }
}
