import Metrics
import Uplink
import VirtualTime

/// What frames and crops came to, counted where they end; tallies of parts add up to that of all.
struct CascadeTally: Sendable {
  /// A frame as it was answered in the end.
  struct Answered: Hashable, Sendable {
    var frame: Int32
    /// The number of the answer about each of its best boxes, 16 bits each, the best lowest.
    var answers: UInt64
  }

  var byStation: [CascadeOutcome.Part]
  var byDay: [CascadeOutcome.Part]
  var moments: [CascadeOutcome.Moment]
  let momentLength: Int64
  var finalLatency = DurationHistogram()
  var cloudLatency = DurationHistogram()
  var deadlineMisses = 0
  var recordedAnswers = 0
  var assumedAnswers = 0
  /// How often a frame was answered with anything of the cloud's.
  var answered: [Answered: Int] = [:]
  var alarms: [CascadeOutcome.Alarm] = []
  var outages: Outages

  init(stations: Int, days: Int, span: Duration) {
    outages = Outages(stations: stations)
    byStation = Array(repeating: CascadeOutcome.Part(), count: stations)
    byDay = Array(repeating: CascadeOutcome.Part(), count: days)
    // Whole minutes, so that a long run has no more moments than a report can hold.
    let minute: Int64 = 60_000_000_000
    let most = Int64(CascadeOutcome.mostMoments)
    let minutes = (span.nanoseconds + minute - 1) / minute
    momentLength = max(1, (minutes + most - 1) / most) * minute
    let count = (span.nanoseconds + momentLength - 1) / momentLength
    moments = Array(repeating: CascadeOutcome.Moment(), count: max(1, Int(count)))
  }

  /// What happens after the last moment or day, for the answers then under way, belongs to it.
  func moment(of time: Int64) -> Int { min(moments.count - 1, Int(time / momentLength)) }
  func day(of time: Int64) -> Int {
    min(byDay.count - 1, Int(time / CascadePlan.day.nanoseconds))
  }

  mutating func count(
    station: Int32, at time: Int64, _ change: (inout CascadeOutcome.Part) -> Void
  ) {
    change(&byStation[Int(station)])
    change(&byDay[day(of: time)])
  }

  static func += (a: inout CascadeTally, b: CascadeTally) {
    for index in a.byStation.indices { a.byStation[index] += b.byStation[index] }
    for index in a.byDay.indices { a.byDay[index] += b.byDay[index] }
    for index in a.moments.indices { a.moments[index] += b.moments[index] }
    a.finalLatency.add(b.finalLatency)
    a.cloudLatency.add(b.cloudLatency)
    a.deadlineMisses += b.deadlineMisses
    a.recordedAnswers += b.recordedAnswers
    a.assumedAnswers += b.assumedAnswers
    a.answered.merge(b.answered) { $0 + $1 }
    a.alarms += b.alarms
    a.outages += b.outages
  }
}

extension CascadeOutcome.Moment {
  static func += (a: inout Self, b: Self) {
    a.frames += b.frames
    a.dropped += b.dropped
    a.escalations += b.escalations
    for index in a.fates.indices { a.fates[index] += b.fates[index] }
    a.deepestQueue += b.deepestQueue
    a.cost += b.cost
  }
}
