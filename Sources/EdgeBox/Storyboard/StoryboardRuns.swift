import Metrics
import Uplink
package import VirtualTime

/// The three runs of a storyboard: by the box alone, as planned, and as planned with nothing going wrong.
package struct StoryboardRuns: Sendable, Equatable {
  package var edgeOnly: CascadeOutcome
  package var cascade: CascadeOutcome
  package var withoutIncident: CascadeOutcome

  package init(
    edgeOnly: CascadeOutcome, cascade: CascadeOutcome, withoutIncident: CascadeOutcome
  ) {
    self.edgeOnly = edgeOnly
    self.cascade = cascade
    self.withoutIncident = withoutIncident
  }

  package subscript(side: StoryboardFigure.Side) -> CascadeOutcome {
    switch side {
    case .edgeOnly: edgeOnly
    case .cascade: cascade
    case .withoutIncident: withoutIncident
    }
  }

  /// A figure's value in the first unit of its kind; nil where nothing was counted that has one.
  package func value(of figure: StoryboardFigure) -> Double? {
    let outcome = self[figure.side]
    if figure.name == "mAP drop" {
      guard let calm = withoutIncident.meanPrecision, let other = outcome.meanPrecision else {
        return nil
      }
      return 100 * (calm - other)
    }
    return outcome.value(of: figure)
  }
}

extension DurationHistogram {
  /// The mean or a quantile by its name.
  fileprivate func figure(_ name: String) -> Duration? {
    switch name {
    case "mean": mean
    case "p50": quantile(0.5)
    case "p95": quantile(0.95)
    case "p99": quantile(0.99)
    case "p99.9": quantile(0.999)
    default: count > 0 ? maximum : nil
    }
  }
}

extension CascadeOutcome {
  /// The mean over classes of the average precision at an overlap of 0.5, of the answers that count.
  package var meanPrecision: Double? { accuracy?.final.overall[.precisionAt50] }

  /// Days on which the belt ran, at least 1.
  package var days: Int { max(1, byDay.count) }

  package var driftAlarms: [Alarm] {
    alarms.filter {
      if case .drift = $0.kind { return true }
      return false
    }
  }

  /// From the beginning of something to the first drift alarm of a station that it strikes.
  package func alarmDelay(after happening: Storyboard.Happening) -> Duration? {
    driftAlarms.first {
      $0.time >= happening.start && ($0.station.map(happening.stations.contains) ?? true)
    }.map { $0.time - happening.start }
  }

  /// A figure's value in the first unit of its kind, whatever its side; nil where nothing was counted
  /// that has one, and for what compares runs.
  package func value(of figure: StoryboardFigure) -> Double? {
    for (prefix, histogram) in [
      ("detector ", detectorLatency), ("escalation ", cloudLatency), ("", finalLatency),
    ] where figure.unit == .time && figure.name.hasPrefix(prefix) {
      return histogram.figure(String(figure.name.dropFirst(prefix.count)))?.inSeconds
    }
    return member(figure.name) ?? plain(figure.name)
  }

  /// One of many: `cost of key lines`.
  private func member(_ name: String) -> Double? {
    func rest(_ prefix: String) -> String? {
      name.hasPrefix("\(prefix) ") ? String(name.dropFirst(prefix.count + 1)) : nil
    }
    if let name = rest("AP of") {
      return classNames.firstIndex(of: name).flatMap {
        accuracy?.final.classes[$0][.precisionAt50]
      }
    }
    for (prefix, rows) in [("cost of provider", costByProvider), ("cost of key", costByKey)] {
      guard let name = rest(prefix) else { continue }
      return rows.first { $0.name == name }.map { Double($0.cost) / 1e6 } ?? 0
    }
    if let name = rest("cost of station") {
      return stations.firstIndex(of: name).map { Double(byStation[$0].cost) / 1e6 }
    }
    return nil
  }

  /// A figure that is neither a latency nor one of many.
  private func plain(_ name: String) -> Double? {
    let (frames, crops) = (total.frames, total.escalations)
    let hits = total.cacheHits.right + total.cacheHits.wrong
    let days = Double(days)
    func share(_ part: Int, _ whole: Int) -> Double? {
      whole == 0 ? nil : Double(part) / Double(whole)
    }
    return switch name {
    case "mAP": meanPrecision
    case "mAP gain": accuracy?.gain.overall[.precisionAt50].map { 100 * $0 }
    case "escalation rate": frames.judged == 0 ? nil : frames.escalationRate
    case "in time": share(crops[.answeredInTime] + crops[.batchedInTime], crops.total)
    case "cache hit rate": share(hits, network?.account.total.requests ?? 0)
    case "frames": Double(frames.total)
    case "lost frames": Double(frames[.dropped])
    case "distinct frames": Double(framesShown)
    case "deadline misses": Double(deadlineMisses)
    case "escalations": Double(crops.total)
    case "answered in time": Double(crops[.answeredInTime] + crops[.batchedInTime])
    case "late answers": Double(crops[.answeredLate])
    case "unanswered": Double(crops[.timedOut] + crops[.refused] + crops[.notSent])
    case "queued": Double(crops.queued)
    case "batched": Double(crops[.batchedInTime] + crops[.batchedLate])
    case "expired": Double(crops[.expired])
    case "discarded": Double(crops[.queueFull])
    case "refused by ceiling": Double(crops[.refusedByCeiling])
    case "flagged frames": Double(frames[.refusedByCeiling])
    case "cache hits": Double(hits)
    case "false cache hits": Double(total.cacheHits.wrong)
    case "outage minutes": outages.minutesOfAStation
    case "drift alarms": Double(driftAlarms.count)
    case "cost": Double(total.cost) / 1e6
    case "cost/day": Double(total.cost) / 1e6 / days
    case "cost/week": Double(total.cost) / 1e6 / days * 7
    case "wasted cost": Double(total.wastedCost) / 1e6
    case "sent": Double(total.bytesUp)
    case "sent/day": Double(total.bytesUp) / days
    case "energy": energy.total
    case "energy/day": energy.total / days
    default: nil
    }
  }
}

/// One of a storyboard's expectations beside what came out.
package struct ExpectationCheck: Sendable, Equatable {
  package var expectation: StoryboardExpectation
  /// Nil when there is nothing that it could be taken of; then it does not hold.
  package var value: Double?

  package init(
    _ expectation: StoryboardExpectation, of runs: StoryboardRuns, _ storyboard: Storyboard
  ) {
    self.expectation = expectation
    value =
      switch expectation.subject {
      case .figure(let figure): runs.value(of: figure)
      case .alarm(let incident):
        runs.cascade.alarmDelay(after: storyboard.incidents[incident])?.inSeconds
      }
  }

  package var holds: Bool {
    value.map { expectation.comparison.holds($0, expectation.limit) } ?? false
  }

  /// The moments around the one in which most of what breaks the expectation happened.
  ///
  /// - Parameter reach: So many before and after it.
  package func moments(
    of runs: StoryboardRuns, _ storyboard: Storyboard, reach: Int
  ) -> Range<Int> {
    let side: StoryboardFigure.Side =
      if case .figure(let figure) = expectation.subject { figure.side } else { .cascade }
    let outcome = runs[side]
    guard !outcome.moments.isEmpty else { return 0..<0 }
    var worst = 0
    switch expectation.subject {
    case .alarm(let incident):
      let start = storyboard.incidents[incident].start - .zero
      worst = Int(start.nanoseconds / max(1, outcome.momentLength.nanoseconds))
    case .figure(let figure):
      let counts = outcome.moments.map { $0.count(for: figure.name) }
      worst = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    }
    worst = min(worst, outcome.moments.count - 1)
    return max(0, worst - reach)..<min(outcome.moments.count, worst + reach + 1)
  }
}

extension CascadeOutcome.Moment {
  /// Crops that were not answered in time.
  package var misses: Int { escalations - self[.answeredInTime] - self[.batchedInTime] }

  /// How much of what a figure is about happened.
  fileprivate func count(for figure: String) -> Int {
    if figure.hasPrefix("cost") { return Int(cost) }
    switch figure {
    case "lost frames": return dropped
    case "escalations", "escalation rate", "sent", "sent/day", "drift alarms": return escalations
    case "queued", "batched", "expired", "discarded": return deepestQueue
    case "refused by ceiling", "flagged frames": return self[.refusedByCeiling]
    default: return misses
    }
  }
}
